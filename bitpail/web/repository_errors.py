"""What went wrong on a page of a repository that may be seen: inside of its frame, with ways on.

Whoever may not see the repository gets the page without a frame: ``bitpail/web/errors.py``.
"""

from urllib.parse import urlencode

from starlette.responses import HTMLResponse

from bitpail.errors import BitpailError, NoSuchPath
from bitpail.model.access import Access
from bitpail.web.repository import (
    BRANCHES,
    COMMITS,
    DOWNLOADS,
    SETTINGS,
    SOURCE,
    WIKI,
    below,
    render_in,
)
from bitpail.web.request import WebRequest

_HISTORY = "history-node"
_TABS = {
    "commits": COMMITS,
    "branch": COMMITS,
    "branches": BRANCHES,
    "tags": BRANCHES,
    "downloads": DOWNLOADS,
    "get": DOWNLOADS,
    "wiki": WIKI,
    "admin": SETTINGS,
}


def page(request: WebRequest, access: Access, error: BitpailError, status: int, message: str) -> HTMLResponse:
    """The page, which tells ``message`` and gives back what was written."""
    part = request.call.raw_path.decode("ascii", "replace").split("/")[3:4]
    return render_in(
        request,
        access,
        "repository_error.html",
        _TABS.get(part[0] if part else "", SOURCE),
        status,
        status=status,
        ways=_ways(request, access, part) if isinstance(error, NoSuchPath) else [],
        message=message,
        kept=request.kept,
    )


def _ways(request: WebRequest, access: Access, part: list[str]) -> list[tuple[str, str]]:
    """Where a path may have gone that its commit doesn't have: names of links with their addresses."""
    revision, path = request.parameters.get("commit"), request.parameters.get("path", "").strip("/")
    if not revision or access.need.of == "wiki":
        return []
    name = path.rpartition("/")[2]
    ways = [
        (f"Files of {revision}", below(access, "src", revision) + "/"),
        (f"Find {name}", f"{below(access, 'find', revision)}?{urlencode({'q': name}, errors='replace')}"),
    ]
    if part != [_HISTORY]:
        ways.append(("History of this path", below(access, _HISTORY, revision, path)))
    return ways
