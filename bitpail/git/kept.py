"""What is kept in memory from one request to the next, up to a bound; what is out of use for longest goes first.

Keys name the directory of a repository: what one holds is never told through another.
"""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Kept(Generic[K, V]):
    """Values by their keys. Whoever keeps one says what it weighs: bytes, or entries."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self.weight = 0

    def get(self, key: K) -> V | None:
        """One that is kept; it is in use now."""
        found = self._kept.get(key)
        if found is None:
            return None
        self._kept.move_to_end(key)
        return found[0]

    def keep(self, key: K, value: V, weight: int) -> None:
        """Keep one, in the place of what had the key; not at all if it alone is too heavy."""
        self.drop(key)
        if weight > self._most:
            return
        self._kept[key] = (value, weight)
        self.weight += weight
        while self.weight > self._most:
            self.drop(next(iter(self._kept)))

    def drop(self, key: K) -> None:
        """Forget one."""
        _, weight = self._kept.pop(key, (None, 0))
        self.weight -= weight
