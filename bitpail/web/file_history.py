"""The history of one file, by whatever name it had, or of one directory."""

from msgspec import Struct
from starlette.responses import Response

from bitpail.errors import NotFound
from bitpail.model.access import Access
from bitpail.model.commits import Commit
from bitpail.model.users import User
from bitpail.services import commits, file_history, source
from bitpail.services.commits import Wanted
from bitpail.web import ref_chooser
from bitpail.web.commits import title_of
from bitpail.web.file import where
from bitpail.web.repository import SOURCE, below, render_in
from bitpail.web.request import WebRequest, see_other

_LISTED = 30
_LONGEST_MESSAGE = 4000


class Version(Struct, frozen=True):
    """A commit of the history; ``at`` is the file as it left it, ``called`` its name then if it had another."""

    commit: Commit
    title: str
    author: User | None
    address: str
    at: str
    called: str


async def page(request: WebRequest, access: Access) -> Response:
    """``GET .../history-node/{commit}/{path}``."""
    revision, path = request.parameters["commit"], request.parameters["path"].strip("/")
    if leads_to := await ref_chooser.named(request, access, "history-node", path):
        return see_other(leads_to)
    is_directory = not path or await _is_directory(request, access, revision, path)
    look_up = _of_directory if is_directory else _of_file
    listed, following = await look_up(request, access, revision, path, request.query.get("ctx"))
    return render_in(
        request,
        access,
        "file_history.html",
        SOURCE,
        **where(access, revision, path),
        chooser=await ref_chooser.chooser(request, access, "history-node", revision, path),
        is_directory=is_directory,
        permalink=None,
        listed=listed,
        newest=request.changed(ctx=None) if "ctx" in request.query else None,
        following=request.changed(ctx=following) if following else None,
    )


async def _is_directory(request: WebRequest, access: Access, revision: str, path: str) -> bool:
    try:
        return (await source.find(request.site, access, revision, path)).file is None
    except NotFound:
        # A file that is gone by now has a history all the same.
        return False


async def _of_file(
    request: WebRequest, access: Access, revision: str, path: str, cursor: str | None
) -> tuple[list[Version], str | None]:
    found = await file_history.followed(request.site, access, revision, path, cursor, _LISTED)
    listed = [
        _version(access, commit, found.people, name, name if name != path else "")
        for commit, name in found.versions
    ]
    return listed, found.cursor


async def _of_directory(
    request: WebRequest, access: Access, revision: str, path: str, cursor: str | None
) -> tuple[list[Version], str | None]:
    wanted = Wanted(revision=revision, path=path or None)
    found = await commits.page(request.site, access, wanted, _LISTED, cursor)
    return [_version(access, one, found.people, path, "") for one in found.commits], found.cursor


def _version(access: Access, commit: Commit, people: dict[str, User], path: str, called: str) -> Version:
    return Version(
        commit,
        title_of(commit.message[:_LONGEST_MESSAGE])[0],
        people.get(commit.author.email.lower()),
        below(access, "commits", commit.hash),
        below(access, "src", commit.hash, path),
        called,
    )
