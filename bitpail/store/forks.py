"""What was forked from what. A parent that is deleted leaves its forks without one."""

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa
from sqlalchemy import Text, bindparam, column, select

from bitpail.model.repositories import ForkPolicy, RepositoryId
from bitpail.store.database import Connection
from bitpail.store.repository_tables import forks as _forks
from bitpail.store.statements import text_rows
from bitpail.store.tables import repositories as _repositories

_c = _forks.c
_wanted = text_rows(bindparam("repositories", type_=Text)).table_valued(column("value", Text), name="wanted")

# The parent may be deleted in this very moment.
_there = select(_repositories.c.id).where(_repositories.c.id == bindparam("parent", type_=Text))
_add = sa.insert(_forks).values(
    repository_id=bindparam("fork", type_=Text), parent_id=_there.scalar_subquery()
)
_parents = select(_c.repository_id, _c.parent_id).where(
    _c.repository_id.in_(select(_wanted.c.value)), _c.parent_id.is_not(None)
)
_itself = select(_repositories.c.id).where(_repositories.c.id == bindparam("repository", type_=Text))
_line = _itself.cte("line", recursive=True)
_line = _line.union(
    select(_c.parent_id)
    .join_from(_line, _forks, _c.repository_id == _line.c.id)
    .where(_c.parent_id.is_not(None))
)
_restricting = (
    select(_repositories.c.id)
    .join_from(_line, _repositories, _repositories.c.id == _line.c.id)
    .where(_repositories.c.fork_policy != ForkPolicy.ALLOW_FORKS.value)
    .limit(1)
)


async def add(db: Connection, repository_id: RepositoryId, parent_id: RepositoryId) -> None:
    """Write down a fork; without a parent if that is gone meanwhile."""
    await db.run(_add, fork=repository_id, parent=parent_id)


async def parents(db: Connection, repositories: Sequence[RepositoryId]) -> dict[RepositoryId, RepositoryId]:
    """What those of them that are forks were forked from; one statement for all of them."""
    if not repositories:
        return {}
    rows = await db.all(_parents, repositories=msgspec.json.encode(repositories).decode())
    return {RepositoryId(row[0]): RepositoryId(row[1]) for row in rows}


async def is_restricted(db: Connection, repository_id: RepositoryId) -> bool:
    """Whether it, or anything that it was forked from, allows no public forks."""
    return await db.one(_restricting, repository=repository_id) is not None
