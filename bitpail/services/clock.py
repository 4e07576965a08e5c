"""What time it is, in the unit that everything is stored in."""

import time
from datetime import UTC, datetime


def now() -> int:
    """Microseconds since 1970, UTC."""
    return time.time_ns() // 1000


def year(microseconds: int) -> int:
    """The calendar's year of a moment, in UTC."""
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC).year
