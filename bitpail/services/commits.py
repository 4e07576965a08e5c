"""The history of a repository, a page at a time, and single commits."""

from collections.abc import Iterable

from msgspec import Struct

from bitpail.git import history
from bitpail.git.directories import GitDirectory
from bitpail.git.history import Walk
from bitpail.git.revisions import RepositoryPath, Revision
from bitpail.model.access import Access
from bitpail.model.commits import Commit, Signature
from bitpail.model.users import User
from bitpail.services import cursors
from bitpail.services.repositories import directory
from bitpail.services.site import Site
from bitpail.store import users


class CommitsPage(Struct, frozen=True):
    """Commits, the people behind their addresses (lower case), and the cursor of the next page."""

    commits: list[Commit]
    people: dict[str, User]
    cursor: str | None


class Wanted(Struct, frozen=True):
    """What part of the history a client asked for, in its own words."""

    revision: str | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    path: str | None = None


async def page(site: Site, access: Access, wanted: Wanted, count: int, cursor: str | None) -> CommitsPage:
    """The commits after ``cursor``, or the newest; raises Invalid or NotFound."""
    git_directory = await directory(site, access)
    if cursor is None:
        walk = await _start(site, git_directory, wanted)
    else:
        walk = cursors.unseal(site, access.repository.id, cursor)
    commits, rest = await history.page(site.objects, git_directory, walk, count)
    following = cursors.seal(site, access.repository.id, rest) if rest else None
    return CommitsPage(commits, await people(site, commits), following)


async def one(site: Site, access: Access, revision: str) -> Commit:
    """One commit by hash, abbreviated or not, branch or tag; raises Invalid or NotFound."""
    git_directory = await directory(site, access)
    return await site.objects.commit_named(git_directory, Revision(revision))


async def people(site: Site, commits: Iterable[Commit], taggers: Iterable[Signature] = ()) -> dict[str, User]:
    """Who wrote, committed and tagged these, by confirmed address."""
    signatures = [*taggers, *(signature for c in commits for signature in (c.author, c.committer))]
    addresses = {signature.email.lower() for signature in signatures}
    return await users.by_confirmed_emails(site.db, sorted(addresses))


async def _start(site: Site, git_directory: GitDirectory, wanted: Wanted) -> Walk:
    known = await site.objects.refs(git_directory)
    included = [*([wanted.revision] if wanted.revision else []), *wanted.include]

    async def resolve(revisions: list[str] | tuple[str, ...]) -> list[str]:
        return [await site.objects.resolve(git_directory, Revision(text), known) for text in revisions]

    tips = await resolve(included) if included else [ref.peeled for ref in known.refs]
    path = RepositoryPath(wanted.path) if wanted.path else None
    return history.start(tips, exclude=await resolve(wanted.exclude), path=path)
