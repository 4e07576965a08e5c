"""What the commands of API tokens and of access tokens share: they differ in whose a token is, and how it is presented."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import click

from bitpail.cli import credentials
from bitpail.cli.context import Context, answer, date
from bitpail.model.app_passwords import AppPassword
from bitpail.model.credentials import CredentialKind
from bitpail.model.users import User
from bitpail.policy import durations
from bitpail.policy.secrets import Secret
from bitpail.services import advice, replacements
from bitpail.services import app_passwords as service
from bitpail.services.advice import Advised, Replacement
from bitpail.services.app_passwords import Rotation, Wanted
from bitpail.services.managing import Managing
from bitpail.services.replacements import UnderWay
from bitpail.services.site import Site

Whose = Callable[[Site], Awaitable[tuple[User, CredentialKind]]]
"""Whose the token of a command is, or its robot; raises NotFound."""

_DAY = 86_400


def wanted(*, expires: str | None, **same: Any) -> Wanted:
    """What the options say; raises Invalid."""
    return Wanted(lifetime=durations.seconds_until(expires, time.time()) if expires else None, **same)


def show_once(made: AppPassword, secret: Secret, hint: str, *, as_json: bool) -> None:
    """Print a new secret, alone on standard output; ``hint`` says how it is presented."""
    if as_json:
        expires = {"expires_on": date(made.expires_on)} if made.expires_on else {}
        shown = {"label": made.label, "permissions": made.scopes, **expires, "secret": secret.reveal()}
        answer({"kind": made.kind, **shown})
        return
    click.echo(secret.reveal())
    click.echo(f"This is the only time it is shown. It has: {', '.join(made.scopes)}.\n{hint}", err=True)


def show(found: list[AppPassword], *, as_json: bool) -> None:
    """List them: label, permissions, last use."""
    if as_json:
        answer([{"kind": one.kind, **credentials.shown(one, one.scopes)} for one in found])
        return
    for one in found:
        click.echo(credentials.listed(one, one.scopes))


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


def advise(
    context: Context,
    listed: Callable[[Site], Awaitable[list[tuple[User, AppPassword]]]],
    *,
    after: str,
    as_json: bool,
) -> None:
    """Say of each token whether fewer permissions would have been enough."""

    async def work(site: Site) -> list[Advised]:
        enough = durations.seconds(after) // _DAY
        return await advice.of_each(site, await listed(site), enough=enough)

    found = context.run(work)
    if as_json:
        answer([_advised(each) for each in found])
        return
    for each in found:
        click.echo(f"{each.app_password.label}: {each.advice.sentence}")


def replace(  # the options of one command
    context: Context,
    label: str,
    whose: Whose,
    hint: str,
    *,
    advised: bool,
    permissions: tuple[str, ...],
    grace: str,
    finish: bool,
    roll_back: bool,
    status: bool,
    after: str,
    as_json: bool,
) -> None:
    """Begin a replacement by a narrower one, end it, or tell how it stands."""
    credentials.one_way(
        advised=advised, permissions=permissions, finish=finish, roll_back=roll_back, status=status
    )

    async def begin(site: Site) -> Replacement:
        (user, kind), seconds = await whose(site), durations.seconds(grace)
        if not advised:
            return await advice.replace(site, user, label, permissions, seconds, Managing(kind=kind))
        enough = durations.seconds(after) // _DAY
        return await advice.replace_as_advised(site, user, label, seconds, Managing(kind=kind), enough=enough)

    async def end(site: Site) -> UnderWay:
        user, kind = await whose(site)
        ended = replacements.finish if finish else replacements.roll_back
        return await ended(site, user, label, Managing(kind=kind))

    async def under_way(site: Site) -> UnderWay | None:
        user, kind = await whose(site)
        await site.last_uses.flush()
        return await replacements.of(
            site, user, await service.labelled(site, user, label, Managing(kind=kind))
        )

    if status:
        found = context.run(under_way)
        old, new = (found.old, found.new) if found else (None, None)
        credentials.tell_replacement(label, old, new, as_json=as_json)
    elif finish or roll_back:
        context.run(end)
        credentials.tell_ended_replacement(label, finish=finish)
    else:
        done = context.run(begin)
        show_once(done.new, done.secret, hint, as_json=as_json)
        click.echo(f"{label} works until {date(done.old.expires_on)}", err=True)


def _advised(each: Advised) -> dict[str, Any]:
    one = each.app_password
    return {
        "kind": one.kind,
        "label": one.label,
        "advice": each.advice.verdict,
        "permissions": one.scopes,
        "needed": each.advice.narrower,
        "days": each.advice.days,
        "sentence": each.advice.sentence,
        "created_on": date(one.created_on),
        "last_used_on": date(one.last_used_on),
    }
