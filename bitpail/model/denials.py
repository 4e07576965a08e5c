"""A refused request, kept for a while so that it can be explained."""

from enum import StrEnum

from msgspec import Struct

from bitpail.model.credentials import CredentialKind


class DenialReason(StrEnum):
    """Why it was refused."""

    SCOPE = "scope"
    PERMISSION = "permission"
    LIMIT = "limit"
    UNSEEN = "unseen"
    EXPIRED = "expired"
    REVOKED = "revoked"
    ROTATED = "rotated"
    KIND = "kind"
    YEAR = "year"


class Denial(Struct, frozen=True):
    """``required`` and ``granted`` are what the reason speaks of: scopes or permissions, by name.

    ``detail`` is the limit's sentence, or the refs of a push with theirs. ``narrowed`` is what a secret is
    called that its holder narrowed, empty if it is the app password's own.
    """

    request_id: str
    at: int
    user_id: str
    app_password_id: str | None
    method: str
    path: str
    address: str
    client: str
    reason: DenialReason
    required: tuple[str, ...]
    granted: tuple[str, ...]
    detail: str
    narrowed: str = ""


class KnownDenial(Struct, frozen=True):
    """A denial with the names of who was refused, and the kind of the credential; None where they are gone."""

    denial: Denial
    username: str | None
    label: str | None
    kind: CredentialKind | None = None
