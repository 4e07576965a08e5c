"""What a repository offers beside its code: files that somebody uploaded, and archives of its branches and tags."""

from collections.abc import AsyncGenerator
from urllib.parse import quote

from msgspec import Struct
from starlette.responses import Response, StreamingResponse

from bitpail.errors import BitpailError, Invalid, TooLarge, Unavailable
from bitpail.http import conditions
from bitpail.http.bodies import Silent
from bitpail.http.forms import PartHead
from bitpail.http.streams import started
from bitpail.model.access import Access
from bitpail.model.downloads import Download
from bitpail.model.users import User
from bitpail.services import archives
from bitpail.services import downloads as service
from bitpail.services.downloads import NewFile
from bitpail.services.refs import BRANCHES, TAGS
from bitpail.web.errors import status_of
from bitpail.web.ref_lists import listed as refs_listed
from bitpail.web.repository import DOWNLOADS, address, render_in
from bitpail.web.request import WebRequest, see_other
from bitpail.wire.query_kinds import Asked

FIELD = "files"

_LISTED = 50
_DONE = {"uploaded": "Uploaded.", "deleted": "It was deleted."}


class Listed(Struct, frozen=True):
    """A file: where it is downloaded, and where a form says that it is to go."""

    download: Download
    user: User | None
    address: str


async def page(request: WebRequest, access: Access) -> Response:
    """``GET .../downloads``; ``?tab=tags`` and ``?tab=branches`` offer archives."""
    tab = request.query.get("tab", "")
    if tab in {"tags", "branches"}:
        return await _archives(request, access, tab)
    return await _files(request, access)


async def upload(request: WebRequest, access: Access) -> Response:
    """``POST .../downloads``: files, each instead of the one of its name."""
    form = request.streamed_form()
    try:
        await service.upload(request.site, access, _pieces(form))
    except (Invalid, TooLarge, Unavailable) as error:
        if isinstance(error, Silent):
            raise
        # A browser whose upload is cut off shows nothing of what we say about it.
        await request.drain()
        return await _files(request, access, error)
    return see_other(f"{_home(access)}?done=uploaded")


async def _pieces(form: AsyncGenerator[PartHead | bytes, None]) -> AsyncGenerator[NewFile | bytes, None]:
    async for part in form:
        if isinstance(part, bytes):
            yield part
        elif part.filename is None or part.name != FIELD:
            raise Invalid("the form brings something else than files")
        elif not part.filename:
            raise Invalid("choose a file first")
        else:
            yield NewFile(part.filename)


async def one(request: WebRequest, access: Access) -> Response:
    """``GET .../downloads/{filename}``: on to the content."""
    found = await service.one(request.site, access, request.parameters["filename"])
    if request.call.method == "GET":
        service.note_fetch(request.site, found)
    return see_other(service.address(request.site, found))


async def delete(request: WebRequest, access: Access) -> Response:
    """``POST .../downloads/{filename}/delete``."""
    await service.remove(request.site, access, request.parameters["filename"])
    return see_other(f"{_home(access)}?done=deleted")


async def archive(request: WebRequest, access: Access) -> Response:
    """``GET .../get/{ref}.zip`` of somebody who is logged in at a browser; programs come by the door of git."""
    found = await archives.find(request.site, access, request.parameters["name"])
    headers = {
        "Content-Disposition": f'attachment; filename="{found.file}"',
        "ETag": found.tag,
        "Cache-Control": "private, no-cache",
    }
    kind = archives.KINDS[found.kind]
    if conditions.has(request.call.request.headers, found.tag.removeprefix("W/")):
        return conditions.unchanged(found.tag)
    if request.call.method == "HEAD":
        return Response(headers=headers, media_type=kind)
    pieces = await started(await archives.content(request.site, access, found))
    return StreamingResponse(pieces, headers=headers, media_type=kind)


async def _files(request: WebRequest, access: Access, error: BitpailError | None = None) -> Response:
    number = request.page_number()
    found = await service.page(request.site, access, Asked(), (number - 1) * _LISTED, _LISTED)
    limit = request.site.settings.downloads_limit
    return render_in(
        request,
        access,
        "downloads.html",
        DOWNLOADS,
        status_of(error) if error else 200,
        tab="",
        listed=[
            Listed(one, user, f"{_home(access)}{quote(one.name, safe='')}") for one, user in found.downloads
        ],
        size=found.size,
        limit=limit,
        error=error.message if error else "",
        action=_home(access),
        api=f"{request.links.api}/repositories{address(access.workspace, access.repository)}/downloads",
        field=FIELD,
        previous=request.neighbour(number - 1) if number > 1 else None,
        following=request.neighbour(number + 1) if number * _LISTED < found.size else None,
        done=_DONE.get(request.query.get("done", "")),
    )


async def _archives(request: WebRequest, access: Access, tab: str) -> Response:
    number = request.page_number()
    found, shown = await refs_listed(request, access, TAGS if tab == "tags" else BRANCHES, far=False)
    return render_in(
        request,
        access,
        "archives.html",
        DOWNLOADS,
        tab=tab,
        listed=[one for one in shown if one.commit is not None],
        size=found.size,
        total=found.total,
        search=request.query.get("search", ""),
        kinds=list(archives.KINDS),
        previous=request.neighbour(number - 1) if number > 1 else None,
        following=request.neighbour(number + 1) if number * len(shown) < found.size and shown else None,
    )


def _home(access: Access) -> str:
    return f"{address(access.workspace, access.repository)}/downloads/"
