"""Search in the code of one repository: the files that have it, and the lines."""

from msgspec import Struct
from starlette.responses import Response

from bitpail.errors import Invalid, Unavailable
from bitpail.model.access import Access
from bitpail.model.code_search import FoundFile, FoundFiles
from bitpail.services import code_search
from bitpail.services.git_slots import Busy
from bitpail.web.repository import SOURCE, below, render_in
from bitpail.web.request import WebRequest

_LISTED = 10
_LONGEST = 1000


class Shown(Struct, frozen=True):
    """A file that was found, with its address at the commit that was searched."""

    file: FoundFile
    address: str


async def page(request: WebRequest, access: Access) -> Response:
    """``GET .../search``: ``?q=`` in the language of code search."""
    wanted, number = request.query.get("q", "")[: _LONGEST + 1].strip(), request.page_number()
    found, error, status = FoundFiles([], 0), "", 200
    if wanted:
        try:
            found = await code_search.find(request.site, access, wanted, (number - 1) * _LISTED, _LISTED)
        except Invalid as problem:
            # Without the API's name of the field: people have one.
            error, status = problem.fields.get("search_query", [problem.message])[0], 422
        except (Busy, Unavailable) as problem:
            error, status = problem.message, 503
    return render_in(
        request,
        access,
        "code_search.html",
        SOURCE,
        status,
        wanted=wanted,
        error=error,
        listed=[Shown(one, below(access, "src", one.commit, one.path)) for one in found.files],
        size=found.size,
        is_cut=found.size >= code_search.MOST,
        previous=request.neighbour(number - 1) if number > 1 else None,
        following=request.neighbour(number + 1) if number * _LISTED < found.size else None,
    )
