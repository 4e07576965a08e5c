"""Advice on app passwords, and the narrower one that follows it.

The permissions of an app password are fixed, so a narrower one is a new app
password beside it; the old one goes on working for a chosen grace and then
expires. A replacement never has more than what it replaces.
"""

import uuid

import msgspec
from msgspec import Struct

from bitpail.errors import Conflict, Invalid, NotFound
from bitpail.model.app_passwords import AppPassword, AppPasswordId
from bitpail.model.scopes import AnyScope
from bitpail.model.users import User
from bitpail.policy import advice as policy
from bitpail.policy import names
from bitpail.policy.advice import WATCHED, Advice, Verdict, Watched
from bitpail.policy.scopes import expand, minimal
from bitpail.policy.secrets import Secret
from bitpail.services import app_passwords, replacements, site_policy, usage
from bitpail.services.app_passwords import LONGEST_GRACE
from bitpail.services.clock import now
from bitpail.services.managing import Guard, any_of_them
from bitpail.services.replacements import UnderWay
from bitpail.services.site import Site
from bitpail.store import app_passwords as store

_LABEL_LENGTH = 255
_MOST_NARROWED = 100


class Advised(Struct, frozen=True):
    """An app password with the advice on it."""

    app_password: AppPassword
    advice: Advice


class Replacement(Struct, frozen=True):
    """``old`` expires when its grace is over; ``new`` has the secret that is shown once."""

    old: AppPassword
    new: AppPassword
    secret: Secret


async def of_user(site: Site, user: User, *, enough: int = WATCHED) -> list[Advised]:
    """Advice on all of a user's that are not revoked; ``enough`` are the days that tell something."""
    watched, at = await usage.watched(site, user), now()
    return [
        Advised(one, policy.advise(one, watched.get(one.id, Watched()), at, enough=enough))
        for one in await app_passwords.of_user(site, user)
    ]


async def of(site: Site, user: User, one: AppPassword) -> Advice:
    """Advice on one of them."""
    watched = await usage.watched(site, user)
    return policy.advise(one, watched.get(one.id, Watched()), now())


async def replace_as_advised(
    site: Site, user: User, label: str, grace: int, may: Guard = any_of_them, *, enough: int = WATCHED
) -> Replacement:
    """The narrower one that is advised. Raises NotFound, or Invalid if none is."""
    old = await app_passwords.labelled(site, user, label, may)
    found = next(each for each in await of_user(site, user, enough=enough) if each.app_password.id == old.id)
    if found.advice.verdict is not Verdict.NARROW:
        raise Invalid(f"nothing narrower is advised for {label!r}: {found.advice.sentence}")
    return await replace(site, user, label, found.advice.narrower, grace, may)


async def replace(
    site: Site,
    user: User,
    label: str,
    permissions: tuple[AnyScope, ...],
    grace: int,
    may: Guard = any_of_them,
) -> Replacement:
    """A new app password with fewer permissions, and an end for the old one ``grace`` seconds from now.

    Raises NotFound, Conflict while another replacement of it is under way, or
    Invalid if it would not be narrower or the administrators' policy forbids it.
    """
    if not 0 <= grace <= LONGEST_GRACE:
        raise Invalid(f"the grace must be 0 to {LONGEST_GRACE} seconds")
    old, at = await app_passwords.labelled(site, user, label, may), now()
    if old.expires_on is not None and old.expires_on <= at:
        raise Invalid(f"{label!r} has expired: create a new one")
    if not permissions or not expand(minimal(permissions)) < expand(old.scopes):
        raise Invalid(f"a replacement has fewer permissions than {label!r}, and at least one")
    if not await store.secrets_of(site.db, old.id):
        raise Invalid(f"{label!r} has no lasting secret: what replaced it would have one")
    if await replacements.of(site, user, old) is not None:
        raise Conflict(f"{label!r} is being replaced: finish that or roll it back first")
    ends_on = at + grace * 1_000_000
    ended = msgspec.structs.replace(old, expires_on=min(ends_on, old.expires_on or ends_on))
    for number in range(1, _MOST_NARROWED):
        new = _new(old, _suffixed(label, number), minimal(permissions), at)
        await site_policy.enforce(site, new)
        try:
            async with site.db.transaction() as db:
                if not await store.change(db, old, ended):
                    raise NotFound(f"{label!r} was revoked or replaced meanwhile")
                secret = await app_passwords.add(site, db, user, new)
                await replacements.record(db, user, UnderWay(ended, new, old.expires_on), grace)
        except Conflict:
            continue
        return Replacement(ended, new, secret)
    raise Conflict(f"{label!r} was narrowed too often: give it another label first")


def _suffixed(label: str, number: int) -> str:
    suffix = " (narrowed)" if number == 1 else f" (narrowed {number})"
    return names.check_label(label[: _LABEL_LENGTH - len(suffix)] + suffix)


def _new(old: AppPassword, label: str, permissions: tuple[AnyScope, ...], at: int) -> AppPassword:
    return msgspec.structs.replace(
        old,
        id=AppPasswordId(str(uuid.uuid4())),
        label=label,
        scopes=permissions,
        created_on=at,
        last_used_on=None,
        last_used_address=None,
        last_used_client=None,
    )
