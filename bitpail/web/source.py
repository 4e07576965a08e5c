"""Files and directories of a commit, and what a repository begins with."""

from starlette.responses import Response

from bitpail.errors import NotFound
from bitpail.model.access import Access
from bitpail.services import source
from bitpail.web.repository import SOURCE, below, render_in
from bitpail.web.request import WebRequest


async def front(request: WebRequest, access: Access) -> Response:
    """``GET /{workspace}/{repo_slug}`` and ``.../src``: the main branch, or how to begin."""
    try:
        commit_hash = await source.main_commit(request.site, access)
    except NotFound:
        return render_in(request, access, "empty.html", SOURCE)
    return await _directory(request, access, commit_hash, "")


async def one(request: WebRequest, access: Access) -> Response:
    """``GET .../src/{commit}/{path}``."""
    return await _directory(request, access, request.parameters["commit"], request.parameters["path"])


async def _directory(request: WebRequest, access: Access, revision: str, path: str) -> Response:
    found = await source.find(request.site, access, revision, path)
    if found.file is not None:
        raise NotFound("this is a file, and there is no page for files yet")
    entries = await source.listed(request.site, access, found, 1)
    entries.sort(key=lambda entry: (not entry.is_directory, entry.path))
    return render_in(
        request,
        access,
        "directory.html",
        SOURCE,
        revision=revision,
        inside=path,
        entries=[
            (entry, entry.path.rpartition("/")[2], below(access, "src", revision, entry.path))
            for entry in entries
        ],
    )
