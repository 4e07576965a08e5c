"""The audit log: what happened to accounts and app passwords. Append-only, and no secret in it.

An event is written in the transaction of the fact that it tells of. What is no
write of its own (a first use, a refusal, a log-in) is noted and written behind.
"""

import uuid
from collections.abc import AsyncIterator
from functools import lru_cache
from typing import Any

import msgspec

from bitpail.model.app_passwords import AppPassword
from bitpail.model.audit import FOR_EVER, Event, Filter, Kind
from bitpail.model.credentials import CredentialKind
from bitpail.model.users import User
from bitpail.policy.secrets import scrub
from bitpail.services import origin
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import audit as store
from bitpail.store.database import Connection

_FIRST_USE = uuid.UUID("5c0cf5b6-3a66-4f0e-9d5f-3a9f0c1f1b0a")
_PAGE = 500
END = (FOR_EVER, "")
"""The place after the newest event."""

Place = tuple[int, str]


async def record(
    db: Connection,
    kind: Kind,
    *,
    user: User | None = None,
    app_password: AppPassword | None = None,
    by: str = "",
    **detail: Any,
) -> None:
    """Write down that something happened, in the transaction in which it does; ``by`` somebody else, if so."""
    if by:
        detail["by"] = by
    await store.add(db, _event(str(uuid.uuid4()), kind, user, app_password, detail))


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
        detail=_storable(msgspec.json.encode(detail).decode()),
    )


def _storable(detail: str) -> str:
    return scrub(detail).replace("\\u0000", "")


async def newest(site: Site, wanted: Filter, *, before: Place = END, limit: int = 100) -> list[Event]:
    """A page of the log, the newest first; ``before`` is the place of the last event of the page before."""
    await site.audit.flush()
    return await store.newest(site.db, wanted, before=before, limit=limit)


async def every(site: Site, wanted: Filter) -> AsyncIterator[Event]:
    """The whole log, the oldest first, some at a time: for export."""
    await site.audit.flush()
    place = (-1, "")
    while True:
        events = await store.oldest(site.db, wanted, after=place, limit=_PAGE)
        for event in events:
            yield event
        if len(events) < _PAGE:
            return
        place = place_of(events[-1])


def place_of(event: Event) -> Place:
    """Where an event stands in the log: its moment, and its id among those of the moment."""
    return event.at, event.id


def shown(event: Event) -> dict[str, Any]:
    """An event as a JSON object, for export and scripts."""
    return {**msgspec.structs.asdict(event), "detail": msgspec.json.decode(event.detail)}
