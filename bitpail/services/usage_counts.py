"""What each app password is needed for, counted per day in memory and written behind.

``services/access.py`` notes it where it grants, and nobody else does. Rows and
days are bounded: an address that changes with every request fills no table.
"""

from collections.abc import Sequence
from functools import lru_cache

from msgspec import Struct

from bitpail.model.access import Actor, Need
from bitpail.model.app_passwords import AppPasswordId
from bitpail.model.credentials import CredentialKind
from bitpail.model.scopes import AnyScope
from bitpail.model.usage import REST, UsageKey
from bitpail.policy.advice import needed
from bitpail.policy.api_scopes import asked
from bitpail.services.clock import now
from bitpail.services.write_behind import Ledger, WriteBehind
from bitpail.store import usage
from bitpail.store.database import Connection, Database

DAYS_KEPT = 400
"""A year and a month: what is done once a year is still there when it is done again."""
ROWS_OF_A_DAY = 200
"""Distinct rows of one app password and day, for each worker.

As many again are counted without address and client, and then all repositories as one.
"""

_DAY = 86_400_000_000
_PRODUCT_LENGTH = 60
# All rows of a day that one worker remembers, whosever they are.
_MOST_ROWS = 100_000


class Count(Struct):
    """A row and how often; it grows until it is written."""

    key: UsageKey
    count: int


class UsageCounts(Ledger[UsageKey, Count]):
    """The counts of this worker that are not yet written."""

    def __init__(self, db: Database, behind: WriteBehind) -> None:
        super().__init__(db, behind, _write, most=_MOST_ROWS, days=DAYS_KEPT, sweep=usage.sweep)
        self._day = 0
        self._rows: dict[AppPasswordId, set[UsageKey]] = {}
        self._all_rows = 0

    def note(self, actor: Actor, need: Need, repository_id: str = "") -> None:
        """Count one granted need; for an app password whose owner has not switched it off."""
        app_password, user = actor.app_password, actor.user
        if app_password is None or user is None or not user.records_usage:
            return
        if app_password.kind is CredentialKind.OAUTH_ACCESS_TOKEN:
            # What an app may do was decided by whoever registered it: there is no advice to give.
            return
        key = UsageKey(
            app_password.id,
            now() // _DAY,
            _scope(actor.scopes, asked(need, actor.kind)),
            repository_id,
            actor.client.address,
            product(actor.client.agent),
        )
        found = self._gathered.get(key)
        if found is None:
            key = self._bounded(key)
            found = self._gathered.get(key)
        if found is None:
            self.put(key, Count(key, 1))
        else:
            found.count += 1

    def _bounded(self, key: UsageKey) -> UsageKey:
        """The row, or the one in which it is counted when there are too many."""
        if key.day != self._day:
            self._day, self._rows, self._all_rows = key.day, {}, 0
        rows = self._rows.setdefault(key.app_password_id, set())
        anyone = UsageKey(key.app_password_id, key.day, key.scope, key.repository_id, REST, REST)
        for row, most in ((key, ROWS_OF_A_DAY), (anyone, 2 * ROWS_OF_A_DAY)):
            if row in rows:
                return row
            if len(rows) < most and self._all_rows < _MOST_ROWS:
                rows.add(row)
                self._all_rows += 1
                return row
        return UsageKey(key.app_password_id, key.day, key.scope, REST, REST, REST)

    def _merged(self, older: dict[UsageKey, Count], newer: dict[UsageKey, Count]) -> dict[UsageKey, Count]:
        for key, count in newer.items():
            older[key] = Count(key, older[key].count + count.count) if key in older else count
        return older


async def _write(db: Connection, counts: Sequence[Count]) -> None:
    await usage.add(db, [(count.key, count.count) for count in counts])


@lru_cache(maxsize=1024)
def product(agent: str) -> str:
    """``git`` of ``git/2.47.1 (Linux)``: what a client calls itself, without versions."""
    name = agent.strip().partition("/")[0].partition(" ")[0]
    return "".join(c for c in name if c.isascii() and c.isprintable())[:_PRODUCT_LENGTH]


@lru_cache(maxsize=4096)
def _scope(held: frozenset[AnyScope], alternatives: tuple[frozenset[AnyScope], ...]) -> str:
    return " ".join(needed(held, alternatives))
