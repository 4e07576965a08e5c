"""A credential becomes an actor, or a reason why not.

The only place that checks one, of whatever kind: its prefix says where it is looked up. A
secret without the form and checksum of ours costs no look-up; the others cost one, by index,
whether they exist or not. Who holds a right one hears whether its kind and the user name are
taken in the year of the server; ``services/access.py`` asks the same for that of a workspace.
"""

from collections.abc import Awaitable, Callable
from enum import Enum
from hmac import compare_digest

from msgspec import Struct

from bitpail.errors import BitpailError
from bitpail.model.access import ANONYMOUS, Actor, Client
from bitpail.model.app_passwords import AppPassword, StoredSecret
from bitpail.model.audit import Kind
from bitpail.model.credentials import CredentialKind, Door, Presented, UserName, Year
from bitpail.model.users import User
from bitpail.policy import attenuation, secrets, user_names
from bitpail.policy.scopes import expand
from bitpail.policy.secrets import Family, Secret
from bitpail.policy.user_names import Verdict
from bitpail.services import account_passwords, audit, narrowed, oauth_tokens, years
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import app_passwords, users

_NO_DIGEST = bytes(32)


class Credential(Struct, frozen=True):
    """What a client presented: a name and a secret; None for the name: a Bearer header, which has none."""

    username: str | None
    secret: Secret


class Reason(Enum):
    """Why a credential was refused. What the client hears never tells more than this."""

    WRONG = "wrong"
    ACCOUNT_PASSWORD = "account password"  # noqa: S105 - the name of a reason
    EMAIL = "e-mail address as username"
    THROTTLED = "too many wrong secrets"
    BEARER = "wrong Bearer token"
    # The next ones are said only to somebody who holds the right secret.
    REVOKED = "revoked"
    EXPIRED = "expired"
    ROTATED = "rotated"
    WRONG_NAME = "wrong user name for the kind"
    UNKNOWN_KIND = "kind that the year does not know"
    GONE = "kind that the year has removed"


class Unauthenticated(BitpailError):
    """The credential is not good; ``reason`` says how much may be said.

    ``app_password``, ``user`` and ``label`` are of one whose right secret was presented, ``presented``
    how, ``narrowed`` what a narrowed secret is called; ``wait`` is how many seconds a throttled client should.
    """

    def __init__(
        self,
        reason: Reason,
        user: User | None = None,
        app_password: AppPassword | None = None,
        *,
        presented: Presented | None = None,
        narrowed: str | None = None,
        wait: int = 0,
    ) -> None:
        super().__init__(f"invalid credentials: {reason.value}")
        self.reason = reason
        self.user = user
        self.app_password = app_password
        self.label = app_password.label if app_password else None
        self.presented = presented
        self.narrowed = narrowed
        self.wait = wait

    @property
    def told(self) -> str | None:
        """A sentence for whoever presented it, None where nothing more may be said."""
        if self.reason is Reason.EMAIL:
            return "The user name is your username, not your e-mail address."
        if self.reason is Reason.THROTTLED:
            return "Too many different wrong secrets came from your address."
        one = f'{self.app_password.kind.words} "{self.label}"' if self.app_password else ""
        if self.reason is Reason.REVOKED:
            return f"The {one} was revoked."
        if self.reason is Reason.EXPIRED:
            return f"The {one} has expired."
        if self.reason is Reason.ROTATED:
            return f"This secret of the {one} was replaced by another one."
        if self.reason is Reason.UNKNOWN_KIND:
            return f"The {one} is of a kind that the rules in force here do not know."
        if self.reason is Reason.WRONG_NAME and self.presented is not None:
            names = " or ".join(user_names.names_in_words(self.presented))
            return f"For the {one} give {names} here, not {user_names.in_words(self.presented.name)}."
        return None


async def authenticate(
    site: Site, credential: Credential | None, client: Client, door: Door = Door.REST
) -> Actor:
    """The actor behind a credential; anonymous without one. Raises Unauthenticated."""
    if credential is None:
        return ANONYMOUS
    wait = site.throttle.wait(credential.secret, client.address)
    if wait:
        raise Unauthenticated(Reason.THROTTLED, wait=wait)
    if not secrets.looks_right(credential.secret) and not attenuation.looks_narrowed(credential.secret):
        _throttle(site, credential, client)
        raise Unauthenticated(await _reason(site, credential, client))
    stored = await known(site, credential.secret)
    name = user_names.form(credential.username)
    if stored is None or not stored.user.is_active or not await _is_theirs(site, credential, name, stored):
        _throttle(site, credential, client)
        raise Unauthenticated(_wrong(name))
    one = stored.app_password
    presented = Presented(one.kind, name, door)
    ended = why_ended(stored, now())
    if ended is not None:
        is_brief = stored.is_short_lived or one.kind is CredentialKind.OAUTH_ACCESS_TOKEN
        if ended is Reason.EXPIRED and stored.narrowed is None and not is_brief:
            _note_once(site, Kind.APP_PASSWORD_EXPIRED, stored)
        raise Unauthenticated(ended, stored.user, one, presented=presented, narrowed=stored.narrowed)
    site.throttle.right(credential.secret)
    refuse_by_year(presented, years.of_server(site, stored), stored.user, one)
    if years.is_off(stored, now()):
        raise Unauthenticated(Reason.GONE, stored.user, one, presented=presented, narrowed=stored.narrowed)
    _note_use(site, stored, client)
    if stored.public_key is None and one.kind is CredentialKind.APP_PASSWORD:
        # One of before there were narrowed secrets: whoever holds it can narrow it from now on.
        key = narrowed.kept_key(site, credential.secret, stored.lookup, stored.key_number)
        site.public_keys.put(stored.lookup, (stored.lookup, key))
    return Actor(
        stored.user,
        one,
        expand(one.scopes),
        client,
        stored.ends_on,
        presented=presented,
        narrowed=stored.narrowed,
    )


def refuse_by_year(
    presented: Presented, year: Year, user: User | None, app_password: AppPassword | None
) -> None:
    """Raise Unauthenticated unless a right secret is taken like this in a year."""
    verdict = user_names.judge(presented, year)
    if verdict is not Verdict.TAKEN:
        raise Unauthenticated(_REFUSED[verdict], user, app_password, presented=presented)


_REFUSED = {
    Verdict.WRONG_NAME: Reason.WRONG_NAME,
    Verdict.UNKNOWN: Reason.UNKNOWN_KIND,
    Verdict.GONE: Reason.GONE,
}


async def known(site: Site, secret: Secret) -> StoredSecret | None:
    """What a secret is right for, whoever presents it, ended or not; None: nothing."""
    if attenuation.looks_narrowed(secret):
        return await narrowed.look_up(site, secret)
    family = secrets.family_of(secret)
    return await _LOOKED_UP[family](site, secret) if family in _LOOKED_UP else None


async def _kept(site: Site, secret: Secret) -> StoredSecret | None:
    """The row of a secret that is one."""
    stored = await app_passwords.by_lookup(site.db, secrets.lookup_name(secret))
    return stored if is_secret(site, secret, stored) else None


_LOOKED_UP: dict[Family, Callable[[Site, Secret], Awaitable[StoredSecret | None]]] = {
    Family.APP_PASSWORD: _kept,
    Family.API_TOKEN: _kept,
    Family.ACCESS_TOKEN: _kept,
    Family.OAUTH: oauth_tokens.presented,
}
"""How a secret becomes the row that it is right for, by its prefix; None: it is not right.

What an app exchanges for tokens is not here: it opens nothing itself.
"""


def _note_use(site: Site, stored: StoredSecret, client: Client) -> None:
    one = stored.app_password
    if one.kind is CredentialKind.OAUTH_ACCESS_TOKEN:
        # It lives for two hours: of interest is when its app was here.
        oauth_tokens.note_use(site, one.id, client)
        return
    site.last_uses.note(one.id, stored.lookup, client)
    if one.last_used_on is None:
        _note_once(site, Kind.APP_PASSWORD_USED_FIRST, stored)


def _note_once(site: Site, kind: Kind, stored: StoredSecret) -> None:
    one = stored.app_password
    audit.note(site, kind, user=stored.user, app_password=one, once=one.id)


def _throttle(site: Site, credential: Credential, client: Client) -> None:
    """Count a wrong secret; raise Unauthenticated when this address has shown too many."""
    wait = site.throttle.wrong(credential.secret, client.address)
    if wait:
        raise Unauthenticated(Reason.THROTTLED, wait=wait)


def why_ended(stored: StoredSecret, at: int) -> Reason | None:
    """Why a right secret does not work any more."""
    if stored.app_password.revoked_on is not None:
        return Reason.REVOKED
    if stored.app_password.expires_on is not None and stored.app_password.expires_on <= at:
        return Reason.EXPIRED
    if stored.ends_on is not None and stored.ends_on <= at:
        return Reason.EXPIRED if stored.is_short_lived else Reason.ROTATED
    return None


async def _is_theirs(site: Site, credential: Credential, name: UserName, stored: StoredSecret) -> bool:
    """Whether the user name can be meant for whoever has the secret; whether it is taken, the year says."""
    if stored.app_password.kind is CredentialKind.API_TOKEN and name is UserName.EMAIL:
        owners = await users.by_confirmed_emails(site.db, [credential.username or ""])
        return any(owner.id == stored.user.id for owner in owners.values())
    if name is not UserName.USERNAME:
        # An e-mail address is no name of the other kinds, whosever it is, and no reason to ask.
        return name is not UserName.EMAIL
    # In any case; never the label, the e-mail address or the nickname.
    return stored.user.username.lower() == (credential.username or "").lower()


def _wrong(name: UserName) -> Reason:
    if name is UserName.EMAIL:
        return Reason.EMAIL
    return Reason.BEARER if name is UserName.BEARER else Reason.WRONG


def is_secret(site: Site, secret: Secret, stored: StoredSecret | None) -> bool:
    """Whether a secret is the one of a row, whoever presents it; it costs the same without a row."""
    key = site.keys.app_passwords.get(stored.key_number if stored else site.keys.newest, b"")
    digest = secrets.digest(secret, key)
    same = compare_digest(digest, stored.digest if stored else _NO_DIGEST)
    return stored is not None and same and bool(key)


async def _reason(site: Site, credential: Credential, client: Client) -> Reason:
    wrong = _wrong(user_names.form(credential.username))
    if wrong is not Reason.WRONG or credential.username is None:
        return wrong
    if await account_passwords.recognises(site, credential.username, credential.secret, client):
        return Reason.ACCOUNT_PASSWORD
    return wrong
