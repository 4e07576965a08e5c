"""What differs between commits that a client names, and how it would merge."""

from collections.abc import AsyncGenerator

from msgspec import Struct

from bitpail.errors import Invalid, NotFound
from bitpail.git import conflicts, diffs
from bitpail.git.diffs import Sides
from bitpail.git.directories import GitDirectory
from bitpail.git.revisions import RepositoryPath, Revision
from bitpail.model.access import Access
from bitpail.model.commits import Commit
from bitpail.model.diffs import ChangedFile, FileConflict
from bitpail.services.repositories import directory
from bitpail.services.site import Site

_MOST_PATHS = 200


class How(Struct, frozen=True):
    """``topic`` compares with the merge base and not with the other side itself. ``context`` is in lines."""

    context: int = 3
    ignore_whitespace: bool = False
    binary: bool = True
    renames: bool = True
    topic: bool = True
    paths: tuple[str, ...] = ()


class Changes(Struct, frozen=True):
    """Files that differ, and the commits they were compared in; ``old`` is None before the first commit."""

    old: str | None
    new: str
    files: list[ChangedFile]


async def text(site: Site, access: Access, spec: str, how: How) -> AsyncGenerator[bytes, None]:
    """The differences as git prints them, in pieces. Raises Invalid or NotFound before the first."""
    git_directory = await directory(site, access)
    sides = await compared(site, git_directory, spec, topic=how.topic)
    return diffs.text(git_directory, sides, _how(how))


async def files(site: Site, access: Access, spec: str, how: How) -> Changes:
    """Every file that differs. Raises Invalid or NotFound."""
    git_directory = await directory(site, access)
    sides = await compared(site, git_directory, spec, topic=how.topic)
    return Changes(sides.old, sides.new, await diffs.files(git_directory, sides, _how(how)))


async def patches(site: Site, access: Access, spec: str) -> AsyncGenerator[bytes, None]:
    """Mails of the commits that one side has and the other has not. Raises Invalid or NotFound before the first."""
    git_directory = await directory(site, access)
    if ".." not in spec:
        return diffs.patches(git_directory, Sides(None, await _resolve(site, git_directory, spec)), one=True)
    new, old = await _two(site, git_directory, spec)
    return diffs.patches(git_directory, Sides(old, new), one=False)


async def merge_base(site: Site, access: Access, spec: str) -> Commit:
    """The best commit that both sides of ``A..B`` have; raises Invalid, or NotFound if there is none."""
    git_directory = await directory(site, access)
    one, other = await _two(site, git_directory, spec)
    found = await diffs.merge_base(git_directory, one, other)
    if found is None:
        raise NotFound(f"{spec} have no commit in common")
    return await site.objects.commit(git_directory, found)


async def file_conflicts(site: Site, access: Access, spec: str) -> list[FileConflict]:
    """The paths that a merge of ``A`` into ``B`` of ``A..B`` would have to ask about; raises Invalid or NotFound."""
    git_directory = await directory(site, access)
    source, destination = await _two(site, git_directory, spec)
    return await conflicts.between(git_directory, destination, source)


def _how(how: How) -> diffs.How:
    if len(how.paths) > _MOST_PATHS:
        raise Invalid(f"path: at most {_MOST_PATHS} times")
    return diffs.How(
        context=how.context,
        ignore_whitespace=how.ignore_whitespace,
        binary=how.binary,
        renames=how.renames,
        paths=tuple(RepositoryPath(path) for path in how.paths),
    )


async def compared(site: Site, git_directory: GitDirectory, spec: str, *, topic: bool) -> Sides:
    """``A..B`` has the changes in A and the base in B: the reverse of git's own.

    Without a commit in common the two are compared as they are.
    """
    if ".." not in spec:
        new = await _resolve(site, git_directory, spec)
        commit = await site.objects.commit(git_directory, new)
        return Sides(next(iter(commit.parents), None), new)
    new, old = await _two(site, git_directory, spec)
    if topic:
        old = await diffs.merge_base(git_directory, new, old) or old
    return Sides(old, new)


async def _two(site: Site, git_directory: GitDirectory, spec: str) -> tuple[str, str]:
    one, separator, other = spec.partition("..")
    if not separator:
        raise Invalid(f"spec: must be two commits like A..B, not {spec[:100]!r}")
    return await _resolve(site, git_directory, one), await _resolve(site, git_directory, other)


async def _resolve(site: Site, git_directory: GitDirectory, text: str) -> str:
    return await site.objects.resolve(git_directory, Revision(text))
