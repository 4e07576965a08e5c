"""The life of an app password and its kin: made, listed, rotated, revoked. A secret is returned once, and not kept.

``how`` says of which kind it is, and who does it: of an access token the user is its robot.
"""

import uuid
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

from bitpail.errors import Conflict, Invalid, NotFound
from bitpail.model.app_passwords import AppPassword, AppPasswordId, SecretState
from bitpail.model.audit import Kind
from bitpail.model.credentials import CredentialKind
from bitpail.model.limits import NO_LIMITS, Limits
from bitpail.model.scopes import Scope
from bitpail.model.users import User
from bitpail.policy import kinds, names, scopes, secrets
from bitpail.policy import limits as policy_limits
from bitpail.policy.secrets import Family, Secret
from bitpail.services import audit, narrowed, places, site_policy
from bitpail.services.clock import now
from bitpail.services.managing import OWN_APP_PASSWORDS, Managing
from bitpail.services.site import Site
from bitpail.store import app_passwords as store
from bitpail.store.database import Connection

LONGEST_GRACE = 90 * 24 * 3600
"""Seconds for which the old secret of a rotation may go on working."""

LONGEST_LIFETIME = 100 * 365 * 24 * 3600
"""Seconds; an expiry beyond it is a slip of the keyboard."""

_SECOND = 1_000_000
_APP_PASSWORD = CredentialKind.APP_PASSWORD
_FAMILIES = {
    CredentialKind.APP_PASSWORD: Family.APP_PASSWORD,
    CredentialKind.API_TOKEN: Family.API_TOKEN,
    CredentialKind.REPOSITORY_ACCESS_TOKEN: Family.ACCESS_TOKEN,
    CredentialKind.PROJECT_ACCESS_TOKEN: Family.ACCESS_TOKEN,
    CredentialKind.WORKSPACE_ACCESS_TOKEN: Family.ACCESS_TOKEN,
}


class Wanted(Struct, frozen=True, kw_only=True):
    """What a user wants an app password to be, in the user's own words.

    ``lifetime`` is seconds from now; ``repositories`` are ``workspace/slug``,
    ``projects`` ``workspace/KEY``, ``workspaces`` slugs.
    """

    label: str
    permissions: tuple[str, ...]
    lifetime: int | None = None
    repositories: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    workspaces: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    no_force: bool = False
    no_delete: bool = False


class Rotation(Struct, frozen=True):
    """Two secrets of one app password: the old one works until ``ends_on``."""

    old: SecretState
    new: SecretState


async def create(
    site: Site, user: User, wanted: Wanted, how: Managing = OWN_APP_PASSWORDS
) -> tuple[AppPassword, Secret]:
    """A new app password and its secret.

    Raises Invalid (the administrators' policy too), NotFound (a place it is
    limited to) or Conflict (the label is in use).
    """
    app_password = await described(site, user, wanted, how.kind)
    await how.may(app_password)
    try:
        async with site.db.transaction() as db:
            secret = await add(site, db, user, app_password)
    except Conflict:
        raise Conflict(f"{user.username} has {kinds.a(how.kind)} labelled {wanted.label!r} already") from None
    return app_password, secret


async def described(
    site: Site,
    user: User,
    wanted: Wanted,
    kind: CredentialKind = _APP_PASSWORD,
    place: Limits = NO_LIMITS,
) -> AppPassword:
    """What ``create`` would make: checked, and not written. ``place`` is where an access token is made."""
    granted = scopes.minimal(kinds.scope(kind, name) for name in wanted.permissions)
    if not granted:
        raise Invalid(f"{kinds.a(kind)} needs at least one permission")
    kinds.check_lifetime(kind, wanted.lifetime)
    created = now()
    app_password = AppPassword(
        id=AppPasswordId(str(uuid.uuid4())),
        user_id=user.id,
        label=names.check_label(wanted.label),
        scopes=granted,
        limits=await _limits(site, user, wanted, place),
        created_on=created,
        expires_on=_expiry(kind, created, wanted.lifetime),
        revoked_on=None,
        last_used_on=None,
        last_used_address=None,
        last_used_client=None,
        kind=kind,
    )
    await site_policy.enforce(site, app_password)
    return app_password


async def add(site: Site, db: Connection, user: User, app_password: AppPassword, by: str = "") -> Secret:
    """Write a new one and make its secret, in a transaction. Raises Conflict."""
    await store.create(db, app_password)
    permissions = app_password.scopes
    await record(db, Kind.APP_PASSWORD_CREATED, user, app_password, by=by, permissions=permissions)
    return await add_secret(site, db, app_password)


async def record(db: Connection, kind: Kind, user: User, app_password: AppPassword, **detail: Any) -> None:
    """Write down what was done to one, and of which kind it is if it is no app password."""
    if app_password.kind is not _APP_PASSWORD:
        detail["credential"] = app_password.kind.words
    await audit.record(db, kind, user=user, app_password=app_password, **detail)


async def add_secret(
    site: Site, db: Connection, app_password: AppPassword, *, short_lived_until: int | None = None
) -> Secret:
    """Give it one more secret, in a transaction; ``short_lived_until`` is the end of one for some minutes."""
    secret = await _unused(db, _FAMILIES[app_password.kind])
    number = site.keys.newest
    digest = secrets.digest(secret, site.keys.app_passwords[number])
    lookup = secrets.lookup_name(secret)
    key = narrowed.kept_key(site, secret, lookup, number) if app_password.kind is _APP_PASSWORD else None
    await store.add_secret(
        db, app_password.id, lookup, digest, number, now(), key, short_lived_until=short_lived_until
    )
    return secret


async def _unused(db: Connection, family: Family) -> Secret:
    """A new secret whose look-up name is free: it is short, so two can meet."""
    while True:
        secret = secrets.generate(family)
        if await store.by_lookup(db, secrets.lookup_name(secret)) is None:
            return secret


async def _limits(site: Site, user: User, wanted: Wanted, place: Limits) -> Limits:
    if place.places and (wanted.repositories or wanted.projects or wanted.workspaces):
        raise Invalid("an access token works where it is made and nowhere else")
    limits = Limits(
        repositories=tuple(
            [await places.repository(site, user, *two_names(name)) for name in wanted.repositories]
        ),
        projects=tuple([await places.project(site, user, *two_names(name)) for name in wanted.projects]),
        workspaces=tuple([await places.workspace(site, user, slug) for slug in wanted.workspaces]),
        networks=tuple(policy_limits.check_network(text) for text in wanted.networks),
        branches=tuple(policy_limits.check_branch_pattern(text) for text in wanted.branches),
        no_force=wanted.no_force,
        no_delete=wanted.no_delete,
    )
    if not place.places:
        return limits
    return msgspec.structs.replace(
        limits, repositories=place.repositories, projects=place.projects, workspaces=place.workspaces
    )


def two_names(full_name: str) -> tuple[str, str]:
    """``workspace/name`` taken apart; raises Invalid."""
    workspace, slash, name = full_name.partition("/")
    if not slash or not workspace or not name or "/" in name:
        raise Invalid(f"name it as WORKSPACE/NAME, not {full_name!r}")
    return workspace, name


def _expiry(kind: CredentialKind, created: int, lifetime: int | None) -> int | None:
    if lifetime is None:
        return None
    if lifetime <= 0:
        raise Invalid(f"{kinds.a(kind)} can't expire in the past")
    if lifetime > LONGEST_LIFETIME:
        raise Invalid(f"{kinds.a(kind)} can't expire in more than 100 years")
    return created + lifetime * _SECOND


def parse_scopes(permissions: Iterable[str]) -> list[Scope]:
    """Scopes by name; raises Invalid, naming what is not one."""
    found = []
    for name in permissions:
        try:
            found.append(Scope(name))
        except ValueError:
            raise Invalid(f"not a permission: {name!r} (one of: {', '.join(Scope)})") from None
    return found


async def of_user(
    site: Site, user: User, kind: CredentialKind = _APP_PASSWORD, *, include_revoked: bool = False
) -> list[AppPassword]:
    """All of a user's, oldest first."""
    await site.last_uses.flush()
    return await store.of_user(site.db, user.id, kind, include_revoked=include_revoked)


async def free_label(site: Site, user: User, label: str) -> str:
    """The label itself, or with the first number behind it that makes it one that none of the user's has."""
    taken = {one.label for one in await store.of_user(site.db, user.id, include_revoked=False)}
    numbered = (f"{label} {number}" for number in range(2, len(taken) + 3))
    return next(one for one in (label, *numbered) if one not in taken)


async def labelled(site: Site, user: User, label: str, how: Managing = OWN_APP_PASSWORDS) -> AppPassword:
    """The unrevoked one of that label; raises NotFound.

    What ``how.may`` has judged is this very row: the label can be another one's a moment later.
    """
    app_password = await store.by_label(site.db, user.id, label, how.kind)
    if app_password is None:
        raise NotFound(f"{user.username} has no {how.kind.words} labelled {label!r}")
    await how.may(app_password)
    return app_password


async def identified(
    site: Site, user: User, app_password_id: str, kind: CredentialKind = _APP_PASSWORD
) -> AppPassword:
    """One of a user's by its id, revoked ones too; raises NotFound."""
    await site.last_uses.flush()
    app_password = await store.by_id(site.db, user.id, app_password_id)
    if app_password is None or app_password.kind is not kind:
        raise NotFound(f"there is no such {kind.words}")
    return app_password


async def revoke(site: Site, user: User, label: str, how: Managing = OWN_APP_PASSWORDS) -> AppPassword:
    """End one; the next request that presents it is refused. Raises NotFound."""
    app_password = await labelled(site, user, label, how)
    async with site.db.transaction() as db:
        if await store.revoke(db, app_password.id, now()):
            await record(db, Kind.APP_PASSWORD_REVOKED, user, app_password, by=how.whose)
    return app_password


async def rotate(
    site: Site, user: User, label: str, grace: int, how: Managing = OWN_APP_PASSWORDS
) -> tuple[AppPassword, Secret]:
    """A new secret for the same app password; the old one works ``grace`` seconds more.

    Raises NotFound, Invalid, or Conflict while another rotation is under way.
    """
    if not 0 <= grace <= LONGEST_GRACE:
        raise Invalid(f"the grace must be 0 to {LONGEST_GRACE} seconds")
    app_password = await labelled(site, user, label, how)
    if app_password.expires_on is not None and app_password.expires_on <= now():
        # Its new secret would be no better than the old one.
        raise Invalid(f"{label!r} has expired: create a new one")
    async with site.db.transaction() as db:
        current = await _living(db, app_password)
        if not current:
            raise Invalid(f"{label!r} has no lasting secret: each one is handed out for some minutes")
        ends_on = now() + grace * _SECOND
        if len(current) != 1 or not await store.start_ending(db, current[0].lookup, ends_on):
            raise Conflict(f"{label!r} is being rotated: finish that or roll it back first")
        await record(db, Kind.APP_PASSWORD_ROTATED, user, app_password, by=how.whose, grace=grace)
        return app_password, await add_secret(site, db, app_password)


async def rotation(site: Site, user: User, label: str, how: Managing = OWN_APP_PASSWORDS) -> Rotation | None:
    """The rotation that is under way, with when and from where the old secret was last used."""
    return await _rotation(site, await labelled(site, user, label, how))


async def _rotation(site: Site, app_password: AppPassword) -> Rotation | None:
    await site.last_uses.flush()
    living = await _living(site.db, app_password)
    return Rotation(living[0], living[-1]) if len(living) > 1 else None


async def finish_rotation(site: Site, user: User, label: str, how: Managing = OWN_APP_PASSWORDS) -> None:
    """End the old secret now. Raises NotFound if no rotation is under way."""
    app_password, under_way = await _under_way(site, user, label, how)
    async with site.db.transaction() as db:
        if not await store.end_secret(db, under_way.old.lookup, now()):
            raise _not_rotated(label)
        await record(db, Kind.APP_PASSWORD_ROTATION_FINISHED, user, app_password, by=how.whose)


async def roll_back_rotation(site: Site, user: User, label: str, how: Managing = OWN_APP_PASSWORDS) -> None:
    """Forget the new secret; the old one stays as it was. Raises NotFound."""
    app_password, under_way = await _under_way(site, user, label, how)
    async with site.db.transaction() as db:
        # First, so that of two who end it differently the second one finds nothing to do.
        if not await store.stop_ending(db, under_way.old.lookup, now()):
            raise _not_rotated(label)
        await store.remove_secret(db, under_way.new.lookup)
        await record(db, Kind.APP_PASSWORD_ROTATION_ROLLED_BACK, user, app_password, by=how.whose)


async def _under_way(site: Site, user: User, label: str, how: Managing) -> tuple[AppPassword, Rotation]:
    app_password = await labelled(site, user, label, how)
    under_way = await _rotation(site, app_password)
    if under_way is None:
        raise _not_rotated(label)
    return app_password, under_way


def _not_rotated(label: str) -> NotFound:
    return NotFound(f"no rotation of {label!r} is under way")


async def _living(db: Connection, app_password: AppPassword) -> list[SecretState]:
    at = now()
    return [
        state
        for state in await store.secrets_of(db, app_password.id)
        if state.ends_on is None or state.ends_on > at
    ]
