"""OpenPGP keys of people: the public half of each, with which they sign commits."""

from msgspec import Struct

from bitpail.model.users import UserId


class Subkey(Struct, frozen=True):
    """One key of a certificate; moments are microseconds since 1970, fingerprints lower-case hex."""

    fingerprint: str
    key_id: str
    created_on: int
    expires_on: int | None


class Certificate(Struct, frozen=True):
    """What a block of OpenPGP holds: the primary key, its subkeys, whom it names. ``text`` is the block itself."""

    primary: Subkey
    subkeys: tuple[Subkey, ...]
    user_ids: tuple[str, ...]
    text: str


class GpgKey(Struct, frozen=True):
    """A certificate that somebody has added to their account, called ``name`` there."""

    user_id: UserId
    certificate: Certificate
    name: str
    added_on: int

    @property
    def fingerprint(self) -> str:
        """That of the primary key, by which it is asked for."""
        return self.certificate.primary.fingerprint
