"""``bitpail api-token``: of a person; it expires, and its secret is shown once."""

from typing import Any

import click

from bitpail.cli import advice, credentials, tokens
from bitpail.cli.backend import Asked, asked
from bitpail.cli.context import Context, Group, answer, as_json
from bitpail.model.app_passwords import AppPassword
from bitpail.model.credentials import CredentialKind
from bitpail.model.scopes import ApiScope
from bitpail.model.users import User
from bitpail.own_api import app_passwords, insight
from bitpail.own_api.tokens import of_person
from bitpail.policy.secrets import Secret
from bitpail.services import app_passwords as service
from bitpail.services import users
from bitpail.services.managing import Managing
from bitpail.services.site import Site
from bitpail.wire.own_api import NewSecret, ToReplace

_KIND = CredentialKind.API_TOKEN
_HINT = (
    "For the API the user name is the e-mail address; for Git it is the username, "
    "or x-bitbucket-api-token-auth."
)
_user = click.option("--user", "username", required=True, metavar="USERNAME", help="Whose it is.")


@click.group("api-token", cls=Group)
def api_token() -> None:
    """Make, list, rotate, narrow and revoke API tokens."""


@api_token.command()
@_user
@credentials.label
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
@credentials.places
@credentials.limits
@as_json
@click.pass_obj
def create(context: Context, /, username: str, as_json: bool, **given: Any) -> None:
    """Make an API token. Its secret is printed once and cannot be had again."""

    async def work(site: Site) -> tuple[AppPassword, Secret]:
        user = await users.named(site, username)
        return await service.create(site, user, tokens.wanted(**given), Managing(kind=_KIND))

    made, secret = context.run(work)
    tokens.show_once(made, secret, _HINT, as_json=as_json)


@api_token.command("list")
@_user
@click.option("--all", "include_revoked", is_flag=True, help="Revoked ones too.")
@as_json
@click.pass_obj
def list_(context: Context, username: str, include_revoked: bool, as_json: bool) -> None:
    """List the API tokens of a user: label, permissions, last use."""
    revoked = "true" if include_revoked else "false"
    found = context.ask(asked(of_person(app_passwords.listed), username, revoked=revoked))
    tokens.show(found, _KIND, as_json=as_json)


@api_token.command()
@_user
@credentials.label
@credentials.turns
@as_json
@click.pass_obj
def rotate(context: Context, /, username: str, label: str, **given: Any) -> None:
    """Give a token a new secret while the old one keeps working for a while."""
    tokens.rotate(context, label, _whose(username), _HINT, **given)


@api_token.command()
@_user
@credentials.after
@as_json
@click.pass_obj
def advise(context: Context, username: str, after: str, as_json: bool) -> None:
    """Say of each token whether fewer permissions would have been enough."""
    found = context.ask(asked(of_person(insight.advised), username, after=after))
    advice.tell(found, as_json=as_json, kind=_KIND)


@api_token.command()
@_user
@credentials.narrower
@as_json
@click.pass_obj
def replace(context: Context, /, username: str, label: str, as_json: bool, **given: Any) -> None:
    """Make a narrower token with the same limits and the same end; the old one expires after the grace.

    The new one is labelled "LABEL (narrowed)". Its secret is printed once. LABEL
    is that of the old one, also to finish, to roll back and to ask.
    """

    def ask(handler: Any, body: ToReplace | None = None, /) -> Asked:
        return asked(of_person(handler), username, label, body)

    def show(new: NewSecret) -> None:
        tokens.show_new(new, _KIND, _HINT, as_json=as_json)

    advice.narrow(context, label, ask, show, as_json=as_json, **given)


@api_token.command()
@_user
@credentials.label
@click.pass_obj
def revoke(context: Context, username: str, label: str) -> None:
    """End a token; the next request that presents it is refused."""
    tokens.revoke(context, label, _whose(username))


@api_token.command()
@as_json
def permissions(as_json: bool) -> None:
    """List the permissions: each stands for itself, to write does not include to read."""
    if as_json:
        answer(list(ApiScope))
        return
    for scope in ApiScope:
        click.echo(scope)


def _whose(username: str) -> tokens.Whose:
    async def find(site: Site) -> tuple[User, CredentialKind]:
        return await users.named(site, username), _KIND

    return find
