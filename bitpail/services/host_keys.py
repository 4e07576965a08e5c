"""The keys by which SSH clients know this server: made once, in the data directory, mode 0600.

A new one would be a warning in the face of every user, so none is ever
overwritten, and several processes that start at once agree on one.
"""

import os
import stat
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as new_ecdsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as new_rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    SSHPrivateKeyTypes,
    load_ssh_private_key,
)

from bitpail.errors import ConfigurationError
from bitpail.model.ssh_keys import PublicKey
from bitpail.policy.ssh_keys import parse

_DIRECTORY = "ssh"
_MADE: dict[str, Callable[[], SSHPrivateKeyTypes]] = {
    "ed25519": Ed25519PrivateKey.generate,
    "ecdsa": lambda: new_ecdsa(SECP256R1()),
    "rsa": lambda: new_rsa(65537, 3072),
}


def create(data: Path) -> bool:
    """Make those that are missing; True if any was."""
    directory = data / _DIRECTORY
    directory.mkdir(mode=0o700, exist_ok=True)
    made = [_create(directory / _name(kind), make) for kind, make in _MADE.items()]
    return True in made


def paths(data: Path) -> list[Path]:
    """Where they lie, the preferred one first."""
    return [data / _DIRECTORY / _name(kind) for kind in _MADE]


def public(data: Path) -> list[PublicKey]:
    """Their public halves; raises ConfigurationError if one is missing, malformed or open to others."""
    return [_public(path) for path in paths(data)]


def _name(kind: str) -> str:
    return f"host_{kind}_key"


def _create(path: Path, make: Callable[[], SSHPrivateKeyTypes]) -> bool:
    if path.exists():
        return False
    text = make().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        # A link, not a rename: it fails if the file is there.
        os.link(temporary, path)
    except FileExistsError:
        return False
    finally:
        temporary.unlink()
    return True


def _public(path: Path) -> PublicKey:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            key = load_ssh_private_key(file.read(), None)
        line = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}") from None
    except ValueError:
        # Without the cause: its text could quote the key.
        raise ConfigurationError(f"{path} is malformed") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigurationError(f"{path} can be read by others: run chmod 600 {path}")
    return parse(line.decode())
