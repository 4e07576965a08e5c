"""What may not be done to branches: said, changed, taken back. Pushes are held against it elsewhere."""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import UNSET, Struct, UnsetType

from bitpail.errors import Conflict, Invalid, NotFound
from bitpail.model.access import Access
from bitpail.model.audit import Kind as EventKind
from bitpail.model.branch_restrictions import (
    LEAST_VALUE,
    WITH_EXCEPTIONS,
    Kind,
    MatchKind,
    Restriction,
    Rule,
)
from bitpail.model.branching_models import BranchType
from bitpail.model.groups import Group, GroupId
from bitpail.model.users import User, UserId
from bitpail.policy import branch_restrictions as policy
from bitpail.policy import names
from bitpail.services import place_events, repositories
from bitpail.services.site import Site
from bitpail.store import branch_restrictions as store
from bitpail.store import groups, users
from bitpail.store.database import Connection

_MOST = 500
_MOST_EXCEPTED = 100
_MOST_VALUE = 1000


class UserName(Struct, frozen=True):
    """How a client names somebody: one of these is enough."""

    uuid: str | None = None
    account_id: str | None = None
    username: str | None = None


class Told(Struct, frozen=True):
    """What a client says of one; None leaves what was said before."""

    kind: Kind | None = None
    match_kind: MatchKind | None = None
    branch_type: BranchType | None = None
    pattern: str | None = None
    value: int | UnsetType | None = UNSET
    users: Sequence[UserName] | None = None
    group_slugs: Sequence[str] | None = None


class Described(Struct, frozen=True):
    """A restriction with the people and groups whom it excepts."""

    restriction: Restriction
    users: list[User]
    groups: list[Group]


async def of_repository(site: Site, access: Access) -> list[Described]:
    """All of them, by number."""
    return await _described(site.db, await store.of_repository(site.db, access.repository.id))


async def one(site: Site, access: Access, number: int) -> Described:
    """The one of that number; raises NotFound."""
    found = await store.one(site.db, access.repository.id, number)
    if found is None:
        raise NotFound(f"there is no branch restriction {number}")
    return (await _described(site.db, [found]))[0]


async def create(site: Site, access: Access, told: Told) -> Described:
    """A new one; raises Invalid, or Conflict if there is one of that kind for those branches."""
    if told.kind is None:
        raise _required("kind")
    rule = await _excepting(site, access, told, Rule())
    async with site.db.transaction() as db:
        await repositories.hold(db, access.repository)
        others = await store.of_repository(db, access.repository.id)
        if len(others) >= _MOST:
            raise Invalid(f"a repository has at most {_MOST} branch restrictions")
        number = 1 + await store.last_number(db, access.repository.id)
        made = _changed(Restriction(access.repository.id, number, told.kind, "", rule), told)
        _check_unique(made, others)
        await store.create(db, made)
        return await _told(db, EventKind.BRANCH_RESTRICTION_ADDED, access, made)


async def change(site: Site, access: Access, number: int, told: Told) -> Described:
    """Change what is said; raises NotFound, and as ``create``."""
    before = (await one(site, access, number)).restriction
    rule = await _excepting(site, access, told, before.rule)
    async with site.db.transaction() as db:
        await repositories.hold(db, access.repository)
        others = await store.of_repository(db, access.repository.id)
        found = next((other for other in others if other.number == number), None)
        if found is None:
            raise NotFound(f"there is no branch restriction {number}")
        rule = msgspec.structs.replace(found.rule, users=rule.users, groups=rule.groups)
        made = _changed(msgspec.structs.replace(found, rule=rule), told)
        _check_unique(made, others)
        await store.update(db, made)
        if made == found:
            return (await _described(db, [made]))[0]
        return await _told(db, EventKind.BRANCH_RESTRICTION_CHANGED, access, made)


async def remove(site: Site, access: Access, number: int) -> None:
    """Take it back; raises NotFound."""
    async with site.db.transaction() as db:
        await repositories.hold(db, access.repository)
        before = await store.one(db, access.repository.id, number)
        if before is None or not await store.remove(db, access.repository.id, number):
            raise NotFound(f"there is no branch restriction {number}")
        await _told(db, EventKind.BRANCH_RESTRICTION_REMOVED, access, before)


async def _told(db: Connection, kind: EventKind, access: Access, restriction: Restriction) -> Described:
    """Write down what was done, and give it with the people it excepts."""
    (found,) = await _described(db, [restriction])
    excepted: list[User | Group] = [*found.users, *found.groups]
    await place_events.restricted(db, kind, access.repository, restriction, excepted)
    return found


def _changed(before: Restriction, told: Told) -> Restriction:
    """With what the client says and what follows from it; raises Invalid."""
    kind = told.kind or before.kind
    match_kind = told.match_kind or before.match_kind
    if match_kind is MatchKind.GLOB:
        pattern, branch_type = _pattern(told.pattern if told.pattern is not None else before.pattern), None
    else:
        pattern, branch_type = "", told.branch_type or before.rule.branch_type
        if branch_type is None:
            raise _required("branch_type")
    value = before.rule.value if told.value is UNSET else told.value
    rule = msgspec.structs.replace(before.rule, branch_type=branch_type, value=_value(kind, value))
    if kind not in WITH_EXCEPTIONS and (rule.users or rule.groups):
        member = "users" if rule.users else "groups"
        kinds = " and ".join(sorted(WITH_EXCEPTIONS))
        raise _wrong(member, f"only {kinds} may have exceptions")
    return Restriction(before.repository_id, before.number, kind, pattern, rule)


def _pattern(pattern: str) -> str:
    if not pattern:
        raise _required("pattern")
    try:
        return policy.check_pattern(pattern)
    except Invalid as error:
        raise _wrong("pattern", error.message) from None


def _value(kind: Kind, value: int | UnsetType | None) -> int | None:
    least = LEAST_VALUE.get(kind)
    if least is None:
        return None
    if value is None or value is UNSET:
        raise _required("value")
    if not least <= value <= _MOST_VALUE:
        raise _wrong("value", f"must be from {least} to {_MOST_VALUE}")
    return value


def _check_unique(made: Restriction, others: Iterable[Restriction]) -> None:
    for other in others:
        if (
            other.number != made.number
            and (other.kind, other.pattern) == (made.kind, made.pattern)
            and other.rule.branch_type == made.rule.branch_type
        ):
            raise Conflict(
                f"branch restriction {other.number} says the same of these branches already: change it"
            )


async def _excepting(site: Site, access: Access, told: Told, before: Rule) -> Rule:
    """The rule with the users and groups that the client names; raises Invalid."""
    rule = before
    if told.users is not None:
        _check_number("users", told.users)
        ids = [await _user(site, access, name) for name in told.users]
        rule = msgspec.structs.replace(rule, users=tuple(dict.fromkeys(ids)))
    if told.group_slugs is not None:
        _check_number("groups", told.group_slugs)
        found = [await _group(site, access, slug) for slug in told.group_slugs]
        rule = msgspec.structs.replace(rule, groups=tuple(dict.fromkeys(found)))
    return rule


def _check_number(member: str, given: Sequence[object]) -> None:
    if len(given) > _MOST_EXCEPTED:
        raise _wrong(member, f"at most {_MOST_EXCEPTED}")


async def _user(site: Site, access: Access, name: UserName) -> UserId:
    """Somebody who may see the repository; nobody and a stranger sound alike."""
    wanted = name.uuid or name.account_id or name.username
    if not wanted:
        raise _wrong("users", "each needs a uuid or an account_id")
    _check_text("users", wanted)
    user = await _named(site.db, name)
    if user is not None and await repositories.is_seen_by(site, access.repository, user):
        return user.id
    raise _wrong("users", f"nobody with access to this repository: {wanted}")


async def _named(db: Connection, name: UserName) -> User | None:
    if name.uuid:
        return await users.by_id(db, UserId(name.uuid.strip("{}").lower()))
    if name.account_id:
        return await users.by_account_id(db, name.account_id)
    return await users.by_username(db, name.username or "")


async def _group(site: Site, access: Access, slug: str) -> GroupId:
    _check_text("groups", slug)
    found = await groups.by_slug(site.db, access.workspace.id, slug)
    if found is None:
        raise _wrong("groups", f"no group of this workspace: {slug}")
    return found.id


def _check_text(member: str, text: str) -> None:
    try:
        names.check_text(text, "name", 255)
    except Invalid as error:
        raise _wrong(member, error.message) from None


async def _described(db: Connection, restrictions: list[Restriction]) -> list[Described]:
    people = await users.by_ids(db, {one for each in restrictions for one in each.rule.users})
    found = await groups.by_ids(db, {one for each in restrictions for one in each.rule.groups})
    return [
        Described(
            each,
            [people[one] for one in each.rule.users if one in people],
            [found[one] for one in each.rule.groups if one in found],
        )
        for each in restrictions
    ]


def _required(member: str) -> Invalid:
    return _wrong(member, "required key not provided")


def _wrong(member: str, text: str) -> Invalid:
    return Invalid(f"{member}: {text}", {member: [text]})
