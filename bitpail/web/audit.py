"""The audit log, for administrators: filtered, a page at a time, and as JSON lines."""

from collections.abc import AsyncGenerator
from urllib.parse import urlencode

import msgspec
from msgspec import Struct
from starlette.responses import Response, StreamingResponse

from bitpail.errors import Invalid, NotFound
from bitpail.model.audit import FOR_EVER, Event, Filter, Kind
from bitpail.model.users import User
from bitpail.policy import durations
from bitpail.services import audit, users
from bitpail.services.clock import now
from bitpail.web import activity
from bitpail.web.pages import render
from bitpail.web.request import WebRequest

_FIELDS = ("kind", "user", "place", "app_password", "address", "since", "until")
_PAGE = 100
_SECOND = 1_000_000
_LONGEST = 255
_SHOWN = 400


class Line(Struct, frozen=True):
    """One event with what happened in words, and what else is known of it. ``whose`` is a username, or a robot's name."""

    event: Event
    whose: str
    is_robot: bool
    sentence: str
    detail: str


async def page(request: WebRequest, administrator: User) -> Response:  # noqa: ARG001 - the shape of a handler
    """``GET /admin/audit/``."""
    typed, events, error = _typed(request), [], None
    try:
        wanted = await _wanted(request, typed)
        place = request.query.get("before", "")
        events = await audit.newest(request.site, wanted, before=_place(place), limit=_PAGE + 1)
    except (Invalid, NotFound) as wrong:
        error = wrong.message
    shown, query = events[:_PAGE], {name: text for name, text in typed.items() if text}
    whose = await audit.whose(request.site, shown)
    older = f"{shown[-1].at}.{shown[-1].id}" if len(events) > _PAGE else ""
    return render(
        request,
        "admin_audit.html",
        422 if error else 200,
        lines=[_line(event, whose[event.id]) for event in shown],
        kinds=list(Kind),
        typed=typed,
        query=urlencode(query),
        older=urlencode({**query, "before": older}) if older else "",
        is_first=not request.query.get("before"),
        error=error,
    )


async def export(request: WebRequest, administrator: User) -> Response:  # noqa: ARG001 - the shape of a handler
    """``GET /admin/audit/export``: one JSON object a line, the oldest first; the filters are the page's."""
    wanted = await _wanted(request, _typed(request))

    async def lines() -> AsyncGenerator[bytes, None]:
        async for event in audit.every(request.site, wanted):
            yield msgspec.json.encode(audit.shown(event)) + b"\n"

    headers = {"Content-Disposition": 'attachment; filename="audit.jsonl"'}
    return StreamingResponse(lines(), media_type="application/x-ndjson", headers=headers)


def _typed(request: WebRequest) -> dict[str, str]:
    return {name: request.query.get(name, "").replace("\0", "").strip()[:_LONGEST] for name in _FIELDS}


async def _wanted(request: WebRequest, typed: dict[str, str]) -> Filter:
    """Raises Invalid, or NotFound for a user that there is not."""
    if typed["kind"] and typed["kind"] not in set(Kind):
        raise Invalid(f"no kind of event {typed['kind']!r}")
    at = now() / _SECOND
    return Filter(
        user_id=(await users.named(request.site, typed["user"])).id if typed["user"] else "",
        kind=typed["kind"],
        since=durations.since(typed["since"], at) * _SECOND if typed["since"] else 0,
        until=durations.since(typed["until"], at) * _SECOND if typed["until"] else FOR_EVER,
        app_password=typed["app_password"],
        address=typed["address"],
        place=typed["place"],
    )


def _place(text: str) -> audit.Moment:
    """Raises Invalid."""
    if not text:
        return audit.END
    at, _, event_id = text.partition(".")
    if not at.isascii() or not at.isdigit() or len(at) > 18 or len(event_id) > _LONGEST:
        raise Invalid("there is no such page of the log")
    return int(at), event_id.replace("\0", "")


def _line(event: Event, whose: str) -> Line:
    return Line(event, whose, whose != event.username, activity.sentence(event), _detail(event))


def _detail(event: Event) -> str:
    """What is longer than some lines of a page is whole in the export, and UUIDs are there alone."""
    texts = {
        name: value if isinstance(value, str) else msgspec.json.encode(value).decode()
        for name, value in msgspec.json.decode(event.detail).items()
        if not name.endswith("_uuid")
    }
    return "; ".join(
        f"{name}: {text if len(text) <= _SHOWN else f'{text[:_SHOWN]}… (the export has all of it)'}"
        for name, text in texts.items()
    )
