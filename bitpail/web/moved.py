"""What stands at the address of a repository: for now, whether it has moved and where to."""

from starlette.responses import Response

from bitpail.errors import NotFound
from bitpail.model.access import Actor
from bitpail.services import moved
from bitpail.web.pages import render
from bitpail.web.request import WebRequest


async def page(request: WebRequest, actor: Actor) -> Response:
    """``GET /{workspace}/{repo_slug}``: 404 in any case, as the API has it."""
    names = request.parameters
    address = await moved.to(request.site, actor, names["workspace"], names["repo_slug"])
    if address is None:
        raise NotFound("there is no page at this address")
    full_name = f"{names['workspace']}/{names['repo_slug']}"
    return render(request, "moved.html", 404, full_name=full_name, address=address)
