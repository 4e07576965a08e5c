"""Pictures and other files put into a wiki by a form: a commit, as everything there."""

from collections.abc import AsyncGenerator

from starlette.responses import Response

from bitpail.errors import Conflict, Invalid, TooLarge
from bitpail.http.bodies import Silent
from bitpail.http.forms import PartHead
from bitpail.model.access import Access
from bitpail.policy import names
from bitpail.services import wiki as service
from bitpail.services.new_commits import NewFile
from bitpail.services.ref_updates import PushRefused
from bitpail.web import wiki
from bitpail.web.request import WebRequest, see_other

_DIRECTORY, _FILES = "directory", "files"
_MOST_FILES = 20
_LONGEST_DIRECTORY = 1000


async def upload(request: WebRequest, access: Access) -> Response:
    """``POST .../wiki/upload``: files, each instead of the one of its path."""
    try:
        files = await _received(request.streamed_form())
        await service.add(request.site, access, files)
    except (Invalid, Conflict, TooLarge, PushRefused) as error:
        if isinstance(error, Silent):
            raise
        # A browser whose upload is cut off shows nothing of what we say about it.
        await request.drain()
        return await wiki.browse(request, access, error)
    return see_other(f"{wiki.at(access, 'browse')}?done=uploaded")


async def _received(form: AsyncGenerator[PartHead | bytes, None]) -> list[NewFile]:
    """All of them, held: they are no more than a commit may be."""
    directory = bytearray()
    contents: list[tuple[str, bytearray]] = []
    current = directory
    total = 0
    async for part in form:
        if isinstance(part, bytes):
            current += part
            total += len(part)
            if total > service.LARGEST or len(directory) > _LONGEST_DIRECTORY:
                raise TooLarge(f"files for a wiki have at most {service.LARGEST} bytes together")
        elif part.name == _DIRECTORY and part.filename is None:
            current = directory
        elif part.name == _FILES and part.filename:
            current = bytearray()
            contents.append((part.filename, current))
        else:
            raise Invalid("choose a file first")
        if len(contents) > _MOST_FILES:
            raise TooLarge(f"at most {_MOST_FILES} files at once")
    above = directory.decode("utf-8", "replace").strip().strip("/")
    # Some browsers send where the file stood on its owner's disk.
    return [
        NewFile(_path(above, name.replace("\\", "/").rpartition("/")[2]), bytes(content))
        for name, content in contents
    ]


def _path(directory: str, name: str) -> str:
    return names.check_wiki_page(f"{directory}/{name}" if directory else name)
