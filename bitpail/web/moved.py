"""What stands at the address of a repository that was deleted, if whoever deleted it said where it went."""

from starlette.responses import Response

from bitpail.errors import NotFound
from bitpail.web.pages import render
from bitpail.web.request import WebRequest


class Moved(NotFound):
    """There is no such repository any more, but an address to go on to."""

    def __init__(self, full_name: str, address: str) -> None:
        super().__init__(f"{full_name} has moved")
        self.full_name = full_name
        self.address = address


def page(request: WebRequest, moved: Moved) -> Response:
    """404 in any case, as the API has it."""
    return render(request, "moved.html", 404, full_name=moved.full_name, address=moved.address)
