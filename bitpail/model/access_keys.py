"""Access keys: SSH keys of machines, read-only, each on one repository or on one project."""

from typing import NewType

from msgspec import Struct

from bitpail.model.projects import ProjectId
from bitpail.model.repositories import RepositoryId
from bitpail.model.users import UserId

AccessKeyId = NewType("AccessKeyId", str)


class AccessKey(Struct, frozen=True):
    """One key in one place; the same key may stand in many. One of the two places is None.

    ``key`` is type and base64, ``fingerprint`` its SHA-256 in base64 without padding.
    """

    id: AccessKeyId
    repository_id: RepositoryId | None
    project_id: ProjectId | None
    fingerprint: str
    key: str
    comment: str
    label: str
    created_by: UserId | None
    created_on: int
    last_used_on: int | None = None
    last_used_address: str | None = None
    last_used_client: str | None = None
