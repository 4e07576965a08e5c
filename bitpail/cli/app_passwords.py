"""``bitpail app-password``: made, listed, rotated, revoked; a secret is shown once."""

from typing import Any

import click

from bitpail.cli import wanted
from bitpail.cli.context import Context, Group, answer, as_json, date
from bitpail.model.app_passwords import AppPassword, SecretState
from bitpail.model.scopes import Scope
from bitpail.policy import durations
from bitpail.policy.scopes import IMPLIES, in_form_order
from bitpail.policy.secrets import Secret
from bitpail.services import app_passwords as service
from bitpail.services import users
from bitpail.services.app_passwords import Rotation
from bitpail.services.site import Site

_user = click.option("--user", "username", required=True, metavar="USERNAME", help="Whose it is.")
_label = click.option("--label", required=True, help="What it is for; never part of a credential.")


@click.group(cls=Group, name="app-password")
def app_password() -> None:
    """Make, list, rotate and revoke app passwords."""


@app_password.command()
@wanted.options
@as_json
@click.pass_obj
def create(context: Context, /, username: str, as_json: bool, **given: Any) -> None:
    """Make an app password. Its secret is printed once and cannot be had again.

    Limits only ever narrow: with several places it works in each of them and nowhere else.
    """
    described = wanted.wanted(**given)

    async def work(site: Site) -> tuple[AppPassword, Secret]:
        return await service.create(site, await users.named(site, username), described)

    made, secret = context.run(work)
    show_once(username, made, secret, as_json=as_json)


@app_password.command("list")
@_user
@click.option("--all", "include_revoked", is_flag=True, help="Revoked ones too.")
@as_json
@click.pass_obj
def list_(context: Context, username: str, include_revoked: bool, as_json: bool) -> None:
    """List the app passwords of a user: label, permissions, limits, last use."""

    async def work(site: Site) -> list[AppPassword]:
        user = await users.named(site, username)
        return await service.of_user(site, user, include_revoked=include_revoked)

    found = context.run(work)
    if as_json:
        answer([_shown(one) for one in found])
        return
    for one in found:
        click.echo(f"{one.label:30} {', '.join(one.scopes)}  ({_state(one)})")


@app_password.command()
@_user
@_label
@click.option(
    "--grace",
    default="1d",
    show_default=True,
    metavar="SPAN",
    help="How long the old secret goes on working.",
)
@click.option("--finish", is_flag=True, help="End the old secret of a rotation now.")
@click.option("--roll-back", is_flag=True, help="Forget the new secret of a rotation, keep the old one.")
@click.option("--status", is_flag=True, help="Tell whether the old secret is still used, and from where.")
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
    if finish + roll_back + status > 1:
        raise click.UsageError("--finish, --roll-back and --status exclude each other")
    if status:
        _tell_rotation(context, username, label, as_json=as_json)
        return
    if finish or roll_back:
        end = service.finish_rotation if finish else service.roll_back_rotation

        async def work(site: Site) -> None:
            await end(site, await users.named(site, username), label)

        context.run(work)
        click.echo(f"the {'old' if finish else 'new'} secret of {label} has ended")
        return

    async def begin(site: Site) -> tuple[AppPassword, Secret]:
        return await service.rotate(site, await users.named(site, username), label, durations.seconds(grace))

    made, secret = context.run(begin)
    show_once(username, made, secret, as_json=as_json)


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


def show_once(username: str, made: AppPassword, secret: Secret, *, as_json: bool) -> None:
    """Print a new secret, alone on standard output."""
    if as_json:
        expires = {"expires_on": date(made.expires_on)} if made.expires_on else {}
        answer(
            {
                "username": username,
                "label": made.label,
                "permissions": list(made.scopes),
                **expires,
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


def _tell_rotation(context: Context, username: str, label: str, *, as_json: bool) -> None:
    async def work(site: Site) -> Rotation | None:
        return await service.rotation(site, await users.named(site, username), label)

    found = context.run(work)
    if as_json:
        answer(found and {"old": _secret_state(found.old), "new": _secret_state(found.new)})
    elif found is None:
        click.echo(f"no rotation of {label} is under way")
    else:
        old = _secret_state(found.old)
        click.echo(f"the old secret works until {old['ends_on']}")
        used = f"{old['last_used_on']} from {old['last_used_address']} by {old['last_used_client']}"
        click.echo(f"it was last used {used}" if old["last_used_on"] else "it was never used")


def _secret_state(state: SecretState) -> dict[str, object]:
    return {
        "created_on": date(state.created_on),
        "ends_on": date(state.ends_on),
        "last_used_on": date(state.last_used_on),
        "last_used_address": state.last_used_address,
        "last_used_client": state.last_used_client,
    }


def _state(one: AppPassword) -> str:
    used = (
        f"last used {date(one.last_used_on)} from {one.last_used_address}"
        if one.last_used_on
        else "never used"
    )
    expires = f", expires {date(one.expires_on)}" if one.expires_on else ""
    revoked = f", revoked {date(one.revoked_on)}" if one.revoked_on else ""
    return f"{used}{expires}{revoked}"


def _shown(one: AppPassword) -> dict[str, object]:
    return {
        "label": one.label,
        "permissions": list(one.scopes),
        "limits": one.limits,
        "created_on": date(one.created_on),
        "expires_on": date(one.expires_on),
        "revoked_on": date(one.revoked_on),
        "last_used_on": date(one.last_used_on),
        "last_used_address": one.last_used_address,
        "last_used_client": one.last_used_client,
    }
