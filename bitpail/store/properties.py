"""What programs keep at repositories, commits and people."""

from typing import Any

import msgspec
from sqlalchemy import Text, and_, bindparam, delete, func, select

from bitpail.model.properties import Property, Subject
from bitpail.store.database import Connection
from bitpail.store.repository_tables import properties as _properties
from bitpail.store.statements import Row, Upsert

_c = _properties.c
_COLUMNS = (_c.id, _c.repository_id, _c.user_id, _c.subject, _c.app_key, _c.name, _c.value)
_CHANGED = (_c.changed_by, _c.changed_on)
_at_repository = and_(
    _c.repository_id == bindparam("repository", type_=Text), _c.subject == bindparam("subject", type_=Text)
)
_at_user = and_(_c.user_id == bindparam("user", type_=Text), _c.subject == bindparam("subject", type_=Text))
_named = and_(
    _c.app_key == bindparam("app_key", type_=Text), _c.name == bindparam("property_name", type_=Text)
)

_put = Upsert(_properties, "value", "changed_by", "changed_on")
_of_repository = select(*_COLUMNS, *_CHANGED).where(_at_repository, _named)
_of_user = select(*_COLUMNS, *_CHANGED).where(_at_user, _named)
_count_of_repository = select(func.count()).select_from(_properties).where(_at_repository)
_count_of_user = select(func.count()).select_from(_properties).where(_at_user)
_remove = delete(_properties).where(_c.id == bindparam("property_id", type_=Text))


async def put(db: Connection, one: Property) -> None:
    """Write one, or another value of the one that is there."""
    await db.run(
        _put,
        id=one.id,
        repository_id=one.subject.repository_id,
        user_id=one.subject.user_id,
        subject=one.subject.commit,
        app_key=one.app_key,
        name=one.name,
        value=msgspec.json.encode(one.value).decode(),
        changed_by=one.owner,
        changed_on=one.changed_on,
    )


async def find(db: Connection, subject: Subject, app_key: str, name: str) -> Property | None:
    """The one of that key and name."""
    statement = _of_repository if subject.user_id is None else _of_user
    row = await db.one(statement, app_key=app_key, property_name=name, **_where(subject))
    return _from_row(row) if row else None


async def count(db: Connection, subject: Subject) -> int:
    """How many are kept there."""
    statement = _count_of_repository if subject.user_id is None else _count_of_user
    row = await db.one(statement, **_where(subject))
    return int(row[0]) if row else 0


async def remove(db: Connection, property_id: str) -> None:
    """Forget one."""
    await db.run(_remove, property_id=property_id)


def _where(subject: Subject) -> dict[str, Any]:
    whose = {"user": subject.user_id} if subject.user_id else {"repository": subject.repository_id}
    return {"subject": subject.commit, **whose}


def _from_row(row: Row) -> Property:
    property_id, repository_id, user_id, commit, app_key, name, value, owner, changed_on = row
    subject = Subject(repository_id, user_id, commit)
    return Property(
        property_id, subject, app_key, name, msgspec.json.decode(value, type=dict), owner, changed_on
    )
