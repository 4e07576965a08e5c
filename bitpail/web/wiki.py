"""The pages of a wiki as one reads them: one page, all of them, what a search finds; and its files."""

import asyncio
from itertools import accumulate
from typing import Any
from urllib.parse import unquote, urlencode

from markupsafe import Markup
from msgspec import Struct
from starlette.responses import Response, StreamingResponse

from bitpail.errors import BitpailError, NotFound, TookTooLong
from bitpail.http import conditions
from bitpail.http.streams import started
from bitpail.model.access import Access
from bitpail.model.code_search import Segment
from bitpail.model.trees import File
from bitpail.services import rendering, repositories, source
from bitpail.services import wiki as service
from bitpail.services.wiki import Found, Paths
from bitpail.web.errors import status_of
from bitpail.web.repository import WIKI, address, clone, render_in, segment
from bitpail.web.request import WebRequest, see_other
from bitpail.wire import natural_order, placed_markup, wiki_pages
from bitpail.wire.folding import folded
from bitpail.wire.markup_files import decoded
from bitpail.wire.placed_markup import Find, IsThere, Placed
from bitpail.wire.search_excerpts import segments, spans
from bitpail.wire.source import PICTURES, media_type
from bitpail.wire.wiki_pages import HOME, PLAIN, Names

_BESIDE = 40
_LISTED = 500
_MOST_FOUND = 50
_LINES_OF_A_FILE = 3
_LONGEST_LINE = 240
_LONGEST_SEARCH = 200
_LONGEST_PLAIN = 90_000
_LARGEST_PART = 1_000_000
# Words of the table of routes, and addresses that git asks for.
_TAKEN = frozenset(
    {"browse", "create", "delete", "diff", "edit", "git-receive-pack", "git-upload-pack", "HEAD"}
    | {"history", "info", "objects", "raw", "search", "upload", "view"}
)
# What somebody has put there is a picture or text for a browser, and never a page of ours.
_RAW = {
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
}


class Linked(Struct, frozen=True):
    """A page in a list."""

    name: str
    address: str
    depth: int


class FoundFile(Struct, frozen=True):
    """What a search found: a page or a file, and some lines of it, cut where the words stand."""

    name: list[Segment]
    address: str
    lines: list[tuple[int, list[Segment]]]


def at(access: Access, *names: str) -> str:
    """An address inside of the wiki; slashes in names stay what they are."""
    found = f"{address(access.workspace, access.repository)}/wiki"
    return "/".join([found, *(segment(name, safe="/") for name in names)])


def diff_at(access: Access, spec: str, path: str) -> str:
    """Where it is shown how a file differs between commits."""
    return f"{at(access, 'diff', spec)}?{urlencode({'path': path}, errors='surrogateescape')}"


def page_at(access: Access, name: str) -> str:
    """The address of a page."""
    return at(access, *(("view",) if name.partition("/")[0] in _TAKEN else ()), name)


async def front(request: WebRequest, access: Access) -> Response:  # noqa: ARG001 - the shape of a handler
    """``GET .../wiki``: on to its first page."""
    return see_other(page_at(access, HOME))


async def switch_on(request: WebRequest, access: Access) -> Response:
    """``POST .../wiki``: let the repository have one."""
    await repositories.update(request.site, access, repositories.Wanted(has_wiki=True))
    return see_other(page_at(access, HOME))


async def one(request: WebRequest, access: Access) -> Response:
    """``GET .../wiki/{page}``, or a file of the wiki as it is; ``?at=`` is an older commit."""
    site, name = request.site, request.parameters["path"].strip("/")
    tip = await service.tip(site, access)
    if tip is None:
        return page_of(request, access, "wiki_empty.html")
    older = request.query.get("at")
    found = await service.find(site, access, older or tip, name)
    if found is not None and found.page is None and found.file is not None:
        return await _file(request, access, found.file)
    paths = await service.paths(site, access, tip)
    if found is None or found.page is None:
        return _missing(request, access, name, paths, is_directory=found is not None)
    page, file = found.page, found.file
    shown, problem = await _shown(request, access, found, paths)
    number = min(request.page_number(), len(shown.parts))
    return page_of(
        request,
        access,
        "wiki.html",
        name=page.name,
        file=file,
        # It was sanitised where it was made.
        html=Markup(shown.parts[number - 1]),  # noqa: S704
        problem=problem,
        headings=[(one, "" if part == number else request.neighbour(part)) for part, one in shown.headings],
        part=number,
        parts=len(shown.parts),
        previous=request.neighbour(number - 1) if number > 1 else None,
        following=request.neighbour(number + 1) if number < len(shown.parts) else None,
        older=found.commit if older else None,
        newest=page_at(access, page.name),
        again=at(access, "edit", page.name) + f"?from={found.commit}",
        history=at(access, "history", found.path),
        edit=at(access, "edit", found.path),
        raw=at(access, "raw", found.path) + (f"?at={found.commit}" if older else ""),
        beside=_beside(access, paths),
        more_pages=len(paths.names.names) > _BESIDE,
    )


async def browse(request: WebRequest, access: Access, error: BitpailError | None = None) -> Response:
    """``GET .../wiki/browse``: every page and every other file, and what was wrong with an upload."""
    tip = await service.tip(request.site, access)
    if tip is None and error is None:
        return page_of(request, access, "wiki_empty.html")
    paths = await service.paths(request.site, access, tip) if tip else Paths(Names(()), [], is_whole=True)
    others = [path for path in paths.files if wiki_pages.page_of(path) is None]
    number, names = request.page_number(), paths.names.names
    first, last = (number - 1) * _LISTED, number * _LISTED
    return page_of(
        request,
        access,
        "wiki_list.html",
        status_of(error) if error else 200,
        error=error.message if error else "",
        done="Uploaded." if request.query.get("done") == "uploaded" else "",
        most=service.LARGEST >> 20,
        pages=linked(access, names[first:last]),
        # Behind the pages.
        others=[
            (path, at(access, path))
            for path in others[max(0, first - len(names)) : max(0, last - len(names))]
        ],
        is_whole=paths.is_whole,
        previous=request.neighbour(number - 1) if number > 1 else None,
        following=request.neighbour(number + 1) if last < len(names) + len(others) else None,
    )


async def search(request: WebRequest, access: Access) -> Response:
    """``GET .../wiki/search?q=``: pages with all of the words in their name or text."""
    text = request.query.get("q", "")[:_LONGEST_SEARCH].strip()
    tip = await service.tip(request.site, access)
    found: list[FoundFile] = []
    problem = ""
    if tip is not None and text:
        paths = await service.paths(request.site, access, tip)
        try:
            lines = await service.search(request.site, access, tip, text)
        except BitpailError as error:
            lines, problem = [], error.message
        by_path: dict[str, list[tuple[int, str]]] = {}
        words = text.casefold().split()
        for path in paths.files:
            if all(word in path.casefold() for word in words):
                by_path[path] = []
        by_name = frozenset(by_path)
        for line in lines:
            some = by_path.setdefault(line.path, [])
            if len(some) < _LINES_OF_A_FILE:
                some.append((line.number, line.text[:_LONGEST_LINE]))
        ordered = sorted(by_path, key=lambda path: (path not in by_name, natural_order.key(path.lower())))
        found = [_found(access, path, by_path[path], text.split()) for path in ordered]
    return page_of(
        request,
        access,
        "wiki_search.html",
        found=found[:_MOST_FOUND],
        size=len(found),
        problem=problem,
        q=text,
    )


async def raw(request: WebRequest, access: Access) -> Response:
    """``GET .../wiki/raw/{path}``: a file as it is."""
    site = request.site
    revision = request.query.get("at") or await service.tip(site, access)
    found = await service.find(site, access, revision, request.parameters["path"]) if revision else None
    if found is None or found.file is None:
        raise NotFound("there is no such file in this wiki")
    return await _file(request, access, found.file)


async def _file(request: WebRequest, access: Access, file: File) -> Response:
    if file.size is None:
        raise NotFound(f"{file.entry.path} is a submodule")
    kind = media_type(file.entry.path)
    if kind not in PICTURES:
        is_text = "binary" not in file.attributes and file.size <= service.LONGEST
        kind = "text/plain; charset=utf-8" if is_text else "application/octet-stream"
    tag = f'"{file.entry.hash}"'
    headers = {**_RAW, "ETag": tag, "Content-Length": str(file.size)}
    headers["Content-Disposition"] = "attachment" if kind == "application/octet-stream" else "inline"
    if conditions.has(request.call.request.headers, tag):
        return conditions.unchanged(tag, _RAW)
    if request.call.method == "HEAD":
        return Response(headers=headers, media_type=kind)
    content = await source.content(request.site, access, file)
    if isinstance(content, bytes):
        return Response(content, headers=headers, media_type=kind)
    return StreamingResponse(await started(content), headers=headers, media_type=kind)


async def _shown(request: WebRequest, access: Access, found: Found, paths: Paths) -> tuple[Placed, str]:
    """The page as HTML in parts, or as it was written and why."""
    page, file = found.page, found.file
    if page is None or file is None:
        raise NotFound("there is no such page")
    problem = ""
    try:
        if page.language != PLAIN:
            html = await rendering.html(request.site, access, file, page.language)
            placed = await asyncio.to_thread(
                placed_markup.placed,
                html,
                base_of(access, page.name),
                finder(access, page.name, paths.names),
                is_there=checker(access, paths),
            )
            if max(map(len, placed.parts)) <= _LARGEST_PART:
                return placed, ""
            problem = "it is one block that is too large"
    except TookTooLong as error:
        problem = error.message
    text = await service.content(request.site, access, found)
    if text is None:
        return Placed([""], []), problem or "it is too long to be shown"
    return Placed(plain(decoded(text)), []), problem


def plain(text: str) -> list[str]:
    """Text as it is, in parts; the template escapes nothing of a page."""
    pieces = [text[start : start + _LONGEST_PLAIN] for start in range(0, len(text), _LONGEST_PLAIN)] or [""]
    return [placed_markup.preformatted(piece) for piece in pieces]


def base_of(access: Access, name: str) -> str:
    """What relative addresses of a page are relative to."""
    directory = name.rpartition("/")[0]
    return f"{at(access, directory)}/" if directory else at(access, "")


def finder(access: Access, name: str, names: Names) -> Find:
    """Where links of a page lead."""
    directory = name.rpartition("/")[0]

    def find(word: str) -> tuple[str, bool]:
        meant = names.meant(word, directory)
        return page_at(access, meant or word), meant is not None

    return find


def checker(access: Access, paths: Paths) -> IsThere:
    """Whether an address inside of the wiki has a page, a file, a directory, or is one of ours."""
    root = at(access, "")
    known: set[str] = set()

    def is_there(address: str) -> bool:
        name = unquote(address.partition("#")[0].partition("?")[0], errors="surrogateescape").rstrip("/")
        if not paths.is_whole or not name.startswith(root) or name[len(root) :].partition("/")[0] in _TAKEN:
            return True
        if not known:
            known.update(paths.files, paths.names.names)
            known.update(*(accumulate(path.split("/")[:-1], "{}/{}".format) for path in paths.files))
        return name[len(root) :] in known

    return is_there


def linked(access: Access, names: list[str]) -> list[Linked]:
    """Pages for a list that shows how deep they stand."""
    return [Linked(name, page_at(access, name), name.count("/")) for name in names]


def _beside(access: Access, paths: Paths) -> list[Linked]:
    return linked(access, paths.names.names[:_BESIDE])


def _found(access: Access, path: str, lines: list[tuple[int, str]], words: list[str]) -> FoundFile:
    page = wiki_pages.page_of(path)
    name = page.name if page else path
    return FoundFile(
        _cut(name, words),
        page_at(access, name) if page else at(access, path),
        [(number, _cut(text, words)) for number, text in lines],
    )


def _cut(text: str, words: list[str]) -> list[Segment]:
    return segments(text, spans(folded(text), [folded(word) for word in words]))


def _missing(request: WebRequest, access: Access, name: str, paths: Paths, *, is_directory: bool) -> Response:
    below = [one for one in paths.names.names if one.startswith(f"{name}/")]
    return page_of(
        request,
        access,
        "wiki_missing.html",
        200 if is_directory else 404,
        name=name,
        below=linked(access, below),
        beside=_beside(access, paths),
        more_pages=len(paths.names.names) > _BESIDE,
        create=at(access, "create", name),
    )


def page_of(
    request: WebRequest, access: Access, template: str, status_code: int = 200, q: str = "", **values: Any
) -> Response:
    """A page of the wiki; ``q`` is what was searched for."""
    return render_in(
        request,
        access,
        template,
        WIKI,
        status_code,
        wiki=at(access),
        wiki_clone=clone(request, access, wiki=True),
        q=q,
        **values,
    )
