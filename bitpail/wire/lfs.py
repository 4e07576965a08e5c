"""The JSON of Git LFS. Source: the API specification of git-lfs (batch, basic transfers, locking)."""

from typing import Any

from msgspec import Struct

from bitpail.model.lfs import Lock
from bitpail.wire.dates import instant
from bitpail.wire.text import clean

JSON = "application/vnd.git-lfs+json"


class WantedObject(Struct):
    """One object of a batch."""

    oid: str
    size: int


class Ref(Struct):
    """A branch, by its whole name."""

    name: str = ""


class Batch(Struct):
    """What a client wants to send or have. Other members are left alone."""

    operation: str
    objects: list[WantedObject]
    transfers: tuple[str, ...] = ("basic",)
    hash_algo: str = "sha256"


class NewLock(Struct):
    """A path to be locked."""

    path: str
    ref: Ref | None = None


class VerifyLocks(Struct):
    """A page of all locks, one's own apart from others'."""

    cursor: str = ""
    limit: int = 100


class Unlock(Struct):
    """``force`` ends somebody else's."""

    force: bool = False


def action(address: str) -> dict[str, str]:
    """An address to go on with; whoever asked signs in there as here."""
    return {"href": address}


def available(wanted: WantedObject, actions: dict[str, dict[str, str]]) -> dict[str, Any]:
    """An object of a batch; without actions there is nothing to be done."""
    shown: dict[str, Any] = {"oid": wanted.oid, "size": wanted.size}
    return {**shown, "actions": actions} if actions else shown


def refused(wanted: WantedObject, code: int, message: str) -> dict[str, Any]:
    """An object that there is something wrong with."""
    return {"oid": clean(wanted.oid), "size": wanted.size, "error": {"code": code, "message": message}}


def lock(one: Lock) -> dict[str, Any]:
    """A lock, with the name of whoever has it."""
    return {
        "id": one.id,
        "path": clean(one.path),
        "locked_at": instant(one.locked_on),
        "owner": {"name": clean(one.owner.display_name)},
    }


def error(message: str, request_id: str) -> dict[str, str]:
    """What went wrong."""
    return {"message": clean(message), "request_id": request_id}
