"""``bitpail access-token``: of a repository, a project or a workspace; a secret is shown once."""

from typing import Any

import click

from bitpail.cli import credentials, tokens
from bitpail.cli.context import Context, Group, answer, as_json, two_names
from bitpail.errors import Invalid
from bitpail.model.app_passwords import AppPassword
from bitpail.model.credentials import CredentialKind
from bitpail.model.users import User
from bitpail.policy.kinds import GRANTABLE
from bitpail.policy.secrets import Secret
from bitpail.services import access_tokens as service
from bitpail.services import repositories, workspaces
from bitpail.services.access_tokens import Place
from bitpail.services.site import Site

_HINT = "For Git the user name is x-token-auth; for the API it is a Bearer token."
_PLACES = [
    click.option("--repository", metavar="WORKSPACE/REPOSITORY", help="Where it is made."),
    click.option("--project", metavar="WORKSPACE/KEY", help="Or a project: all its repositories."),
    click.option("--workspace", metavar="WORKSPACE", help="Or a workspace: all of it."),
]
_KINDS = {
    "repository": CredentialKind.REPOSITORY_ACCESS_TOKEN,
    "project": CredentialKind.PROJECT_ACCESS_TOKEN,
    "workspace": CredentialKind.WORKSPACE_ACCESS_TOKEN,
}


_place_options = credentials.together(*_PLACES)


@click.group("access-token", cls=Group)
def access_token() -> None:
    """Make, list, rotate, narrow and revoke access tokens: each acts as a robot in one place."""


@access_token.command()
@_place_options
@credentials.label
@click.option(
    "--permission",
    "permissions",
    multiple=True,
    required=True,
    metavar="SCOPE",
    help="May be given more than once; 'bitpail access-token permissions' lists them.",
)
@click.option("--expires", metavar="30d|DATE", help="Until when it works; default: until it is revoked.")
@credentials.limits
@as_json
@click.pass_obj
def create(
    context: Context,
    /,
    repository: str | None,
    project: str | None,
    workspace: str | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Make an access token. Its secret is printed once and cannot be had again."""

    async def work(site: Site) -> tuple[AppPassword, Secret]:
        place = await _place(site, repository, project, workspace)
        return await service.create(site, place, tokens.wanted(**given))

    made, secret = context.run(work)
    tokens.show_once(made, secret, _HINT, as_json=as_json)


@access_token.command("list")
@_place_options
@click.option("--all", "include_revoked", is_flag=True, help="Revoked ones too.")
@as_json
@click.pass_obj
def list_(
    context: Context,
    repository: str | None,
    project: str | None,
    workspace: str | None,
    include_revoked: bool,
    as_json: bool,
) -> None:
    """List the tokens that were made in a place itself: label, permissions, last use."""

    async def work(site: Site) -> list[AppPassword]:
        place = await _place(site, repository, project, workspace)
        found = await service.of_place(site, place, include_revoked=include_revoked)
        return [one for _robot, one in found]

    tokens.show(context.run(work), as_json=as_json)


@access_token.command()
@_place_options
@credentials.label
@credentials.turns
@as_json
@click.pass_obj
def rotate(
    context: Context,
    /,
    repository: str | None,
    project: str | None,
    workspace: str | None,
    label: str,
    **given: Any,
) -> None:
    """Give a token a new secret while the old one keeps working for a while."""
    tokens.rotate(context, label, _whose(repository, project, workspace, label), _HINT, **given)


@access_token.command()
@_place_options
@credentials.after
@as_json
@click.pass_obj
def advise(
    context: Context,
    repository: str | None,
    project: str | None,
    workspace: str | None,
    after: str,
    as_json: bool,
) -> None:
    """Say of each token of a place whether fewer permissions would have been enough."""

    async def listed(site: Site) -> list[tuple[User, AppPassword]]:
        return await service.of_place(site, await _place(site, repository, project, workspace))

    tokens.advise(context, listed, after=after, as_json=as_json)


@access_token.command()
@_place_options
@credentials.narrower
@as_json
@click.pass_obj
def replace(
    context: Context,
    /,
    repository: str | None,
    project: str | None,
    workspace: str | None,
    label: str,
    **given: Any,
) -> None:
    """Make a narrower token of the same robot, with the same limits; the old one expires after the grace.

    The new one is labelled "LABEL (narrowed)". Its secret is printed once. LABEL
    is that of the old one, also to finish, to roll back and to ask.
    """
    tokens.replace(context, label, _whose(repository, project, workspace, label), _HINT, **given)


@access_token.command()
@_place_options
@credentials.label
@click.pass_obj
def revoke(
    context: Context, repository: str | None, project: str | None, workspace: str | None, label: str
) -> None:
    """End a token; the next request that presents it is refused."""
    tokens.revoke(context, label, _whose(repository, project, workspace, label))


@access_token.command()
@as_json
def permissions(as_json: bool) -> None:
    """List the permissions that tokens of each place can have."""
    table = {name: list(GRANTABLE[kind]) for name, kind in _KINDS.items()}
    if as_json:
        answer(table)
        return
    for name, scopes in table.items():
        click.echo(f"{name:10} {', '.join(scopes)}")


def _whose(repository: str | None, project: str | None, workspace: str | None, label: str) -> tokens.Whose:
    async def find(site: Site) -> tuple[User, CredentialKind]:
        robot, one = await service.labelled(site, await _place(site, repository, project, workspace), label)
        return robot, one.kind

    return find


async def _place(site: Site, repository: str | None, project: str | None, workspace: str | None) -> Place:
    if sum(one is not None for one in (repository, project, workspace)) != 1:
        raise Invalid("name one of --repository, --project and --workspace")
    if workspace is not None:
        return await workspaces.named(site, workspace)
    if repository is not None:
        return (await repositories.named(site, *two_names(repository))).repository
    slug, key = two_names(project or "", "project")
    return await workspaces.project_for(site, await workspaces.named(site, slug), key)
