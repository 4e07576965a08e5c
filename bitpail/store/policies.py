"""What administrators have decided for the whole server, as JSON under a name."""

from sqlalchemy import ScalarSelect, Text, bindparam, select

from bitpail.store.database import Connection
from bitpail.store.statements import Upsert
from bitpail.store.tables import policies as _policies

_put = Upsert(_policies, "value", "changed_on")
SITE = "app_passwords"
"""The name under which the administrators' policy for credentials is kept; it comes with each token of an app."""

_get = select(_policies.c.value).where(_policies.c.name == bindparam("wanted", type_=Text))


def value_of(name: str) -> ScalarSelect[str]:
    """The value of that name as part of another statement, null if nothing was decided."""
    return select(_policies.c.value).where(_policies.c.name == name).scalar_subquery()


async def get(db: Connection, name: str) -> str | None:
    """The value of that name, None if nothing was decided."""
    row = await db.one(_get, wanted=name)
    return row[0] if row else None


async def put(db: Connection, name: str, value: str, changed_on: int) -> None:
    """Write or replace it."""
    await db.run(_put, name=name, value=value, changed_on=changed_on)
