"""What time it is, in the unit that everything is stored in."""

import time


def now() -> int:
    """Microseconds since 1970, UTC."""
    return time.time_ns() // 1000
