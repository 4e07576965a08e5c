"""Who approved a commit, and who else took part in what was said of it."""

from sqlalchemy import BigInteger, Text, bindparam, cast, delete, func, null, select, union_all

from bitpail.model.approvals import Participant
from bitpail.model.commit_comments import LIVE
from bitpail.model.repositories import RepositoryId
from bitpail.model.users import UserId
from bitpail.store import users
from bitpail.store.database import Connection
from bitpail.store.repository_tables import commit_approvals as _approvals
from bitpail.store.repository_tables import commit_comments as _comments
from bitpail.store.statements import Upsert
from bitpail.store.tables import users as _users

_a, _c = _approvals.c, _comments.c
_repository, _wanted = bindparam("repository", type_=Text), bindparam("wanted", type_=Text)
_user = _a.user_id == bindparam("user", type_=Text)
_of_commit = (_a.repository_id == _repository, _a.commit == _wanted)
_nothing = cast(null(), BigInteger)

# The first time counts.
_put = Upsert(_approvals)
_remove = delete(_approvals).where(*_of_commit, _user)
_said = union_all(
    select(_a.user_id, _a.approved_on.label("approved_on"), _nothing.label("commented_on")).where(
        *_of_commit
    ),
    select(_c.user_id, _nothing.label("approved_on"), _c.created_on.label("commented_on")).where(
        _c.repository_id == _repository, _c.commit == _wanted, _c.is_deleted == LIVE
    ),
).subquery("said")
_people = (
    select(
        _said.c.user_id,
        func.max(_said.c.approved_on).label("approved_on"),
        func.max(_said.c.commented_on).label("commented_on"),
    )
    .group_by(_said.c.user_id)
    .subquery("people")
)
# Whoever approved comes first, so that they are among them however many commented.
_participants = (
    select(*users.COLUMNS, _people.c.approved_on, _people.c.commented_on)
    .join_from(_people, _users, _users.c.id == _people.c.user_id)
    .order_by(_people.c.approved_on.is_(None), func.coalesce(_people.c.approved_on, _people.c.commented_on))
    .limit(bindparam("most", type_=BigInteger))
)
_approved_on = select(_a.approved_on).where(*_of_commit, _user)


async def put(
    db: Connection, repository_id: RepositoryId, commit: str, user_id: UserId, approved_on: int
) -> int:
    """Write that a user approves; since when, if it is not the first time."""
    await db.run(_put, repository_id=repository_id, commit=commit, user_id=user_id, approved_on=approved_on)
    row = await db.one(_approved_on, repository=repository_id, wanted=commit, user=user_id)
    return int(row[0]) if row else approved_on


async def remove(db: Connection, repository_id: RepositoryId, commit: str, user_id: UserId) -> None:
    """Forget that a user approved."""
    await db.run(_remove, repository=repository_id, wanted=commit, user=user_id)


async def participants(
    db: Connection, repository_id: RepositoryId, commit: str, most: int
) -> list[Participant]:
    """Who approved a commit or commented on it, those that approved first."""
    rows = await db.all(_participants, repository=repository_id, wanted=commit, most=most)
    number = len(users.COLUMNS)
    return [Participant(users.from_row(row[:number]), row[number], row[number + 1]) for row in rows]
