"""Two commits beside each other: what one has that the other has not, how far they are apart, where they parted.

What is near is told at once. What is far is told as far as a short walk goes, and the rest when it is asked for.
"""

from pathlib import Path

from msgspec import Struct

from bitpail.errors import TookTooLong
from bitpail.git import diffs, distances, history
from bitpail.git.directories import GitDirectory
from bitpail.git.distances import Reached
from bitpail.git.kept import Kept
from bitpail.model.access import Access
from bitpail.services import commits, cursors, ref_lists
from bitpail.services.commits import CommitsPage, Wanted
from bitpail.services.git_slots import whose
from bitpail.services.ref_lists import Distance
from bitpail.services.repositories import directory
from bitpail.services.site import Site

NEAR = 1000
"""So many commits of each side are counted for every page."""

_KEPT = 50_000
# Seconds: of the walk that the page is made of, long without a commit graph, and of what it can do without.
_PATIENCE, _SLOWEST = 60.0, 1.0


class Count(Struct, frozen=True):
    """So many commits, or more than that."""

    number: int
    is_more: bool = False


class Apart(Struct, frozen=True):
    """How many commits each of two has that the other has not; ``behind`` is None if nobody knows in time.

    ``base`` is the best commit that both have; the other one if there is none.
    """

    ahead: Count
    behind: Count | None
    base: str

    @property
    def is_counted(self) -> bool:
        """Whether the numbers are all."""
        return self.behind is not None and not self.ahead.is_more and not self.behind.is_more

    @property
    def is_far(self) -> bool:
        """Whether what the one has is more than is looked at in passing."""
        return self.ahead.number > NEAR or self.ahead.is_more


# What is between two commits can't change.
_known: Kept[tuple[Path, str, str], Apart] = Kept(_KEPT)


async def of(
    site: Site, access: Access, new: str, old: str, count: int, cursor: str | None, *, far: bool
) -> tuple[Apart, CommitsPage]:
    """How far two commits are apart, by their hashes, and what ``new`` has and ``old`` has not: the newest so many,
    or those of the cursor.

    ``far``: count all that is between them. Raises Invalid, TookTooLong or Busy.
    """
    git_directory = await directory(site, access)
    key = (git_directory.path, new, old)
    apart = _known.get(key)
    async with site.slots.slot(*whose(access)):
        only_new = await distances.only_in(git_directory, new, old, count if apart else NEAR, _PATIENCE)
        if apart is None:
            apart = await _apart(git_directory, new, old, only_new)
        if not apart.is_counted and far:
            counted = await ref_lists.distance(git_directory, new, old)
            apart = _exactly(counted, apart.base) if counted else apart
    if apart.behind is not None:
        _known.keep(key, apart, 1)
    if cursor is not None:
        return apart, await commits.page(site, access, Wanted(), count, cursor)
    return apart, await _first(site, access, new, old, only_new, count)


def _exactly(distance: Distance, base: str) -> Apart:
    return Apart(Count(distance.ahead), Count(distance.behind), base)


async def _apart(git_directory: GitDirectory, new: str, old: str, only_new: Reached) -> Apart:
    distance = ref_lists.known_distance(git_directory, new, old)
    if distance is not None:
        return _exactly(distance, await _base(git_directory, new, old, only_new, None, distance.behind))
    try:
        only_old = await distances.only_in(git_directory, old, new, NEAR, _SLOWEST)
    except TookTooLong:
        only_old = None
    ahead, behind = _count(only_new), _count(only_old) if only_old else None
    base = await _base(git_directory, new, old, only_new, only_old, behind.number if behind else None)
    return Apart(ahead, behind, base)


def _count(reached: Reached) -> Count:
    return Count(len(reached.lines), reached.is_cut)


async def _base(
    git_directory: GitDirectory,
    new: str,
    old: str,
    only_new: Reached,
    only_old: Reached | None,
    behind: int | None,
) -> str:
    """Where they parted, without another git if what was walked over tells."""
    if not only_new.lines:
        return new
    if behind == 0:
        return old
    for side in (only_new, only_old):
        if side is not None and not side.is_cut:
            entrances = side.entrances()
            if len(entrances) < 2:
                return next(iter(entrances), old)
    return await diffs.merge_base(git_directory, new, old) or old


async def _first(
    site: Site, access: Access, new: str, old: str, only_new: Reached, count: int
) -> CommitsPage:
    shown = await site.objects.commits(await directory(site, access), only_new.commits(count))
    has_more = only_new.is_cut or len(only_new.lines) > count
    following = history.range_behind(new, old, count) if has_more else None
    return CommitsPage(
        shown,
        await commits.people(site, shown),
        cursors.seal(site, access.repository.id, following) if following else None,
    )
