"""What happened to the pages of a wiki: the versions of one, and what a commit changed."""

from msgspec import Struct
from starlette.responses import Response

from bitpail.errors import NotFound
from bitpail.model.access import Access
from bitpail.model.commits import Commit
from bitpail.model.users import User
from bitpail.services import commits, file_history
from bitpail.services import wiki as service
from bitpail.services.file_history import Start
from bitpail.web import diff
from bitpail.web.commits import title_of
from bitpail.web.request import WebRequest
from bitpail.web.wiki import at, diff_at, page_at, page_of
from bitpail.wire import wiki_pages

_LISTED = 30
_LONGEST_MESSAGE = 4000


class Listed(Struct, frozen=True):
    """A version: who made it and how it is seen; ``since`` is what happened from then to now."""

    commit: Commit
    title: str
    author: User | None
    seen: str
    changes: str
    since: str


async def of_page(request: WebRequest, access: Access) -> Response:
    """``GET .../wiki/history/{name}``: the newest version first, over all names that it had."""
    site, name = request.site, request.parameters["path"]
    tip = await service.tip(site, access)
    found = await service.find(site, access, tip, name) if tip else None
    path = found.path if found is not None and found.file is not None else name.strip("/")
    if tip is None or (found is not None and found.file is None):
        raise NotFound("there is no such page in this wiki")
    cursor = request.query.get("ctx")
    start = Start("HEAD", path, renames=True, cursor=cursor)
    listed = await file_history.page(site, access, start, _LISTED)
    page = wiki_pages.page_of(path)
    return page_of(
        request,
        access,
        "wiki_history.html",
        name=page.name if page else path,
        page=page_at(access, page.name if page else path),
        listed=[_listed(access, one, listed.people, tip, path) for one in listed.versions],
        newest=request.changed(ctx=None) if cursor else None,
        following=request.changed(ctx=listed.cursor) if listed.cursor else None,
    )


async def difference(request: WebRequest, access: Access) -> Response:
    """``GET .../wiki/diff/{spec}``: a commit, or ``A..B`` as the API has it: what A has that B has not."""
    spec = request.parameters["spec"]
    found, shown = await diff.shown(request, access, spec)
    commit = await commits.one(request.site, access, found.new)
    title, rest = title_of(commit.message[:_LONGEST_MESSAGE])
    return page_of(
        request,
        access,
        "wiki_diff.html",
        commit=commit,
        title=title,
        rest=rest,
        is_of_one=".." not in spec,
        old=found.old,
        people=await commits.people(request.site, [commit]),
        diff=shown,
    )


def _listed(
    access: Access, one: file_history.Version, people: dict[str, User], tip: str, path: str
) -> Listed:
    commit, then = one.commit, one.file.entry.path
    page = wiki_pages.page_of(then)
    title, _ = title_of(commit.message[:_LONGEST_MESSAGE])
    seen = page_at(access, page.name) if page else at(access, then)
    return Listed(
        commit,
        title,
        people.get(commit.author.email.lower()),
        f"{seen}?at={commit.hash}",
        diff_at(access, commit.hash, then),
        diff_at(access, f"{tip}..{commit.hash}", path),
    )
