import json

import pytest
from support.rows import unused_id

from bitpail.model.audit import Event, Filter, Kind
from bitpail.store import audit

pytestmark = pytest.mark.anyio
END = (2**63 - 1, "")
EVERYTHING = Filter()


def event(at, kind=Kind.USER_CREATED, user_id="u1", **changes):
    values = {
        "username": "ada", "app_password_id": None, "label": "", "address": "192.0.2.1",
        "request_id": "r", "detail": '{"a": "\\"ü"}',
    }  # fmt: skip
    return Event(id=unused_id(), at=at, kind=kind, user_id=user_id, **(values | changes))


async def test_events_are_read_from_both_ends_in_pages(db):
    events = [event(at) for at in (1, 2, 2, 3)]
    for each in events:
        await audit.add(db, each)

    newest = await audit.newest(db, EVERYTHING, before=END, limit=2)
    rest = await audit.newest(db, EVERYTHING, before=(newest[-1].at, newest[-1].id), limit=9)
    oldest = await audit.oldest(db, EVERYTHING, after=(-1, ""), limit=9)

    assert [*newest, *rest] == [events[3], events[2], events[1], events[0]]
    assert oldest == events


async def test_several_are_written_at_once_and_the_same_one_once(db):
    one, other = event(1, app_password_id="p", label="ci"), event(2, user_id=None)

    await audit.add_all(db, [one])
    await audit.add_all(db, [one, other])
    await audit.add_all(db, [])

    assert await audit.oldest(db, EVERYTHING, after=(-1, ""), limit=9) == [one, other]


async def test_the_log_is_filtered_by_user_kind_and_time(db):
    a = event(1)
    b = event(2, Kind.APP_PASSWORD_DENIED)
    c = event(3, user_id="u2")
    await audit.add_all(db, [a, b, c])

    async def found(**wanted):
        return await audit.oldest(db, Filter(**wanted), after=(-1, ""), limit=9)

    assert await found(user_id="u1") == [a, b]
    assert await found(kind="user.created") == [a, c]
    assert await found(since=2) == [b, c]
    assert await found(user_id="u1", kind="user.created", since=2) == []


async def test_the_log_is_filtered_by_place_and_by_whom_it_concerns(db):
    def deed(at, kind, **detail):
        return event(at, kind, detail=json.dumps(detail))

    code = deed(1, Kind.REPOSITORY_CREATED, repository="acme/code")
    moved = deed(2, Kind.REPOSITORY_RENAMED, repository="acme/other", moved_from="acme/code")
    team = deed(3, Kind.MEMBER_ADDED, workspace="acme", whom="grace", whom_uuid="{u2}")
    longer = deed(4, Kind.REPOSITORY_CREATED, repository="acme/code-2")
    elsewhere = deed(5, Kind.PROJECT_CREATED, project="acme2/LIB")
    # Only who gains or loses something is concerned: no text of theirs makes an event one about them.
    named = deed(6, Kind.PROJECT_RENAMED, project="acme/LIB", whom_uuid="{u2}")
    await audit.add_all(db, [code, moved, team, longer, elsewhere, named])

    async def found(**wanted):
        return await audit.oldest(db, Filter(**wanted), after=(-1, ""), limit=9)

    assert await found(place="acme/code") == [code, moved]
    assert await found(place="acme") == [code, moved, team, longer, named]
    assert await found(place="acme/LIB") == [named]
    assert await found(place="acme/") == await found(place="%") == await found(place="a_me") == []
    assert await found(user_id="u2") == [team]
    assert await found(user_id="u2", place="acme/code") == []
    assert await audit.newest(db, Filter(place="acme2"), before=END, limit=9) == [elsewhere]


async def test_the_newest_event_of_two_kinds_is_found_for_one_app_password(db):
    begun, ended = Kind.APP_PASSWORD_REPLACED, Kind.APP_PASSWORD_REPLACEMENT_ROLLED_BACK
    first = event(1, begun, app_password_id="p1")
    last = event(3, ended, app_password_id="p1")
    others = [event(2, begun, app_password_id="p1"), event(4, Kind.APP_PASSWORD_DENIED, app_password_id="p1")]
    await audit.add_all(db, [first, last, *others, event(5, begun, app_password_id="p2")])

    assert await audit.last_of_two(db, "p1", begun, ended) == last
    assert await audit.last_of_two(db, "p3", begun, ended) is None
