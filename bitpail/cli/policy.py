"""``bitpail policy``: what app passwords of this server may be."""

import sys
import time

import click

from bitpail.cli.context import Context, Group, answer, as_json, date
from bitpail.model.site_policy import NO_POLICY, SitePolicy
from bitpail.policy import durations
from bitpail.services import site_policy as service
from bitpail.services.app_passwords import parse_scopes
from bitpail.services.site import Site
from bitpail.services.site_policy import Breach

_SECOND = 1_000_000


@click.group(cls=Group)
def policy() -> None:
    """Say what app passwords may be, and list those that are not so."""


@policy.command()
@as_json
@click.pass_obj
def show(context: Context, as_json: bool) -> None:
    """Show the policy in force."""
    _tell(context.run(service.current), as_json=as_json)


@policy.command("set")
@click.option(
    "--longest-lifetime",
    metavar="SPAN",
    help="Each has to expire within that, like 90d. So do OAuth apps: what people allow them, and their secrets alone.",
)
@click.option("--forbid", "forbidden", multiple=True, metavar="SCOPE", help="May not be granted; repeatable.")
@click.option(
    "--network",
    "networks",
    multiple=True,
    metavar="CIDR",
    help="Each has to be limited to networks inside these; repeatable. Binds tokens of OAuth apps at once.",
)
@click.option(
    "--places",
    "places_required",
    is_flag=True,
    help="Each has to be limited to some places; no OAuth app can be.",
)
@click.option(
    "--existing-from",
    metavar="SPAN|DATE|never",
    help="Narrow the existing ones that break it from then on; at least a day from now. "
    "Not given, what was announced stays.",
)
@as_json
@click.pass_obj
def set_(
    context: Context,
    longest_lifetime: str | None,
    forbidden: tuple[str, ...],
    networks: tuple[str, ...],
    places_required: bool,
    existing_from: str | None,
    as_json: bool,
) -> None:
    """Replace the policy as a whole: what is not given is not ruled.

    It holds for app passwords that are made from now on. 'bitpail policy check' lists those there are that
    break it; they go on as they are, or, with --existing-from, are narrowed on that day and never before it.
    """

    async def work(site: Site) -> SitePolicy:
        announced = (await service.current(site)).existing_from
        wanted = SitePolicy(
            longest_lifetime=durations.seconds(longest_lifetime) if longest_lifetime else None,
            forbidden=tuple(parse_scopes(forbidden)),
            networks=networks,
            places_required=places_required,
            existing_from=_moment(existing_from) if existing_from else announced,
        )
        return await service.put(site, wanted)

    _tell(context.run(work), as_json=as_json)


def _moment(text: str) -> int | None:
    if text == "never":
        return None
    now = int(time.time())
    return (now + durations.seconds_until(text, now)) * _SECOND


@policy.command()
@as_json
@click.pass_obj
def check(context: Context, as_json: bool) -> None:
    """List the app passwords that break the policy, and what each becomes. Exit status: 1 if there are any."""
    found: list[Breach] = context.run(service.breaches)
    if as_json:
        answer(found)
    for breach in found if not as_json else ():
        becomes = f" -> {'; '.join(breach.becomes)}" if breach.becomes else ""
        click.echo(f'{breach.what} "{breach.label}" of {breach.whose}: {"; ".join(breach.reasons)}{becomes}')
    if found:
        sys.exit(1)


@policy.command()
@click.pass_obj
def apply(context: Context) -> None:
    """Narrow the existing ones that break the policy, if its day has come. The server does so by itself."""
    count = context.run(service.apply_due)
    click.echo(f"{count} app password{'' if count == 1 else 's'} narrowed")


def _tell(found: SitePolicy, *, as_json: bool) -> None:
    if as_json:
        # Every member, also those that rule nothing.
        answer({name: getattr(found, name) for name in found.__struct_fields__})
    elif found == NO_POLICY:
        click.echo("no policy: every app password is allowed")
    else:
        lifetime = f"{found.longest_lifetime} seconds" if found.longest_lifetime else "any"
        click.echo(f"longest lifetime:       {lifetime}")
        click.echo(f"forbidden permissions:  {', '.join(found.forbidden) or 'none'}")
        click.echo(f"networks:               {', '.join(found.networks) or 'any'}")
        click.echo(f"limited to places:      {'required' if found.places_required else 'not required'}")
        click.echo(f"existing ones:          {_existing(found)}")


def _existing(found: SitePolicy) -> str:
    if found.existing_from is None:
        return "go on as they are"
    past = found.existing_from <= time.time() * _SECOND
    return f"{'are held to it since' if past else 'will be narrowed on'} {date(found.existing_from)}"
