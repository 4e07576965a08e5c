"""SSH keys of people: the public half of each."""

from typing import NewType

from msgspec import Struct

from bitpail.model.users import UserId

SshKeyId = NewType("SshKeyId", str)


class PublicKey(Struct, frozen=True):
    """One key as its line says it.

    ``text`` is type and base64 without the comment; ``fingerprint`` the SHA-256
    in base64, without padding and without ``SHA256:``; ``bits`` its size.
    """

    text: str
    fingerprint: str
    comment: str
    bits: int

    @property
    def type(self) -> str:
        """OpenSSH's name of the type: ``ssh-ed25519``."""
        return self.text.partition(" ")[0]


class SshKey(Struct, frozen=True):
    """A key that opens one person's account; ``key`` is type and base64."""

    id: SshKeyId
    user_id: UserId
    fingerprint: str
    key: str
    comment: str
    label: str
    created_on: int
    expires_on: int | None = None
    last_used_on: int | None = None
    last_used_address: str | None = None
    last_used_client: str | None = None

    @property
    def type(self) -> str:
        """OpenSSH's name of the type: ``ssh-ed25519``."""
        return self.key.partition(" ")[0]

    def has_expired(self, at: int) -> bool:
        """Whether it has ended by then: it lets nobody in any more, and is still listed."""
        return self.expires_on is not None and self.expires_on <= at


class SshKeyUse(Struct, frozen=True):
    """The latest use of one, gathered in memory and written behind."""

    id: SshKeyId
    time: int
    address: str
    client: str
