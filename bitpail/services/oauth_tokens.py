"""What an app exchanges for tokens: a code, its own secret, a refresh token, a signed assertion, a device's wait.

RFC 6749 sections 4 to 6, with Bitbucket's words and lifetimes. All tokens that
follow from one authorization are one grant and end together: when a code or a
refresh token is shown a second time, when a person or the app revokes it.
"""

import uuid
from hmac import compare_digest

import msgspec
from msgspec import Struct

from bitpail.errors import BitpailError, Conflict
from bitpail.model.access import Client
from bitpail.model.app_passwords import AppPassword, AppPasswordId, StoredSecret
from bitpail.model.audit import Kind
from bitpail.model.credentials import CredentialKind
from bitpail.model.limits import Limits
from bitpail.model.oauth_consumers import Consumer, ConsumerId
from bitpail.model.oauth_grants import (
    OF_OWNERS,
    Code,
    DeviceState,
    Grant,
    GrantId,
    GrantType,
    StoredToken,
    Token,
    TokenUse,
)
from bitpail.model.scopes import Scope
from bitpail.model.users import User, UserId
from bitpail.policy import oauth_scopes, pkce, secrets
from bitpail.policy.oauth_scopes import InvalidScope
from bitpail.policy.scopes import minimal
from bitpail.policy.secrets import Family, Secret
from bitpail.services import audit, oauth_assertions, oauth_consumers, site_policy
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import oauth_consumers as consumers
from bitpail.store import oauth_device_codes as devices
from bitpail.store import oauth_grants as store
from bitpail.store import users
from bitpail.store.database import Connection
from bitpail.wire.oauth import OF_PUBLIC

ACCESS_LASTS = 7200
"""Seconds, as recorded in Bitbucket's answers."""
REFRESH_LASTS = 90 * 24 * 3600
"""Seconds without a use, after which a refresh token dies: three months, as documented."""
OWN_REFRESH_LASTS = 24 * 3600
"""The same where the app acts for its owner: it can ask anew at any time, and does so often."""

_SECOND = 1_000_000


class TokenError(BitpailError):
    """The answer of the token endpoint is no token; ``error`` is OAuth's word, ``wait`` seconds if throttled."""

    def __init__(self, error: str, description: str, wait: int = 0) -> None:
        super().__init__(description)
        self.error = error
        self.wait = wait


class Presented(Struct, frozen=True):
    """How an app names itself: its key, and its secret if it has one."""

    key: str
    secret: Secret | None


class App(Struct, frozen=True):
    """An app that asks; ``is_proved`` if it has shown its secret."""

    consumer: Consumer
    is_proved: bool


class Issued(Struct, frozen=True):
    """Tokens, to be shown once."""

    access: Secret
    refresh: Secret
    scopes: tuple[Scope, ...]
    type: GrantType
    lasts: int = ACCESS_LASTS


async def app(site: Site, presented: Presented, client: Client) -> App:
    """The app that names itself so. Raises TokenError: the same for an unknown one and for a wrong secret."""
    wait = site.throttle.wait(presented.secret, client.address) if presented.secret else 0
    if wait:
        raise _slow_down(wait)
    found = await _by_key(site, presented.key)
    if presented.secret is None:
        if found is None or not found[0].is_public:
            raise _unknown()
        return App(found[0], is_proved=False)
    if found is None or oauth_consumers.secret(site, found[0]) != presented.secret:
        wait = site.throttle.wrong(presented.secret, client.address)
        raise _slow_down(wait) if wait else _unknown()
    site.throttle.right(presented.secret)
    return App(found[0], is_proved=True)


async def _by_key(site: Site, key: str) -> tuple[Consumer, str] | None:
    # What no database takes is no key.
    return await consumers.by_key(site.db, key) if key.isascii() and "\0" not in key else None


async def by_code(site: Site, who: App, code: Secret, redirect_uri: str, verifier: str) -> Issued:
    """Tokens for an authorization code (section 4.1.3). Raises TokenError.

    A code that was used before ends what came of it: somebody else has it too.
    """
    found = await _code(site, code)
    if found is None or found.consumer_id != who.consumer.id:
        raise _invalid("the code is wrong, or is not this app's")
    if found.grant_id is not None:
        await _end_family(site, found.grant_id, found.user_id, who.consumer, "code")
        raise _invalid("the code was used before; everything that it opened is revoked")
    if found.expires_on <= now():
        raise _invalid("the code has expired")
    if found.redirect_uri != redirect_uri and (
        found.redirect_uri or redirect_uri != who.consumer.callback_url
    ):
        raise _invalid("redirect_uri is not the one of the authorization request")
    if not who.is_proved and not found.challenge:
        # It was asked for while the app had a secret, and whoever overheard it would need none now.
        raise _invalid("the code was asked for without a code_challenge: begin anew")
    if not pkce.proves(verifier, found.challenge):
        raise _invalid("code_verifier does not belong to the code_challenge of the authorization request")
    user = await _active(site, found.user_id)
    grant = await _allowed(site, who.consumer, user, GrantType.AUTHORIZATION_CODE, found.scopes)
    try:
        async with site.db.transaction() as db:
            await store.create(db, grant)
            if not await store.use_code(db, found.lookup, grant.id):
                raise Conflict("the code is being used elsewhere")
            return await _issue(site, db, grant, grant.scopes)
    except Conflict:
        used = await store.code(site.db, found.lookup)
        if used is not None and used.grant_id is not None:
            await _end_family(site, used.grant_id, user.id, who.consumer, "code")
        raise _invalid("the code was used before; everything that it opened is revoked") from None


async def by_client_credentials(site: Site, who: App, scope: str) -> Issued:
    """A token that acts as the app's owner (section 4.4). Raises TokenError."""
    if who.consumer.is_public:
        raise _invalid(OF_PUBLIC)
    return await _own(site, who.consumer, scope, GrantType.CLIENT_CREDENTIALS)


async def by_assertion(site: Site, text: str, scope: str, audience: str) -> Issued:
    """A token for a JWT that the app signed with its secret, acting as its owner. Raises TokenError."""
    try:
        key = oauth_assertions.issuer(text)
        found = await _by_key(site, key)
        if found is None or found[0].is_public:
            raise oauth_assertions.InvalidAssertion("it is signed by no app of this server")
        await oauth_assertions.check(site, found[0], text, audience)
    except oauth_assertions.InvalidAssertion as wrong:
        raise _invalid(f"the JWT is not good: {wrong.message}") from None
    return await _own(site, found[0], scope, GrantType.JWT)


async def _own(site: Site, consumer: Consumer, scope: str, kind: GrantType) -> Issued:
    owner = await users.by_id(site.db, consumer.owner_id) if consumer.owner_id else None
    if owner is None or not owner.is_active:
        raise _invalid("the app has no owner any more: an owner of its workspace makes a new secret for it")
    try:
        of_app = await oauth_consumers.permissions(site, consumer)
        scopes = oauth_scopes.granted(of_app, oauth_scopes.parse(scope))
    except InvalidScope as wrong:
        raise TokenError("invalid_scope", wrong.message) from None
    _check_end(consumer.acts_until, kind)
    grant = _grant(consumer.id, owner.id, kind, scopes, consumer.acts_until)
    async with site.db.transaction() as db:
        await store.create(db, grant)
        return await _issue(site, db, grant, scopes)


async def refreshed(site: Site, who: App, token: Secret, scope: str) -> Issued:
    """New tokens for a refresh token, which ends (section 6, and RFC 9700 section 4.14.2). Raises TokenError.

    One that was exchanged before ends the whole grant: of the two who hold it one is a thief.
    """
    found = await stored(site, token)
    if found is None or not found.token.is_refresh or found.consumer.id != who.consumer.id:
        raise _invalid("the refresh token is wrong, or is not this app's")
    if found.token.used_on is not None:
        await _end_family(site, found.grant.id, found.user.id, who.consumer, "refresh token")
        raise _invalid("the refresh token was used before; everything that came of it is revoked")
    if found.grant.revoked_on is not None or found.token.expires_on <= now():
        raise _invalid("the refresh token was revoked, or has expired")
    _check_end(found.latest_end, found.grant.type)
    await _active(site, found.user.id)
    try:
        of_app = await oauth_consumers.permissions(site, found.consumer)
        left = oauth_scopes.still_granted(found.grant.scopes, of_app)
        scopes = oauth_scopes.narrowed(left, oauth_scopes.parse(scope))
    except InvalidScope as wrong:
        raise TokenError("invalid_scope", wrong.message) from None
    if not scopes:
        raise _invalid("the app has none of these permissions any more")
    async with site.db.transaction() as db:
        is_first = await store.use_refresh(db, found.token.lookup, now())
        grant = msgspec.structs.replace(found.grant, latest_end=found.latest_end)
        issued = await _issue(site, db, grant, scopes) if is_first else None
        await store.prolong(db, found.grant.id, now() + _lasts(found.grant.type) * _SECOND)
    if issued is None:
        await _end_family(site, found.grant.id, found.user.id, who.consumer, "refresh token")
        raise _invalid("the refresh token was used before; everything that came of it is revoked")
    return Issued(issued.access, issued.refresh, scopes, GrantType.REFRESH_TOKEN, issued.lasts)


async def by_device(site: Site, who: App, code: Secret) -> Issued:
    """Tokens for a device once somebody has allowed it elsewhere (RFC 8628, section 3.4). Raises TokenError."""
    known = secrets.family_of(code) is Family.DEVICE_CODE
    found = await devices.by_lookup(site.db, secrets.lookup_name(code)) if known else None
    right = found is not None and _is_secret(site, code, found.digest, found.key_number)
    if found is None or not right or found.consumer_id != who.consumer.id:
        raise _invalid("the device code is wrong, or is not this app's")
    at = now()
    if found.state is DeviceState.USED:
        raise _invalid("the device code was used before")
    if found.expires_on <= at:
        raise TokenError("expired_token", "nobody has typed the code in time: begin anew")
    if at - found.polled_on < found.poll_every * _SECOND:
        # Section 3.5: five seconds more, from now on.
        await devices.polled(site.db, found.lookup, at, found.poll_every + 5)
        raise TokenError("slow_down", f"ask every {found.poll_every + 5} seconds at most")
    await devices.polled(site.db, found.lookup, at, found.poll_every)
    if found.state is DeviceState.DENIED:
        raise TokenError("access_denied", "the person did not allow it")
    if found.state is DeviceState.WAITING or found.user_id is None:
        raise TokenError("authorization_pending", "nobody has allowed it yet")
    user = await _active(site, found.user_id)
    grant = await _allowed(site, who.consumer, user, GrantType.DEVICE_CODE, found.scopes)
    async with site.db.transaction() as db:
        if not await devices.use(db, found.lookup):
            raise _invalid("the device code was used before")
        await store.create(db, grant)
        return await _issue(site, db, grant, grant.scopes)


async def stored(site: Site, token: Secret) -> StoredToken | None:
    """The row of an access or refresh token, living or not; None unless the secret is right."""
    if secrets.family_of(token) not in {Family.OAUTH, Family.REFRESH_TOKEN}:
        return None
    found = await store.token(site.db, secrets.lookup_name(token))
    row = found.token if found else None
    right = _is_secret(site, token, row.digest if row else b"", row.key_number if row else 0)
    return found if right else None


def is_living(found: StoredToken, at: int) -> bool:
    """Whether a token opens anything: it has not ended, nor its grant, nor the account."""
    token, grant = found.token, found.grant
    has_ended = token.used_on is not None or grant.revoked_on is not None or found.ends_on <= at
    return not has_ended and found.user.is_active


async def presented(site: Site, secret: Secret) -> StoredSecret | None:
    """An access token as the one authentication wants a secret; None if it is not right.

    Its id is that of the grant, its label the name of the app. One that was taken away alone is
    not there; one whose grant has ended says so.
    """
    found = await stored(site, secret)
    return None if found is None or found.token.is_refresh else _as_secret(found)


async def refresh_token(site: Site, secret: Secret) -> StoredSecret | None:
    """The same of a refresh token that was not exchanged: it is no credential, but it can leak."""
    found = await stored(site, secret)
    is_one = found is not None and found.token.is_refresh and found.token.used_on is None
    return _as_secret(found) if found and is_one else None


def _as_secret(found: StoredToken) -> StoredSecret:
    token, grant = found.token, found.grant
    one = AppPassword(
        id=AppPasswordId(grant.id),
        user_id=found.user.id,
        label=found.consumer.name,
        scopes=minimal(scopes_now(found)),
        # Nobody could give it a limit when it was made: those of the administrators hold at once.
        limits=Limits(networks=site_policy.parsed(found.policy).networks),
        created_on=token.created_on,
        expires_on=found.ends_on,
        revoked_on=grant.revoked_on,
        last_used_on=grant.last_used_on,
        last_used_address=grant.last_used_address,
        last_used_client=grant.last_used_client,
        kind=CredentialKind.OAUTH_ACCESS_TOKEN,
    )
    return StoredSecret(one, found.user, token.digest, token.key_number, None, found.rules)


def note_use(site: Site, grant_id: str, client: Client) -> None:
    """Remember that a grant was used; it costs no database."""
    use = TokenUse(GrantId(grant_id), now(), client.address, client.agent.replace("\0", ""))
    site.oauth_uses.put(grant_id, use)


async def revoke(site: Site, who: App, token: Secret) -> None:
    """End the grant of a token (RFC 7009); nothing happens if it is no living one of this app."""
    found = await stored(site, token)
    if found is None or found.consumer.id != who.consumer.id:
        return
    async with site.db.transaction() as db:
        if not found.token.is_refresh and found.grant.type not in OF_OWNERS:
            # Section 2.1: an access token alone; its refresh token makes another one.
            await store.remove_token(db, found.token.lookup)
            return
        if await store.revoke(db, found.grant.id, now()):
            await audit.record(
                db, Kind.OAUTH_GRANT_REVOKED, user=found.user, label=who.consumer.name, key=who.consumer.key
            )


async def introspect(site: Site, who: App, token: Secret) -> tuple[StoredToken | None, tuple[Scope, ...]]:
    """A living token of this very app with what it opens now; None for any other. Raises TokenError."""
    if not who.is_proved:
        raise _unknown()
    found = await stored(site, token)
    if found is None or found.consumer.id != who.consumer.id or not is_living(found, now()):
        return None, ()
    return found, scopes_now(found)


def scopes_now(found: StoredToken) -> tuple[Scope, ...]:
    """What a token opens: no more than its app may have now."""
    return oauth_scopes.still_granted(found.token.scopes, found.consumer.scopes)


async def _code(site: Site, code: Secret) -> Code | None:
    if secrets.family_of(code) is not Family.AUTHORIZATION_CODE:
        return None
    found = await store.code(site.db, secrets.lookup_name(code))
    right = _is_secret(site, code, found.digest if found else b"", found.key_number if found else 0)
    return found if right else None


def _is_secret(site: Site, secret: Secret, digest: bytes, key_number: int) -> bool:
    key = site.keys.app_passwords.get(key_number)
    return key is not None and compare_digest(secrets.digest(secret, key), digest)


async def _active(site: Site, user_id: UserId) -> User:
    user = await users.by_id(site.db, user_id)
    if user is None or not user.is_active:
        raise _invalid("the account of the person is switched off")
    return user


async def _allowed(
    site: Site, consumer: Consumer, user: User, kind: GrantType, scopes: tuple[Scope, ...]
) -> Grant:
    """What somebody has allowed, from when they were asked on. Raises TokenError."""
    asked_on = await store.consented_on(site.db, user.id, consumer.id) or now()
    latest_end = site_policy.latest(await site_policy.current(site), asked_on)
    _check_end(latest_end, kind)
    return _grant(consumer.id, user.id, kind, scopes, latest_end)


def _grant(
    consumer_id: ConsumerId,
    user_id: UserId,
    kind: GrantType,
    scopes: tuple[Scope, ...],
    latest_end: int | None,
) -> Grant:
    at = now()
    ends_on = at + _lasts(kind) * _SECOND
    return Grant(
        GrantId(str(uuid.uuid4())),
        consumer_id,
        user_id,
        kind,
        scopes,
        at,
        ends_on,
        latest_end=latest_end,
    )


def _check_end(latest_end: int | None, kind: GrantType) -> None:
    """Raise TokenError if the policy lets the app act no longer, and say what to do."""
    if latest_end is None or latest_end > now():
        return
    if kind in OF_OWNERS:
        raise _invalid(
            "the secret of the app is older than the policy of this server lets it act for its owner: "
            "an owner of its workspace makes a new one"
        )
    raise _invalid(
        "what the person allowed is longer ago than the policy of this server lets an app act: ask them again"
    )


def _lasts(kind: GrantType) -> int:
    """Seconds for which a refresh token waits to be used."""
    return OWN_REFRESH_LASTS if kind in OF_OWNERS else REFRESH_LASTS


async def _issue(site: Site, db: Connection, grant: Grant, scopes: tuple[Scope, ...]) -> Issued:
    lasts = ACCESS_LASTS
    if grant.latest_end is not None:
        # A second at least: it was judged just before.
        lasts = max(1, min(lasts, (grant.latest_end - now()) // _SECOND))
    access = await _add(site, db, grant, scopes, Family.OAUTH, lasts)
    # It is kept as long as ever, so that whoever shows it too late is told why it opens nothing.
    refresh = await _add(site, db, grant, scopes, Family.REFRESH_TOKEN, _lasts(grant.type))
    return Issued(access, refresh, scopes, grant.type, lasts)


async def _add(
    site: Site, db: Connection, grant: Grant, scopes: tuple[Scope, ...], family: Family, lasts: int
) -> Secret:
    secret = secrets.generate(family)
    while await store.token(db, secrets.lookup_name(secret)) is not None:
        secret = secrets.generate(family)
    number, at = site.keys.newest, now()
    await store.add_token(
        db,
        Token(
            lookup=secrets.lookup_name(secret),
            grant_id=grant.id,
            is_refresh=family is Family.REFRESH_TOKEN,
            digest=secrets.digest(secret, site.keys.app_passwords[number]),
            key_number=number,
            scopes=scopes,
            created_on=at,
            expires_on=at + lasts * _SECOND,
        ),
    )
    return secret


async def _end_family(site: Site, grant_id: GrantId, user_id: UserId, consumer: Consumer, what: str) -> None:
    async with site.db.transaction() as db:
        if await store.revoke(db, grant_id, now()):
            user = await users.by_id(db, user_id)
            await audit.record(
                db, Kind.OAUTH_GRANT_REUSED, user=user, label=consumer.name, key=consumer.key, what=what
            )


def _invalid(description: str) -> TokenError:
    return TokenError("invalid_grant", description)


def _unknown() -> TokenError:
    return TokenError("unauthorized_client", "Invalid OAuth client credentials")


def _slow_down(wait: int) -> TokenError:
    return TokenError("unauthorized_client", "too many different wrong secrets came from this address", wait)
