"""``bitpail api-token``: of a person; it expires, and its secret is shown once."""

from typing import Any

import click

from bitpail.cli import tokens
from bitpail.cli.context import Context, Group, answer, as_json
from bitpail.model.app_passwords import AppPassword
from bitpail.model.credentials import CredentialKind
from bitpail.model.scopes import ApiScope
from bitpail.policy.secrets import Secret
from bitpail.services import app_passwords as service
from bitpail.services import users
from bitpail.services.site import Site

_KIND = CredentialKind.API_TOKEN
_HINT = (
    "For the API the user name is the e-mail address; for Git it is the username, "
    "or x-bitbucket-api-token-auth."
)
_user = click.option("--user", "username", required=True, metavar="USERNAME", help="Whose it is.")


@click.group("api-token", cls=Group)
def api_token() -> None:
    """Make, list, rotate and revoke API tokens."""


@api_token.command()
@_user
@tokens.label
@click.option(
    "--permission",
    "permissions",
    multiple=True,
    required=True,
    metavar="SCOPE",
    help="May be given more than once; 'bitpail api-token permissions' lists them. None includes another.",
)
@click.option(
    "--expires", required=True, metavar="30d|DATE", help="Until when it works: a year from now at most."
)
@click.option(
    "--repository", "repositories", multiple=True, metavar="WS/SLUG", help="Only there; repeatable."
)
@click.option(
    "--project", "projects", multiple=True, metavar="WS/KEY", help="Only in its repositories; repeatable."
)
@click.option("--workspace", "workspaces", multiple=True, metavar="WS", help="Only there; repeatable.")
@tokens.limits
@as_json
@click.pass_obj
def create(context: Context, /, username: str, as_json: bool, **given: Any) -> None:
    """Make an API token. Its secret is printed once and cannot be had again."""

    async def work(site: Site) -> tuple[AppPassword, Secret]:
        user = await users.named(site, username)
        return await service.create(site, user, tokens.wanted(**given), kind=_KIND)

    made, secret = context.run(work)
    tokens.show_once(made, secret, _HINT, as_json=as_json)


@api_token.command("list")
@_user
@click.option("--all", "include_revoked", is_flag=True, help="Revoked ones too.")
@as_json
@click.pass_obj
def list_(context: Context, username: str, include_revoked: bool, as_json: bool) -> None:
    """List the API tokens of a user: label, permissions, last use."""

    async def work(site: Site) -> list[AppPassword]:
        user = await users.named(site, username)
        return await service.of_user(site, user, _KIND, include_revoked=include_revoked)

    tokens.show(context.run(work), as_json=as_json)


@api_token.command()
@_user
@tokens.label
@tokens.turns
@as_json
@click.pass_obj
def rotate(context: Context, /, username: str, label: str, **given: Any) -> None:
    """Give a token a new secret while the old one keeps working for a while."""

    async def begin(site: Site, grace: int) -> tuple[AppPassword, Secret]:
        return await service.rotate(site, await users.named(site, username), label, grace, kind=_KIND)

    async def rotation(site: Site) -> service.Rotation | None:
        return await service.rotation(site, await users.named(site, username), label, kind=_KIND)

    async def finish(site: Site) -> None:
        await service.finish_rotation(site, await users.named(site, username), label, kind=_KIND)

    async def roll_back(site: Site) -> None:
        await service.roll_back_rotation(site, await users.named(site, username), label, kind=_KIND)

    tokens.rotate(context, label, tokens.Turning(begin, rotation, finish, roll_back), _HINT, **given)


@api_token.command()
@_user
@tokens.label
@click.pass_obj
def revoke(context: Context, username: str, label: str) -> None:
    """End a token; the next request that presents it is refused."""

    async def work(site: Site) -> AppPassword:
        return await service.revoke(site, await users.named(site, username), label, kind=_KIND)

    click.echo(f"revoked {context.run(work).label}")


@api_token.command()
@as_json
def permissions(as_json: bool) -> None:
    """List the permissions: each stands for itself, to write does not include to read."""
    if as_json:
        answer(list(ApiScope))
        return
    for scope in ApiScope:
        click.echo(scope)
