"""The pages of a wiki: found, listed, searched, and changed by commits that carry what they were begun on.

The access is one to the wiki; all of this works on its own repository.
"""

from msgspec import Struct

from bitpail.errors import Conflict, Invalid, NotFound, TookTooLong
from bitpail.git import grep
from bitpail.git.grep import Line
from bitpail.model.access import Access
from bitpail.model.trees import File
from bitpail.services import new_commits, source
from bitpail.services.git_slots import whose
from bitpail.services.new_commits import NewFile, Wanted
from bitpail.services.repositories import directory
from bitpail.services.site import Site
from bitpail.wire import wiki_pages
from bitpail.wire.wiki_pages import Names

LONGEST = 512 * 1024
"""Bytes of a page that is written in the browser."""

LARGEST = 8 << 20
"""Bytes of the files that are put there at once by a form."""

_MOST_PAGES = 5000
_DEEPEST = 20
_MOST_WORDS = 8
_ATTEMPTS = 3


class Paths(Struct, frozen=True):
    """Pages by their names, all files, and whether these are all: a huge wiki isn't listed."""

    names: Names
    files: list[str]
    is_whole: bool


class Found(Struct, frozen=True):
    """What a name means in a commit. ``file`` is None for a directory."""

    commit: str
    path: str
    file: File | None

    @property
    def page(self) -> wiki_pages.Name | None:
        """The page that it is; a link, a submodule and a directory are none."""
        if self.file is None or not {"link", "subrepository"}.isdisjoint(self.file.attributes):
            return None
        return wiki_pages.page_of(self.path)


class Edit(Struct, frozen=True):
    """A page as somebody wants it.

    ``was`` is the path of its file, None for a new one; ``base`` the commit that was looked at,
    None if there was none. ``content`` is None to remove it.
    """

    was: str | None
    base: str | None
    path: str
    content: bytes | None
    message: str


class Overtaken(Conflict):
    """Somebody else changed the page meanwhile; ``theirs`` is what is there now, None if it is gone."""

    def __init__(self, tip: str | None, theirs: Found | None) -> None:
        super().__init__("somebody else has changed this page while you were at it")
        self.tip = tip
        self.theirs = theirs


async def tip(site: Site, access: Access) -> str | None:
    """The newest commit, None for an empty wiki."""
    try:
        return await source.main_commit(site, access)
    except NotFound:
        return None


async def paths(site: Site, access: Access, commit: str) -> Paths:
    """All files of the wiki."""
    top = await source.find(site, access, commit, "")
    try:
        entries = await source.listed(site, access, top, _DEEPEST, _MOST_PAGES)
    except TookTooLong:
        return Paths(Names(()), [], is_whole=False)
    files = [entry.path for entry in entries if not entry.is_directory and not entry.is_submodule]
    return Paths(Names(files), files, is_whole=True)


async def find(site: Site, access: Access, revision: str, name: str) -> Found | None:
    """What a name means: a file of that path, a page, or a directory. Raises Invalid, or NotFound for the revision."""
    commit = (await source.find(site, access, revision, "")).commit
    inside = None
    for path in wiki_pages.files_of(name.strip("/")):
        try:
            found = await source.find(site, access, commit, path)
        except NotFound:
            continue
        if found.file is not None:
            return Found(commit, found.entry.path, found.file)
        inside = inside or Found(commit, found.entry.path, None)
    return inside


async def content(site: Site, access: Access, found: Found) -> bytes | None:
    """The text of a page, None if it is longer than one that is written here."""
    if found.file is None or found.file.size is None or found.file.size > LONGEST:
        return None
    text = await source.content(site, access, found.file)
    return text if isinstance(text, bytes) else None


async def search(site: Site, access: Access, commit: str, text: str) -> list[Line]:
    """Lines of files that have all of its words; raises TookTooLong."""
    words = [word for word in text.replace("\0", " ").split() if word][:_MOST_WORDS]
    if not words:
        return []
    git_directory = await directory(site, access)
    async with site.slots.slot(*whose(access)):
        return await grep.lines(git_directory, commit, words)


async def save(site: Site, access: Access, edit: Edit) -> str | None:
    """Make the commit; the newest one if nothing differs.

    Raises Overtaken, Invalid or PushRefused.
    """
    if edit.content is not None and len(edit.content) > LONGEST:
        raise Invalid(f"a page that is written here has at most {LONGEST} bytes: push a longer one with git")
    for _ in range(_ATTEMPTS):
        now = await tip(site, access)
        if await _is_done(site, access, edit, now):
            return now
        files = () if edit.content is None else (NewFile(edit.path, edit.content),)
        moves = edit.was is not None and (edit.content is None or edit.was != edit.path)
        removed = (edit.was,) if moves and edit.was is not None else ()
        wanted = Wanted(files=files, removed=removed, message=edit.message, parent=now, begins=now is None)
        try:
            return await new_commits.make(site, access, wanted)
        except Conflict:
            # Another page was saved at this moment.
            continue
    raise Conflict("others are saving pages all the time: try again")


async def add(site: Site, access: Access, files: list[NewFile]) -> None:
    """Put files there, each instead of the one of its path; raises Invalid, Conflict or PushRefused."""
    if not files:
        raise Invalid("choose a file first")
    now = await tip(site, access)
    for file in files:
        if now is not None:
            await _check_free(site, access, now, file.path, may_replace=True)
    message = f"Add {', '.join(file.path for file in files[:3])}" + (" and others" if len(files) > 3 else "")
    await new_commits.make(
        site, access, Wanted(files=tuple(files), message=message, parent=now, begins=now is None)
    )


async def _is_done(site: Site, access: Access, edit: Edit, now: str | None) -> bool:
    """Whether nothing is left to be changed; raises Overtaken or Invalid."""
    there = await _at(site, access, now, edit.was or edit.path)
    before = await _at(site, access, edit.base, edit.was) if edit.was is not None else None
    if edit.content is None:
        if there is None:
            return True
    elif there is not None and edit.was in {None, edit.path} and await _holds(site, access, there, edit):
        return True
    if _hash(there) != _hash(before):
        raise Overtaken(now, there)
    if edit.was != edit.path and edit.content is not None and now is not None:
        await _check_free(site, access, now, edit.path)
    return False


async def _holds(site: Site, access: Access, there: Found, edit: Edit) -> bool:
    return await content(site, access, there) == edit.content


async def _check_free(
    site: Site, access: Access, commit: str, path: str, *, may_replace: bool = False
) -> None:
    """Nothing may stand where a page is put, and no file where it needs a directory: git would replace it."""
    parts = path.split("/")
    for length in range(1, len(parts) + 1):
        above = "/".join(parts[:length])
        try:
            found = await source.find(site, access, commit, above)
        except NotFound:
            return
        is_whole = length == len(parts)
        if is_whole and may_replace and found.file is not None:
            return
        if found.file is not None or is_whole:
            raise Invalid(f"there is {above!r} already")


async def _at(site: Site, access: Access, commit: str | None, path: str) -> Found | None:
    if commit is None:
        return None
    try:
        found = await source.find(site, access, commit, path)
    except NotFound:
        return None
    return Found(found.commit, path, found.file)


def _hash(found: Found | None) -> str | None:
    return found.file.entry.hash if found is not None and found.file is not None else None
