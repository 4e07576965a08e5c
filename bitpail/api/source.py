"""Files and directories of a commit: raw, described, listed; the history of a file."""

from typing import Any

from starlette.responses import RedirectResponse, Response, StreamingResponse

from bitpail.api import conditions
from bitpail.api.needs import READ, REPOSITORY, WRITE
from bitpail.api.request import ApiRequest
from bitpail.api.responses import json
from bitpail.errors import Invalid
from bitpail.http.forms import Part
from bitpail.http.routing import Opens, Route
from bitpail.http.streams import started
from bitpail.model.access import Access
from bitpail.model.trees import Entry, File
from bitpail.services import new_commits
from bitpail.services import source as service
from bitpail.services.new_commits import NewFile, Wanted
from bitpail.services.source import Found
from bitpail.wire import commits as commits_wire
from bitpail.wire import pages
from bitpail.wire import source as wire
from bitpail.wire.links import RepositoryLinks

_DEEPEST = 100
_MEMBERS = frozenset({"type", "path", "commit", "links", "size", "attributes", "mimetype", "escaped_path"})
_MOST_FILES = 1000
# What somebody has put into a repository is never run as a page of ours.
_RAW = {"Content-Security-Policy": "sandbox; default-src 'none'", "X-Content-Type-Options": "nosniff"}


async def root(request: ApiRequest, access: Access) -> Response:
    """``GET .../src``: leads to the top directory of the main branch."""
    commit_hash = await service.main_commit(request.site, access)
    address = request.links.repository(access.workspace, access.repository).source(commit_hash, "")["href"]
    query = request.call.request.url.query
    return RedirectResponse(f"{address}?{query}" if query else address, 302)


async def one(request: ApiRequest, access: Access) -> Response:
    """``GET .../src/{commit}/{path}``."""
    path = request.parameters["path"]
    shape = request.query.get("format")
    if shape not in {None, "meta"}:
        raise Invalid("format: must be meta", {"format": ["must be meta"]})
    found = await service.find(request.site, access, request.parameters["commit"], path)
    at = request.links.repository(access.workspace, access.repository)
    if found.file is None:
        if shape == "meta":
            return json(wire.directory(at, found.commit, found.entry))
        return await _listing(request, access, at, found)
    if shape == "meta":
        return json(wire.file(at, found.commit, found.file))
    return await _raw(request, access, found.file)


async def _listing(request: ApiRequest, access: Access, at: RepositoryLinks, found: Found) -> Response:
    page = request.page()
    depth = _depth(request)
    if depth == 1 and request.wanted is None and not request.sort:
        shown, size = await service.part(request.site, access, found, page.offset, page.pagelen)
        return await _page(request, access, at, found, shown, is_last=page.offset + page.pagelen >= size)
    entries = await service.listed(request.site, access, found, depth)
    if request.wanted is not None or request.sort:
        files = await service.files(request.site, access, entries)
        described = [_entry(at, found.commit, entry, files) for entry in entries]
        chosen = request.chosen(described, members=_MEMBERS)
        values = chosen[page.offset : page.offset + page.pagelen]
        following = request.url(page=str(page.page + 1)) if len(chosen) > page.offset + page.pagelen else None
        return json(pages.iterated(values, pagelen=page.pagelen, following=following))
    shown = entries[page.offset : page.offset + page.pagelen]
    is_last = page.offset + page.pagelen >= len(entries)
    return await _page(request, access, at, found, shown, is_last=is_last)


async def _page(
    request: ApiRequest,
    access: Access,
    at: RepositoryLinks,
    found: Found,
    shown: list[Entry],
    *,
    is_last: bool,
) -> Response:
    page = request.page()
    files = await service.files(request.site, access, shown)
    values = [_entry(at, found.commit, entry, files) for entry in shown]
    following = None if is_last else request.url(page=str(page.page + 1))
    return json(pages.iterated(values, pagelen=page.pagelen, following=following))


async def create(request: ApiRequest, access: Access) -> Response:
    """``POST .../src``: a commit. Each field is a file by its path, but for those that describe the commit."""
    limit = request.site.settings.git_request_limit
    made = await new_commits.make(request.site, access, _wanted(await request.parts(limit, _MOST_FILES)))
    at = request.links.repository(access.workspace, access.repository)
    return Response(status_code=201, headers={"Location": at.commit(made)["href"]})


def _wanted(parts: list[Part]) -> Wanted:
    """A name with a slash before it is always a path: a file may be called ``message``."""
    files: dict[str, NewFile] = {}
    said: dict[str, list[str]] = {name: [] for name in ("message", "author", "parents", "branch", "files")}
    for part in parts:
        if part.name in said and not part.is_file:
            try:
                said[part.name].append(part.value.decode())
            except UnicodeDecodeError:
                raise Invalid(f"{part.name}: must be UTF-8 text") from None
        else:
            files[part.name.strip("/")] = NewFile(part.name, part.value, part.attributes)
    if len(said["parents"]) > 1:
        raise Invalid("parents: at most one", {"parents": ["at most one"]})
    # A path that is named among ``files`` and not sent is to go.
    removed = tuple(path for path in said["files"] if path and path.strip("/") not in files)
    first = {name: next(iter(values), None) or None for name, values in said.items()}
    return Wanted(
        files=tuple(files.values()),
        removed=removed,
        message=first["message"],
        author=first["author"],
        parent=first["parents"],
        branch=first["branch"],
    )


def _entry(at: RepositoryLinks, commit_hash: str, entry: Entry, files: dict[str, File]) -> dict[str, Any]:
    if entry.is_directory:
        return wire.directory(at, commit_hash, entry)
    return wire.file(at, commit_hash, files[entry.path])


def _depth(request: ApiRequest) -> int:
    text = request.query.get("max_depth", "1")
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:20]) <= _DEEPEST:
        raise Invalid(f"max_depth: must be a number from 1 to {_DEEPEST}")
    return int(text)


async def _raw(request: ApiRequest, access: Access, file: File) -> Response:
    # Of the contents and attributes: the same file has the same tag at any path and commit.
    tag = f'"{file.entry.hash}{"".join(file.attributes)}"'
    headers = {"ETag": tag, **_RAW}
    if conditions.has(request.call.request.headers, tag):
        return conditions.unchanged(tag, _RAW)
    headers |= {"Content-Type": _content_type(file), "Content-Disposition": "attachment"}
    content = await service.content(request.site, access, file)
    if isinstance(content, bytes):
        return Response(content, headers=headers)
    return StreamingResponse(await started(content), headers=headers | {"Content-Length": str(file.size)})


def _content_type(file: File) -> str:
    by_ending = wire.media_type(file.entry.path)
    return by_ending or ("application/octet-stream" if "binary" in file.attributes else "text/plain")


async def history(request: ApiRequest, access: Access) -> Response:
    """``GET .../filehistory/{commit}/{path}``."""
    page = request.page()
    found = await service.history(
        request.site,
        access,
        request.parameters["commit"],
        request.parameters["path"],
        renames=request.query.get("renames", "true") != "false",
        skipped=page.offset,
        most=page.pagelen,
    )
    writer = commits_wire.Writer(request.links, access.workspace, access.repository, found.people)
    values = [
        wire.file(writer.at, commit.hash, file, writer.commit(commit)) for commit, file in found.versions
    ]
    following = request.url(page=str(page.page + 1)) if found.has_more else None
    return json(pages.iterated(values, pagelen=page.pagelen, following=following))


ROUTES = [
    Route("GET", f"{REPOSITORY}/filehistory/{{commit}}/{{path...}}", Opens.REPOSITORY, READ, history),
    Route("GET", f"{REPOSITORY}/src", Opens.REPOSITORY, READ, root),
    Route("POST", f"{REPOSITORY}/src", Opens.REPOSITORY, WRITE, create),
    Route("GET", f"{REPOSITORY}/src/{{commit}}/{{path...?}}", Opens.REPOSITORY, READ, one),
]
