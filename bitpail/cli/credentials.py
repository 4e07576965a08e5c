"""What the commands of app passwords and of tokens share: options, and how one is shown.

One comes from our own API or from the services: the two have the same members, but for their moments.
"""

from collections.abc import Callable
from typing import Any

import click

from bitpail.cli.context import answer, moment
from bitpail.model.app_passwords import AppPassword, SecretState
from bitpail.policy.advice import WATCHED
from bitpail.wire import own_api as wire

Option = Callable[[Callable[..., None]], Callable[..., None]]
Credential = AppPassword | wire.AppPassword
OneSecret = SecretState | wire.SecretState
Used = Credential | OneSecret

label = click.option("--label", required=True, help="What it is for; never part of a credential.")

_PLACES = [
    click.option(
        "--repository", "repositories", multiple=True, metavar="WS/SLUG", help="Only there; repeatable."
    ),
    click.option(
        "--project", "projects", multiple=True, metavar="WS/KEY", help="Only in its repositories; repeatable."
    ),
    click.option("--workspace", "workspaces", multiple=True, metavar="WS", help="Only there; repeatable."),
]
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
        help="How long the old secret goes on working; 0: it ends at once.",
    ),
    click.option("--finish", is_flag=True, help="End the old secret of a rotation now."),
    click.option("--roll-back", is_flag=True, help="Forget the new secret of a rotation, keep the old one."),
    click.option("--status", is_flag=True, help="Tell whether the old secret is still used, and from where."),
]
after = click.option(
    "--after",
    default=f"{WATCHED}d",
    show_default=True,
    metavar="SPAN",
    help="For how long one must have been watched before its use tells anything.",
)
_NARROWER = [
    click.option("--label", required=True, help="The one to be replaced."),
    click.option("--advised", is_flag=True, help="With the permissions that 'advise' says are enough."),
    click.option(
        "--permission", "permissions", multiple=True, metavar="SCOPE", help="With these instead; repeatable."
    ),
    click.option(
        "--grace",
        default="7d",
        show_default=True,
        metavar="SPAN",
        help="How long the old one goes on working; 0: it ends at once.",
    ),
    click.option("--finish", is_flag=True, help="Revoke the old one now."),
    click.option("--roll-back", is_flag=True, help="Revoke the narrower one; the old one goes on as before."),
    click.option("--status", is_flag=True, help="Tell whether the old one is still used, and from where."),
    after,
]


def together(*options: Option) -> Option:
    """Several options as one; the help has them in this order."""

    def add(command: Callable[..., None]) -> Callable[..., None]:
        for option in reversed(options):
            command = option(command)
        return command

    return add


places, limits = together(*_PLACES), together(*_NETWORKS)
turns = together(*_TURNS)
"""What a rotation may be told; ``rotate`` takes them."""
narrower = together(*_NARROWER)
"""What a replacement may be told; ``replace`` takes them."""


def one_turn(*, finish: bool, roll_back: bool, status: bool) -> None:
    """Refuse more than one thing to do with a rotation."""
    if finish + roll_back + status > 1:
        raise click.UsageError("--finish, --roll-back and --status exclude each other")


def one_way(
    *, advised: bool, permissions: tuple[str, ...], finish: bool, roll_back: bool, status: bool
) -> None:
    """Refuse all but one thing to do with a replacement."""
    if advised + bool(permissions) + finish + roll_back + status != 1:
        raise click.UsageError("give one of --advised, --permission, --finish, --roll-back and --status")


def tell_rotation(name: str, old: OneSecret | None, new: OneSecret | None, *, as_json: bool) -> None:
    """How a rotation stands; None and None: none is under way."""
    if old is None or new is None:
        _tell_none(f"no rotation of {name} is under way", as_json=as_json)
    elif as_json:
        answer({"old": _secret(old), "new": _secret(new)})
    else:
        click.echo(f"the old secret works until {moment(old.ends_on)}")
        click.echo(f"it was last used {_from(old)}" if old.last_used_on else "it was never used")


def tell_replacement(name: str, old: Credential | None, new: Credential | None, *, as_json: bool) -> None:
    """How a replacement stands; None and None: none is under way."""
    if old is None or new is None:
        _tell_none(f"no replacement of {name} is under way", as_json=as_json)
    elif as_json:
        answer({"old": _one_of_two(old), "new": _one_of_two(new)})
    else:
        click.echo(f"{name} works until {moment(old.expires_on)}")
        for one in (old, new):
            click.echo(f"{one.label} was {'last used ' + _from(one) if one.last_used_on else 'never used'}")


def tell_ended_replacement(name: str, *, finish: bool) -> None:
    """That one was finished, or rolled back."""
    click.echo(f"revoked {name}" if finish else f"{name} goes on as before")


def listed(one: Credential, permissions: tuple[str, ...]) -> str:
    """One in a line: label, permissions, last use."""
    used = (
        f"last used {moment(one.last_used_on)} from {one.last_used_address}"
        if one.last_used_on
        else "never used"
    )
    expires = f", expires {moment(one.expires_on)}" if one.expires_on else ""
    revoked = f", revoked {moment(one.revoked_on)}" if one.revoked_on else ""
    return f"{one.label:30} {', '.join(permissions)}  ({used}{expires}{revoked})"


def shown(one: Credential, permissions: tuple[str, ...]) -> dict[str, Any]:
    """One as JSON."""
    return {
        "label": one.label,
        "permissions": permissions,
        "limits": one.limits,
        "created_on": moment(one.created_on),
        "expires_on": moment(one.expires_on),
        "revoked_on": moment(one.revoked_on),
        **_last_use(one),
    }


def _tell_none(sentence: str, *, as_json: bool) -> None:
    if as_json:
        answer(None)
    else:
        click.echo(sentence)


def _secret(state: OneSecret) -> dict[str, Any]:
    return {
        "created_on": moment(state.created_on),
        "ends_on": moment(state.ends_on),
        **_last_use(state),
    }


def _one_of_two(one: Credential) -> dict[str, Any]:
    return {"label": one.label, "expires_on": moment(one.expires_on), **_last_use(one)}


def _last_use(one: Used) -> dict[str, Any]:
    return {
        "last_used_on": moment(one.last_used_on),
        "last_used_address": one.last_used_address,
        "last_used_client": one.last_used_client,
    }


def _from(one: Used) -> str:
    return f"{moment(one.last_used_on)} from {one.last_used_address} by {one.last_used_client}"
