"""What this process counts as it goes, for the metrics: a number for each name and its labels.

Labels are words of ours, never what a client said: there are as many numbers as
there are words. Counting is a step in a dictionary.
"""

from bisect import bisect_left
from collections import defaultdict

from msgspec import Struct, field

BUCKETS = (0.005, 0.025, 0.1, 0.5, 2.5, 10.0, 60.0, 600.0)
"""Upper ends, in seconds; one more is without end."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "SSH"})

Key = tuple[str, ...]


class Durations(Struct):
    """How many fell into which bucket, the last one being without end, and all their seconds."""

    buckets: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    seconds: float = 0.0


class Counts:
    """One for each process. The names are those of ``metrics.FAMILIES``; a key is a name and its labels."""

    def __init__(self) -> None:
        self.numbers: defaultdict[Key, float] = defaultdict(float)
        self.durations: defaultdict[Key, Durations] = defaultdict(Durations)

    def add(self, name: str, *labels: str, by: float = 1) -> None:
        """It happened, or so much of it did."""
        self.numbers[(name, *labels)] += by

    def took(self, name: str, *labels: str, seconds: float) -> None:
        """It happened, and took so long."""
        durations = self.durations[(name, *labels)]
        durations.buckets[bisect_left(BUCKETS, seconds)] += 1
        durations.seconds += seconds

    def request(self, door: str, method: str, status: int, seconds: float) -> None:
        """A request was answered; status 0 if its client left before."""
        self.add("requests", door, method if method in _METHODS else "other", str(status))
        self.took("request_duration_seconds", door, seconds=seconds)
