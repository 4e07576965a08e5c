"""The history of a repository, of a branch or of a tag: a page at a time, with a graph."""

from msgspec import Struct
from starlette.responses import Response

from bitpail.errors import NotFound
from bitpail.model.access import Access
from bitpail.model.build_statuses import State
from bitpail.model.commits import Commit
from bitpail.model.users import User
from bitpail.policy import commit_graph
from bitpail.policy.commit_graph import Row
from bitpail.services import build_statuses, commits, refs
from bitpail.services.commits import Wanted
from bitpail.services.refs import BRANCHES, TAGS
from bitpail.web.repository import COMMITS, below, render_in
from bitpail.web.request import WebRequest, see_other

_LISTED = 30
_OFFERED = 100
_LONGEST_MESSAGE = 4000
_MOST_LANES = 10
_STEP = 12
_HEIGHT = 48


class Listed(Struct, frozen=True):
    """A commit of the list; ``rest`` is its message behind the first line, ``state`` what builds say of it."""

    commit: Commit
    title: str
    rest: str
    author: User | None
    state: State | None
    graph: "Drawn"
    address: str


class Drawn(Struct, frozen=True):
    """One row of the graph in pixels: where the dot is, and lines as paths."""

    width: int
    x: int
    lines: list[tuple[str, int]]


async def every(request: WebRequest, access: Access) -> Response:
    """``GET .../commits``: of all branches and tags; ``?branch=`` leads to the one that was chosen."""
    return await _page(request, access, None, None)


async def of_branch(request: WebRequest, access: Access) -> Response:
    """``GET .../commits/branch/{name}``."""
    return await _page(request, access, BRANCHES, request.parameters["name"])


async def branch(request: WebRequest, access: Access) -> Response:
    """``GET .../branch/{name}``, where the API's ``links.html`` of a branch lead: on to its history."""
    name = request.parameters["name"]
    await refs.one(request.site, access, BRANCHES, name)
    return see_other(below(access, "commits/branch", name))


async def of_tag(request: WebRequest, access: Access) -> Response:
    """``GET .../commits/tag/{name}``."""
    return await _page(request, access, TAGS, request.parameters["name"])


async def _page(request: WebRequest, access: Access, prefix: str | None, name: str | None) -> Response:
    branches = await refs.page(request.site, access, (BRANCHES,), 0, _OFFERED)
    if not branches.size and prefix is None:
        return render_in(request, access, "empty.html", COMMITS)
    tip = None
    if prefix is not None and name is not None:
        described = (await refs.one(request.site, access, prefix, name)).refs[0]
        if described.commit is None:
            raise NotFound(f"tag {name} is not one of a commit")
        tip = described.commit.hash
    cursor = request.query.get("ctx")
    found = await commits.page(request.site, access, Wanted(revision=tip), _LISTED, cursor)
    states = await build_statuses.worst(request.site, access, [one.hash for one in found.commits])
    graph = commit_graph.rows((one.hash, one.parents) for one in found.commits)
    width = min(max((row.width for row in graph), default=1), _MOST_LANES)
    listed = [
        _listed(access, commit, found.people, states.get(commit.hash), _drawn(row, width))
        for commit, row in zip(found.commits, graph, strict=True)
    ]
    return render_in(
        request,
        access,
        "commits.html",
        COMMITS,
        listed=listed,
        kind={BRANCHES: "branch", TAGS: "tag"}.get(prefix or ""),
        name=name,
        branches=[(one.ref.short, below(access, "commits/branch", one.ref.short)) for one in branches.refs],
        more_branches=branches.size > _OFFERED,
        newest=request.changed(ctx=None) if cursor else None,
        following=request.changed(ctx=found.cursor) if found.cursor else None,
        is_later=cursor is not None,
    )


def title_of(message: str) -> tuple[str, str]:
    """The first line, and what comes after it."""
    first, _, rest = message.strip("\n").partition("\n")
    return first.strip() or "(no message)", rest.strip("\n")


def _listed(
    access: Access, commit: Commit, people: dict[str, User], state: State | None, drawn: Drawn
) -> Listed:
    title, rest = title_of(commit.message[:_LONGEST_MESSAGE])
    author = people.get(commit.author.email.lower())
    return Listed(commit, title, rest, author, state, drawn, below(access, "commits", commit.hash))


def _drawn(row: Row, width: int) -> Drawn:
    def x(lane: int) -> int:
        return _STEP // 2 + _STEP * lane

    middle, own = _HEIGHT // 2, x(row.lane)
    lines = [(f"M{x(lane)} 0V{_HEIGHT}", lane) for lane in row.past if lane < _MOST_LANES]
    lines += [
        (f"M{x(lane)} 0C{x(lane)} 16 {own} 8 {own} {middle}", lane)
        for lane in row.above
        if lane < _MOST_LANES
    ]
    lines += [
        (f"M{own} {middle}C{own} 40 {x(lane)} 32 {x(lane)} {_HEIGHT}", lane)
        for lane in row.below
        if lane < _MOST_LANES
    ]
    return Drawn(_STEP * width, own, [(path, lane % 6) for path, lane in lines])
