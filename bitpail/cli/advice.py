"""``bitpail app-password advise`` and ``replace``: fewer permissions, as use has shown that they are enough."""

import click

from bitpail.cli.app_passwords import show_once
from bitpail.cli.context import Context, answer, as_json, date
from bitpail.policy import durations
from bitpail.policy.advice import WATCHED
from bitpail.services import advice as service
from bitpail.services import users
from bitpail.services.advice import Advised, Replacement
from bitpail.services.app_passwords import parse_scopes
from bitpail.services.site import Site

_DAY = 86_400

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
@as_json
@click.pass_obj
def advise(context: Context, username: str, after: str, as_json: bool) -> None:
    """Say of each app password whether fewer permissions would have been enough."""
    enough = durations.seconds(after) // _DAY

    async def work(site: Site) -> list[Advised]:
        return await service.of_user(site, await users.named(site, username), enough=enough)

    found = context.run(work)
    if as_json:
        answer([_shown(each) for each in found])
        return
    for each in found:
        click.echo(f"{each.app_password.label}: {each.advice.sentence}")


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
@_after
@as_json
@click.pass_obj
def replace(
    context: Context,
    username: str,
    label: str,
    advised: bool,
    permissions: tuple[str, ...],
    grace: str,
    after: str,
    as_json: bool,
) -> None:
    """Make a narrower app password with the same limits; the old one expires after the grace.

    The new one is labelled "LABEL (narrowed)". Its secret is printed once.
    """
    if advised == bool(permissions):
        raise click.UsageError("give either --advised or --permission")
    seconds, enough = durations.seconds(grace), durations.seconds(after) // _DAY

    async def work(site: Site) -> Replacement:
        user = await users.named(site, username)
        if advised:
            return await service.replace_as_advised(site, user, label, seconds, enough=enough)
        return await service.replace(site, user, label, tuple(parse_scopes(permissions)), seconds)

    done = context.run(work)
    show_once(username, done.new, done.secret, as_json=as_json)
    click.echo(f"{label} works until {date(done.old.expires_on)}", err=True)


def _shown(each: Advised) -> dict[str, object]:
    one, advice = each.app_password, each.advice
    return {
        "label": one.label,
        "advice": advice.verdict,
        "permissions": list(one.scopes),
        "needed": list(advice.narrower),
        "days": advice.days,
        "sentence": advice.sentence,
        "created_on": date(one.created_on),
        "last_used_on": date(one.last_used_on),
    }
