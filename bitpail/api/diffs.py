"""What differs between commits: text, counts for each file, patches, merge bases, conflicts."""

import asyncio
from collections.abc import AsyncGenerator

from starlette.responses import Response, StreamingResponse

from bitpail.api.needs import READ, REPOSITORY
from bitpail.api.request import ApiRequest
from bitpail.api.responses import json
from bitpail.errors import Invalid, TookTooLong
from bitpail.http.routing import Opens, Route
from bitpail.http.streams import started
from bitpail.model.access import Access
from bitpail.services import approvals, commits
from bitpail.services import diffs as service
from bitpail.services.diffs import How
from bitpail.wire import commits as commits_wire
from bitpail.wire import diffs as wire

_SLOWEST = 60.0
_PAGELEN = 500
_LONGEST_PAGE = 5000
_MOST_CONTEXT = 1_000_000
_BOOLEANS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


async def diff(request: ApiRequest, access: Access) -> Response:
    """``GET .../diff/{spec}``: bytes as git has them, whatever their encoding."""
    how = _how(request, context=_number(request, "context", 3, _MOST_CONTEXT))
    return await _streamed(await service.text(request.site, access, request.parameters["spec"], how))


async def diffstat(request: ApiRequest, access: Access) -> Response:
    """``GET .../diffstat/{spec}``."""
    page = request.page(_PAGELEN, _LONGEST_PAGE)
    changes = await service.files(request.site, access, request.parameters["spec"], _how(request))
    at = request.links.repository(access.workspace, access.repository)
    shown = changes.files[page.offset : page.offset + page.pagelen]
    values = [wire.changed(at, entry, old=changes.old, new=changes.new) for entry in shown]
    return request.listed(values, page, size=len(changes.files))


async def patch(request: ApiRequest, access: Access) -> Response:
    """``GET .../patch/{spec}``."""
    return await _streamed(await service.patches(request.site, access, request.parameters["spec"]))


async def merge_base(request: ApiRequest, access: Access) -> Response:
    """``GET .../merge-base/{revspec}``."""
    commit = await service.merge_base(request.site, access, request.parameters["revspec"])
    people = await commits.people(request.site, [commit])
    took_part = await approvals.participants(request.site, access, commit.hash)
    return json(
        commits_wire.single(request.links, access.workspace, access.repository, commit, people, took_part)
    )


async def file_conflicts(request: ApiRequest, access: Access) -> Response:
    """``GET .../file-conflicts/{spec}``."""
    page = request.page()
    found = await service.file_conflicts(request.site, access, request.parameters["spec"])
    shown = found[page.offset : page.offset + page.pagelen]
    return request.listed([wire.conflict(entry) for entry in shown], page, size=len(found))


async def _streamed(pieces: AsyncGenerator[bytes, None]) -> Response:
    # Everything is compared before the first piece; from then on a client takes what time it wants.
    try:
        async with asyncio.timeout(_SLOWEST):
            begun = await started(pieces)
    except TimeoutError:
        raise TookTooLong(f"the comparison took longer than {_SLOWEST:g} seconds") from None
    return StreamingResponse(begun, media_type="text/plain")


def _how(request: ApiRequest, *, context: int = 3) -> How:
    merge, topic = request.query.get("merge"), request.query.get("topic")
    if merge is not None and topic is not None:
        raise Invalid("merge: can't be used together with topic")
    return How(
        context=context,
        ignore_whitespace=_flag(request, "ignore_whitespace", default=False),
        binary=_flag(request, "binary", default=True),
        renames=_flag(request, "renames", default=True),
        # The older switch says the same.
        topic=_flag(request, "merge" if topic is None else "topic", default=True),
        paths=tuple(request.paths("path")),
    )


def _flag(request: ApiRequest, name: str, *, default: bool) -> bool:
    text = request.query.get(name)
    if text is None:
        return default
    if text.lower() not in _BOOLEANS:
        raise Invalid(f"{name}: must be true or false")
    return _BOOLEANS[text.lower()]


def _number(request: ApiRequest, name: str, default: int, most: int) -> int:
    text = request.query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()) or int(text[:20]) > most:
        raise Invalid(f"{name}: must be a number up to {most}")
    return int(text)


ROUTES = [
    Route("GET", f"{REPOSITORY}/diff/{{spec...}}", Opens.REPOSITORY, READ, diff),
    Route("GET", f"{REPOSITORY}/diffstat/{{spec...}}", Opens.REPOSITORY, READ, diffstat),
    Route("GET", f"{REPOSITORY}/file-conflicts/{{spec...}}", Opens.REPOSITORY, READ, file_conflicts),
    Route("GET", f"{REPOSITORY}/merge-base/{{revspec...}}", Opens.REPOSITORY, READ, merge_base),
    Route("GET", f"{REPOSITORY}/patch/{{spec...}}", Opens.REPOSITORY, READ, patch),
]
