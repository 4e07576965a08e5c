"""Advice on app passwords and their kin, and the narrower one that follows it.

The permissions of a credential are fixed, so a narrower one is a new one of its
kind beside it; the old one goes on working for a chosen grace and then expires.
A replacement never has more than what it replaces. That of an access token is
one more of the same robot: what the robot has said and done stays its own.
"""

import uuid
from collections.abc import Iterable

import msgspec
from msgspec import Struct

from bitpail.errors import Conflict, Invalid, NotFound
from bitpail.model.app_passwords import AppPassword, AppPasswordId
from bitpail.model.credentials import CredentialKind
from bitpail.model.scopes import AnyScope
from bitpail.model.users import User, UserId
from bitpail.policy import advice as policy
from bitpail.policy import kinds, names
from bitpail.policy.advice import WATCHED, Advice, Verdict, Watched
from bitpail.policy.scopes import expand, minimal
from bitpail.policy.secrets import Secret
from bitpail.services import app_passwords, replacements, site_policy, usage
from bitpail.services.app_passwords import LONGEST_GRACE
from bitpail.services.clock import now
from bitpail.services.managing import OWN_APP_PASSWORDS, Managing
from bitpail.services.replacements import UnderWay
from bitpail.services.site import Site
from bitpail.store import app_passwords as store

_LABEL_LENGTH = 255
_MOST_NARROWED = 100
_APP_PASSWORD = CredentialKind.APP_PASSWORD


class Advised(Struct, frozen=True):
    """An app password with the advice on it."""

    app_password: AppPassword
    advice: Advice


class Replacement(Struct, frozen=True):
    """``old`` expires when its grace is over; ``new`` has the secret that is shown once."""

    old: AppPassword
    new: AppPassword
    secret: Secret


async def of_user(
    site: Site, user: User, kind: CredentialKind = _APP_PASSWORD, *, enough: int = WATCHED
) -> list[Advised]:
    """Advice on all of a user's that are not revoked; ``enough`` are the days that tell something."""
    listed = await app_passwords.of_user(site, user, kind)
    return await of_each(site, [(user, one) for one in listed], enough=enough)


async def of_each(
    site: Site, listed: Iterable[tuple[User, AppPassword]], *, enough: int = WATCHED
) -> list[Advised]:
    """Advice on some, each with its user: of a person, or of the robots of a place."""
    watched: dict[UserId, dict[AppPasswordId, Watched]] = {}
    found, at = [], now()
    for user, one in listed:
        if user.id not in watched:
            watched[user.id] = await usage.watched(site, user)
        known = watched[user.id].get(one.id, Watched())
        found.append(Advised(one, policy.advise(one, known, at, enough=enough)))
    return found


async def of(site: Site, user: User, one: AppPassword, *, enough: int = WATCHED) -> Advice:
    """Advice on one of them."""
    (found,) = await of_each(site, [(user, one)], enough=enough)
    return found.advice


async def replace_as_advised(
    site: Site,
    user: User,
    label: str,
    grace: int,
    how: Managing = OWN_APP_PASSWORDS,
    *,
    enough: int = WATCHED,
) -> Replacement:
    """The narrower one that is advised. Raises NotFound, or Invalid if none is."""
    await site.last_uses.flush()
    old = await app_passwords.labelled(site, user, label, how)
    advice = await of(site, user, old, enough=enough)
    if advice.verdict is not Verdict.NARROW:
        raise Invalid(f"nothing narrower is advised for {label!r}: {advice.sentence}")
    return await replace(site, user, label, advice.narrower, grace, how)


async def replace(
    site: Site,
    user: User,
    label: str,
    permissions: tuple[str, ...],
    grace: int,
    how: Managing = OWN_APP_PASSWORDS,
) -> Replacement:
    """A new one with fewer permissions, and an end for the old one ``grace`` seconds from now.

    ``permissions`` are scopes of its kind, by name too.
    Raises NotFound, Conflict while another replacement of it is under way, or
    Invalid if it would not be narrower or the administrators' policy forbids it.
    """
    if not 0 <= grace <= LONGEST_GRACE:
        raise Invalid(f"the grace must be 0 to {LONGEST_GRACE} seconds")
    old, at = await app_passwords.labelled(site, user, label, how), now()
    if old.expires_on is not None and old.expires_on <= at:
        raise Invalid(f"{label!r} has expired: create a new one")
    wanted = minimal(_scope(old, name) for name in permissions)
    if not wanted or not expand(wanted) < expand(old.scopes):
        raise Invalid(f"a replacement has fewer permissions than {label!r}, and at least one")
    if not await store.secrets_of(site.db, old.id):
        raise Invalid(f"{label!r} has no lasting secret: what replaced it would have one")
    if await replacements.of(site, user, old) is not None:
        raise Conflict(f"{label!r} is being replaced: finish that or roll it back first")
    ends_on = at + grace * 1_000_000
    ended = msgspec.structs.replace(old, expires_on=min(ends_on, old.expires_on or ends_on))
    for number in range(1, _MOST_NARROWED):
        new = _new(old, _suffixed(label, number), wanted, at, how.by)
        await site_policy.enforce(site, new)
        try:
            async with site.db.transaction() as db:
                if not await store.change(db, old, ended):
                    raise NotFound(f"{label!r} was revoked or replaced meanwhile")
                secret = await app_passwords.add(site, db, user, new, how.whose)
                await replacements.record(db, user, UnderWay(ended, new, old.expires_on), grace, how.whose)
        except Conflict:
            continue
        return Replacement(ended, new, secret)
    raise Conflict(f"{label!r} was narrowed too often: give it another label first")


def _scope(old: AppPassword, name: str) -> AnyScope:
    # A policy may have left it what none of its kind can be made with.
    return next((held for held in old.scopes if held == name), None) or kinds.scope(old.kind, name)


def _suffixed(label: str, number: int) -> str:
    suffix = " (narrowed)" if number == 1 else f" (narrowed {number})"
    return names.check_label(label[: _LABEL_LENGTH - len(suffix)] + suffix)


def _new(
    old: AppPassword, label: str, permissions: tuple[AnyScope, ...], at: int, by: User | None
) -> AppPassword:
    return msgspec.structs.replace(
        old,
        id=AppPasswordId(str(uuid.uuid4())),
        label=label,
        scopes=permissions,
        created_on=at,
        last_used_on=None,
        last_used_address=None,
        last_used_client=None,
        # Who made the one of a robot is told of it.
        created_by=by.id if by else old.created_by,
    )
