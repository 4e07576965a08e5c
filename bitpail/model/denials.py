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
    """A denial with the names of who was refused, and the kind of the credential; None where they are gone.

    A robot has a ``place``, where its token was made: its username nobody knows.
    """

    denial: Denial
    username: str | None
    label: str | None
    kind: CredentialKind | None = None
    place: str = ""

    @property
    def is_robots(self) -> bool:
        """Whether it was a robot that was refused."""
        return self.kind is not None and self.kind.is_robot

    @property
    def user(self) -> str:
        """Who was refused, as people know them."""
        if self.is_robots and self.kind is not None:
            return f'{self.kind.words} "{self.label}"{f" of {self.place}" if self.place else ""}'
        return self.username or "one that is gone"

    @property
    def who(self) -> str:
        """The same, and with which credential."""
        if self.label and not self.is_robots:
            return f'{self.user} with the {(self.kind or CredentialKind.APP_PASSWORD).words} "{self.label}"'
        return self.user
