"""Where deleted repositories have moved to, and which repositories had other names, by the names that they had."""

from msgspec import Struct
from sqlalchemy import Text, bindparam, select

from bitpail.model.repositories import RepositoryId
from bitpail.model.workspaces import WorkspaceId
from bitpail.store.database import Connection
from bitpail.store.repository_tables import moved_repositories as _moved
from bitpail.store.repository_tables import renamed_repositories as _renamed
from bitpail.store.statements import Upsert
from bitpail.store.tables import workspaces as _workspaces

_c = _moved.c
_put = Upsert(_moved, "address", "is_private", "deleted_on")
_find = (
    select(_c.address, _c.is_private)
    .join_from(_workspaces, _moved, _c.workspace_id == _workspaces.c.id)
    .where(
        _workspaces.c.slug == bindparam("workspace", type_=Text),
        _c.slug == bindparam("wanted_slug", type_=Text),
    )
)
_rename = Upsert(_renamed, "repository_id")
_by_old_name = (
    select(_renamed.c.repository_id)
    .join_from(_workspaces, _renamed, _renamed.c.workspace_id == _workspaces.c.id)
    .where(
        _workspaces.c.slug == bindparam("workspace", type_=Text),
        _renamed.c.slug == bindparam("wanted_slug", type_=Text),
    )
)


class Notice(Struct, frozen=True):
    """``is_private``: the repository was."""

    address: str
    is_private: bool


async def put(
    db: Connection, workspace_id: WorkspaceId, slug: str, address: str, *, is_private: bool, at: int
) -> None:
    """Write one, instead of one of an earlier repository of that name."""
    await db.run(
        _put,
        workspace_id=workspace_id,
        slug=slug,
        address=address,
        is_private=int(is_private),
        deleted_on=at,
    )


async def find(db: Connection, workspace: str, slug: str) -> Notice | None:
    """The one of a repository that had these names."""
    row = await db.one(_find, workspace=workspace, wanted_slug=slug)
    return Notice(row[0], row[1] == 1) if row else None


async def put_name(db: Connection, workspace_id: WorkspaceId, slug: str, repository_id: RepositoryId) -> None:
    """Write that a repository had this name, whichever had it before."""
    await db.run(_rename, workspace_id=workspace_id, slug=slug, repository_id=repository_id)


async def by_old_name(db: Connection, workspace: str, slug: str) -> RepositoryId | None:
    """The repository that had these names last."""
    row = await db.one(_by_old_name, workspace=workspace, wanted_slug=slug)
    return RepositoryId(row[0]) if row else None
