"""Two branches, tags or commits beside each other: what one has that the other has not."""

from starlette.responses import Response

from bitpail.errors import BitpailError, Invalid, NotFound
from bitpail.model.access import Access
from bitpail.services import commits, compare, refs, repositories
from bitpail.services.commits import CommitsPage
from bitpail.services.compare import Apart
from bitpail.services.refs import BRANCHES, TAGS
from bitpail.web import diff
from bitpail.web.commits import title_of
from bitpail.web.errors import status_of
from bitpail.web.ref_lists import compare_at
from bitpail.web.repository import BRANCHES as TAB
from bitpail.web.repository import below, render_in
from bitpail.web.request import WebRequest, see_other

_LISTED = 20
_OFFERED = 100
_LONGEST_MESSAGE = 4000
_LONGEST_NAME = 1000


async def choose(request: WebRequest, access: Access) -> Response:
    """``GET .../branches/compare``: which ones; with both in the query on to what differs."""
    source = request.query.get("source", "").strip()[:_LONGEST_NAME]
    destination = request.query.get("destination", "").strip()[:_LONGEST_NAME]
    if source and destination:
        return see_other(compare_at(access, source, destination))
    return await _page(request, access, source, destination)


async def two(request: WebRequest, access: Access) -> Response:
    """``GET .../branches/compare/{source}..{destination}``, or with a carriage return between them."""
    source, destination = parted(request.parameters["spec"])
    return await _page(request, access, source, destination)


def parted(spec: str) -> tuple[str, str]:
    """Both sides: no name holds what stands between them."""
    for between in ("\r", "...", ".."):
        source, separator, destination = spec.partition(between)
        if separator:
            return source, destination
    return spec, ""


async def _page(request: WebRequest, access: Access, source: str, destination: str) -> Response:
    error: BitpailError | None = None
    apart: Apart | None = None
    listed, shown = CommitsPage([], {}, None), None
    far, look = request.query.get("distances") == "1", diff.look(request)
    main = await repositories.main_branch(request.site, access.repository)
    cursor = request.query.get("ctx")
    if source and (destination or main):
        destination = destination or main or ""
        try:
            new = (await commits.one(request.site, access, source)).hash
            old = (await commits.one(request.site, access, destination)).hash
            apart, listed = await compare.of(request.site, access, new, old, _LISTED, cursor, far=far)
            # The files of a long history take longest: the page comes first, and they come after it.
            if not apart.is_far or look.is_asked or look.path or look.number > 1:
                # What both have in common is known.
                _, shown = await diff.shown(request, access, f"{new}..{apart.base}", topic=False)
        except (Invalid, NotFound) as wrong:
            error, apart = wrong, None
    return render_in(
        request,
        access,
        "compare.html",
        TAB,
        status_of(error) if error else 200,
        source=source,
        destination=destination or main or "",
        offered=await _offered(request, access),
        error=error.message if error else "",
        apart=apart,
        near=compare.NEAR,
        rows=[
            (one, title_of(one.message[:_LONGEST_MESSAGE])[0], listed.people.get(one.author.email.lower()))
            for one in listed.commits
        ],
        at_commit=below(access, "commits"),
        with_distances=None if apart is None or apart.is_counted or far else request.changed(distances="1"),
        with_files=request.changed(files="1") if shown is None else None,
        newest=request.changed(ctx=None) if cursor else None,
        following=request.changed(ctx=listed.cursor) if listed.cursor else None,
        other_way=compare_at(access, destination, source) if source and destination else None,
        diff=shown,
    )


async def _offered(request: WebRequest, access: Access) -> list[str]:
    """Names to choose from: branches, then tags."""
    branches, _ = await refs.matching(request.site, access, BRANCHES, "", _OFFERED)
    tags, _ = await refs.matching(request.site, access, TAGS, "", _OFFERED - len(branches))
    return [*branches, *tags]
