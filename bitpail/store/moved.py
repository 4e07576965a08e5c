"""Where deleted repositories have moved to, by the names that they had."""

from msgspec import Struct
from sqlalchemy import Text, bindparam, select

from bitpail.model.workspaces import WorkspaceId
from bitpail.store.database import Connection
from bitpail.store.repository_tables import moved_repositories as _moved
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
