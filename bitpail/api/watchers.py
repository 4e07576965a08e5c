"""Who watches a repository."""

from starlette.responses import Response

from bitpail.api.needs import READ, REPOSITORY
from bitpail.api.request import ApiRequest
from bitpail.http.routing import Opens, Route
from bitpail.model.access import Access
from bitpail.services import watchers as service
from bitpail.wire import users as wire


async def listed(request: ApiRequest, access: Access) -> Response:
    """``GET .../watchers``."""
    page = request.page()
    found = await service.page(request.site, access, request.asked, page.offset, page.pagelen)
    values = [wire.embedded(request.links, user) for user in found.users]
    return request.listed(values, page, size=found.size)


ROUTES = [Route("GET", f"{REPOSITORY}/watchers", Opens.REPOSITORY, READ, listed)]
