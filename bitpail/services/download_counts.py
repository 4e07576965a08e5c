"""How often downloads were fetched, gathered and written behind: a reader waits for no write."""

from collections.abc import Sequence

from msgspec import Struct

from bitpail.model.downloads import Download
from bitpail.model.repositories import RepositoryId
from bitpail.services.write_behind import Ledger, WriteBehind
from bitpail.store import downloads
from bitpail.store.database import Connection, Database

_Key = tuple[RepositoryId, str]


class Fetches(Struct):
    """Of one file; ``number`` grows until it is written."""

    key: _Key
    number: int


class DownloadCounts(Ledger[_Key, Fetches]):
    """The counts of this worker."""

    def __init__(self, db: Database, behind: WriteBehind) -> None:
        super().__init__(db, behind, _write)

    def note(self, download: Download) -> None:
        """Count one."""
        key = (download.repository_id, download.file)
        found = self._gathered.get(key)
        if found is None:
            self.put(key, Fetches(key, 1))
        else:
            found.number += 1

    def _merged(self, older: dict[_Key, Fetches], newer: dict[_Key, Fetches]) -> dict[_Key, Fetches]:
        for key, fetches in newer.items():
            number = older[key].number if key in older else 0
            older[key] = Fetches(key, number + fetches.number)
        return older


async def _write(db: Connection, counts: Sequence[Fetches]) -> None:
    await downloads.count_fetches(db, [(*one.key, one.number) for one in counts])
