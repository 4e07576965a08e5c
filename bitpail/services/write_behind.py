"""What is gathered in memory and written down every few seconds: one timer, one statement for each ledger.

A request never waits for it. A stop writes the rest; a killed server loses at
most one interval. What a database that is away doesn't take is kept, within
bounds, for the next time.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, Protocol, TypeVar

import structlog

from bitpail.errors import BitpailError
from bitpail.services.clock import now
from bitpail.store.database import Connection, Database

log = structlog.get_logger()

K = TypeVar("K")
V = TypeVar("V")

_DAY = 86_400_000_000


class _Flushed(Protocol):
    @property
    def waiting(self) -> bool: ...

    async def flush(self) -> None: ...


class WriteBehind:
    """The timer of one worker, shared by its ledgers."""

    def __init__(self, interval: int) -> None:
        self._interval = interval
        self._ledgers: list[_Flushed] = []
        self._writer: asyncio.Task[None] | None = None

    def add(self, ledger: _Flushed) -> None:
        """Write this ledger down too."""
        self._ledgers.append(ledger)

    def wake(self) -> None:
        """Something was gathered: it is written within one interval."""
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_later())

    async def flush(self) -> None:
        """Write everything down now."""
        for ledger in self._ledgers:
            await ledger.flush()

    async def close(self) -> None:
        """Write down the rest; nothing is gathered afterwards."""
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)
        await self.flush()

    async def _write_later(self) -> None:
        while True:
            await asyncio.sleep(self._interval)
            if not any(ledger.waiting for ledger in self._ledgers):
                return
            await self.flush()


class Sweep(Protocol):
    """Forgets what is older than a moment."""

    async def __call__(self, db: Connection, before: int, /) -> None:
        """``before`` in microseconds since 1970."""


class Ledger(Generic[K, V]):
    """Entries by key that are not written yet, at most ``most`` of them: then the oldest goes.

    ``write`` takes all of them. ``sweep`` runs with the first write after a
    start and of each day; what is older than ``days`` is then forgotten.
    """

    def __init__(
        self,
        db: Database,
        behind: WriteBehind,
        write: Callable[[Connection, Sequence[V]], Awaitable[None]],
        *,
        most: int = 10_000,
        days: int = 0,
        sweep: Sweep | None = None,
    ) -> None:
        self._db = db
        self._behind = behind
        self._write = write
        self._most = most
        self._days = days
        self._sweep = sweep
        self._swept_on = 0
        self._gathered: dict[K, V] = {}
        behind.add(self)

    @property
    def waiting(self) -> bool:
        """Whether something is not written yet."""
        return bool(self._gathered)

    def has(self, key: K) -> bool:
        """Whether an entry of that key waits to be written."""
        return key in self._gathered

    def put(self, key: K, value: V) -> None:
        """Have an entry written; it costs no database."""
        self._gathered[key] = value
        self._behind.wake()
        if len(self._gathered) > self._most:
            del self._gathered[next(iter(self._gathered))]

    async def flush(self) -> None:
        """Write down what was gathered; keep it for the next time if the database is away."""
        gathered, self._gathered = self._gathered, {}
        if not gathered:
            return
        try:
            await self._write(self._db, list(gathered.values()))
        except BitpailError as error:
            self._gathered = self._merged(gathered, self._gathered)
            log.warning(
                "write_behind.not_written", of=type(self).__name__, reason=error.message, count=len(gathered)
            )
            return
        await self._sweep_daily()

    def _merged(self, older: dict[K, V], newer: dict[K, V]) -> dict[K, V]:
        """What could not be written, with what came meanwhile."""
        return older | newer

    async def _sweep_daily(self) -> None:
        at = now()
        if self._sweep is None or at - self._swept_on < _DAY:
            return
        self._swept_on = at
        try:
            await self._sweep(self._db, at - self._days * _DAY)
        except BitpailError as error:
            log.warning("write_behind.not_swept", of=type(self).__name__, reason=error.message)
