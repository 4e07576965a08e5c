"""Brownouts: app passwords switched off for a while, announced before, and who feels it.

The windows lie beside the year of the server, so that they come with each secret in the statement that finds it:
one that was added counts from the next request on, on every worker.
"""

from collections.abc import Iterable

import msgspec

from bitpail.errors import NotFound
from bitpail.model.brownouts import Affected, Brownout
from bitpail.model.users import User
from bitpail.policy import brownouts as policy
from bitpail.services import years
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.services.usage_counts import product
from bitpail.store import brownouts as store

REHEARSED = 30
"""Days that are looked at for who would have been refused."""
_MOST = 500
_DAY = 86_400_000_000


async def listed(site: Site) -> tuple[Brownout, ...]:
    """The calendar: what is to come, and what ended of late; by its beginning."""
    return policy.kept((await years.rules(site)).brownouts, now())


async def upcoming(site: Site) -> list[Brownout]:
    """What runs or is to come."""
    return policy.upcoming(await listed(site), now())


async def add(site: Site, more: Iterable[Brownout], *, by: str = "") -> tuple[Brownout, ...]:
    """Announce more windows; one that begins with another takes its place. Raises Invalid."""
    more = list(more)

    def change(before: tuple[Brownout, ...]) -> tuple[Brownout, ...]:
        return policy.added(before, more, now())

    return await years.change_brownouts(site, change, by=by)


async def remove(site: Site, starts_on: int | None, *, by: str = "") -> tuple[Brownout, ...]:
    """Take back the window that begins then, or all that have not ended; one that runs ends now. Raises NotFound."""
    at = now()

    def change(before: tuple[Brownout, ...]) -> tuple[Brownout, ...]:
        if starts_on is None:
            return tuple(one for one in before if one.ends_on <= at)
        after = tuple(one for one in before if one.starts_on != starts_on)
        if len(after) == len(before):
            raise NotFound("no brownout begins then")
        return after

    return await years.change_brownouts(site, change, by=by)


async def would_break(site: Site, days: int = REHEARSED, user: User | None = None) -> list[Affected]:
    """Who used app passwords in the last days and would have been refused; ``user``: of theirs alone."""
    await site.usage.flush()
    await site.last_uses.flush()
    at = now()
    found = await store.used(site.db, at - days * _DAY, at, _MOST, user.id if user else None)
    return _by_product(found)


async def broke(site: Site, window: Brownout, user: User | None = None) -> list[Affected]:
    """Whom a window has refused so far."""
    await site.denials.flush()
    found = await store.refused(
        site.db, window.starts_on, min(window.ends_on, now() + 1), _MOST, user.id if user else None
    )
    return _by_product(found)


def _by_product(found: list[Affected]) -> list[Affected]:
    """One line for each app password and product, whichever versions of it there were."""
    lines: dict[tuple[str, str], Affected] = {}
    for one in found:
        client = product(one.client)
        key = (one.app_password_id, client)
        before = lines.get(key)
        count = one.count + (before.count if before else 0)
        last_on = max(one.last_on, before.last_on if before else 0)
        lines[key] = msgspec.structs.replace(one, client=client, count=count, last_on=last_on)
    return sorted(lines.values(), key=lambda one: (-one.count, one.username, one.label, one.client))
