"""The audit log: what happened to accounts, credentials and places. Append-only, and no secret in it.

An event is written in the transaction of the fact that it tells of. What is no
write of its own (a first use, a refusal, a log-in) is noted and written behind.
"""

import uuid
from collections.abc import AsyncIterator, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from bitpail.model.app_passwords import AppPassword
from bitpail.model.audit import FOR_EVER, Event, Filter, Kind
from bitpail.model.credentials import CredentialKind
from bitpail.model.projects import Project
from bitpail.model.repositories import Repository
from bitpail.model.robots import Robot
from bitpail.model.users import User, UserId
from bitpail.model.workspaces import Workspace
from bitpail.policy.secrets import scrub
from bitpail.services import origin
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import audit as store
from bitpail.store import robots, workspaces
from bitpail.store.database import Connection

_FIRST_USE = uuid.UUID("5c0cf5b6-3a66-4f0e-9d5f-3a9f0c1f1b0a")
_PAGE = 500
END = (FOR_EVER, "")
"""The place after the newest event."""

Moment = tuple[int, str]
Place = Repository | Project | Workspace


async def record(
    db: Connection,
    kind: Kind,
    *,
    user: User | None = None,
    app_password: AppPassword | None = None,
    by: str = "",
    **detail: Any,
) -> None:
    """Write down that something happened, in the transaction in which it does; ``by`` somebody else, if so.

    Of a robot also where its token was made: the place may be gone when the log is read.
    """
    if by:
        detail["by"] = by
    if user is not None and user.is_robot:
        known = (await robots.by_ids(db, [user.id])).get(user.id)
        detail |= {"token_of": known.place} if known else {}
    await store.add(db, _event(str(uuid.uuid4()), kind, user, app_password, detail))


async def record_deed(db: Connection, kind: Kind, place: Place | None = None, **detail: Any) -> None:
    """Write down what somebody did to a place, as ``record``: whoever the request let in, and with what.

    On the command line it is nobody. ``detail`` may name the place itself, where no row is at hand.
    """
    actor = origin.actor()
    if place is not None:
        detail = {**await named(db, place), **detail}
    if actor is not None and actor.narrowed is not None:
        detail["narrowed"] = actor.narrowed
    user, app_password = (actor.user, actor.app_password) if actor else (None, None)
    await record(db, kind, user=user, app_password=app_password, **detail)


async def named(db: Connection, place: Place) -> dict[str, str]:
    """What a place is called in an event, and its UUID, by which it is found again under another name."""
    if isinstance(place, Workspace):
        return {"workspace": place.slug, "workspace_uuid": f"{{{place.id}}}"}
    found = await workspaces.by_id(db, place.workspace_id)
    slug = found.slug if found else f"{{{place.workspace_id}}}"
    if isinstance(place, Repository):
        return {"repository": f"{slug}/{place.slug}", "repository_uuid": f"{{{place.id}}}"}
    return {"project": f"{slug}/{place.key}", "project_uuid": f"{{{place.id}}}"}


def note(
    site: Site,
    kind: Kind,
    *,
    user: User | None = None,
    app_password: AppPassword | None = None,
    once: str = "",
    **detail: Any,
) -> None:
    """Have it written within seconds; it costs no database.

    Of those with the same kind, app password and ``once`` there is one in the
    log, whichever worker noted it.
    """
    event_id = _id_of_one(kind, once) if once else str(uuid.uuid4())
    if not site.audit.has(event_id):
        site.audit.put(event_id, _event(event_id, kind, user, app_password, detail))


@lru_cache(maxsize=4096)
def _id_of_one(kind: Kind, once: str) -> str:
    return str(uuid.uuid5(_FIRST_USE, f"{kind} {once}"))


def _event(
    event_id: str, kind: Kind, user: User | None, app_password: AppPassword | None, detail: dict[str, Any]
) -> Event:
    here = origin.current()
    if app_password is not None and app_password.kind is not CredentialKind.APP_PASSWORD:
        detail = {"credential": app_password.kind.words, **detail}
    return Event(
        id=event_id,
        at=now(),
        kind=kind,
        user_id=user.id if user else None,
        username=user.username if user else "",
        app_password_id=app_password.id if app_password else None,
        label=app_password.label if app_password else "",
        address=here.client.address,
        request_id=here.request_id,
        detail=msgspec.json.encode(_storable(msgspec.to_builtins(detail))).decode(),
    )


def _storable(value: Any) -> Any:
    """Without secrets, and without what PostgreSQL can't keep: before it is JSON, where what is left out might end a text."""
    if isinstance(value, str):
        return scrub(value).replace("\0", "")
    if isinstance(value, dict):
        return {_storable(name): _storable(one) for name, one in value.items()}
    return [_storable(one) for one in value] if isinstance(value, list | tuple) else value


async def newest(site: Site, wanted: Filter, *, before: Moment = END, limit: int = 100) -> list[Event]:
    """A page of the log, the newest first; ``before`` is the place of the last event of the page before."""
    await site.audit.flush()
    return await store.newest(site.db, wanted, before=before, limit=limit)


async def every(site: Site, wanted: Filter) -> AsyncIterator[Event]:
    """The whole log, the oldest first, some at a time: for export."""
    async for events in pages(site, wanted):
        for event in events:
            yield event


async def pages(site: Site, wanted: Filter) -> AsyncIterator[list[Event]]:
    """The same in the pieces in which it is read."""
    await site.audit.flush()
    place = (-1, "")
    while True:
        events = await store.oldest(site.db, wanted, after=place, limit=_PAGE)
        yield events
        if len(events) < _PAGE:
            return
        place = place_of(events[-1])


async def whose(site: Site, events: Sequence[Event]) -> dict[str, str]:
    """Whom each event is about, in words and by the event's id: a username, or what people call a robot.

    A robot is called by its token and the place where that was made; of one that is gone the place is
    known if the event tells of it. Empty: it is about nobody.
    """
    ids = {UserId(event.user_id) for event in events if event.user_id and _is_robots(event)}
    known = await robots.by_ids(site.db, ids)
    return {
        event.id: _robot(event, known.get(UserId(event.user_id or "")))
        if _is_robots(event)
        else event.username
        for event in events
    }


def _is_robots(event: Event) -> bool:
    # No person's name has a slash.
    return "/" in event.username


def _robot(event: Event, known: Robot | None) -> str:
    detail: dict[str, Any] = msgspec.json.decode(event.detail)
    place = known.place if known else detail.get("token_of") or "a place that is gone"
    what = known.kind.words if known else detail.get("credential") or "access token"
    label = event.label or (known.label if known else "")
    return f'{what} "{label}" of {place}'


def place_of(event: Event) -> Moment:
    """Where an event stands in the log: its moment, and its id among those of the moment."""
    return event.at, event.id


def shown(event: Event) -> dict[str, Any]:
    """An event as a JSON object, for export and scripts."""
    return {**msgspec.structs.asdict(event), "detail": msgspec.json.decode(event.detail)}
