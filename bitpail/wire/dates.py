"""Dates as Bitbucket writes them: ISO 8601 with ``+00:00``.

A commit may claim any date at all. What no calendar holds becomes the nearest
date that one does: what goes out raises nothing.
"""

from datetime import UTC, datetime, timedelta

from bitpail.errors import Invalid

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = -62_135_596_800
_LAST = 253_402_300_799
_SECOND = 1_000_000


def instant(microseconds: int) -> str:
    """``2025-01-27T14:15:58.600540+00:00`` from microseconds since 1970."""
    within = min(max(microseconds, _FIRST * _SECOND), _LAST * _SECOND)
    return (_EPOCH + timedelta(microseconds=within)).isoformat(timespec="microseconds")


def microseconds(text: str) -> int:
    """Those since 1970 of an ISO 8601 date or time, UTC if it says nothing else; raises Invalid."""
    try:
        # A plus in a query that was not encoded is a space by now.
        moment = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    except ValueError:
        raise Invalid(f"not a date: {text[:50]!r} (like 2027-01-31T12:00:00Z)") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(microseconds=1)


def commit_date(seconds: int) -> str:
    """``2026-04-07T09:12:21+00:00`` from seconds since 1970: no fraction, and UTC as recorded."""
    within = min(max(seconds, _FIRST), _LAST)
    return (_EPOCH + timedelta(seconds=within)).isoformat()
