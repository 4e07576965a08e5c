"""Spans of time as people write them: ``30d``, ``12h``, or the date on which something ends."""

import re
from datetime import UTC, datetime

from bitpail.errors import Invalid

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}
# Nothing is nothing in whatever unit.
_SPAN = re.compile(r"0|([0-9]{1,9})([smhdwy])")


def seconds(text: str) -> int:
    """``90s``, ``15m``, ``12h``, ``30d``, ``6w``, ``1y`` or ``0`` as seconds; raises Invalid."""
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        raise Invalid(f"not a span of time: {text!r} (like 12h, 30d or 1y)")
    return int(found[1]) * _UNITS[found[2]] if found[2] else 0


def seconds_until(text: str, now: float) -> int:
    """A span, or an ISO date or time (UTC if it says nothing else), as seconds from ``now``; raises Invalid."""
    if _SPAN.fullmatch(text.strip()):
        return seconds(text)
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Invalid(f"neither a span of time nor a date: {text!r} (like 30d or 2027-01-31)") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp() - now)


def since(text: str, now: float) -> int:
    """The moment that lies a span before ``now``, or that a date names, in seconds since 1970; raises Invalid."""
    if _SPAN.fullmatch(text.strip()):
        return int(now) - seconds(text)
    return seconds_until(text, 0)
