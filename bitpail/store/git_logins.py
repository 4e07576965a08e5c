"""Gits that wait to be let in."""

import msgspec
from sqlalchemy import BigInteger, Integer, Text, bindparam, delete, insert, select, update

from bitpail.model.git_logins import GitLogin, GitLoginState
from bitpail.model.users import UserId
from bitpail.store.database import Connection
from bitpail.store.statements import Row
from bitpail.store.tables import git_logins as _logins

_c = _logins.c
_NAMES = GitLogin.__struct_fields__
_digest = _c.digest == bindparam("wanted", type_=Text)

_insert = insert(_logins)
_by_digest = select(*(_c[name] for name in _NAMES)).where(_digest)
_by_user_code = select(*(_c[name] for name in _NAMES)).where(_c.user_code == bindparam("wanted", type_=Text))
_decide = (
    update(_logins)
    .where(_digest, _c.state == GitLoginState.WAITING.value)
    .values(
        state=bindparam("new_state", type_=Text),
        user_id=bindparam("user", type_=Text),
        read_only=bindparam("new_read_only", type_=Integer),
        lifetime=bindparam("new_lifetime", type_=Integer),
    )
)
_remove = delete(_logins).where(_digest)
_sweep = delete(_logins).where(_c.expires_on <= bindparam("at", type_=BigInteger))


async def create(db: Connection, login: GitLogin) -> None:
    """Write a new one; raises Conflict if the user code is another one's."""
    await db.run(_insert, **{**msgspec.structs.asdict(login), "read_only": int(login.read_only)})


async def by_digest(db: Connection, digest: str) -> GitLogin | None:
    """The one whose secret has that digest; one that has expired too."""
    return _from_row(await db.one(_by_digest, wanted=digest))


async def by_user_code(db: Connection, user_code: str) -> GitLogin | None:
    """The one that shows this code; one that has expired too."""
    return _from_row(await db.one(_by_user_code, wanted=user_code))


async def decide(
    db: Connection, digest: str, state: GitLoginState, user_id: UserId, *, read_only: bool, lifetime: int
) -> bool:
    """Say what becomes of one that waits; False if that was said before."""
    return (
        await db.run(
            _decide,
            wanted=digest,
            new_state=state.value,
            user=user_id,
            new_read_only=int(read_only),
            new_lifetime=lifetime,
        )
        > 0
    )


async def remove(db: Connection, digest: str) -> bool:
    """Use one up; False if that has happened already."""
    return await db.run(_remove, wanted=digest) > 0


async def sweep(db: Connection, at: int) -> None:
    """Forget what has expired."""
    await db.run(_sweep, at=at)


def _from_row(row: Row | None) -> GitLogin | None:
    if row is None:
        return None
    values = dict(zip(_NAMES, row, strict=True))
    state = GitLoginState(values["state"])
    return GitLogin(**{**values, "state": state, "read_only": values["read_only"] == 1})
