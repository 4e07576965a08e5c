"""What stands at the address of a repository that was deleted, if whoever deleted it said where it went."""

from urllib.parse import quote

from starlette.responses import RedirectResponse, Response

from bitpail.errors import NotFound
from bitpail.web.pages import render
from bitpail.web.request import WebRequest

AS_SENT = "%/?&=+:;,@!$'()*~-._"
"""What stands in an address as a browser sent it."""


class Moved(NotFound):
    """There is no such repository any more, but an address to go on to."""

    def __init__(self, full_name: str, address: str) -> None:
        super().__init__(f"{full_name} has moved")
        self.full_name = full_name
        self.address = address


class Elsewhere(NotFound):
    """What had this name is in ``workspace`` with ``slug`` now."""

    def __init__(self, workspace: str, slug: str) -> None:
        super().__init__(f"it is at {workspace}/{slug} now")
        self.workspace = workspace
        self.slug = slug


def onward(request: WebRequest, elsewhere: Elsewhere) -> Response:
    """On to the same page of the repository by its present name."""
    path = request.call.raw_path.decode("ascii", "replace").strip("/").split("/")[2:]
    end = "/" if path and request.call.raw_path.endswith(b"/") else ""
    names = [quote(name, safe="") for name in (elsewhere.workspace, elsewhere.slug)]
    query = request.call.query
    # As it was sent, and nothing of it but what may stand in a header.
    rest = quote("/".join(path) + end + (f"?{query}" if query else ""), safe=AS_SENT, errors="replace")
    return RedirectResponse("/".join(["", *names, rest]), 302)


def page(request: WebRequest, moved: Moved) -> Response:
    """404 in any case, as the API has it."""
    return render(request, "moved.html", 404, full_name=moved.full_name, address=moved.address)
