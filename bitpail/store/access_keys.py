"""Access keys, by their place and by their fingerprint."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import (
    Text,
    bindparam,
    delete,
    insert,
    select,
    union_all,
    update,
)

from bitpail.model.access_keys import AccessKey, AccessKeyId
from bitpail.model.projects import ProjectId
from bitpail.model.repositories import RepositoryId
from bitpail.model.ssh_keys import SshKeyUse
from bitpail.store import last_uses
from bitpail.store.database import Connection
from bitpail.store.tables import access_keys as _keys

_c = _keys.c
_COLUMNS = tuple(_c[name] for name in AccessKey.__struct_fields__)
_repository = _c.repository_id == bindparam("repository", type_=Text)
_project = _c.project_id == bindparam("project", type_=Text)
_fingerprint = _c.fingerprint == bindparam("wanted", type_=Text)
_id = _c.id == bindparam("key_id", type_=Text)

_insert = insert(_keys)
_of_repository = select(*_COLUMNS).where(_repository).order_by(_c.created_on, _c.id)
_of_project = select(*_COLUMNS).where(_project).order_by(_c.created_on, _c.id)
_exists = select(_c.id).where(_fingerprint).limit(1)
_standing = union_all(
    select(_c.id).where(_repository, _fingerprint), select(_c.id).where(_project, _fingerprint)
)
_set_words = update(_keys).where(_id).values(label=bindparam("new_label"), comment=bindparam("new_comment"))
_remove = delete(_keys).where(_id)
_touch = last_uses.touch(_keys)


async def create(db: Connection, key: AccessKey) -> None:
    """Write a new one; raises Conflict if the key stands there already."""
    await db.run(_insert, **msgspec.structs.asdict(key))


async def of_repository(db: Connection, repository_id: RepositoryId) -> list[AccessKey]:
    """Those on a repository itself, oldest first."""
    return [AccessKey(*row) for row in await db.all(_of_repository, repository=repository_id)]


async def of_project(db: Connection, project_id: ProjectId) -> list[AccessKey]:
    """Those on a project, oldest first."""
    return [AccessKey(*row) for row in await db.all(_of_project, project=project_id)]


async def exists(db: Connection, fingerprint: str) -> bool:
    """Whether the key stands anywhere."""
    return await db.one(_exists, wanted=fingerprint) is not None


async def standing(
    db: Connection, fingerprint: str, repository_id: RepositoryId, project_id: ProjectId
) -> AccessKeyId | None:
    """By which entry the key opens a repository of a project, if by any."""
    row = await db.one(_standing, wanted=fingerprint, repository=repository_id, project=project_id)
    return AccessKeyId(row[0]) if row else None


async def set_words(db: Connection, key_id: AccessKeyId, label: str, comment: str) -> None:
    """Write another label and comment."""
    await db.run(_set_words, key_id=key_id, new_label=label, new_comment=comment)


async def remove(db: Connection, key_id: AccessKeyId) -> bool:
    """Take it from its place; False if it is gone."""
    return await db.run(_remove, key_id=key_id) > 0


async def touch(db: Connection, uses: Sequence[SshKeyUse]) -> None:
    """Write down when each was last used, each entry at most once; an older use changes nothing."""
    if uses:
        ordered = sorted(uses, key=lambda use: use.id)
        await db.run(_touch, uses=msgspec.json.encode(ordered).decode())
