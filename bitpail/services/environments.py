"""Where a repository is deployed to: made, listed, changed, forgotten."""

import uuid
from typing import Any

import msgspec
from msgspec import Struct

from bitpail.errors import Conflict, Invalid, NotFound
from bitpail.model.access import Access
from bitpail.model.environments import Environment, EnvironmentDetail
from bitpail.model.repositories import Repository
from bitpail.policy import members, names
from bitpail.services import repositories
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import environments as store
from bitpail.store.database import Connection
from bitpail.wire.query_kinds import Asked

_MOST = 100
_HIGHEST_RANK = 2**31 - 1
# Recorded; the words around them are ours.
_NOT_CHANGEABLE = "deploy-service.environment.change-not-supported"
_NO_CHANGE = "deploy-service.request.validation-error"


class EnvironmentsPage(Struct, frozen=True):
    """One page of environments and the number of all."""

    environments: list[Environment]
    size: int


async def page(site: Site, access: Access, asked: Asked, offset: int, limit: int) -> EnvironmentsPage:
    """Some of a repository, Test before Staging before Production; raises Invalid."""
    return EnvironmentsPage(*await store.page(site.db, access.repository.id, asked, offset, limit))


async def one(site: Site, access: Access, name: str) -> Environment:
    """The environment of that UUID; raises NotFound."""
    return await _one(site.db, access, name)


async def _one(db: Connection, access: Access, name: str) -> Environment:
    found = await store.by_id(db, access.repository.id, names.in_braces(name) or name)
    if found is None:
        raise NotFound(f"there is no environment {name!r} in this repository")
    return found


async def named(site: Site, repository: Repository, name: str) -> Environment | None:
    """The environment that people call so."""
    return await store.by_slug(site.db, repository.id, names.slugify(name))


async def create(site: Site, repository: Repository, name: str, detail: EnvironmentDetail) -> Environment:
    """Make one; raises Invalid, or Conflict if there is one of that name."""
    if not 0 <= detail.rank <= _HIGHEST_RANK:
        raise members.invalid("rank", f"must be a number from 0 to {_HIGHEST_RANK}")
    made = Environment(
        id=str(uuid.uuid4()),
        repository_id=repository.id,
        slug=_slug(name),
        name=name.strip(),
        detail=detail,
        created_on=now(),
    )
    async with site.db.transaction() as db:
        await repositories.hold(db, repository)
        await _refuse_taken(db, made)
        if await store.count(db, repository.id) >= _MOST:
            raise Invalid(f"a repository has at most {_MOST} environments")
        await store.create(db, made)
    return made


async def change(site: Site, access: Access, name: str, wanted: Any) -> None:
    """Another name, or other restrictions: nothing else can be changed (recorded).

    Raises Invalid, NotFound, or Conflict if there is one of that name.
    """
    if not isinstance(wanted, dict):
        raise Invalid(f"change: must be an object ({_NO_CHANGE})", {"change": ["must be an object"]})
    for member in wanted:
        if member not in {"name", "restrictions", "type"}:
            raise members.invalid(member[:50], f"can't be changed ({_NOT_CHANGEABLE})")
    async with site.db.transaction() as db:
        await repositories.hold(db, access.repository)
        before = await _one(db, access, name)
        after = before
        if "name" in wanted:
            text = wanted["name"] if isinstance(wanted["name"], str) else ""
            after = msgspec.structs.replace(after, slug=_slug(text), name=text.strip())
        if "restrictions" in wanted:
            detail = msgspec.structs.replace(after.detail, admin_only=_admin_only(wanted["restrictions"]))
            after = msgspec.structs.replace(after, detail=detail)
        await _refuse_taken(db, after)
        await store.change(db, after)


async def remove(site: Site, access: Access, name: str) -> None:
    """Forget one with what was deployed there; raises NotFound."""
    found = await one(site, access, name)
    await store.remove(site.db, access.repository.id, found.id)


def _admin_only(restrictions: Any) -> bool:
    wanted = restrictions.get("admin_only") if isinstance(restrictions, dict) else None
    if not isinstance(wanted, bool) or not set(restrictions) <= {"admin_only", "type"}:
        raise members.invalid(
            "restrictions", f"only admin_only can be changed, to true or false ({_NO_CHANGE})"
        )
    return wanted


def _slug(name: str) -> str:
    members.needed("name", name, names.SLUG_LENGTH)
    slug = names.slugify(name)
    if not slug:
        raise members.invalid("name", "must have a letter or digit")
    return slug


async def _refuse_taken(db: Connection, wanted: Environment) -> None:
    there = await store.by_slug(db, wanted.repository_id, wanted.slug)
    if there is not None and there.id != wanted.id:
        raise Conflict(f"there is an environment {there.name!r} already")
