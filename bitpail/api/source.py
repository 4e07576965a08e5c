"""Files and directories of a commit: raw, rendered, described, listed; commits made of files."""

from typing import Any

from starlette.datastructures import QueryParams
from starlette.responses import RedirectResponse, Response

from bitpail.api.needs import READ, REPOSITORY, WRITE
from bitpail.api.request import ApiRequest
from bitpail.api.responses import json
from bitpail.errors import Invalid, NotFound
from bitpail.http import conditions, contents
from bitpail.http.forms import Part
from bitpail.http.routing import Opens, Route
from bitpail.model.access import Access
from bitpail.model.trees import Entry, File
from bitpail.services import lfs, new_commits, rendering
from bitpail.services import source as service
from bitpail.services.new_commits import NewFile, Wanted
from bitpail.services.source import Filter, Found
from bitpail.wire import errors, pages, query
from bitpail.wire import source as wire
from bitpail.wire.links import RepositoryLinks
from bitpail.wire.text import clean

_MEMBERS = frozenset({"type", "path", "commit", "links", "size", "attributes", "mimetype", "escaped_path"})
_MOST_FILES = 1000


async def root(request: ApiRequest, access: Access) -> Response:
    """``GET .../src``: leads to the top directory of the main branch."""
    commit_hash = await service.main_commit(request.site, access)
    address = request.links.repository(access.workspace, access.repository).source(commit_hash, "")["href"]
    query = request.call.query
    return RedirectResponse(f"{address}?{query}" if query else address, 302)


async def one(request: ApiRequest, access: Access) -> Response:
    """``GET .../src/{commit}/{path}``."""
    path = request.parameters["path"]
    shape = request.query.get("format")
    if shape not in {None, "meta", "rendered"}:
        raise Invalid("format: must be meta or rendered", {"format": ["must be meta or rendered"]})
    found = await service.find(request.site, access, request.parameters["commit"], path, request.cursor)
    at = request.links.repository(access.workspace, access.repository)
    if found.file is None:
        if shape == "meta":
            return json(wire.directory(at, found.commit, found.entry))
        if shape == "rendered":
            raise Invalid("format: a directory is not rendered", {"format": ["not for a directory"]})
        return await _listing(request, access, at, found)
    if shape == "meta":
        return json(wire.file(at, found.commit, found.file))
    if shape == "rendered":
        return await _rendered(request, access, found.file)
    if found.file.lfs is not None:
        oid, _ = found.file.lfs
        if lfs.size_of(request.site, access, oid) is not None:
            # What the address of a branch leads to will be another object one day.
            return RedirectResponse(at.lfs_object(oid)["href"], 301, {"Cache-Control": "no-cache"})
    return await _raw(request, access, found.file)


async def _listing(request: ApiRequest, access: Access, at: RepositoryLinks, found: Found) -> Response:
    pagelen, depth = request.pagelen(), _depth(request)
    if request.sort:
        return await _sorted(request, access, at, found, depth)
    entries, cursor = await service.page(
        request.site, access, found, depth, pagelen, _filter(request, at, found)
    )
    values = [_entry(at, found.commit, *one) for one in entries]
    return json(
        pages.iterated(values, pagelen=pagelen, following=request.url(page=cursor) if cursor else None)
    )


async def _sorted(
    request: ApiRequest, access: Access, at: RepositoryLinks, found: Found, depth: int
) -> Response:
    pagelen, start = request.pagelen(), found.at.number
    entries = await service.everything(request.site, access, found, depth)
    chosen = request.chosen([_entry(at, found.commit, *one) for one in entries], members=_MEMBERS)
    end = start + pagelen
    following = None
    if end < len(chosen):
        following = request.url(page=service.following(request.site, access, found, end))
    return json(pages.iterated(chosen[start:end], pagelen=pagelen, following=following))


def _filter(request: ApiRequest, at: RepositoryLinks, found: Found) -> Filter | None:
    """What ``q`` says, as a question about an entry; raises Invalid."""
    request.chosen([], members=_MEMBERS)
    wanted = request.wanted
    if wanted is None:
        return None

    def keeps(entry: Entry, file: File | None) -> bool:
        if file is None:
            named = {"path": clean(entry.path), "type": wire.type_of(entry)}
            return query.matches(wanted, named if is_by_name else _entry(at, found.commit, entry, None))
        return query.matches(wanted, _entry(at, found.commit, entry, file))

    is_by_name = query.fields(wanted) <= {"path", "type"}
    return Filter(keeps, looks_inside=not is_by_name)


async def create(request: ApiRequest, access: Access) -> Response:
    """``POST .../src``: a commit. Each field is a file by its path, but for those that describe the commit."""
    limit = request.site.settings.git_request_limit
    parts = await request.parts(limit, _MOST_FILES)
    made = await new_commits.make(request.site, access, _wanted(parts, request.query))
    at = request.links.repository(access.workspace, access.repository)
    return Response(status_code=201, headers={"Location": at.commit(made)["href"]})


def _wanted(parts: list[Part], query: QueryParams) -> Wanted:
    """A name with a slash before it is always a path: a file may be called ``message``.

    What describes the commit may stand in the address too, as the contract has it; the form comes first.
    """
    files: dict[str, NewFile] = {}
    said: dict[str, list[str]] = {name: [] for name in ("message", "author", "parents", "branch", "files")}
    for part in parts:
        if part.name in said and not part.is_file:
            try:
                said[part.name].append(part.value.decode())
            except UnicodeDecodeError:
                raise Invalid(f"{part.name}: must be UTF-8 text") from None
        else:
            # What isn't said to be executable or a link is neither, whatever was there (documented).
            files[part.name.strip("/")] = NewFile(part.name, part.value, part.attributes or "")
    said = {name: values or query.getlist(name) for name, values in said.items()}
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


def _entry(at: RepositoryLinks, commit_hash: str, entry: Entry, file: File | None) -> dict[str, Any]:
    return wire.directory(at, commit_hash, entry) if file is None else wire.file(at, commit_hash, file)


def _depth(request: ApiRequest) -> int:
    text = request.query.get("max_depth", "1")
    if not (text.isascii() and text.isdigit()) or not int(text[:20]):
        raise Invalid("max_depth: must be a number from 1 on")
    return int(text[:20])


async def _raw(request: ApiRequest, access: Access, file: File) -> Response:
    if file.size is None:
        raise NotFound(f"{file.entry.path} is a submodule")
    headers = {
        # Of the contents and attributes: the same file has the same tag at any path and commit.
        "ETag": f'"{file.entry.hash}{"".join(file.attributes)}"',
        "Content-Type": _content_type(file),
        "Content-Disposition": "attachment",
    }

    async def opened(start: int, end: int) -> contents.Opened:
        return await service.content(request.site, access, file, start, end)

    def none(size: dict[str, str]) -> Response:
        return json(errors.error(f"the file has {file.size} bytes, and none of those"), 416, size)

    return await contents.answer(request.call, size=file.size, headers=headers, opened=opened, none=none)


async def _rendered(request: ApiRequest, access: Access, file: File) -> Response:
    tag = f'"{file.entry.hash}rendered"'
    if conditions.has(request.call.request.headers, tag):
        return conditions.unchanged(tag, contents.RAW)
    made = await rendering.html(request.site, access, file)
    return Response(made, headers={"ETag": tag, **contents.RAW}, media_type="text/html")


def _content_type(file: File) -> str:
    by_ending = wire.media_type(file.entry.path)
    return by_ending or ("application/octet-stream" if "binary" in file.attributes else "text/plain")


ROUTES = [
    Route("GET", f"{REPOSITORY}/src", Opens.REPOSITORY, READ, root),
    Route("POST", f"{REPOSITORY}/src", Opens.REPOSITORY, WRITE, create),
    Route("GET", f"{REPOSITORY}/src/{{commit}}/{{path...?}}", Opens.REPOSITORY, READ, one),
]
