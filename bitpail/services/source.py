"""Files and directories of a commit, and the history of a file."""

from collections.abc import AsyncGenerator

from msgspec import Struct

from bitpail.errors import NotFound
from bitpail.git import file_history, trees
from bitpail.git.revisions import RepositoryPath, Revision
from bitpail.model.access import Access
from bitpail.model.commits import Commit
from bitpail.model.trees import Entry, File
from bitpail.model.users import User
from bitpail.services import commits
from bitpail.services.repositories import directory
from bitpail.services.site import Site

_MOST_ENTRIES = 100_000


class Found(Struct, frozen=True):
    """What stands at a path of a commit; ``file`` is None for a directory."""

    commit: str
    entry: Entry
    file: File | None


class FilePage(Struct, frozen=True):
    """Versions of a file, newest first, each with its commit, and the people behind the addresses."""

    versions: list[tuple[Commit, File]]
    people: dict[str, User]
    has_more: bool


async def main_commit(site: Site, access: Access) -> str:
    """The tip of the main branch; raises NotFound while there is none."""
    return await site.objects.resolve(await directory(site, access), Revision("HEAD"))


async def find(site: Site, access: Access, revision: str, path: str) -> Found:
    """What stands at a path; the top directory for an empty one. Raises Invalid or NotFound."""
    git_directory = await directory(site, access)
    commit = await site.objects.commit_named(git_directory, Revision(revision))
    entry = await trees.find(site.objects, git_directory, commit.tree, path)
    if entry.is_directory:
        return Found(commit.hash, entry, None)
    (file,) = await trees.files(site.objects, git_directory, [entry])
    return Found(commit.hash, entry, file)


async def content(site: Site, access: Access, file: File) -> bytes | AsyncGenerator[bytes, None]:
    """A file, in pieces if it is long; raises NotFound for a submodule."""
    git_directory = await directory(site, access)
    held = await trees.whole(site.objects, git_directory, file)
    return trees.content(git_directory, file) if held is None else held


async def part(site: Site, access: Access, found: Found, offset: int, count: int) -> tuple[list[Entry], int]:
    """Part of what is directly inside a directory, and how much that is in all."""
    git_directory = await directory(site, access)
    return await trees.part(site.objects, git_directory, found.entry, offset, count)


async def listed(site: Site, access: Access, found: Found, depth: int) -> list[Entry]:
    """What is inside a directory, level by level; raises TooLarge."""
    git_directory = await directory(site, access)
    return await trees.listed(site.objects, git_directory, found.entry, depth=depth, most=_MOST_ENTRIES)


async def files(site: Site, access: Access, entries: list[Entry]) -> dict[str, File]:
    """Sizes and attributes of those that are no directories, by path."""
    git_directory = await directory(site, access)
    described = await trees.files(
        site.objects, git_directory, [one for one in entries if not one.is_directory]
    )
    return {file.entry.path: file for file in described}


async def history(
    site: Site, access: Access, revision: str, path: str, *, renames: bool, skipped: int, most: int
) -> FilePage:
    """The commits that touched a file, and the file in each; raises Invalid or NotFound."""
    git_directory = await directory(site, access)
    start = await site.objects.resolve(git_directory, Revision(revision))
    wanted = RepositoryPath(path)
    touched = await file_history.of(git_directory, start, wanted, renames=renames, most=skipped + most + 1)
    if not touched:
        raise NotFound(f"No such file or directory: {path}")
    shown = touched[skipped : skipped + most]
    found = await site.objects.commits(git_directory, [one.commit for one in shown])
    versions = []
    for commit, one in zip(found, shown, strict=True):
        (file,) = await trees.files(site.objects, git_directory, [one.entry])
        versions.append((commit, file))
    return FilePage(versions, await commits.people(site, found), len(touched) > skipped + most)
