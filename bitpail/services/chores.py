"""What a running server does now and then, beside its requests.

Every worker of every node does all of it, at its start and then at its own
pace: a chore must be safe to do twice, and at the same time. One that writes
claims what it writes in the database, or writes what no second time changes.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog
from msgspec import Struct

from bitpail.errors import BitpailError
from bitpail.services import (
    cursors,
    downloads,
    git_logins,
    imports,
    lfs,
    notices,
    oauth_apps,
    one_time_links,
    repositories,
    search_indexing,
    sessions,
    site_policy,
    trust_rules,
    upkeep,
)
from bitpail.services.site import Site

log = structlog.get_logger()

_SOON = 3
_SECONDS = 20
_MINUTES = 300
_HOUR = 3600
_DAY = 24 * _HOUR


class Chore(Struct, frozen=True):
    """``do`` is awaited at the start and ``every`` so many seconds after it has ended."""

    name: str
    every: int
    do: Callable[[Site], Awaitable[object]]


CHORES = (
    Chore("clean after dead pushes", _SECONDS, repositories.clean_after_dead_pushes),
    Chore("clean leftovers", _HOUR, repositories.clean_leftovers),
    Chore("clean broken uploads", _HOUR, lfs.clean_leftovers),
    Chore("clean downloads", _HOUR, downloads.clean_leftovers),
    Chore("forget cursors", _DAY, cursors.forget_old),
    Chore("forget sessions", _HOUR, sessions.forget_expired),
    Chore("forget one-time links", _HOUR, one_time_links.forget_expired),
    Chore("end lost imports", _MINUTES, imports.end_lost),
    Chore("forget OAuth tokens", _HOUR, oauth_apps.sweep),
    Chore("forget log-ins of git", _HOUR, git_logins.forget_old),
    Chore("forget exchanged ID tokens", _HOUR, trust_rules.forget_old),
    Chore("narrow by policy", _MINUTES, site_policy.apply_due),
    Chore("tell before expiry", _HOUR, notices.before_expiry),
    Chore("upkeep", _SECONDS, upkeep.run_due),
    Chore("look for what is to be searched", _HOUR, search_indexing.sweep),
    Chore("index for code search", _SOON, search_indexing.run_due),
)


async def run(site: Site, chores: Sequence[Chore] = CHORES) -> None:
    """Do them until cancelled. One that fails is logged and done again next time; it ends no other."""
    async with asyncio.TaskGroup() as group:
        for chore in chores:
            group.create_task(_repeat(site, chore))


async def _repeat(site: Site, chore: Chore) -> None:
    while True:
        try:
            await chore.do(site)
        except (BitpailError, OSError) as error:
            log.warning("chore.failed", chore=chore.name, reason=str(error))
        except Exception as error:
            log.exception("chore.failed", chore=chore.name, exc_info=error)
        await asyncio.sleep(chore.every)
