"""The calendar of brownouts: which windows there may be, and which one runs.

Times are microseconds since 1970.
"""

from collections.abc import Iterable

from bitpail.errors import Invalid
from bitpail.model.brownouts import Brownout

MOST = 250
"""Windows that are kept: they come with each secret that is looked up."""
LONGEST = 7 * 86_400
"""Seconds of one window: what is longer is no rehearsal."""
KEPT = 30 * 86_400
"""Seconds for which a window is kept after its end, as long as the refusals in it."""
NOTE_LENGTH = 100
LATEST = 253_402_300_800
"""The beginning of the year 10000 in seconds since 1970: what ends later is no date that can be shown."""

_SECOND = 1_000_000
_DAY = 86_400
_VENDORS_WEEKS = (15, 30, 60, 120, 180, 240, 300)
"""Minutes of a window in each week of the vendor's calendar, from Tuesday 2026-06-09 to Monday 2026-07-27.

On record (community.atlassian.com, ba-p/3237429) are the days and hours of all of it, the lengths of the first two weeks,
and that the last windows took five hours; the whole hours of the weeks between are reckoned.
"""
_VENDORS_RECKONED = range(3, len(_VENDORS_WEEKS))
_VENDORS_PAUSE = 6 * 3600


def vendors(starts_on: int) -> list[Brownout]:
    """The vendor's calendar moved to another beginning: seven weeks of windows, four a day, that grow from week to week."""
    windows = []
    for number in range(len(_VENDORS_WEEKS) * 7 * _DAY // _VENDORS_PAUSE):
        week = number * _VENDORS_PAUSE // (7 * _DAY)
        begins = starts_on + number * _VENDORS_PAUSE * _SECOND
        note = f"vendor's week {week + 1}"
        if week + 1 in _VENDORS_RECKONED:
            note += ", length reckoned"
        windows.append(Brownout(begins, begins + _VENDORS_WEEKS[week] * 60 * _SECOND, note))
    return windows


def running(listed: Iterable[Brownout], at: int) -> Brownout | None:
    """The window that a moment lies in, of several the one that ends last."""
    found = [one for one in listed if one.starts_on <= at < one.ends_on]
    return max(found, key=lambda one: one.ends_on, default=None)


def upcoming(listed: Iterable[Brownout], at: int) -> list[Brownout]:
    """Those that run or will, the first one first."""
    return [one for one in listed if one.ends_on > at]


def series(
    starts_on: int, lasts: int, every: int | None, until: int | None, note: str = ""
) -> list[Brownout]:
    """A window of ``lasts`` seconds, or one ``every`` so many seconds that begin before ``until``. Raises Invalid."""
    if not 60 <= lasts <= LONGEST:
        raise Invalid(f"a window lasts from one minute to {LONGEST // 86_400} days")
    if len(note) > NOTE_LENGTH or not note.isprintable():
        raise Invalid(f"a note is one line of at most {NOTE_LENGTH} characters")
    if (every is None) is not (until is None):
        raise Invalid("a series has both: how often, and until when")
    if every is None or until is None:
        return [Brownout(starts_on, starts_on + lasts * _SECOND, note)]
    if every <= lasts:
        raise Invalid("a series has pauses: the next window begins after the one before has ended")
    if not starts_on < until:
        raise Invalid("a series ends after it has begun")
    step = every * _SECOND
    if (until - starts_on) // step >= MOST:
        raise Invalid(f"a series has at most {MOST} windows")
    return [Brownout(at, at + lasts * _SECOND, note) for at in range(starts_on, until, step)]


def added(listed: Iterable[Brownout], more: Iterable[Brownout], at: int) -> tuple[Brownout, ...]:
    """The calendar with more windows, by their beginning; raises Invalid for those that are over, too late or too many."""
    more = list(more)
    if any(one.ends_on <= at for one in more):
        raise Invalid("a window lies in the past")
    if any(one.ends_on >= LATEST * _SECOND for one in more):
        raise Invalid("a window lies beyond the year 9999")
    windows = {one.starts_on: one for one in (*kept(listed, at), *more)}
    if len(windows) > MOST:
        raise Invalid(f"there may be {MOST} windows at a time, and this would be {len(windows)}")
    return tuple(windows[start] for start in sorted(windows))


def kept(listed: Iterable[Brownout], at: int) -> tuple[Brownout, ...]:
    """Without those that ended long ago."""
    return tuple(one for one in listed if one.ends_on > at - KEPT * _SECOND)
