"""Which commit each line of a page of a file is from, within a time, kept for the next who looks."""

from pathlib import Path

from msgspec import Struct

from bitpail.git import blame as git_blame
from bitpail.git.blame import Part
from bitpail.git.kept import Kept
from bitpail.model.access import Access
from bitpail.model.commits import Commit
from bitpail.model.users import User
from bitpail.services import commits
from bitpail.services.git_slots import whose
from bitpail.services.repositories import directory
from bitpail.services.site import Site
from bitpail.services.source import Found

_SECONDS = 10.0
_MOST_KEPT = 20_000


class Blame(Struct, frozen=True):
    """``parts`` in the order of lines, with gaps unless it ``is_whole``; commits by hash, people by address."""

    parts: list[Part]
    commits: dict[str, Commit]
    people: dict[str, User]
    is_whole: bool


_Key = tuple[Path, str, str, int, int]
_kept: Kept[_Key, list[Part]] = Kept(_MOST_KEPT)


async def of_lines(site: Site, access: Access, found: Found, first: int, last: int) -> Blame:
    """The lines of a file from ``first`` to ``last``, which must be there. Raises Busy or GitError."""
    git_directory = await directory(site, access)
    key = (git_directory.path, found.commit, found.entry.path, first, last)
    parts, is_whole = _kept.get(key), True
    if parts is None:
        async with site.slots.slot(*whose(access)):
            parts, is_whole = await git_blame.blame(
                git_directory, found.commit, found.entry.path, first, last, _SECONDS
            )
        if is_whole:
            _kept.keep(key, parts, len(parts))
    described = await site.objects.commits(git_directory, list(dict.fromkeys(part.commit for part in parts)))
    people = await commits.people(site, described)
    return Blame(parts, {one.hash: one for one in described}, people, is_whole)
