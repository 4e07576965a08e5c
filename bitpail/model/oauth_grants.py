"""What somebody has allowed an app: consents, codes, grants and their tokens, devices that wait."""

from enum import StrEnum
from typing import NewType

from msgspec import Struct

from bitpail.model.oauth_consumers import Consumer, ConsumerId
from bitpail.model.scopes import Scope
from bitpail.model.users import User, UserId

GrantId = NewType("GrantId", str)


class GrantType(StrEnum):
    """How a grant came about, by OAuth's names and Bitbucket's."""

    AUTHORIZATION_CODE = "authorization_code"
    CLIENT_CREDENTIALS = "client_credentials"
    REFRESH_TOKEN = "refresh_token"  # noqa: S105 - the name of a grant
    JWT = "urn:bitbucket:oauth2:jwt"
    DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"


OF_OWNERS = frozenset({GrantType.CLIENT_CREDENTIALS, GrantType.JWT})
"""Those that an app gets by its secret alone: it acts for whoever was shown that."""


class Grant(Struct, frozen=True):
    """Everything that follows from one authorization: a family of tokens that ends together.

    From ``ends_on`` on none of them opens anything, unless it is prolonged until then. However often that
    happens, they open nothing from ``latest_end`` on, as a policy says; None: no policy said so.
    """

    id: GrantId
    consumer_id: ConsumerId
    user_id: UserId
    type: GrantType
    scopes: tuple[Scope, ...]
    created_on: int
    ends_on: int
    revoked_on: int | None = None
    last_used_on: int | None = None
    last_used_address: str | None = None
    last_used_client: str | None = None
    latest_end: int | None = None


class Code(Struct, frozen=True):
    """An authorization code. ``redirect_uri`` is empty if the request named none; ``grant_id`` is set once it was used."""

    lookup: str
    digest: bytes
    key_number: int
    consumer_id: ConsumerId
    user_id: UserId
    redirect_uri: str
    scopes: tuple[Scope, ...]
    challenge: str
    expires_on: int
    grant_id: GrantId | None = None


class Token(Struct, frozen=True):
    """An access or a refresh token. ``used_on`` is set on a refresh token that was exchanged."""

    lookup: str
    grant_id: GrantId
    is_refresh: bool
    digest: bytes
    key_number: int
    scopes: tuple[Scope, ...]
    created_on: int
    expires_on: int
    used_on: int | None = None


class StoredToken(Struct, frozen=True):
    """A token with all that it depends on, living or not; ``rules`` are of the year of the server.

    ``policy`` is that of its administrators, both as they were kept when the token was looked up.
    """

    token: Token
    grant: Grant
    consumer: Consumer
    user: User
    rules: str | None = None
    policy: str | None = None

    @property
    def latest_end(self) -> int | None:
        """From when on the policy lets none of the family open anything; None: it names no end."""
        return self.consumer.acts_until if self.grant.type in OF_OWNERS else self.grant.latest_end

    @property
    def ends_on(self) -> int:
        """From when on this very token opens nothing."""
        latest = self.latest_end
        return self.token.expires_on if latest is None else min(self.token.expires_on, latest)


class DeviceState(StrEnum):
    """What became of the request of a device."""

    WAITING = "waiting"
    ALLOWED = "allowed"
    DENIED = "denied"
    USED = "used"


class DeviceCode(Struct, frozen=True):
    """A device that waits for somebody to type ``user_code`` elsewhere. ``poll_every`` is in seconds."""

    lookup: str
    digest: bytes
    key_number: int
    user_code: str
    consumer_id: ConsumerId
    scopes: tuple[Scope, ...]
    created_on: int
    expires_on: int
    poll_every: int
    polled_on: int
    state: DeviceState = DeviceState.WAITING
    user_id: UserId | None = None


class TokenUse(Struct, frozen=True):
    """The latest use of a grant, gathered in memory and written behind."""

    id: GrantId
    time: int
    address: str
    client: str


class ConnectedApp(Struct, frozen=True):
    """An app that somebody has allowed something: what the owner of the account is shown.

    ``latest_end`` is until when all that it was allowed lasts at the latest; None: no policy said so.
    """

    consumer: Consumer
    workspace: str
    scopes: tuple[Scope, ...]
    since: int
    last_used_on: int | None
    latest_end: int | None = None
