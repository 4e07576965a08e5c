"""The keys that live outside the database: a file in the data directory, mode 0600.

Without them nothing in the database can be checked, let alone used: app
passwords are kept as digests under a numbered key. A new number can be added
while old ones still verify.
"""

import os
import secrets
import stat
from hashlib import blake2b
from pathlib import Path

import msgspec
from msgspec import Struct

from bitpail.errors import ConfigurationError

_FILE = "keys.json"
_BYTES = 32


class _File(Struct, forbid_unknown_fields=True):
    app_passwords: dict[int, str]
    cursors: str


class Keys(Struct, frozen=True):
    """``app_passwords`` by number; the highest number makes new digests."""

    app_passwords: dict[int, bytes]
    cursors: bytes

    @property
    def newest(self) -> int:
        """The number of the key for new digests."""
        return max(self.app_passwords)

    def __repr__(self) -> str:
        return f"Keys(numbers={sorted(self.app_passwords)})"


def create(data: Path) -> bool:
    """Make the key file if there is none; True if it was made now."""
    text = msgspec.json.encode(
        _File(app_passwords={1: secrets.token_hex(_BYTES)}, cursors=secrets.token_hex(_BYTES))
    )
    temporary = data / f".{_FILE}.{os.getpid()}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        # A link, not a rename: it fails if the file is there, so that no key is ever overwritten.
        os.link(temporary, data / _FILE)
    except FileExistsError:
        return False
    finally:
        temporary.unlink()
    return True


def load(data: Path) -> Keys:
    """Read the key file; raise ConfigurationError if it is missing, malformed or open to others."""
    path = data / _FILE
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = msgspec.json.decode(file.read(), type=_File)
        numbered = {number: bytes.fromhex(key) for number, key in content.app_passwords.items()}
        cursors = bytes.fromhex(content.cursors)
    except FileNotFoundError:
        raise ConfigurationError(f"no keys in {data}: run 'bitpail init' first") from None
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}") from None
    except (msgspec.DecodeError, ValueError):
        # Without the cause: its text could quote a key.
        raise ConfigurationError(f"{path} is malformed") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigurationError(f"{path} can be read by others: run chmod 600 {path}")
    if not numbered or any(len(key) != _BYTES for key in (*numbered.values(), cursors)):
        raise ConfigurationError(f"{path} is malformed: every key has {_BYTES} bytes")
    return Keys(app_passwords=numbered, cursors=cursors)


def derive(keys: Keys, purpose: bytes) -> bytes:
    """A key of its own for each purpose, so that what is made for one is of no use for another."""
    return blake2b(purpose, key=keys.cursors, digest_size=_BYTES, person=b"derived key").digest()


def sign(payload: bytes, keys: Keys) -> bytes:
    """A 16-byte signature that makes a cursor of ours unforgeable."""
    return blake2b(payload, key=keys.cursors, digest_size=16, person=b"cursor").digest()
