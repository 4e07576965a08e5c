"""``advise`` and ``replace``, of app passwords and of tokens: fewer permissions, as use has shown that they are enough."""

from collections.abc import Callable
from typing import Any, Protocol

import click
import msgspec

from bitpail.cli import credentials
from bitpail.cli.app_passwords import show_once
from bitpail.cli.backend import Asked, asked
from bitpail.cli.context import Context, answer, as_json, moment, on_a_server
from bitpail.own_api import insight as api
from bitpail.wire.own_api import Advice, NewSecret, Replacement, Replacing, ToReplace


class Asking(Protocol):
    """One of the operations on what is to be replaced, by its handler."""

    def __call__(self, handler: Any, body: ToReplace | None = None, /) -> Asked:
        """What is asked for."""


@click.command()
@click.option("--user", "username", required=True, metavar="USERNAME", help="Whose they are.")
@credentials.after
@on_a_server
@as_json
@click.pass_obj
def advise(context: Context, username: str, after: str, as_json: bool) -> None:
    """Say of each app password whether fewer permissions would have been enough."""
    tell(context.ask(asked(api.advised, username, after=after)), as_json=as_json)


def tell(found: list[Advice], *, as_json: bool, **more: str) -> None:
    """Print advice; as JSON with ``more`` beside each."""
    if as_json:
        answer([more | _shown(each) for each in found])
        return
    for each in found:
        click.echo(f"{each.label}: {each.sentence}")


@click.command()
@click.option("--user", "username", required=True, metavar="USERNAME", help="Whose it is.")
@credentials.narrower
@on_a_server
@as_json
@click.pass_obj
def replace(context: Context, /, username: str, label: str, as_json: bool, **given: Any) -> None:
    """Make a narrower app password with the same limits; the old one expires after the grace.

    The new one is labelled "LABEL (narrowed)". Its secret is printed once. LABEL
    is that of the old one, also to finish, to roll back and to ask.
    """

    def ask(handler: Any, body: ToReplace | None = None, /) -> Asked:
        return asked(handler, username, label, body)

    narrow(context, label, ask, lambda new: show_once(new, as_json=as_json), as_json=as_json, **given)


def narrow(  # the options of one command
    context: Context,
    label: str,
    ask: Asking,
    show: Callable[[NewSecret], None],
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
    """Begin a replacement by a narrower one, end it, or tell how it stands; ``show`` prints the new one."""
    credentials.one_way(
        advised=advised, permissions=permissions, finish=finish, roll_back=roll_back, status=status
    )
    if status:
        found: Replacing = context.ask(ask(api.replacing))
        credentials.tell_replacement(label, found.old, found.new, as_json=as_json)
        return
    if finish or roll_back:
        context.ask(ask(api.finish if finish else api.roll_back))
        credentials.tell_ended_replacement(label, finish=finish)
        return
    body = ToReplace(permissions=None if advised else permissions, grace=grace, after=after)
    done: Replacement = context.ask(ask(api.replace, body))
    show(done.new)
    click.echo(f"{label} works until {moment(done.old_expires_on)}", err=True)


def _shown(each: Advice) -> dict[str, Any]:
    return {
        **msgspec.structs.asdict(each),
        "created_on": moment(each.created_on),
        "last_used_on": moment(each.last_used_on),
    }
