"""``bitpail app-password``: made, listed, revoked; the secret is shown once."""

from datetime import UTC, datetime

import click

from bitpail.cli.context import Context, Group, answer, as_json
from bitpail.model.app_passwords import AppPassword
from bitpail.model.scopes import Scope
from bitpail.policy.scopes import IMPLIES, in_form_order
from bitpail.policy.secrets import Secret
from bitpail.services import app_passwords as service
from bitpail.services import users
from bitpail.services.site import Site

_user = click.option("--user", "username", required=True, metavar="USERNAME", help="Whose it is.")
_label = click.option("--label", required=True, help="What it is for; never part of a credential.")


@click.group(cls=Group, name="app-password")
def app_password() -> None:
    """Make, list and revoke app passwords."""


@app_password.command()
@_user
@_label
@click.option(
    "--permission",
    "permissions",
    multiple=True,
    required=True,
    metavar="SCOPE",
    help="May be given more than once; 'bitpail app-password permissions' lists them.",
)
@as_json
@click.pass_obj
def create(context: Context, username: str, label: str, permissions: tuple[str, ...], as_json: bool) -> None:
    """Make an app password. Its secret is printed once and cannot be had again."""

    async def work(site: Site) -> tuple[AppPassword, Secret]:
        user = await users.named(site, username)
        return await service.create(site, user, label, permissions)

    made, secret = context.run(work)
    if as_json:
        answer(
            {
                "username": username,
                "label": made.label,
                "permissions": list(made.scopes),
                "secret": secret.reveal(),
            }
        )
        return
    click.echo(secret.reveal())
    click.echo(
        f"This is the only time it is shown. It has: {', '.join(made.scopes)}.\n"
        f"The user name beside it is {username}: never the label, never the e-mail address.",
        err=True,
    )


@app_password.command("list")
@_user
@click.option("--all", "include_revoked", is_flag=True, help="Revoked ones too.")
@as_json
@click.pass_obj
def list_(context: Context, username: str, include_revoked: bool, as_json: bool) -> None:
    """List the app passwords of a user: label, permissions, last use."""

    async def work(site: Site) -> list[AppPassword]:
        user = await users.named(site, username)
        return await service.of_user(site, user, include_revoked=include_revoked)

    found = context.run(work)
    if as_json:
        answer([_shown(one) for one in found])
        return
    for one in found:
        used = (
            f"last used {_date(one.last_used_on)} from {one.last_used_address}"
            if one.last_used_on
            else "never used"
        )
        revoked = f", revoked {_date(one.revoked_on)}" if one.revoked_on else ""
        click.echo(f"{one.label:30} {', '.join(one.scopes)}  ({used}{revoked})")


@app_password.command()
@_user
@_label
@click.pass_obj
def revoke(context: Context, username: str, label: str) -> None:
    """End an app password; the next request that presents it is refused."""

    async def work(site: Site) -> AppPassword:
        return await service.revoke(site, await users.named(site, username), label)

    click.echo(f"revoked {context.run(work).label}")


@app_password.command()
@as_json
def permissions(as_json: bool) -> None:
    """List the 25 permissions, and what each includes."""
    table = {scope.value: [str(s) for s in in_form_order(IMPLIES[scope] - {scope})] for scope in Scope}
    if as_json:
        answer(table)
        return
    for scope, implied in table.items():
        click.echo(f"{scope:20} {'includes ' + ', '.join(implied) if implied else ''}".rstrip())


def _shown(one: AppPassword) -> dict[str, object]:
    return {
        "label": one.label,
        "permissions": list(one.scopes),
        "created_on": _date(one.created_on),
        "revoked_on": _date(one.revoked_on),
        "last_used_on": _date(one.last_used_on),
        "last_used_address": one.last_used_address,
        "last_used_client": one.last_used_client,
    }


def _date(microseconds: int | None) -> str | None:
    if microseconds is None:
        return None
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC).isoformat(timespec="seconds")
