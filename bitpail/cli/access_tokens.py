"""``bitpail access-token``: of a repository, a project or a workspace; a secret is shown once."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click
from msgspec import Struct

from bitpail.cli import advice, credentials, tokens
from bitpail.cli.backend import Asked, AtPlace, asked_at
from bitpail.cli.context import Context, Group, answer, as_json, on_a_server, two_names
from bitpail.errors import Invalid
from bitpail.model.app_passwords import AppPassword
from bitpail.model.credentials import CredentialKind
from bitpail.model.users import User
from bitpail.own_api import tokens as api
from bitpail.policy.kinds import GRANTABLE
from bitpail.policy.secrets import Secret
from bitpail.services import access_tokens as service
from bitpail.services import repositories, workspaces
from bitpail.services.access_tokens import Place
from bitpail.services.site import Site
from bitpail.wire.own_api import NewSecret, ToReplace

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


class _Where(Struct, frozen=True):
    """The place of a command, as it was named."""

    repository: str | None
    project: str | None
    workspace: str | None

    @property
    def what(self) -> str:
        """The word for such places. Raises Invalid unless one is named."""
        named = [name for name in _KINDS if getattr(self, name) is not None]
        if len(named) != 1:
            raise Invalid("name one of --repository, --project and --workspace")
        return named[0]

    async def place(self, site: Site) -> Place:
        """Raises Invalid unless one is named, NotFound if it isn't there."""
        what, path = self.what, self._path()
        if what == "repository":
            return (await repositories.named(site, path["workspace"], path["repo_slug"])).repository
        workspace = await workspaces.named(site, path["workspace"])
        if what == "project":
            return await workspaces.project_for(site, workspace, path["project_key"])
        return workspace

    def _path(self) -> dict[str, str]:
        if self.repository is not None:
            return dict(zip(("workspace", "repo_slug"), two_names(self.repository), strict=True))
        if self.project is not None:
            return dict(zip(("workspace", "project_key"), two_names(self.project, "project"), strict=True))
        return {"workspace": self.workspace or ""}

    def asked(
        self,
        context: Context,
        work: api.OfPlace,
        username: str | None,
        label: str | None = None,
        body: Any = None,
        **query: str,
    ) -> Asked:
        """An operation of our own API on the tokens there; raises Invalid."""
        if context.server is not None and username is None:
            raise Invalid("--server wants --user: whose app password it is asked with")
        at = AtPlace(self.what, self.place, self._path(), work)
        return asked_at(at, username or "", label, body, **query)

    def robot(self, label: str) -> tokens.Whose:
        """Whose the token of that label is, made there."""

        async def find(site: Site) -> tuple[User, CredentialKind]:
            robot, one = await service.labelled(site, await self.place(site), label)
            return robot, one.kind

        return find


def _at(command: Callable[..., None]) -> Callable[..., None]:
    """The options that name a place; the command gets them as ``where``."""

    @wraps(command)
    def collected(
        *given: Any, repository: str | None, project: str | None, workspace: str | None, **more: Any
    ) -> None:
        command(*given, where=_Where(repository, project, workspace), **more)

    return credentials.together(*_PLACES)(collected)


_user = click.option(
    "--user", "username", metavar="USERNAME", help="With --server: whose app password it is."
)


@click.group("access-token", cls=Group)
def access_token() -> None:
    """Make, list, rotate, narrow and revoke access tokens: each acts as a robot in one place."""


@access_token.command()
@_at
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
def create(context: Context, /, where: _Where, as_json: bool, **given: Any) -> None:
    """Make an access token. Its secret is printed once and cannot be had again."""

    async def work(site: Site) -> tuple[AppPassword, Secret]:
        place = await where.place(site)
        return await service.create(site, place, tokens.wanted(**given))

    made, secret = context.run(work)
    tokens.show_once(made, secret, _HINT, as_json=as_json)


@access_token.command("list")
@_at
@click.option("--all", "include_revoked", is_flag=True, help="Revoked ones too.")
@_user
@on_a_server
@as_json
@click.pass_obj
def list_(
    context: Context, where: _Where, include_revoked: bool, username: str | None, as_json: bool
) -> None:
    """List the tokens that were made in a place itself: label, permissions, last use."""
    revoked = "true" if include_revoked else "false"
    found = context.ask(where.asked(context, api.listed, username, revoked=revoked))
    tokens.show(found, _KINDS[where.what], as_json=as_json)


@access_token.command()
@_at
@credentials.label
@credentials.turns
@as_json
@click.pass_obj
def rotate(context: Context, /, where: _Where, label: str, **given: Any) -> None:
    """Give a token a new secret while the old one keeps working for a while."""
    tokens.rotate(context, label, where.robot(label), _HINT, **given)


@access_token.command()
@_at
@credentials.after
@_user
@on_a_server
@as_json
@click.pass_obj
def advise(context: Context, where: _Where, after: str, username: str | None, as_json: bool) -> None:
    """Say of each token of a place whether fewer permissions would have been enough."""
    found = context.ask(where.asked(context, api.advised, username, after=after))
    advice.tell(found, as_json=as_json, kind=_KINDS[where.what])


@access_token.command()
@_at
@credentials.narrower
@_user
@on_a_server
@as_json
@click.pass_obj
def replace(
    context: Context, /, where: _Where, label: str, username: str | None, as_json: bool, **given: Any
) -> None:
    """Make a narrower token of the same robot, with the same limits; the old one expires after the grace.

    The new one is labelled "LABEL (narrowed)". Its secret is printed once. LABEL
    is that of the old one, also to finish, to roll back and to ask.
    """

    def ask(handler: Any, body: ToReplace | None = None, /) -> Asked:
        return where.asked(context, api.of_robot(handler), username, label, body)

    def show(new: NewSecret) -> None:
        tokens.show_new(new, _KINDS[where.what], _HINT, as_json=as_json)

    advice.narrow(context, label, ask, show, as_json=as_json, **given)


@access_token.command()
@_at
@credentials.label
@click.pass_obj
def revoke(context: Context, where: _Where, label: str) -> None:
    """End a token; the next request that presents it is refused."""
    tokens.revoke(context, label, where.robot(label))


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
