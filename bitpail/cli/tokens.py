"""What the commands of API tokens and of access tokens share: they differ in whose a token is, and how it is presented."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import click

from bitpail.cli import credentials
from bitpail.cli.context import Context, answer, moment
from bitpail.model.app_passwords import AppPassword
from bitpail.model.credentials import CredentialKind
from bitpail.model.users import User
from bitpail.policy import durations
from bitpail.policy.secrets import Secret
from bitpail.services import app_passwords as service
from bitpail.services.app_passwords import Rotation, Wanted
from bitpail.services.managing import Managing
from bitpail.services.site import Site
from bitpail.wire import own_api as wire

Whose = Callable[[Site], Awaitable[tuple[User, CredentialKind]]]
"""Whose the token of a command is, or its robot; raises NotFound."""


def wanted(*, expires: str | None, **same: Any) -> Wanted:
    """What the options say; raises Invalid."""
    return Wanted(lifetime=durations.seconds_until(expires, time.time()) if expires else None, **same)


def show_once(made: AppPassword, secret: Secret, hint: str, *, as_json: bool) -> None:
    """Print a new secret, alone on standard output; ``hint`` says how it is presented."""
    _show_once(made, made.scopes, made.kind, secret.reveal(), hint, as_json=as_json)


def show_new(new: wire.NewSecret, kind: CredentialKind, hint: str, *, as_json: bool) -> None:
    """The same of one that came from our own API."""
    made = new.app_password
    _show_once(made, made.permissions, kind, new.secret, hint, as_json=as_json)


def _show_once(
    made: credentials.Credential,
    permissions: tuple[str, ...],
    kind: CredentialKind,
    secret: str,
    hint: str,
    *,
    as_json: bool,
) -> None:
    if as_json:
        expires = {"expires_on": moment(made.expires_on)} if made.expires_on else {}
        answer({"kind": kind, "label": made.label, "permissions": permissions, **expires, "secret": secret})
        return
    click.echo(secret)
    click.echo(f"This is the only time it is shown. It has: {', '.join(permissions)}.\n{hint}", err=True)


def show(found: wire.AppPasswords, kind: CredentialKind, *, as_json: bool) -> None:
    """List them: label, permissions, last use."""
    if as_json:
        answer([{"kind": kind, **credentials.shown(one, one.permissions)} for one in found.values])
        return
    for one in found.values:
        click.echo(credentials.listed(one, one.permissions))


def revoke(context: Context, label: str, whose: Whose) -> None:
    """End one; the next request that presents it is refused."""

    async def work(site: Site) -> AppPassword:
        user, kind = await whose(site)
        return await service.revoke(site, user, label, Managing(kind=kind))

    click.echo(f"revoked {context.run(work).label}")


def rotate(  # the options of one command
    context: Context,
    label: str,
    whose: Whose,
    hint: str,
    *,
    grace: str,
    finish: bool,
    roll_back: bool,
    status: bool,
    as_json: bool,
) -> None:
    """Begin a rotation, end it, or tell how it stands."""
    credentials.one_turn(finish=finish, roll_back=roll_back, status=status)

    async def begin(site: Site) -> tuple[AppPassword, Secret]:
        user, kind = await whose(site)
        return await service.rotate(site, user, label, durations.seconds(grace), Managing(kind=kind))

    async def end(site: Site) -> None:
        user, kind = await whose(site)
        ended = service.finish_rotation if finish else service.roll_back_rotation
        await ended(site, user, label, Managing(kind=kind))

    async def under_way(site: Site) -> Rotation | None:
        user, kind = await whose(site)
        return await service.rotation(site, user, label, Managing(kind=kind))

    if status:
        found = context.run(under_way)
        old, new = (found.old, found.new) if found else (None, None)
        credentials.tell_rotation(label, old, new, as_json=as_json)
    elif finish or roll_back:
        context.run(end)
        click.echo(f"the {'old' if finish else 'new'} secret of {label} has ended")
    else:
        show_once(*context.run(begin), hint, as_json=as_json)
