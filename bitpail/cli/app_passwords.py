"""``bitpail app-password``: made, listed, rotated, revoked; a secret is shown once."""

from typing import Any

import click

from bitpail.cli import credentials, wanted
from bitpail.cli.backend import asked
from bitpail.cli.context import Context, Group, answer, as_json, moment, on_a_server
from bitpail.model.scopes import Scope
from bitpail.own_api import app_passwords as api
from bitpail.policy.scopes import IMPLIES, in_form_order
from bitpail.wire.own_api import AppPassword, NewSecret, Rotation, ToRotate

_user = click.option("--user", "username", required=True, metavar="USERNAME", help="Whose it is.")


@click.group(cls=Group, name="app-password")
@on_a_server
def app_password() -> None:
    """Make, list, rotate and revoke app passwords."""


@app_password.command()
@wanted.options
@on_a_server
@as_json
@click.pass_obj
def create(context: Context, /, username: str, as_json: bool, **given: Any) -> None:
    """Make an app password. Its secret is printed once and cannot be had again.

    Limits only ever narrow: with several places it works in each of them and nowhere else.
    """
    show_once(context.ask(asked(api.create, username, body=wanted.wanted(**given))), as_json=as_json)


@app_password.command("list")
@_user
@click.option("--all", "include_revoked", is_flag=True, help="Revoked ones too.")
@on_a_server
@as_json
@click.pass_obj
def list_(context: Context, username: str, include_revoked: bool, as_json: bool) -> None:
    """List the app passwords of a user: label, permissions, limits, last use."""
    revoked = "true" if include_revoked else "false"
    found: list[AppPassword] = context.ask(asked(api.listed, username, revoked=revoked)).values
    if as_json:
        answer([credentials.shown(one, one.permissions) for one in found])
        return
    for one in found:
        click.echo(credentials.listed(one, one.permissions))


@app_password.command()
@_user
@credentials.label
@credentials.turns
@on_a_server
@as_json
@click.pass_obj
def rotate(
    context: Context,
    username: str,
    label: str,
    grace: str,
    finish: bool,
    roll_back: bool,
    status: bool,
    as_json: bool,
) -> None:
    """Give an app password a new secret while the old one keeps working for a while."""
    credentials.one_turn(finish=finish, roll_back=roll_back, status=status)
    if status:
        found: Rotation = context.ask(asked(api.rotation, username, label))
        credentials.tell_rotation(label, found.old, found.new, as_json=as_json)
        return
    if finish or roll_back:
        context.ask(asked(api.finish if finish else api.roll_back, username, label))
        click.echo(f"the {'old' if finish else 'new'} secret of {label} has ended")
        return
    show_once(context.ask(asked(api.rotate, username, label, ToRotate(grace=grace))), as_json=as_json)


@app_password.command()
@_user
@credentials.label
@on_a_server
@click.pass_obj
def revoke(context: Context, username: str, label: str) -> None:
    """End an app password; the next request that presents it is refused."""
    context.ask(asked(api.revoke, username, label))
    click.echo(f"revoked {label}")


@app_password.command()
@as_json
def permissions(as_json: bool) -> None:
    """List the permissions, and what each includes: Bitbucket's 25, and our own."""
    table = {scope.value: [str(s) for s in in_form_order(IMPLIES[scope] - {scope})] for scope in Scope}
    if as_json:
        answer(table)
        return
    for scope, implied in table.items():
        click.echo(f"{scope:26} {'includes ' + ', '.join(implied) if implied else ''}".rstrip())


def show_once(new: NewSecret, *, as_json: bool) -> None:
    """Print a new secret, alone on standard output."""
    made = new.app_password
    if as_json:
        expires = {"expires_on": moment(made.expires_on)} if made.expires_on else {}
        answer(
            {
                "username": new.username,
                "label": made.label,
                "permissions": made.permissions,
                **expires,
                "secret": new.secret,
            }
        )
        return
    click.echo(new.secret)
    click.echo(
        f"This is the only time it is shown. It has: {', '.join(made.permissions)}.\n"
        f"The user name beside it is {new.username}: never the label, never the e-mail address.",
        err=True,
    )
