"""What each app password was needed for: read back, row by row or added up.

Neither names a repository that its owner can't see any more.
"""

from collections import Counter

import msgspec
from msgspec import Struct

from bitpail.model.app_passwords import AppPassword, AppPasswordId
from bitpail.model.usage import REST, Usage
from bitpail.model.users import User
from bitpail.policy.advice import WINDOW, Watched
from bitpail.services import places
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import usage as store

_DAY = 86_400_000_000
_MOST_NAMED = 20


class Tally(Struct, frozen=True):
    """How often something was asked for, or who asked how often; ``name`` is None for all that have none."""

    name: str | None
    count: int


class Summary(Struct, frozen=True):
    """The use of one app password, day by day from ``first_day`` to ``last_day``, both in UTC since 1970.

    ``days`` has a count for every day. Each list has its most frequent first.
    ``scopes`` are named with spaces between, "" for what needs none.
    """

    first_day: int
    last_day: int
    days: list[int]
    scopes: list[Tally]
    repositories: list[Tally]
    addresses: list[Tally]
    clients: list[Tally]

    @property
    def total(self) -> int:
        """All of it."""
        return sum(self.days)


async def watched(site: Site, user: User) -> dict[AppPasswordId, Watched]:
    """What each of a user's app passwords has needed of late."""
    await site.usage.flush()
    return await store.watched(site.db, user.id, now() // _DAY - WINDOW)


async def of_app_password(
    site: Site, user: User, app_password: AppPassword, days: int = WINDOW
) -> list[Usage]:
    """Its counts of the last days, by day; a repository that its user sees no more has no name."""
    await site.usage.flush()
    rows = await store.of_app_password(site.db, app_password.id, now() // _DAY - days)
    # A look-up each, so that whether one is seen is judged where it always is.
    names = {
        repository_id: await places.repository_name(site, user, repository_id)
        for repository_id in {row.key.repository_id for row in rows if row.repository is not None}
    }
    return [
        row
        if row.repository is None
        else msgspec.structs.replace(row, repository=names[row.key.repository_id])
        for row in rows
    ]


async def summary(site: Site, user: User, app_password: AppPassword, days: int = WINDOW) -> Summary:
    """Its counts of the last days, today's among them, added up by what and by whom."""
    rows = await of_app_password(site, user, app_password, days - 1)
    last = now() // _DAY
    first = last - days + 1
    each_day = Counter[int]()
    scopes, repositories, addresses, clients = (Counter[str]() for _ in range(4))
    for row in rows:
        each_day[row.key.day] += row.count
        scopes[row.key.scope] += row.count
        addresses[row.key.address] += row.count
        clients[row.key.client] += row.count
        if row.key.repository_id:
            repositories[row.repository or REST] += row.count
    return Summary(
        first_day=first,
        last_day=last,
        days=[each_day[day] for day in range(first, last + 1)],
        scopes=[Tally(name, count) for name, count in scopes.most_common()],
        repositories=_most(repositories),
        addresses=_most(addresses),
        clients=_most(clients),
    )


def _most(counts: Counter[str]) -> list[Tally]:
    """The most frequent; those without a name, those after too many others, and what is left, are one."""
    named = [(name, count) for name, count in counts.most_common() if name != REST][:_MOST_NAMED]
    rest = counts.total() - sum(count for _, count in named)
    return [Tally(name, count) for name, count in named] + ([Tally(None, rest)] if rest else [])
