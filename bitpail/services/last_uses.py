"""When, from where and by what each app password was last used, without a write per request.

Uses are gathered in memory, one per password, and written down every few
seconds in one statement; a stop writes the rest. A killed server loses at most
one interval.
"""

import asyncio

import structlog

from bitpail.errors import BitpailError
from bitpail.model.access import Client
from bitpail.model.app_passwords import AppPasswordId, Use
from bitpail.services.clock import now
from bitpail.store import app_passwords
from bitpail.store.database import Database

log = structlog.get_logger()

_CLIENT_LENGTH = 200
# So that memory stays bounded however many passwords are used within one interval.
_MOST = 10_000


class LastUses:
    """The uses of this worker that are not yet written."""

    def __init__(self, db: Database, interval: int) -> None:
        self._db = db
        self._interval = interval
        self._uses: dict[AppPasswordId, Use] = {}
        self._writer: asyncio.Task[None] | None = None

    def note(self, app_password_id: AppPasswordId, client: Client) -> None:
        """Remember this use; it costs no database."""
        self._uses[app_password_id] = Use(
            app_password_id, now(), client.address, client.agent[:_CLIENT_LENGTH]
        )
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_later())
        elif len(self._uses) > _MOST:
            self._uses.pop(next(iter(self._uses)))

    async def flush(self) -> None:
        """Write down what was gathered; keep it for the next time if the database is away."""
        uses, self._uses = self._uses, {}
        if not uses:
            return
        try:
            await app_passwords.touch(self._db, list(uses.values()))
        except BitpailError as error:
            self._uses = uses | self._uses
            log.warning("last_uses.not_written", reason=error.message, count=len(uses))

    async def close(self) -> None:
        """Write down the rest; nothing is gathered afterwards."""
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)
        await self.flush()

    async def _write_later(self) -> None:
        while True:
            await asyncio.sleep(self._interval)
            if not self._uses:
                return
            await self.flush()
