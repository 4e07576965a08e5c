"""``bitpail app-password advise`` and ``replace``: fewer permissions, as use has shown that they are enough."""

import click
import msgspec

from bitpail.cli import credentials
from bitpail.cli.app_passwords import show_once
from bitpail.cli.backend import asked
from bitpail.cli.context import Context, answer, as_json, moment, on_a_server
from bitpail.own_api import insight as api
from bitpail.wire.own_api import Advice, Replacement, Replacing, ToReplace


@click.command()
@click.option("--user", "username", required=True, metavar="USERNAME", help="Whose they are.")
@credentials.after
@on_a_server
@as_json
@click.pass_obj
def advise(context: Context, username: str, after: str, as_json: bool) -> None:
    """Say of each app password whether fewer permissions would have been enough."""
    found: list[Advice] = context.ask(asked(api.advised, username, after=after))
    if as_json:
        answer([_shown(each) for each in found])
        return
    for each in found:
        click.echo(f"{each.label}: {each.sentence}")


@click.command()
@click.option("--user", "username", required=True, metavar="USERNAME", help="Whose it is.")
@credentials.narrower
@on_a_server
@as_json
@click.pass_obj
def replace(
    context: Context,
    username: str,
    label: str,
    advised: bool,
    permissions: tuple[str, ...],
    grace: str,
    finish: bool,
    roll_back: bool,
    status: bool,
    after: str,
    as_json: bool,
) -> None:
    """Make a narrower app password with the same limits; the old one expires after the grace.

    The new one is labelled "LABEL (narrowed)". Its secret is printed once. LABEL
    is that of the old one, also to finish, to roll back and to ask.
    """
    credentials.one_way(
        advised=advised, permissions=permissions, finish=finish, roll_back=roll_back, status=status
    )
    if status:
        found: Replacing = context.ask(asked(api.replacing, username, label))
        credentials.tell_replacement(label, found.old, found.new, as_json=as_json)
        return
    if finish or roll_back:
        context.ask(asked(api.finish if finish else api.roll_back, username, label))
        credentials.tell_ended_replacement(label, finish=finish)
        return
    body = ToReplace(permissions=None if advised else permissions, grace=grace, after=after)
    done: Replacement = context.ask(asked(api.replace, username, label, body))
    show_once(done.new, as_json=as_json)
    click.echo(f"{label} works until {moment(done.old_expires_on)}", err=True)


def _shown(each: Advice) -> dict[str, object]:
    return {
        **msgspec.structs.asdict(each),
        "created_on": moment(each.created_on),
        "last_used_on": moment(each.last_used_on),
    }
