"""Files changed at a browser: one file of a commit, typed anew, added, moved or removed.

Nobody's work is written over unseen: what was changed meanwhile is a Conflict, unless it was
another file. Line ends and a mark at the beginning stay as they were.
"""

from msgspec import Struct
from msgspec.structs import replace

from bitpail.errors import Conflict, Invalid, NotFound
from bitpail.git import trees
from bitpail.git.directories import GitDirectory
from bitpail.git.revisions import RepositoryPath, Revision
from bitpail.model.access import Access
from bitpail.model.trees import Entry, File
from bitpail.services import new_commits, source
from bitpail.services.new_commits import NewFile, Wanted
from bitpail.services.refs import BRANCHES
from bitpail.services.repositories import directory
from bitpail.services.site import Site

LARGEST = 500_000
"""Bytes of a file that is edited at a browser."""
_MARK = b"\xef\xbb\xbf"
_ATTEMPTS = 3


class Text(Struct, frozen=True):
    """A file for a field of a form: ``ends`` is what ends its lines, ``is_mixed`` if not all of them."""

    content: str
    ends: str
    is_mixed: bool
    has_mark: bool


class Edit(Struct, frozen=True):
    """What somebody wants: ``content`` None removes the file at ``path``, ``old_path`` None adds it.

    ``base`` is the commit that they saw, None in an empty repository. The commit goes to ``branch``, which is
    made if it ``is_new``.
    """

    path: str
    old_path: str | None
    content: str | None
    base: str | None
    branch: str
    is_new: bool
    message: str


async def text(site: Site, access: Access, file: File) -> Text:
    """A file as it can be edited; raises Invalid with why it can't."""
    if {"link", "subrepository", "binary", "lfs"}.intersection(file.attributes):
        raise Invalid(f"this is no text: {file.entry.path}")
    if (file.size or 0) > LARGEST:
        raise Invalid(f"a file of more than {LARGEST:,} bytes is edited with git")
    content = await source.content(site, access, file)
    if not isinstance(content, bytes):
        raise Invalid(f"a file of more than {LARGEST:,} bytes is edited with git")
    try:
        decoded = content.removeprefix(_MARK).decode()
    except UnicodeDecodeError:
        raise Invalid(f"this is not UTF-8, so it is edited with git: {file.entry.path}") from None
    pairs, feeds, returns = decoded.count("\r\n"), decoded.count("\n"), decoded.count("\r")
    ends = "\r\n" if pairs and pairs == feeds else "\n"
    return Text(plain(decoded), ends, returns != pairs or pairs not in {0, feeds}, content.startswith(_MARK))


def plain(typed: str) -> str:
    """Text of a form with line feeds for line ends, whatever the browser sent."""
    return typed.replace("\r\n", "\n").replace("\r", "\n")


async def commit(site: Site, access: Access, edit: Edit) -> str:
    """Make the commit and return its hash.

    Raises Invalid or NotFound; Conflict if the file was changed on the branch since ``base``, or is there
    already; PushRefused.
    """
    for attempt in range(_ATTEMPTS):
        wanted = await _wanted(site, access, edit)
        try:
            return await new_commits.make(site, access, wanted)
        except Conflict:
            # Somebody was quicker, with another file perhaps.
            if edit.is_new or attempt == _ATTEMPTS - 1:
                raise
    raise Conflict(f"the branch {edit.branch} is moving all the time")


async def tip(site: Site, access: Access, branch: str) -> str | None:
    """The commit of a branch, None if there is no such branch."""
    known = await site.objects.refs(await directory(site, access))
    ref = known.by_name.get(BRANCHES + branch)
    return ref.peeled if ref is not None else None


async def _wanted(site: Site, access: Access, edit: Edit) -> Wanted:
    path = RepositoryPath(edit.path).text
    git_directory = await directory(site, access)
    parent = await _parent(site, access, git_directory, edit)
    before = await _at(site, git_directory, edit.base, edit.old_path)
    if before is not None and before.is_directory:
        raise NotFound(f"this is a directory: {edit.old_path}")
    if edit.old_path is not None and before is None:
        if edit.content is None:
            raise NotFound(f"No such file: {edit.old_path}")
        # Somebody removed it, and they know that by now: what they typed is a new file.
        edit = replace(edit, old_path=None)
    if before is not None and await _at(site, git_directory, parent, edit.old_path) != before:
        raise Conflict(f"somebody has changed {edit.old_path} on {edit.branch} meanwhile")
    if path != edit.old_path:
        await _check_free(site, git_directory, parent, path)
    removed = (edit.old_path,) if edit.old_path and (edit.content is None or path != edit.old_path) else ()
    files: tuple[NewFile, ...] = ()
    if edit.content is not None:
        content = await _content(site, access, edit, before)
        if before is not None and path == edit.old_path and await _is_same(site, access, edit, content):
            raise Invalid("nothing was changed")
        mode = "executable" if before is not None and before.mode == "100755" else ""
        files = (NewFile(path, content, mode),)
    return Wanted(files, removed, edit.message or _message(edit, path), None, parent, edit.branch)


def _message(edit: Edit, path: str) -> str:
    if edit.content is None:
        return f"{path} deleted online"
    return f"{path} {'added' if edit.old_path is None else 'edited'} online"


async def _parent(site: Site, access: Access, git_directory: GitDirectory, edit: Edit) -> str | None:
    """The commit to go on from: what they saw for a new branch, else the branch's tip."""
    now = await tip(site, access, edit.branch)
    if not edit.is_new:
        if now is None and edit.base is not None:
            raise Conflict(f"there is no branch {edit.branch} any more")
        return now
    if now is not None:
        raise Conflict(f"there is already a branch {edit.branch}")
    if edit.base is None:
        return None
    return await site.objects.resolve(git_directory, Revision(edit.base))


async def _content(site: Site, access: Access, edit: Edit, before: Entry | None) -> bytes:
    typed = plain(edit.content or "")
    if before is None:
        return typed.encode()
    was = await text(site, access, await _file(site, access, edit))
    return (_MARK if was.has_mark else b"") + typed.replace("\n", was.ends).encode()


async def _is_same(site: Site, access: Access, edit: Edit, content: bytes) -> bool:
    return await source.content(site, access, await _file(site, access, edit)) == content


async def _file(site: Site, access: Access, edit: Edit) -> File:
    found = await source.find(site, access, edit.base or "", edit.old_path or "")
    if found.file is None:
        raise NotFound(f"No such file: {edit.old_path}")
    return found.file


async def _check_free(site: Site, git_directory: GitDirectory, parent: str | None, path: str) -> None:
    """Raise Conflict if something stands at a path, or if a file stands where a directory would have to be."""
    if await _at(site, git_directory, parent, path) is not None:
        raise Conflict(f"there is already something called {path}")
    names = path.split("/")
    for depth in range(1, len(names)):
        above = "/".join(names[:depth])
        there = await _at(site, git_directory, parent, above)
        if there is None:
            return
        if not there.is_directory:
            raise Conflict(f"nothing can be inside of {above}: it is a file")


async def _at(site: Site, git_directory: GitDirectory, commit: str | None, path: str | None) -> Entry | None:
    if commit is None or path is None:
        return None
    found = await site.objects.commit_named(git_directory, Revision(commit))
    try:
        return await trees.find(site.objects, git_directory, found.tree, RepositoryPath(path).text)
    except NotFound:
        return None
