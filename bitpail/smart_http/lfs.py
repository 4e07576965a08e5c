"""Git LFS: the batch, its objects, and locks."""

from typing import Any, TypeVar

import msgspec
from starlette.responses import FileResponse, Response
from starlette.types import ASGIApp

from bitpail.errors import Invalid, NotFound
from bitpail.http.bodies import Body
from bitpail.http.call import Call
from bitpail.model.access import Access
from bitpail.services import lfs as service
from bitpail.services.lfs import Locked
from bitpail.wire import lfs as wire

T = TypeVar("T")

_MOST_OBJECTS = 1000
_MOST_LOCKS = 100
_RAW = {"X-Content-Type-Options": "nosniff", "Content-Disposition": "attachment"}


async def batch(call: Call, access: Access) -> ASGIApp:
    """What is to be done with each object: sent, fetched, or nothing."""
    wanted = await _body(call, wire.Batch)
    if wanted.operation not in {"upload", "download"}:
        raise Invalid("operation: must be upload or download")
    if "basic" not in wanted.transfers:
        raise Invalid("transfers: this server knows basic")
    if wanted.hash_algo != "sha256":
        return _json({"message": "this server knows sha256"}, 409)
    if len(wanted.objects) > _MOST_OBJECTS:
        raise Invalid(f"objects: at most {_MOST_OBJECTS} at once")
    if wanted.operation == "upload":
        await service.may_upload(call.site, access)
    shown = [_shown(call, access, one, wanted.operation) for one in wanted.objects]
    return _json({"transfer": "basic", "objects": shown, "hash_algo": "sha256"})


def _shown(call: Call, access: Access, one: wire.WantedObject, operation: str) -> dict[str, Any]:
    try:
        there = service.size_of(call.site, access, service.check_oid(one.oid))
    except Invalid as error:
        return wire.refused(one, 422, error.message)
    limit = call.site.settings.lfs_object_limit
    if one.size < 0 or (there is not None and there != one.size):
        return wire.refused(one, 422, "this is not the size of the object")
    root = f"{call.base}/{access.workspace.slug}/{access.repository.slug}.git/info/lfs/objects"
    if operation == "download":
        if there is None:
            return wire.refused(one, 404, "this repository has no such object")
        return wire.available(one, {"download": wire.action(f"{root}/{one.oid}")})
    if there is not None:
        return wire.available(one, {})
    if limit and one.size > limit:
        return wire.refused(one, 413, f"an object may have at most {limit} bytes")
    verify = wire.action(f"{root}/verify")
    return wire.available(one, {"upload": wire.action(f"{root}/{one.oid}"), "verify": verify})


async def upload(call: Call, access: Access) -> ASGIApp:
    """One object, to be kept if it is what its name says."""
    body = Body(call.receive, call.request.headers, 0, call.site.settings.idle_timeout)
    await service.receive(call.site, access, _oid(call), aiter(body))
    return Response(status_code=200)


async def download(call: Call, access: Access) -> ASGIApp:
    """One object, or the part of it that is asked for."""
    path = service.file_of(call.site, access, _oid(call))
    return FileResponse(path, media_type="application/octet-stream", headers=_RAW)


async def verify(call: Call, access: Access) -> ASGIApp:
    """Whether an object has arrived."""
    wanted = await _body(call, wire.WantedObject)
    service.verify(call.site, access, wanted.oid, wanted.size)
    return Response(status_code=200)


async def lock(call: Call, access: Access) -> ASGIApp:
    """Lock a path, for whoever asks."""
    wanted = await _body(call, wire.NewLock)
    ref = wanted.ref.name if wanted.ref else ""
    try:
        made = await service.lock(call.site, access, wanted.path, ref)
    except Locked as error:
        return _json({"lock": wire.lock(error.lock), "message": error.message}, 409)
    return _json({"lock": wire.lock(made)}, 201)


async def locks(call: Call, access: Access) -> ASGIApp:
    """Who works on what; ``path`` and ``id`` pick one."""
    query = call.request.query_params
    if query.get("path") or query.get("id"):
        one = await service.lock_of(
            call.site, access, path=query.get("path", ""), lock_id=query.get("id", "")
        )
        return _json({"locks": [wire.lock(one)] if one else []})
    start, number = _page(query.get("cursor", ""), query.get("limit", ""))
    found = await service.locks(call.site, access, start, number + 1)
    return _json({"locks": [wire.lock(one) for one in found[:number]], **_following(start, number, found)})


async def verify_locks(call: Call, access: Access) -> ASGIApp:
    """What a push must not touch, and what it may: other people's locks, and one's own."""
    wanted = await _body(call, wire.VerifyLocks)
    start, number = _page(wanted.cursor, str(wanted.limit))
    found = await service.locks(call.site, access, start, number + 1)
    user = access.actor.user
    ours = [one for one in found[:number] if user is not None and one.owner.id == user.id]
    theirs = [one for one in found[:number] if one not in ours]
    shown = {"ours": [wire.lock(one) for one in ours], "theirs": [wire.lock(one) for one in theirs]}
    return _json({**shown, **_following(start, number, found)})


async def unlock(call: Call, access: Access) -> ASGIApp:
    """End a lock."""
    wanted = await _body(call, wire.Unlock)
    ended = await service.unlock(call.site, access, call.parameters["id"], force=wanted.force)
    return _json({"lock": wire.lock(ended)})


async def not_for_wikis(call: Call, access: Access) -> ASGIApp:  # noqa: ARG001 - the shape of a handler
    """A wiki holds text and small pictures."""
    raise NotFound("a wiki has no Git LFS: commit its files as they are")


def _following(start: int, number: int, found: list[Any]) -> dict[str, str]:
    return {"next_cursor": str(start + number)} if len(found) > number else {}


def _page(cursor: str, limit: str) -> tuple[int, int]:
    for name, text in (("cursor", cursor), ("limit", limit)):
        if text and not (text.isascii() and text.isdigit() and len(text) < 10):
            raise Invalid(f"{name}: must be a number")
    return int(cursor or 0), min(max(int(limit or _MOST_LOCKS), 1), _MOST_LOCKS)


def _oid(call: Call) -> str:
    return call.parameters["oid"]


async def _body(call: Call, kind: type[T]) -> T:
    settings = call.site.settings
    body = Body(call.receive, call.request.headers, settings.api_body_limit, settings.idle_timeout)
    try:
        return msgspec.json.decode(await body.whole() or b"{}", type=kind)
    except RecursionError:
        raise Invalid("the body is not what Git LFS sends: it is nested too deep") from None
    except msgspec.DecodeError as error:
        raise Invalid(f"the body is not what Git LFS sends: {error}") from None


def _json(content: dict[str, Any], status: int = 200) -> Response:
    return Response(msgspec.json.encode(content), status, media_type=wire.JSON)
