"""A workspace: its repositories, with a search."""

from starlette.responses import Response

from bitpail.model.access import WorkspaceAccess
from bitpail.services import repositories
from bitpail.services.repositories import Among
from bitpail.web.pages import render
from bitpail.web.request import WebRequest
from bitpail.wire.query import Comparison, Either
from bitpail.wire.query_kinds import Asked

_LISTED = 50
_LONGEST_SEARCH = 200
_SORTS = {"": "-updated_on", "name": "slug"}


async def page(request: WebRequest, access: WorkspaceAccess) -> Response:
    """``GET /{workspace}``."""
    number, wanted = request.page_number(), request.query.get("search", "")[:_LONGEST_SEARCH].strip()
    sort = request.query.get("sort", "")
    asked = Asked(_search(wanted), _SORTS.get(sort, _SORTS[""]))
    found = await repositories.visible(
        request.site, access, Among.VISIBLE, (number - 1) * _LISTED, _LISTED, asked
    )
    return render(
        request,
        "workspace.html",
        workspace=access.workspace,
        listed=found.repositories,
        size=found.size,
        search=wanted,
        sort=sort if sort in _SORTS else "",
        previous=request.neighbour(number - 1) if number > 1 else None,
        following=request.neighbour(number + 1) if number * _LISTED < found.size else None,
    )


def _search(text: str) -> Either | None:
    """Repositories that have it in their name, slug or description."""
    if not text:
        return None
    return Either(tuple(Comparison((name,), "~", (text,)) for name in ("name", "slug", "description")))
