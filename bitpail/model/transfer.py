"""The two services of Git's smart protocol, by the names of git's commands."""

from enum import Enum


class Service(Enum):
    """What a client asks git for."""

    UPLOAD_PACK = "upload-pack"
    RECEIVE_PACK = "receive-pack"
