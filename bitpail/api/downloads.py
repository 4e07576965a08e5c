"""Files that are offered beside the code."""

from collections.abc import AsyncGenerator

from starlette.responses import Response

from bitpail.api.needs import READ, REPOSITORY, WRITE
from bitpail.api.request import ApiRequest, NotAcceptable
from bitpail.api.responses import empty
from bitpail.errors import BitpailError, Invalid
from bitpail.http import forms
from bitpail.http.bodies import Body, ClientGone, Silent
from bitpail.http.forms import PartHead
from bitpail.http.routing import Opens, Route
from bitpail.model.access import Access
from bitpail.services import downloads as service
from bitpail.services.downloads import NewFile
from bitpail.wire import downloads as wire

_DOWNLOADS = f"{REPOSITORY}/downloads"
FIELD = "files"


async def listed(request: ApiRequest, access: Access) -> Response:
    """``GET .../downloads``."""
    page = request.page()
    found = await service.page(request.site, access, request.asked, page.offset, page.pagelen)
    at = request.links.repository(access.workspace, access.repository)
    values = [wire.download(request.links, at, one, user) for one, user in found.downloads]
    return request.listed(values, page, size=found.size)


async def create(request: ApiRequest, access: Access) -> Response:
    """``POST .../downloads``: files, each instead of the one of its name."""
    headers = request.call.request.headers
    content_type = headers.get("content-type", "")
    if content_type.partition(";")[0].strip().lower() != forms.IN_PARTS:
        raise NotAcceptable(f"the body must be {forms.IN_PARTS}, with a file in each field {FIELD}")
    # The downloads have a limit of their own.
    body = Body(request.call.receive, headers, 0, request.site.settings.idle_timeout)
    try:
        await service.upload(request.site, access, _files(forms.streamed(aiter(body), content_type)))
    except BitpailError as error:
        # Or who still sends would lose the reason.
        if not isinstance(error, ClientGone | Silent):
            await body.drain()
        raise
    made = empty(201)
    made.headers["Location"] = request.links.repository(access.workspace, access.repository).api_part(
        "downloads"
    )["href"]
    return made


async def _files(parts: AsyncGenerator[PartHead | bytes, None]) -> AsyncGenerator[NewFile | bytes, None]:
    async for part in parts:
        if isinstance(part, bytes):
            yield part
        elif part.filename is None or part.name != FIELD:
            raise Invalid(f"{FIELD}: send each file in a field of this name", {FIELD: ["must be a file"]})
        else:
            yield NewFile(part.filename)


async def one(request: ApiRequest, access: Access) -> Response:
    """``GET .../downloads/{filename}``: leads to the content, which needs no credential for some minutes."""
    found = await service.one(request.site, access, request.parameters["filename"])
    if request.call.method == "GET":
        service.note_fetch(request.site, found)
    address = f"{request.call.base}{service.address(request.site, found)}"
    return Response(status_code=302, headers={"Location": address, "Cache-Control": "no-store"})


async def delete(request: ApiRequest, access: Access) -> Response:
    """``DELETE .../downloads/{filename}``."""
    await service.remove(request.site, access, request.parameters["filename"])
    return empty()


ROUTES = [
    Route("GET", _DOWNLOADS, Opens.REPOSITORY, READ, listed),
    Route("POST", _DOWNLOADS, Opens.REPOSITORY, WRITE, create),
    Route("GET", f"{_DOWNLOADS}/{{filename}}", Opens.REPOSITORY, READ, one),
    Route("DELETE", f"{_DOWNLOADS}/{{filename}}", Opens.REPOSITORY, WRITE, delete),
]
