"""``bitpail policy``: what app passwords of this server may be."""

import sys

import click

from bitpail.cli.context import Context, Group, answer, as_json
from bitpail.model.site_policy import NO_POLICY, SitePolicy
from bitpail.policy import durations
from bitpail.services import site_policy as service
from bitpail.services.app_passwords import parse_scopes
from bitpail.services.site_policy import Breach


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
@click.option("--longest-lifetime", metavar="SPAN", help="Each has to expire within that, like 90d.")
@click.option("--forbid", "forbidden", multiple=True, metavar="SCOPE", help="May not be granted; repeatable.")
@click.option(
    "--network",
    "networks",
    multiple=True,
    metavar="CIDR",
    help="Each has to be limited to networks inside these; repeatable.",
)
@click.option("--places", "places_required", is_flag=True, help="Each has to be limited to some places.")
@as_json
@click.pass_obj
def set_(
    context: Context,
    longest_lifetime: str | None,
    forbidden: tuple[str, ...],
    networks: tuple[str, ...],
    places_required: bool,
    as_json: bool,
) -> None:
    """Replace the policy as a whole: what is not given is not ruled.

    It holds for app passwords that are made from now on; 'bitpail policy check' lists the others.
    """
    wanted = SitePolicy(
        longest_lifetime=durations.seconds(longest_lifetime) if longest_lifetime else None,
        forbidden=tuple(parse_scopes(forbidden)),
        networks=networks,
        places_required=places_required,
    )
    _tell(context.run(lambda site: service.put(site, wanted)), as_json=as_json)


@policy.command()
@as_json
@click.pass_obj
def check(context: Context, as_json: bool) -> None:
    """List the app passwords that break the policy. Exit status: 1 if there are any."""
    found: list[Breach] = context.run(service.breaches)
    if as_json:
        answer(found)
    for breach in found if not as_json else ():
        click.echo(f'"{breach.label}" of {breach.username}: {"; ".join(breach.reasons)}')
    if found:
        sys.exit(1)


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
