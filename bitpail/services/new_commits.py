"""Commits that a client makes without git: files changed on a branch, as a push that the server makes."""

import re

from msgspec import Struct

from bitpail.errors import Conflict, Invalid, NotFound
from bitpail.git import new_commits, trees
from bitpail.git.directories import GitDirectory
from bitpail.git.new_commits import Change, Person
from bitpail.git.revisions import RepositoryPath, Revision
from bitpail.model.access import Access
from bitpail.policy import members, names
from bitpail.services.clock import now
from bitpail.services.ref_updates import RefUpdate, apply
from bitpail.services.repositories import directory
from bitpail.services.site import Site
from bitpail.store import users

_AUTHOR = re.compile(r"\s*([^<>\n]+?)\s*<([^<>\s]+)>\s*")
_MODES = {"executable": "100755", "link": "120000", "": "100644"}
# Each of so many at once on one branch lands, whichever turn it has.
_TRIES = 10
_LONGEST_MESSAGE = 65536
_BRANCHES = "refs/heads/"


class NewFile(Struct, frozen=True):
    """``attribute`` is executable, link or empty; None leaves what the file was."""

    path: str
    content: bytes
    attribute: str | None = None


class Wanted(Struct, frozen=True):
    """A commit in a client's own words; what is None follows from the repository.

    ``begins`` says that there must be no commit yet.
    """

    files: tuple[NewFile, ...]
    removed: tuple[str, ...] = ()
    message: str | None = None
    author: str | None = None
    parent: str | None = None
    branch: str | None = None
    begins: bool = False


class _Place(Struct, frozen=True):
    """The branch, its tip if it is there, and the commit to go on from."""

    branch: str
    tip: str | None
    parent: str | None


async def make(site: Site, access: Access, wanted: Wanted) -> str:
    """Make the commit and return its hash.

    Whoever names no parent builds on whatever is there, so for them it is made anew where somebody else
    was first. Raises Invalid or NotFound; Conflict if the branch has moved on from the parent; PushRefused.
    """
    for _ in range(_TRIES - 1):
        try:
            return await _make_once(site, access, wanted)
        except Conflict:
            if wanted.parent is not None or wanted.begins:
                raise
    return await _make_once(site, access, wanted)


async def _make_once(site: Site, access: Access, wanted: Wanted) -> str:
    git_directory = await directory(site, access)
    place = await _place(site, git_directory, wanted)
    changes = [await _change(site, git_directory, place.parent, file) for file in wanted.files]
    changes += [await _removal(site, git_directory, place.parent, path) for path in wanted.removed]
    if not changes and not (place.tip is None and wanted.parent):
        raise Invalid("there is nothing to commit: name a file")
    committer = await _committer(site, access)
    made = await new_commits.make(
        git_directory,
        place.parent,
        changes,
        message=_message(wanted, changes),
        author=_author(wanted.author, committer),
        committer=committer,
    )
    update = RefUpdate(_BRANCHES + place.branch, place.tip, made.hash)
    await apply(site, access, [update], made.pack)
    return made.hash


async def _place(site: Site, git_directory: GitDirectory, wanted: Wanted) -> _Place:
    known = await site.objects.refs(git_directory)
    tips = {ref.name: ref.target for ref in known.refs}
    main = (known.head or f"{_BRANCHES}main").removeprefix(_BRANCHES)
    branch = wanted.branch or main
    reason = names.refuse_ref((_BRANCHES + branch).encode("utf-8", "surrogateescape"))
    if reason:
        raise members.invalid("branch", reason)
    _revision("branch", branch)
    tip = tips.get(_BRANCHES + branch)
    parent = None
    if wanted.parent:
        try:
            parent = await site.objects.resolve(git_directory, _revision("parents", wanted.parent), known)
        except NotFound:
            raise Invalid(f"parents: Commit not found: {wanted.parent}", {"parents": []}) from None
    if tip is not None:
        if wanted.begins:
            raise Conflict(f"{branch} is there already: its tip is {tip[:12]}")
        if parent not in {None, tip}:
            raise Conflict(f"{branch} has moved on: its tip is {tip[:12]}, not {str(parent)[:12]}")
        return _Place(branch, tip, tip)
    other = names.in_the_way(_BRANCHES + branch, tips)
    if other:
        raise members.invalid("branch", f"{other.removeprefix(_BRANCHES)} is there: git keeps none beside it")
    if not wanted.branch and parent is not None:
        raise Conflict(f"{branch} does not exist: name a branch")
    # Where there is no commit at all, this one is the first.
    return _Place(branch, None, parent or tips.get(_BRANCHES + main))


def _revision(member: str, text: str) -> Revision:
    try:
        return Revision(text)
    except Invalid as error:
        raise members.invalid(member, error.message) from None


async def _change(site: Site, git_directory: GitDirectory, parent: str | None, file: NewFile) -> Change:
    path = RepositoryPath(file.path)
    if file.attribute is not None:
        if file.attribute not in _MODES:
            raise Invalid("x-attributes: must be executable or link")
        return Change(path, file.content, _MODES[file.attribute])
    mode = await _mode(site, git_directory, parent, path)
    return Change(path, file.content, mode if mode == _MODES["executable"] else _MODES[""])


async def _removal(site: Site, git_directory: GitDirectory, parent: str | None, path: str) -> Change:
    wanted = RepositoryPath(path)
    mode = await _mode(site, git_directory, parent, wanted)
    if mode in {None, "040000"}:
        raise members.invalid("files", f"no such file: {path}")
    return Change(wanted, None)


async def _mode(
    site: Site, git_directory: GitDirectory, parent: str | None, path: RepositoryPath
) -> str | None:
    if parent is None:
        return None
    commit = await site.objects.commit(git_directory, parent)
    try:
        return (await trees.find(site.objects, git_directory, commit.tree, path.text)).mode
    except NotFound:
        return None


def _message(wanted: Wanted, changes: list[Change]) -> str:
    if wanted.message is not None and wanted.message.strip():
        return names.check_text(wanted.message, "message", _LONGEST_MESSAGE, multiline=True).rstrip() + "\n"
    named = ", ".join(change.path.text for change in changes[:3])
    return f"{named or 'Branch'} edited online\n"


def _author(text: str | None, committer: Person) -> Person:
    if text is None:
        return committer
    match = _AUTHOR.fullmatch(text)
    if match is None:
        raise Invalid("author: must be like Name <address>", {"author": ["must be like Name <address>"]})
    return Person(match[1], match[2], committer.time)


async def _committer(site: Site, access: Access) -> Person:
    user = access.actor.user
    if user is None:
        raise Invalid("a commit needs a committer: sign in as a user")
    address = (await users.emails(site.db, user.id))[0].address
    return Person(user.display_name, address, now() // 1_000_000)
