"""What builds said of commits, by commit and key."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Text, bindparam, column, select

from bitpail.model.build_statuses import BuildStatus
from bitpail.model.repositories import RepositoryId
from bitpail.store.database import Connection
from bitpail.store.repository_tables import build_statuses as _statuses
from bitpail.store.statements import Upsert, text_rows

_c = _statuses.c
_COLUMNS = tuple(_c[name] for name in BuildStatus.__struct_fields__)
_commit = (
    _c.repository_id == bindparam("repository", type_=Text),
    _c.commit == bindparam("wanted", type_=Text),
)

_wanted = text_rows(bindparam("commits", type_=Text)).table_valued(column("value", Text), name="wanted")

_put = Upsert(_statuses, "state", "name", "url", "description", "refname", "updated_on")
_of_commit = select(*_COLUMNS).where(*_commit).order_by(_c.key)
_states = select(_c.commit, _c.state).where(
    _c.repository_id == bindparam("repository", type_=Text), _c.commit.in_(select(_wanted.c.value))
)
_one = select(*_COLUMNS).where(*_commit, _c.key == bindparam("wanted_key", type_=Text))


async def put(db: Connection, status: BuildStatus) -> None:
    """Write one, instead of the one with its key, whose ``created_on`` stays."""
    await db.run(_put, **msgspec.structs.asdict(status))


async def of_commit(db: Connection, repository_id: RepositoryId, commit: str) -> list[BuildStatus]:
    """All of a commit, by key."""
    return [BuildStatus(*row) for row in await db.all(_of_commit, repository=repository_id, wanted=commit)]


async def states(
    db: Connection, repository_id: RepositoryId, commits: Sequence[str]
) -> list[tuple[str, str]]:
    """What was said of any of these: a commit and a state for each key."""
    wanted = msgspec.json.encode(commits).decode()
    return [(row[0], row[1]) for row in await db.all(_states, repository=repository_id, commits=wanted)]


async def one(db: Connection, repository_id: RepositoryId, commit: str, key: str) -> BuildStatus | None:
    """The one of that key."""
    row = await db.one(_one, repository=repository_id, wanted=commit, wanted_key=key)
    return BuildStatus(*row) if row else None
