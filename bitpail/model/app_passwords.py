"""App passwords and their kin: what is kept of one. The secret itself is not.

API tokens and access tokens live, are limited, counted and watched as app passwords are: they differ in
``kind``, in whose they are, and in the words of their scopes.
"""

from typing import NewType

from msgspec import Struct

from bitpail.model.credentials import CredentialKind
from bitpail.model.limits import Limits
from bitpail.model.scopes import AnyScope
from bitpail.model.users import User, UserId

AppPasswordId = NewType("AppPasswordId", str)


class AppPassword(Struct, frozen=True):
    """``scopes`` is what was ticked, in minimal form: nothing that another one implies.

    The user of an access token is its robot, and its limits name the place where it was made; ``created_by``
    is who made it, None for whoever has a credential of their own.
    """

    id: AppPasswordId
    user_id: UserId
    label: str
    scopes: tuple[AnyScope, ...]
    limits: Limits
    created_on: int
    expires_on: int | None
    revoked_on: int | None
    last_used_on: int | None
    last_used_address: str | None
    last_used_client: str | None
    kind: CredentialKind = CredentialKind.APP_PASSWORD
    created_by: UserId | None = None


class StoredSecret(Struct, frozen=True):
    """One row as authentication needs it: the password, its user, and the keyed digest.

    ``ends_on`` is set on the old secret of a rotation: it works until then. ``rules`` is what the
    administrators decided on the year of the server, as it was kept when the secret was looked up.
    ``lookup`` is its public look-up name; ``public_key`` proves what was narrowed of it, None for one that
    was not used since there are such. ``narrowed`` is what a secret is called that its holder narrowed: then
    the app password is what is left of it. ``is_short_lived``: it was handed out for some minutes.
    """

    app_password: AppPassword
    user: User
    digest: bytes
    key_number: int
    ends_on: int | None
    rules: str | None = None
    public_key: bytes | None = None
    lookup: str = ""
    narrowed: str | None = None
    is_short_lived: bool = False


class SecretState(Struct, frozen=True):
    """What may be told about one secret of an app password: all but the secret."""

    lookup: str
    created_on: int
    ends_on: int | None
    last_used_on: int | None
    last_used_address: str | None
    last_used_client: str | None


class Use(Struct, frozen=True):
    """The latest use of one secret, gathered in memory and written behind."""

    app_password_id: AppPasswordId
    lookup: str
    time: int
    address: str
    client: str
