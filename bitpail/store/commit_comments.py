"""What people say of commits, by repository and number. What is gone keeps its number."""

from sqlalchemy import (
    BigInteger,
    Integer,
    Text,
    and_,
    bindparam,
    cast,
    func,
    insert,
    select,
    update,
)

from bitpail.model.commit_comments import GONE, CommitComment, Inline
from bitpail.model.repositories import RepositoryId
from bitpail.store import queries, users
from bitpail.store.database import Connection, Database
from bitpail.store.queries import Field, Narrowed, constant
from bitpail.store.repository_tables import commit_comments as _comments
from bitpail.store.statements import Row
from bitpail.store.tables import users as _users
from bitpail.wire.query_kinds import Asked, Kind

_c = _comments.c
_COLUMNS = (
    *(_c.repository_id, _c.number, _c.commit, _c.parent, _c.path),
    *(_c.from_line, _c.to_line, _c.start_from, _c.start_to),
    *(_c.content, _c.is_deleted, _c.created_on, _c.updated_on),
)
_joined = _comments.outerjoin(_users, _users.c.id == _c.user_id)
_repository = _c.repository_id == bindparam("repository", type_=Text)
_of_commit = and_(_repository, _c.commit == bindparam("wanted", type_=Text), _c.is_deleted < GONE)
_number = _c.number == bindparam("comment", type_=Integer)
_parent = _c.parent == bindparam("comment", type_=Integer)

_FIELDS = {
    "type": Field(constant("commit_comment")),
    "id": Field(_c.number, Kind.NUMBER),
    "content.raw": Field(_c.content),
    "deleted": Field(_c.is_deleted, Kind.FLAG),
    # Cast, because there may be no user.
    "user.uuid": Field(constant("{") + _users.c.id + constant("}")),
    **{
        f"user.{name}": Field(cast(_users.c[name], Text))
        for name in ("display_name", "nickname", "account_id")
    },
    "parent.id": Field(_c.parent, Kind.NUMBER),
    "inline.path": Field(_c.path),
    "inline.from": Field(_c.from_line, Kind.NUMBER),
    "inline.to": Field(_c.to_line, Kind.NUMBER),
    **{f"inline.{name}": Field(_c[name], Kind.NUMBER) for name in ("start_from", "start_to")},
    **{name: Field(_c[name], Kind.MOMENT) for name in ("created_on", "updated_on")},
}

_rows = select(*_COLUMNS, *users.COLUMNS).select_from(_joined)
_insert = insert(_comments)
_one = _rows.where(_of_commit, _number)
_page = (
    _rows.where(_of_commit)
    .limit(bindparam("number", type_=BigInteger))
    .offset(bindparam("start", type_=BigInteger))
)
_count = select(func.count()).select_from(_joined).where(_of_commit)
_chosen = Narrowed(_page, _count, _FIELDS, (_c.number,))
# All of them are counted without looking at who said each.
_count_all = select(func.count()).select_from(_comments).where(_of_commit)
_all = Narrowed(_page, _count_all, {}, (_c.number,))
_last = select(_c.number).where(_repository).order_by(_c.number.desc()).limit(1)
_set_content = (
    update(_comments)
    .where(_repository, _number)
    .values(
        content=bindparam("new_content", type_=Text),
        is_deleted=bindparam("new_state", type_=Integer),
        updated_on=bindparam("at", type_=BigInteger),
    )
)
_answer = select(_c.number).where(_repository, _parent, _c.is_deleted < GONE).limit(1)

_start = select(_c.parent).where(_repository, _number).cte("above", recursive=True)
_next = _comments.alias("next")
_above = _start.union_all(
    select(_next.c.parent)
    .join_from(_start, _next, _next.c.number == _start.c.parent)
    .where(_next.c.repository_id == bindparam("repository", type_=Text))
)
_depth = select(func.count()).select_from(_above)


async def create(db: Connection, comment: CommitComment) -> None:
    """Write one."""
    inline = comment.inline
    await db.run(
        _insert,
        repository_id=comment.repository_id,
        number=comment.number,
        commit=comment.commit,
        user_id=comment.user.id if comment.user else None,
        parent=comment.parent,
        path=inline.path if inline else None,
        from_line=inline.from_line if inline else None,
        to_line=inline.to_line if inline else None,
        start_from=inline.start_from if inline else None,
        start_to=inline.start_to if inline else None,
        content=comment.content,
        is_deleted=comment.state,
        created_on=comment.created_on,
        updated_on=comment.updated_on,
    )


async def last_number(db: Connection, repository_id: RepositoryId) -> int:
    """The highest that was ever given, 0 before the first."""
    row = await db.one(_last, repository=repository_id)
    return int(row[0]) if row else 0


async def one(db: Connection, repository_id: RepositoryId, commit: str, number: int) -> CommitComment | None:
    """The one of that number, unless it is gone."""
    row = await db.one(_one, repository=repository_id, wanted=commit, comment=number)
    return _from_row(row) if row else None


async def page(  # a commit, what is asked of its comments, which part
    db: Database, repository_id: RepositoryId, commit: str, asked: Asked, offset: int, limit: int
) -> tuple[list[CommitComment], int]:
    """Some of a commit, the oldest first, and how many there are; raises Invalid."""
    given = {"repository": repository_id, "wanted": commit}
    listing = _chosen if asked else _all
    rows, size = await queries.page(db, listing, asked, offset, limit, **given)
    return [_from_row(row) for row in rows], size


async def depth(db: Connection, repository_id: RepositoryId, number: int) -> int:
    """How many it is from the first of its thread, itself counted."""
    row = await db.one(_depth, repository=repository_id, comment=number)
    return int(row[0]) if row else 0


async def is_answered(db: Connection, repository_id: RepositoryId, number: int) -> bool:
    """Whether something that is not gone answers it."""
    return await db.one(_answer, repository=repository_id, comment=number) is not None


async def change(  # which one, and what it is then
    db: Connection, repository_id: RepositoryId, number: int, content: str, state: int, at: int
) -> None:
    """Write other words, or that it is deleted."""
    await db.run(
        _set_content,
        repository=repository_id,
        comment=number,
        new_content=content,
        new_state=state,
        at=at,
    )


def _from_row(row: Row) -> CommitComment:
    repository_id, number, commit, parent, path = row[:5]
    content, state, created_on, updated_on = row[9:13]
    inline = None if path is None else Inline(path, *row[5:9])
    user = None if row[13] is None else users.from_row(row[13:])
    return CommitComment(
        repository_id, number, commit, user, parent, inline, content, state, created_on, updated_on
    )
