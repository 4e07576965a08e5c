"""What is asked of a list of repositories on a page: a search, a project, an order, which part of it."""

from typing import Any

from msgspec import Struct

from bitpail.services.repositories import Listing
from bitpail.web.request import WebRequest
from bitpail.wire.query import Both, Comparison, Either, Node
from bitpail.wire.query_kinds import Asked

LISTED = 50
"""On a page."""

_LONGEST_SEARCH = 200
_SORTS = {"": "-updated_on", "name": "slug"}


class Chosen(Struct, frozen=True):
    """What the query says; ``project`` is a key, or empty for all."""

    search: str
    project: str
    sort: str
    page: int

    @property
    def asked(self) -> Asked:
        """The same for the services."""
        parts: list[Node] = []
        if self.search:
            names = ("name", "slug", "description")
            parts.append(Either(tuple(Comparison((name,), "~", (self.search,)) for name in names)))
        if self.project:
            parts.append(Comparison(("project", "key"), "=", (self.project,)))
        wanted = Both(tuple(parts)) if len(parts) > 1 else parts[0] if parts else None
        return Asked(wanted, _SORTS[self.sort])

    @property
    def offset(self) -> int:
        """How many are before the page."""
        return (self.page - 1) * LISTED


def chosen(request: WebRequest, project: str | None = None) -> Chosen:
    """What is no order is the usual one; ``project`` is that of the page, if it has one."""
    sort = request.query.get("sort", "")
    return Chosen(
        request.query.get("search", "")[:_LONGEST_SEARCH].strip(),
        project or request.query.get("project", "")[:_LONGEST_SEARCH].strip().upper(),
        sort if sort in _SORTS else "",
        request.page_number(),
    )


def shown(request: WebRequest, wanted: Chosen, found: Listing) -> dict[str, Any]:
    """What the templates of lists want to know."""
    number = wanted.page
    return {
        "chosen": wanted,
        "listed": found.repositories,
        "size": found.size,
        "first": request.neighbour(1),
        "previous": request.neighbour(number - 1) if number > 1 else None,
        "following": request.neighbour(number + 1) if number * LISTED < found.size else None,
    }
