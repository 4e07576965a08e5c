"""``bitpail brownout``: when app passwords are switched off for a while, and whom that breaks."""

import time
from typing import Any

import click

from bitpail.cli.context import Context, Group, answer, as_json, date
from bitpail.errors import Invalid
from bitpail.model.brownouts import Affected, Brownout
from bitpail.policy import durations
from bitpail.policy.brownouts import series, vendors
from bitpail.services import brownouts as service
from bitpail.services import users
from bitpail.services.site import Site

_SECOND = 1_000_000
_LASTS = "15m"


@click.group(cls=Group)
def brownout() -> None:
    """Switch app passwords off for a while, to rehearse their removal; list whom that breaks."""


@brownout.command("list")
@as_json
@click.pass_obj
def list_(context: Context, as_json: bool) -> None:
    """List the windows, those that ended of late too."""
    found = context.run(service.listed)
    if as_json:
        answer([_shown(one) for one in found])
        return
    now = time.time() * _SECOND
    for one in found:
        state = "over" if one.ends_on <= now else "running" if one.starts_on <= now else "to come"
        click.echo(f"{date(one.starts_on)} - {date(one.ends_on)}  {state:8} {one.note}".rstrip())


@brownout.command()
@click.option("--starts", required=True, metavar="DATE", help="When it begins, like 2030-06-09T06:00 (UTC).")
@click.option("--lasts", metavar="SPAN", help=f"How long each window is.  [default: {_LASTS}]")
@click.option(
    "--every", metavar="SPAN", help="Another one so long after the beginning of the one before, like 6h."
)
@click.option("--until", metavar="DATE", help="With --every: no window begins then or later.")
@click.option("--note", help="One line for people.")
@click.option(
    "--vendor",
    is_flag=True,
    help="Instead: seven weeks of windows as the vendor had them, 15 minutes growing to 5 hours, from --starts on.",
)
@click.pass_obj
def add(
    context: Context,
    starts: str,
    lasts: str | None,
    every: str | None,
    until: str | None,
    note: str | None,
    vendor: bool,
) -> None:
    """Announce a window, a series of them, or the vendor's whole calendar.

    That one began at midnight UTC on 2026-06-09; --vendor --starts 2030-06-04 rehearses it in another year.
    """
    if vendor:
        if not (lasts is every is until is note is None):
            raise click.UsageError("--vendor takes --starts alone")
        more = vendors(_moment(starts))
    else:
        more = series(
            _moment(starts),
            durations.seconds(lasts or _LASTS),
            durations.seconds(every) if every else None,
            _moment(until) if until else None,
            note or "",
        )
    context.run(lambda site: service.add(site, more))
    click.echo(f"{len(more)} window{'' if len(more) == 1 else 's'} announced")


@brownout.command()
@click.option("--starts", metavar="DATE", help="The window that begins then.")
@click.option("--all", "all_", is_flag=True, help="All that have not ended.")
@click.pass_obj
def remove(context: Context, starts: str | None, all_: bool) -> None:
    """Take a window back; one that runs ends at once."""
    if (starts is None) is not all_:
        raise click.UsageError("give either --starts or --all")
    context.run(lambda site: service.remove(site, _moment(starts) if starts else None))
    click.echo("removed")


@brownout.command()
@click.option(
    "--days", default=service.REHEARSED, show_default=True, type=click.IntRange(1, 400), help="How far back."
)
@click.option("--user", "username", metavar="USERNAME", help="Only the app passwords of this user.")
@click.option("--starts", metavar="DATE", help="Instead: whom the window that began then has refused.")
@as_json
@click.pass_obj
def who(context: Context, days: int, username: str | None, starts: str | None, as_json: bool) -> None:
    """List who would have broken: every app password that was used of late, by client."""

    async def work(site: Site) -> list[Affected]:
        user = await users.named(site, username) if username else None
        if starts is None:
            return await service.would_break(site, days, user)
        at = _moment(starts)
        window = next((one for one in await service.listed(site) if one.starts_on == at), None)
        if window is None:
            raise Invalid(f"no brownout begins at {starts}")
        return await service.broke(site, window, user)

    found = context.run(work)
    if as_json:
        answer([_told(one) for one in found])
        return
    for one in found:
        last = str(date(one.last_on))
        click.echo(
            f'"{one.label}" of {one.username} by {one.client or "unknown"}: {one.count}, last {last[:10]}'
        )


def _moment(text: str) -> int:
    now = int(time.time())
    return (now + durations.seconds_until(text, now)) * _SECOND


def _shown(one: Brownout) -> dict[str, Any]:
    return {"starts_on": date(one.starts_on), "ends_on": date(one.ends_on), "note": one.note}


def _told(one: Affected) -> dict[str, Any]:
    return {
        "username": one.username,
        "label": one.label,
        "client": one.client,
        "count": one.count,
        "last_on": date(one.last_on),
    }
