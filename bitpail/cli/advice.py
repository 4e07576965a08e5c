"""``bitpail app-password advise`` and ``replace``: fewer permissions, as use has shown that they are enough."""

import click
import msgspec

from bitpail.cli.app_passwords import show_once
from bitpail.cli.backend import asked
from bitpail.cli.context import Context, answer, as_json, moment, on_a_server
from bitpail.own_api import insight as api
from bitpail.policy.advice import WATCHED
from bitpail.wire.own_api import Advice, AppPassword, Replacement, Replacing, ToReplace

_after = click.option(
    "--after",
    default=f"{WATCHED}d",
    show_default=True,
    metavar="SPAN",
    help="For how long an app password must have been watched before its use tells anything.",
)


@click.command()
@click.option("--user", "username", required=True, metavar="USERNAME", help="Whose they are.")
@_after
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
@click.option("--label", required=True, help="The one to be replaced.")
@click.option("--advised", is_flag=True, help="With the permissions that 'advise' says are enough.")
@click.option(
    "--permission", "permissions", multiple=True, metavar="SCOPE", help="With these instead; repeatable."
)
@click.option(
    "--grace",
    default="7d",
    show_default=True,
    metavar="SPAN",
    help="How long the old one goes on working.",
)
@click.option("--finish", is_flag=True, help="Revoke the old one now.")
@click.option("--roll-back", is_flag=True, help="Revoke the narrower one; the old one goes on as before.")
@click.option("--status", is_flag=True, help="Tell whether the old one is still used, and from where.")
@_after
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
    if advised + bool(permissions) + finish + roll_back + status != 1:
        raise click.UsageError("give one of --advised, --permission, --finish, --roll-back and --status")
    if status:
        _tell(context, username, label, as_json=as_json)
        return
    if finish or roll_back:
        context.ask(asked(api.finish if finish else api.roll_back, username, label))
        click.echo(f"{'revoked ' + label if finish else label + ' goes on as before'}")
        return
    body = ToReplace(permissions=None if advised else permissions, grace=grace, after=after)
    done: Replacement = context.ask(asked(api.replace, username, label, body))
    show_once(done.new, as_json=as_json)
    click.echo(f"{label} works until {moment(done.old_expires_on)}", err=True)


def _tell(context: Context, username: str, label: str, *, as_json: bool) -> None:
    found: Replacing = context.ask(asked(api.replacing, username, label))
    if found.old is None or found.new is None:
        if as_json:
            answer(None)
            return
        click.echo(f"no replacement of {label} is under way")
    elif as_json:
        answer({"old": _used(found.old), "new": _used(found.new)})
    else:
        click.echo(f"{label} works until {moment(found.old.expires_on)}")
        for one in (_used(found.old), _used(found.new)):
            used = f"{one['last_used_on']} from {one['last_used_address']} by {one['last_used_client']}"
            click.echo(f"{one['label']} was {'last used ' + used if one['last_used_on'] else 'never used'}")


def _used(one: AppPassword) -> dict[str, object]:
    return {
        "label": one.label,
        "expires_on": moment(one.expires_on),
        "last_used_on": moment(one.last_used_on),
        "last_used_address": one.last_used_address,
        "last_used_client": one.last_used_client,
    }


def _shown(each: Advice) -> dict[str, object]:
    return {
        **msgspec.structs.asdict(each),
        "created_on": moment(each.created_on),
        "last_used_on": moment(each.last_used_on),
    }
