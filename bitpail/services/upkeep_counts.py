"""Pushes that upkeep has not heard of yet, counted in memory and written behind; and what upkeep achieved.

A killed server loses the count of a few seconds. What was pushed then is put in
order with the next push, or by ``bitpail repo maintain``.
"""

from collections.abc import Sequence

from msgspec import Struct

from bitpail.services.clock import now
from bitpail.services.write_behind import Ledger, WriteBehind
from bitpail.store import upkeep
from bitpail.store.database import Connection, Database

MANY = 40
"""Pushes that are reason enough by themselves."""


class Pushes(Struct):
    """To one directory; ``number`` grows until it is written."""

    directory: str
    number: int


class Effect(Struct):
    """Since the start of this worker. ``bytes_saved`` may be below 0: an index takes room too."""

    runs: int = 0
    failures: int = 0
    seconds: float = 0.0
    bytes_saved: int = 0
    packs_removed: int = 0
    loose_packed: int = 0


class UpkeepCounts(Ledger[str, Pushes]):
    """The counts of this worker. ``resting``: until when a directory that failed is left alone."""

    def __init__(self, db: Database, behind: WriteBehind) -> None:
        super().__init__(db, behind, _write)
        self.effect = Effect()
        self.resting: dict[str, int] = {}

    def note(self, directory: str, *, is_large: bool) -> None:
        """Count a push; a large one is as much as many."""
        number = MANY if is_large else 1
        found = self._gathered.get(directory)
        if found is None:
            self.put(directory, Pushes(directory, number))
        else:
            found.number += number

    def _merged(self, older: dict[str, Pushes], newer: dict[str, Pushes]) -> dict[str, Pushes]:
        for directory, pushes in newer.items():
            number = older[directory].number if directory in older else 0
            older[directory] = Pushes(directory, number + pushes.number)
        return older


async def _write(db: Connection, pushes: Sequence[Pushes]) -> None:
    await upkeep.add(db, {one.directory: one.number for one in pushes}, now())
