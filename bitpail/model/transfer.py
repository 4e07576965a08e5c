"""The two services of Git's smart protocol, by the names of git's commands, and what each needs."""

from enum import Enum

from bitpail.model.access import Need
from bitpail.model.permissions import Permission
from bitpail.model.scopes import Scope


class Service(Enum):
    """What a client asks git for."""

    UPLOAD_PACK = "upload-pack"
    RECEIVE_PACK = "receive-pack"


# A wiki differs in one value.
FETCH = Need((frozenset({Scope.REPOSITORY}),), Permission.READ)
PUSH = Need((frozenset({Scope.REPOSITORY_WRITE}),), Permission.WRITE)
FETCH_WIKI = Need((frozenset({Scope.WIKI}),), Permission.READ, of="wiki")
PUSH_WIKI = Need((frozenset({Scope.WIKI}),), Permission.WRITE, of="wiki")
