"""A CI's job shows the ID token that its CI gave it, and gets a secret for some minutes.

A rule belongs to one app password of its user, whose permissions and limits the secrets have: revoked,
it ends them all. An ID token is taken once. Whoever shows one learns nothing about rules that it does not fit.
"""

import uuid
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import msgspec
import structlog
from msgspec import Struct

from bitpail.errors import BitpailError, Conflict, Invalid, NotFound
from bitpail.model.access import Client
from bitpail.model.app_passwords import AppPassword
from bitpail.model.audit import Kind
from bitpail.model.trust_rules import Trusted, TrustRule, TrustRuleId, TrustUse
from bitpail.model.users import User
from bitpail.policy import attenuation
from bitpail.policy import trust_rules as policy
from bitpail.policy.names import printable
from bitpail.policy.secrets import Secret
from bitpail.services import app_passwords, audit, issuers
from bitpail.services.clock import now
from bitpail.services.managing import Guard, any_of_them
from bitpail.services.site import Site
from bitpail.store import app_passwords as app_passwords_store
from bitpail.store import trust_rules as store

MOST_RULES = 100
"""Of one user."""
USES_KEPT = 30
"""Days."""

_MOST_OF_ISSUER = 1000
_SHOWN_USES = 50
_SECOND = 1_000_000
_DAY = 86_400 * _SECOND
_SUBJECT_LENGTH = 300
_MISFIT = "no trust rule fits this ID token"

log = structlog.get_logger()


class OutOfScope(BitpailError):
    """The permissions that were asked for are none, or none that the rule gives."""


class WantedRule(Struct, frozen=True, kw_only=True):
    """What a user wants a rule to be. Without an audience it is the address of this server."""

    app_password: app_passwords.Wanted
    issuer: str
    claims: Mapping[str, str]
    audience: str = ""
    lifetime: int = policy.DEFAULT_LIFETIME


class Exchanged(Struct, frozen=True):
    """A secret that was handed out: what it may, and until when in microseconds since 1970."""

    app_password: AppPassword
    user: User
    secret: Secret
    ends_on: int


class Tried(Struct, frozen=True):
    """A rule held against a token; ``misfit`` is None if it fits."""

    label: str
    misfit: str | None


async def create(site: Site, user: User, wanted: WantedRule, may: Guard = any_of_them) -> Trusted:
    """A new rule with its app password, which has no secret yet. Raises Invalid, NotFound or Conflict."""
    issuer = policy.issuer_url(wanted.issuer)
    if not site.issuers.may_be_asked(issuer):
        raise Invalid(
            f"{issuer} speaks no https: an administrator can allow it by the setting private_issuers"
        )
    policy.check_claims(issuer, wanted.claims)
    if not 60 <= wanted.lifetime <= policy.LONGEST_LIFETIME:
        raise Invalid(f"a secret lives for 1 to {policy.LONGEST_LIFETIME // 60} minutes")
    audience = policy.check_audience(wanted.audience or site.settings.public_url.rstrip("/"))
    if len(await store.of_user(site.db, user.id)) >= MOST_RULES:
        raise Invalid(f"{user.username} has {MOST_RULES} trust rules, which is as many as possible")
    made = await app_passwords.described(site, user, wanted.app_password)
    await may(made)
    rule = TrustRule(
        TrustRuleId(str(uuid.uuid4())),
        made.id,
        issuer,
        audience,
        dict(wanted.claims),
        wanted.lifetime,
        now(),
        None,
    )
    try:
        async with site.db.transaction() as db:
            await app_passwords_store.create(db, made)
            await store.create(db, rule)
            await audit.record(
                db,
                Kind.TRUST_RULE_CREATED,
                user=user,
                app_password=made,
                permissions=made.scopes,
                issuer=issuer,
                audience=audience,
                claims=dict(wanted.claims),
            )
    except Conflict:
        raise Conflict(f"{user.username} has an app password labelled {made.label!r} already") from None
    return Trusted(rule, made, user)


async def of_user(site: Site, user: User) -> list[Trusted]:
    """A user's, oldest first, but for those whose app password was revoked."""
    await site.last_uses.flush()
    return await store.of_user(site.db, user.id)


async def labelled(site: Site, user: User, label: str, may: Guard = any_of_them) -> Trusted:
    """The rule of that label; raises NotFound."""
    found = next((one for one in await of_user(site, user) if one.app_password.label == label), None)
    if found is None:
        raise NotFound(f"{user.username} has no trust rule labelled {label!r}")
    await may(found.app_password)
    return found


async def uses(site: Site, rule: TrustRule) -> list[TrustUse]:
    """The latest exchanges by a rule, the newest first."""
    return await store.uses_of(site.db, rule.id, _SHOWN_USES)


async def remove(site: Site, user: User, label: str, may: Guard = any_of_them) -> None:
    """End a rule: its app password is revoked, and with it what was handed out. Raises NotFound."""
    found = await labelled(site, user, label, may)
    async with site.db.transaction() as db:
        if await app_passwords_store.revoke(db, found.app_password.id, now()):
            await audit.record(db, Kind.TRUST_RULE_REMOVED, user=user, app_password=found.app_password)


async def exchange(
    site: Site, token: str, client: Client, *, rule: str = "", scope: tuple[str, ...] | None = None
) -> Exchanged:
    """A new secret for whoever shows an ID token that fits a rule; ``rule`` is its label or id.

    ``scope`` narrows it to some permissions. Raises Invalid, and Unreachable while the keys
    of the issuer can't be had.
    """
    issuer = issuers.issuer_of(token)
    found = [one for one in await store.by_issuer(site.db, issuer, _MOST_OF_ISSUER, rule) if _works(one)]
    if not found:
        raise Invalid(_MISFIT)
    claims = await site.issuers.verify(token, issuer, _line(issuer, found))
    expires = policy.check_times(claims, now() / _SECOND)
    trusted = _fitting(found, claims)
    to = _narrowing(trusted.app_password, scope)
    secret, ends_on = await _hand_out(site, trusted, token, claims, expires, client)
    if to is None:
        return Exchanged(trusted.app_password, trusted.user, secret, ends_on)
    left = attenuation.left_of(trusted.app_password, [to], {})
    return Exchanged(left, trusted.user, attenuation.narrow(secret, to), ends_on)


def _narrowing(one: AppPassword, scope: tuple[str, ...] | None) -> attenuation.Narrowing | None:
    if scope is None:
        return None
    try:
        app_passwords.parse_scopes(scope)
    except Invalid as error:
        raise OutOfScope(error.message) from None
    to = attenuation.Narrowing(permissions=scope)
    if not attenuation.left_of(one, [to], {}).scopes:
        raise OutOfScope("the trust rule gives none of these permissions")
    return to


async def tried(site: Site, user: User, token: str) -> list[Tried]:
    """Each of a user's rules held against a token, which stays as good as it was. Raises as ``exchange``."""
    issuer = issuers.issuer_of(token)
    listed = await of_user(site, user)
    if not any(one.rule.issuer == issuer for one in listed):
        return [
            Tried(one.app_password.label, f"its issuer is {issuer[:200]!r}, not {one.rule.issuer!r}")
            for one in listed
        ]
    claims = await site.issuers.verify(token, issuer, user.id)
    policy.check_times(claims, now() / _SECOND)
    return [Tried(one.app_password.label, _misfit(one, claims)) for one in listed]


async def forget_old(site: Site) -> None:
    """Forget exchanges that nobody needs to know of any more."""
    at = now()
    await store.sweep(site.db, at - USES_KEPT * _DAY, at)


def _line(issuer: str, found: list[Trusted]) -> str:
    """Who waits while an issuer is slow: the one user whose rules name it, or whoever's jobs come from it."""
    users = {one.user.id for one in found}
    return users.pop() if len(users) == 1 else issuer


def _works(one: Trusted) -> bool:
    expires_on = one.app_password.expires_on
    return one.user.is_active and (expires_on is None or expires_on > now())


def _misfit(one: Trusted, claims: Mapping[str, Any]) -> str | None:
    if claims.get("iss") != one.rule.issuer:
        return f"its issuer is {str(claims.get('iss'))[:200]!r}, not {one.rule.issuer!r}"
    if not _works(one):
        return "its app password has ended"
    return policy.misfit(one.rule, claims)


def _fitting(found: list[Trusted], claims: Mapping[str, Any]) -> Trusted:
    reasons = {one.rule.id: policy.misfit(one.rule, claims) for one in found}
    fitting = [one for one in found if reasons[one.rule.id] is None]
    if not fitting:
        # For whoever runs the server; 'bitpail trust-rule try' tells the owner.
        log.info("trust_rule.misfit", reasons=reasons if len(reasons) < 10 else len(reasons))
        raise Invalid(_MISFIT)
    if len(fitting) > 1:
        raise Invalid(
            "more than one trust rule fits this ID token: name one by rule=ID, as its page shows it"
        )
    return fitting[0]


async def _hand_out(
    site: Site,
    trusted: Trusted,
    token: str,
    claims: Mapping[str, Any],
    expires: int,
    client: Client,
) -> tuple[Secret, int]:
    at, one = now(), trusted.app_password
    ends_on = min(at + trusted.rule.lifetime * _SECOND, one.expires_on or at + _DAY)
    subject = str(claims.get("sub", ""))[:_SUBJECT_LENGTH]
    used = TrustUse(
        token=_digest(token, claims),
        rule_id=trusted.rule.id,
        used_on=at,
        keep_until=(expires + 2 * policy.SKEW) * _SECOND,
        subject=printable(subject),
        address=client.address,
    )
    try:
        async with site.db.transaction() as db:
            await store.use(db, used)
            await app_passwords_store.forget_ended(db, one.id, at - _DAY)
            secret = await app_passwords.add_secret(site, db, one, short_lived_until=ends_on)
            await audit.record(
                db,
                Kind.TRUST_RULE_USED,
                user=trusted.user,
                app_password=one,
                subject=used.subject,
                rule=trusted.rule.id,
            )
    except Conflict:
        raise Invalid("this ID token was exchanged before: each is taken once") from None
    return secret, ends_on


def _digest(token: str, claims: Mapping[str, Any]) -> str:
    """By which a token is known again: its ``jti``, or without one what was signed."""
    name = claims.get("jti")
    what = (
        ["jti", claims["iss"], name]
        if isinstance(name, str) and name
        else ["token", issuers.signed_part(token)]
    )
    return blake2b(msgspec.json.encode(what), digest_size=32, person=b"id token").hexdigest()
