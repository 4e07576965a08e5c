"""What the commands of API tokens and of access tokens share: options, and how a token is shown."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import click

from bitpail.cli.context import Context, answer, date
from bitpail.model.app_passwords import AppPassword, SecretState
from bitpail.policy import durations
from bitpail.policy.secrets import Secret
from bitpail.services.app_passwords import Rotation, Wanted
from bitpail.services.site import Site

label = click.option("--label", required=True, help="What it is for; never part of a credential.")

_NETWORKS = [
    click.option("--network", "networks", multiple=True, metavar="CIDR", help="Only from there; repeatable."),
    click.option(
        "--branch",
        "branches",
        multiple=True,
        metavar="PATTERN",
        help="Pushes only to these, like 'bot/*' or 'refs/tags/v*'; repeatable.",
    ),
    click.option("--no-force", is_flag=True, help="No push that drops commits."),
    click.option("--no-delete", is_flag=True, help="No push that deletes a branch or tag."),
]
_TURNS = [
    click.option(
        "--grace",
        default="1d",
        show_default=True,
        metavar="SPAN",
        help="How long the old secret goes on working.",
    ),
    click.option("--finish", is_flag=True, help="End the old secret of a rotation now."),
    click.option("--roll-back", is_flag=True, help="Forget the new secret of a rotation, keep the old one."),
    click.option("--status", is_flag=True, help="Tell whether the old secret is still used, and from where."),
]


def limits(command: Callable[..., None]) -> Callable[..., None]:
    """The limits that are no places."""
    return _with(_NETWORKS, command)


def turns(command: Callable[..., None]) -> Callable[..., None]:
    """What a rotation may be told; ``rotate`` takes them."""
    return _with(_TURNS, command)


def _with(options: list[Any], command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(options):
        command = option(command)
    return command


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
        answer([_shown(one) for one in found])
        return
    for one in found:
        click.echo(f"{one.label:30} {', '.join(one.scopes)}  ({_state(one)})")


class Turning:
    """What a rotation calls: the service's functions, about one token that is already named."""

    def __init__(
        self,
        rotate: Callable[[Site, int], Awaitable[tuple[AppPassword, Secret]]],
        rotation: Callable[[Site], Awaitable[Rotation | None]],
        finish: Callable[[Site], Awaitable[None]],
        roll_back: Callable[[Site], Awaitable[None]],
    ) -> None:
        self.rotate, self.rotation, self.finish, self.roll_back = rotate, rotation, finish, roll_back


def rotate(  # the options of one command
    context: Context,
    name: str,
    calls: Turning,
    hint: str,
    *,
    grace: str,
    finish: bool,
    roll_back: bool,
    status: bool,
    as_json: bool,
) -> None:
    """Begin a rotation, end it, or tell how it stands."""
    if finish + roll_back + status > 1:
        raise click.UsageError("--finish, --roll-back and --status exclude each other")
    if status:
        _tell(name, context.run(calls.rotation), as_json=as_json)
    elif finish or roll_back:
        context.run(calls.finish if finish else calls.roll_back)
        click.echo(f"the {'old' if finish else 'new'} secret of {name} has ended")
    else:
        seconds = durations.seconds(grace)
        made, secret = context.run(lambda site: calls.rotate(site, seconds))
        show_once(made, secret, hint, as_json=as_json)


def _tell(name: str, found: Rotation | None, *, as_json: bool) -> None:
    if as_json:
        answer({"old": _secret(found.old), "new": _secret(found.new)} if found else None)
    elif found is None:
        click.echo(f"no rotation of {name} is under way")
    else:
        old = found.old
        click.echo(f"the old secret works until {date(old.ends_on)}")
        used = f"{date(old.last_used_on)} from {old.last_used_address} by {old.last_used_client}"
        click.echo(f"it was last used {used}" if old.last_used_on else "it was never used")


def _secret(state: SecretState) -> dict[str, object]:
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
        "kind": one.kind,
        "label": one.label,
        "permissions": one.scopes,
        "limits": one.limits,
        "created_on": date(one.created_on),
        "expires_on": date(one.expires_on),
        "revoked_on": date(one.revoked_on),
        "last_used_on": date(one.last_used_on),
        "last_used_address": one.last_used_address,
        "last_used_client": one.last_used_client,
    }
