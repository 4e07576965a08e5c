"""Dates as Bitbucket writes them: ISO 8601 with ``+00:00``.

A commit may claim any date at all. What no calendar holds becomes the nearest
date that one does; nothing here raises.
"""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = -62_135_596_800
_LAST = 253_402_300_799
_SECOND = 1_000_000


def instant(microseconds: int) -> str:
    """``2025-01-27T14:15:58.600540+00:00`` from microseconds since 1970."""
    within = min(max(microseconds, _FIRST * _SECOND), _LAST * _SECOND)
    return (_EPOCH + timedelta(microseconds=within)).isoformat(timespec="microseconds")


def commit_date(seconds: int) -> str:
    """``2026-04-07T09:12:21+00:00`` from seconds since 1970: no fraction, and UTC as recorded."""
    within = min(max(seconds, _FIRST), _LAST)
    return (_EPOCH + timedelta(seconds=within)).isoformat()
