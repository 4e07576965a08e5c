"""The JSON of our own API: what goes in and what comes out, each a type of which the document is made.

The client on the command line reads the same types. What goes in refuses a
member that it does not know: a misspelt limit would be no limit.
"""

from datetime import UTC, date, datetime
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from bitpail.model.scopes import Scope


class Limits(Struct, kw_only=True):
    """Each only narrows; an empty one limits nothing. Places are given by name."""

    repositories: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    workspaces: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    no_force: bool = False
    no_delete: bool = False


class AppPassword(Struct, kw_only=True):
    """An app password. `permissions` are in minimal form: none that another one includes."""

    id: str
    label: str
    permissions: tuple[str, ...]
    limits: Limits
    created_on: datetime
    expires_on: datetime | None
    revoked_on: datetime | None
    last_used_on: datetime | None
    last_used_address: str | None
    last_used_client: str | None


class NewSecret(Struct, kw_only=True):
    """An app password with its new secret, which is shown this once."""

    username: str
    app_password: AppPassword
    secret: str


class Ensured(Struct, kw_only=True):
    """`state` is created, present, replaced, or different: then `differences` says in what, and nothing was done."""

    state: str
    username: str
    app_password: AppPassword
    differences: tuple[str, ...]
    secret: str | None


class SecretState(Struct, kw_only=True):
    """One secret of an app password, without the secret."""

    created_on: datetime
    ends_on: datetime | None
    last_used_on: datetime | None
    last_used_address: str | None
    last_used_client: str | None


class Rotation(Struct, kw_only=True):
    """The two secrets of a rotation that is under way; both null if none is."""

    old: SecretState | None
    new: SecretState | None


class Use(Struct, kw_only=True):
    """How often an app password was needed for something on one day (UTC)."""

    day: date
    permissions: tuple[str, ...]
    repository: str | None
    address: str
    client: str
    count: int


class Advice(Struct, kw_only=True):
    """Whether fewer permissions would have been enough. `advice` is keep, narrow, revoke or wait."""

    label: str
    advice: str
    permissions: tuple[str, ...]
    needed: tuple[str, ...]
    days: int
    sentence: str
    created_on: datetime
    last_used_on: datetime | None


class Replacement(Struct, kw_only=True):
    """The narrower app password with its secret, and until when the old one works."""

    new: NewSecret
    old_expires_on: datetime | None


class Replacing(Struct, kw_only=True):
    """The two app passwords of a replacement that is under way; both null if none is."""

    old: AppPassword | None
    new: AppPassword | None


class Reason(Struct, kw_only=True):
    """One permission, and what the tool does with it."""

    permission: Scope
    why: str


class Preset(Struct, kw_only=True):
    """The permissions of a common tool."""

    name: str
    title: str
    reasons: tuple[Reason, ...]


class Denial(Struct, kw_only=True):
    """A refused request: why it was, and what to do. `narrowed` is what a narrowed secret is called, else empty."""

    request_id: str
    at: datetime
    method: str
    path: str
    address: str
    client: str
    label: str | None
    reason: str
    required: tuple[str, ...]
    granted: tuple[str, ...]
    detail: str
    narrowed: str
    why: str
    to_do: str


class Account(Struct, kw_only=True):
    """Who asks, and what the credential may do. `app_password` is null in a browser session, which may do all.

    `narrowed` is what a narrowed secret is narrowed to, beside the limits of its app password; null for any other.
    """

    username: str
    is_admin: bool
    permissions: tuple[str, ...]
    app_password: AppPassword | None
    narrowed: "Narrowed | None"


class Narrowed(Struct, kw_only=True):
    """What whoever narrowed a secret left of it: all of `to` hold at once. `name` is what it is called in logs."""

    name: str
    to: "tuple[NarrowedTo, ...]"


class NarrowedTo(Struct, kw_only=True):
    """One time that it was narrowed: to repositories, to branches for pushes, to reading; permissions and expiry are told above."""

    repositories: tuple[str, ...]
    branches: tuple[str, ...]
    read_only: bool


class User(Struct, kw_only=True):
    """An account."""

    username: str
    display_name: str
    uuid: str
    is_admin: bool
    is_active: bool
    created_on: datetime


class Breach(Struct, kw_only=True):
    """An app password that works and breaks the policy.

    `what` is its kind in words. An access token has a `place`, a repository, project or workspace, and its user is a robot.
    `becomes` says what the day of the policy takes from it; empty: nothing.
    """

    username: str
    label: str
    reasons: tuple[str, ...]
    becomes: tuple[str, ...]
    what: str
    place: str


class Policy(Struct, kw_only=True, forbid_unknown_fields=True):
    """What app passwords may be. An empty rule rules nothing out.

    `longest_lifetime` is in seconds. `existing_from` is the moment from which existing ones are held to it, in
    microseconds since 1970, UTC: not given, what was announced stays; null takes it back.
    """

    longest_lifetime: int | None = None
    forbidden: tuple[Scope, ...] = ()
    networks: tuple[str, ...] = ()
    places_required: bool = False
    existing_from: int | UnsetType | None = UNSET


class Event(Struct, kw_only=True):
    """One line of the audit log. `at` is microseconds since 1970, UTC."""

    id: str
    at: int
    kind: str
    user_id: str | None
    username: str
    app_password_id: str | None
    label: str
    address: str
    request_id: str
    detail: dict[str, Any]


class FoundSecrets(Struct, kw_only=True):
    """For each secret asked about, in order: null, or what live secret it is and whose."""

    live: tuple["LiveSecret | None", ...]


class LiveSecret(Struct, kw_only=True):
    """Label, username and place are empty if it is another user's.

    `what` is its kind in words. An access token and the secret of an app have a place and no username.
    """

    username: str
    label: str
    what: str = "app password"
    place: str = ""


class Described(Struct, kw_only=True, forbid_unknown_fields=True):
    """An app password as it shall be. `expires` is a span like 30d, or a date; null: it works until it is revoked."""

    permissions: tuple[str, ...]
    expires: str | None = None
    repositories: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    workspaces: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    no_force: bool = False
    no_delete: bool = False


class Wanted(Described, kw_only=True, forbid_unknown_fields=True):
    """The same with its label, by which it is known."""

    label: str


class ToRotate(Struct, kw_only=True, forbid_unknown_fields=True):
    """`grace` is how long the old secret goes on working: a span like 1h, or 0: it ends at once."""

    grace: str = "1d"


class ToReplace(Struct, kw_only=True, forbid_unknown_fields=True):
    """Without `permissions` those that are advised. `grace` as of a rotation; `after` is how long it must have been watched for advice."""

    permissions: tuple[str, ...] | None = None
    grace: str = "7d"
    after: str = "30d"


class NewUser(Struct, kw_only=True, forbid_unknown_fields=True):
    """An account to be made, with its personal workspace."""

    username: str
    email: str
    display_name: str | None = None
    password: str | None = None
    is_admin: bool = False


class Secrets(Struct, kw_only=True, forbid_unknown_fields=True):
    """At most 100 strings that look like app passwords."""

    secrets: tuple[str, ...]


class ErrorBody(Struct, kw_only=True, omit_defaults=True):
    """`detail` is a sentence, or the permissions required and granted."""

    message: str
    detail: str | dict[str, tuple[str, ...]] | None = None
    fields: dict[str, tuple[str, ...]] | None = None
    id: str | None = None


class AppPasswords(Struct, kw_only=True, omit_defaults=True):
    """A page of a list. `next` and `previous` are whole addresses, absent where there is none."""

    size: int
    page: int
    pagelen: int
    values: tuple[AppPassword, ...]
    next: str | None = None
    previous: str | None = None


class Error(Struct, kw_only=True):
    """The envelope of everything that was refused or went wrong: that of 2.0."""

    type: str
    error: ErrorBody


def moment(microseconds: int) -> datetime:
    """A time of ours as it goes out."""
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC)


def moment_or_none(microseconds: int | None) -> datetime | None:
    """The same of one that may not be there."""
    return None if microseconds is None else moment(microseconds)
