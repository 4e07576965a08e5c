"""Files that are offered beside the code."""

from msgspec import Struct

from bitpail.model.repositories import RepositoryId
from bitpail.model.users import UserId


class Download(Struct, frozen=True):
    """One for each ``name`` of a repository. ``file`` is its name on the disk, another one for each upload.

    ``user_id`` uploaded it, None if that account is gone; ``fetched`` is how often it was downloaded.
    """

    repository_id: RepositoryId
    name: str
    file: str
    size: int
    user_id: UserId | None
    fetched: int
    created_on: int
