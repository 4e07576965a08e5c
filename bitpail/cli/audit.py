"""``bitpail audit`` and ``bitpail why``: what happened, and why a request was refused."""

import time

import click
import msgspec

from bitpail.cli.context import Context, Group, answer, as_json, date
from bitpail.model.audit import Event, Filter, Kind
from bitpail.policy import durations
from bitpail.services import audit as service
from bitpail.services import denials, users
from bitpail.services.denials import Explanation
from bitpail.services.site import Site


@click.group(cls=Group)
def audit() -> None:
    """Read the audit log; it is append-only."""


@audit.command("list")
@click.option("--user", "username", metavar="USERNAME", help="Only what concerns this user.")
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in Kind]),
    metavar="KIND",
    help="Only this, like 'app_password.created'.",
)
@click.option("--since", metavar="7d|DATE", help="Only what happened since then.")
@click.option(
    "--place",
    default="",
    metavar="WORKSPACE[/NAME]",
    help="Only what was done to this repository or project (by its key), or to a workspace and what is in it.",
)
@as_json
@click.option("--jsonl", is_flag=True, help="One JSON object a line, for export.")
@click.pass_obj
def list_(
    context: Context,
    username: str | None,
    kind: str | None,
    since: str | None,
    place: str,
    as_json: bool,
    jsonl: bool,
) -> None:
    """List events, the oldest first."""
    moment = durations.since(since, time.time()) if since else 0
    shown: list[object] = []

    async def work(site: Site) -> None:
        user = await users.named(site, username) if username else None
        wanted = Filter(user.id if user else "", kind or "", moment * 1_000_000, place=place)
        async for events in service.pages(site, wanted):
            if as_json:
                shown.extend(service.shown(event) for event in events)
            elif jsonl:
                for event in events:
                    click.echo(msgspec.json.encode(service.shown(event)))
            else:
                whose = await service.whose(site, events)
                for event in events:
                    click.echo(_line(event, whose[event.id]))

    context.run(work)
    if as_json:
        answer(shown)


def _line(event: Event, whose: str) -> str:
    who = whose or "-"
    if event.label and whose == event.username:
        who += f" {event.label!r}"
    where = event.address or "command line"
    detail = "" if event.detail == "{}" else f"  {event.detail}"
    return f"{date(event.at)}  {event.kind:34} {who}  from {where}{detail}"


@click.command()
@click.argument("request_id")
@as_json
@click.pass_obj
def why(context: Context, request_id: str, as_json: bool) -> None:
    """Explain why a request was refused: who, what, what it needed and had, and what to do.

    REQUEST_ID is the X-Request-Id of the answer; the log has it too.
    """

    async def work(site: Site) -> Explanation:
        return await denials.explain(site, request_id)

    found = context.run(work)
    denial = found.known.denial
    if as_json:
        answer(
            {
                **msgspec.structs.asdict(denial),
                "at": date(denial.at),
                "username": found.known.username,
                "label": found.known.label,
                "why": found.why,
                "to_do": found.to_do,
            }
        )
        return
    click.echo(f"{date(denial.at)}  {denial.method} {denial.path}")
    click.echo(f"{found.known.who}, from {denial.address} by {denial.client or 'an unnamed client'}")
    click.echo(found.why)
    click.echo(found.to_do)
