"""Keeping Git directories fast: which one is due, one at a time, and what it was good for.

Pushes are counted; many, or one that has waited for long, make a directory due. Of
all workers and nodes the one that claims it in the database does it. A claim is
renewed while its owner lives and runs out soon after.
"""

import asyncio
import fcntl
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import msgspec
import structlog
from msgspec import Struct

from bitpail.errors import BitpailError, Conflict, GitError, NotFound
from bitpail.git import directories, pools
from bitpail.git import upkeep as git
from bitpail.git.directories import GitDirectory
from bitpail.git.upkeep import Plan
from bitpail.git.upkeep_state import State, look
from bitpail.model.access import Access
from bitpail.model.repositories import RepositoryId
from bitpail.services import repositories
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.services.upkeep_counts import MANY, Effect
from bitpail.store import repositories as repositories_store
from bitpail.store import upkeep as store
from bitpail.store.upkeep import Claim, Waiting

log = structlog.get_logger()

_SECOND = 1_000_000
_DAY = 86_400 * _SECOND

OLD = 600 * _SECOND
"""A push waits for no longer than this, and the time that is needed."""
PAUSE = 60 * _SECOND
"""Between two times that one directory is put in order, however much is pushed."""
SELDOM = 30 * _DAY
"""Between two times that everything is packed anew, and what was unreachable at both is removed."""

_UNREACHABLE_FOR = 14 * 86_400.0
_LEASE = 180 * _SECOND
_RENEWED = 60.0
_AFTER_FAILURE = 600 * _SECOND
_AT_ONCE = 100
_WIKI = ".wiki"
_POOL = ".pool"


class Target(Struct, frozen=True):
    """A Git directory and what people call it; ``of`` is ``code``, ``wiki`` or ``pool``: what forks share."""

    key: str
    full_name: str
    of: str
    directory: GitDirectory


class Report(Struct, frozen=True, kw_only=True):
    """``outcome``: done, in order (there was nothing to do), busy (somebody else is at it), gone or failed.

    ``whole``: everything was packed anew.
    """

    full_name: str
    of: str
    outcome: str
    reason: str = ""
    whole: bool = False
    seconds: float = 0.0
    before: State | None = None
    after: State | None = None

    @property
    def bytes_saved(self) -> int:
        """How much smaller it is now."""
        return self.before.bytes - self.after.bytes if self.before and self.after else 0


def note_push(site: Site, access: Access, *, is_large: bool) -> None:
    """Count a push that has landed."""
    site.upkeep.note(_key(access.repository.id, access.need.of), is_large=is_large)


def note_pool(site: Site, pool: Path) -> None:
    """Count that a fork has brought something to what it shares with others."""
    site.upkeep.note(pool.stem, is_large=False)


async def run_due(site: Site) -> None:
    """The chore: everything that is due, one after the other; on each machine one worker at a time."""
    if site.settings.upkeep == "off":
        return
    with _turn(site) as is_ours:
        if not is_ours:
            return
        at = now()
        for key in await store.due(site.db, many=MANY, old=at - OLD, at=at - PAUSE, number=_AT_ONCE):
            if site.upkeep.resting.get(key, 0) > now():
                continue
            target = await _target(site, key)
            if target is None:
                await _clear(site, key)
                continue
            _log(key, await maintain(site, target))


async def maintain(
    site: Site, target: Target, *, whole: bool = False, progress: Callable[[str], None] = lambda _: None
) -> Report:
    """Put one directory in order now; ``whole`` packs everything anew. Raises Unavailable if the database is away."""
    began, clock = now(), time.monotonic()
    async with site.db.transaction() as db:
        claim = await store.claim(db, target.key, began, began + _LEASE)
    if claim is None:
        return _report(target, "busy")
    try:
        async with _renewing(site, claim):
            report = await _do(site, target, claim, whole=whole, progress=progress)
    except BaseException:
        await store.release(site.db, claim)
        raise
    report = msgspec.structs.replace(report, seconds=round(time.monotonic() - clock, 3))
    if report.outcome in {"done", "in order"}:
        await _measure(site, target)
        repacked = began if report.whole else claim.repacked_on
        is_known = await store.finish(site.db, claim, began=began, at=now(), repacked=repacked)
        if not is_known and await _target(site, target.key) is None:
            report = _report(target, "gone")
    else:
        await store.release(site.db, claim)
    if report.outcome == "gone":
        await _clear(site, target.key)
    _count(site, target.key, report)
    return report


async def targets(site: Site, names: list[tuple[str, str]] | None = None) -> list[Target]:
    """The directories of these repositories, or of all; raises NotFound."""
    if names is None:
        found = await repositories.every(site)
    else:
        found = [await repositories.named(site, *one) for one in names]
    keys = [_key(one.repository.id, of) for one in found for of in ("code", "wiki")]
    if names is None:
        keys += [pool.stem for pool in pools.pools(site.repositories)]
    listed = [await _target(site, key) for key in keys]
    there = [one for one in listed if one is not None and one.directory.path.exists()]
    if names is not None:
        for one in found:
            if _key(one.repository.id, "code") not in {target.key for target in there}:
                raise NotFound(f"the Git directory of {one.repository.slug!r} is gone")
    return there


async def waiting(site: Site) -> Waiting:
    """How many directories were pushed to since they were put in order, and since when; for the metrics."""
    return await store.waiting(site.db)


def effect(site: Site) -> Effect:
    """What upkeep did in this process since its start; for the metrics."""
    return site.upkeep.effect


async def _do(
    site: Site, target: Target, claim: Claim, *, whole: bool, progress: Callable[[str], None]
) -> Report:
    try:
        before = await look(target.directory)
        # In a pool nothing becomes superfluous, and its files are the parent's too until they are rewritten.
        is_due = target.of != "pool" and _is_long_ago(claim) and before.packs + before.loose > 1
        whole = not before.is_empty and (whole or is_due)
        plan = Plan(
            whole=whole,
            # Others may have borrowed objects of a directory that is not ours, and do of a pool.
            expire=None if target.directory.adopted or target.of == "pool" else _expire(site),
            locks_age=float(site.settings.git_timeout),
            marks=site.hooks,
            progress=progress,
        )
        after = await git.maintain(target.directory, plan)
    except NotFound:
        return _report(target, "gone")
    except Conflict as error:
        return _report(target, "busy", error.message)
    except GitError as error:
        last = error.stderr.splitlines()[-1:]
        return _report(target, "failed", ": ".join([error.message, *last]))
    except (BitpailError, OSError) as error:
        return _report(target, "failed", str(error))
    outcome = "in order" if before == after and not whole else "done"
    report = _report(target, outcome, before=before, after=after)
    return msgspec.structs.replace(report, whole=whole)


async def _measure(site: Site, target: Target) -> None:
    """How large the repository is now; pushes only add what they bring."""
    if target.of == "code":
        size = await directories.disk_size(target.directory.path)
        await repositories_store.set_size(site.db, RepositoryId(target.key), size)


def _is_long_ago(claim: Claim) -> bool:
    return claim.repacked_on is None or now() - claim.repacked_on >= SELDOM


def _expire(site: Site) -> float:
    """Far longer than any push or clone that may still need what it saw."""
    return max(_UNREACHABLE_FOR, 24.0 * site.settings.git_timeout)


@asynccontextmanager
async def _renewing(site: Site, claim: Claim) -> AsyncIterator[None]:
    """Keep the claim. One that was lost stops nobody: git itself lets two be at it without harm."""

    async def renew() -> None:
        while True:
            await asyncio.sleep(_RENEWED)
            with suppress(BitpailError):
                await store.renew(site.db, claim, now() + _LEASE)

    renewing = asyncio.create_task(renew())
    try:
        yield
    finally:
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)


@contextmanager
def _turn(site: Site) -> Iterator[bool]:
    """Whether this worker may; the kernel gives it back when the worker dies."""
    descriptor = os.open(site.repositories, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        except OSError:  # no such locks here: claims have to do
            yield True
        else:
            yield True
    finally:
        os.close(descriptor)


def _key(repository_id: str, of: str) -> str:
    return f"{repository_id}{_WIKI}" if of == "wiki" else repository_id


async def _target(site: Site, key: str) -> Target | None:
    """None if there is no such repository or pool, or its adopted directory is gone."""
    if key.endswith(_POOL):
        return _pool(site, key)
    repository_id = key.removesuffix(_WIKI)
    located = await repositories_store.find(site.db, "{}", f"{{{repository_id}}}", None)
    if located is None:
        return None
    full_name = f"{located.workspace.slug}/{located.repository.slug}"
    if key.endswith(_WIKI):
        path = directories.repository_path(site.repositories, repository_id, wiki=True)
        return Target(key, full_name, "wiki", GitDirectory(path))
    try:
        return Target(key, full_name, "code", repositories.code_directory(site, located.repository))
    except NotFound:
        return None


def _pool(site: Site, key: str) -> Target | None:
    path = pools.pool_path(site.repositories, key.removesuffix(_POOL))
    return Target(key, key, "pool", GitDirectory(path)) if path.exists() else None


async def _clear(site: Site, key: str) -> None:
    """Forget what is gone. A git that was at it may have made its directories again."""
    await store.forget(site.db, key)
    if key.endswith(_POOL):
        return
    repository_id = key.removesuffix(_WIKI)
    if await repositories_store.find(site.db, "{}", f"{{{repository_id}}}", None) is None:
        is_wiki = key.endswith(_WIKI)
        await directories.delete(directories.repository_path(site.repositories, repository_id, wiki=is_wiki))


def _report(
    target: Target, outcome: str, reason: str = "", *, before: State | None = None, after: State | None = None
) -> Report:
    return Report(
        full_name=target.full_name,
        of=target.of,
        outcome=outcome,
        reason=reason,
        before=before,
        after=after,
    )


def _count(site: Site, key: str, report: Report) -> None:
    effect = site.upkeep.effect
    site.upkeep.resting.pop(key, None)
    if report.outcome == "failed":
        effect.failures += 1
        site.upkeep.resting[key] = now() + _AFTER_FAILURE
    elif report.before and report.after:
        effect.runs += 1
        effect.bytes_saved += report.bytes_saved
        effect.packs_removed += report.before.packs - report.after.packs
        effect.loose_packed += report.before.loose - report.after.loose
    effect.seconds += report.seconds


def _log(key: str, report: Report) -> None:
    if report.outcome == "failed":
        log.warning("upkeep.failed", directory=key, reason=report.reason)
    else:
        log.info(
            "upkeep.done",
            directory=key,
            outcome=report.outcome,
            seconds=report.seconds,
            bytes_saved=report.bytes_saved,
        )
