"""Between an sshd of this machine and the server: what its commands ask over the socket in the data directory.

Imports next to nothing, since sshd starts one of these commands, or two, for each connection.
"""

import base64
import binascii
import hashlib
import json
import os
import re
import select
import shlex
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from socket import AF_UNIX, SOCK_SEQPACKET, send_fds, socket

import click

from bitpail.errors import ConfigurationError, Invalid, Unavailable
from bitpail.settings import Settings

PREFIX = "SHA256:"

_BACKLOG = 512
_LONGEST = 64 * 1024
# One more than the server takes, so that it is the server that says so.
_LONGEST_LINE = 4097
_LONGEST_PROTOCOL = 1024
_PATIENCE = 10.0
_TYPE = re.compile(r"[a-z][a-z0-9@.-]{1,63}")


def listening(settings: Settings) -> socket:
    """The server's end, for processes of its own user only; raises ConfigurationError."""
    path = _path(settings)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    bound = socket(AF_UNIX, SOCK_SEQPACKET)
    mask = os.umask(0o177)
    try:
        path.unlink(missing_ok=True)  # of a server that was killed
        bound.bind(str(path))
        bound.listen(_BACKLOG)
    except OSError as error:
        why = error.strerror or str(error)
        raise ConfigurationError(f"ssh_sshd: cannot listen on {path}: {why}") from None
    finally:
        os.umask(mask)
    return bound


def fingerprint_of(key_type: str, key: str) -> str:
    """SHA-256 of a key as sshd hands it on (%t and %k): base64, no padding. Raises Invalid."""
    if not _TYPE.fullmatch(key_type):
        raise Invalid("TYPE must be the type of an SSH key, as sshd's %t is")
    try:
        blob = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        raise Invalid("KEY must be base64, as sshd's %k is") from None
    return base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def authorized_keys_line(started_as: Sequence[str], key_type: str, key: str, fingerprint: str) -> str:
    """A line of sshd's authorized_keys format: the key, and the one thing that it may do."""
    run = shlex.join([*started_as, "ssh", "command", PREFIX + fingerprint])
    escaped = run.replace("\\", "\\\\").replace('"', '\\"')
    return f'restrict,command="{escaped}" {key_type} {key}'


def opens(settings: Settings, fingerprint: str) -> bool:
    """Whether a key is in force; raises Unavailable if the server doesn't say."""
    with _connected(settings) as server:
        server.settimeout(_PATIENCE)
        try:
            server.send(json.dumps({"does": "look-up", "fingerprint": fingerprint}).encode())
            answer = server.recv(_LONGEST)
        except OSError as error:
            raise Unavailable(f"the server does not answer: {error}") from None
    return json.loads(answer)["opens"] is True if answer else False


def command(settings: Settings, fingerprint: str) -> int:
    """Hand our descriptors to the server and wait; the exit status. Raises Unavailable."""
    asked = {
        "does": "command",
        "fingerprint": fingerprint,
        "line": _text("SSH_ORIGINAL_COMMAND", _LONGEST_LINE),
        "protocol": _text("GIT_PROTOCOL", _LONGEST_PROTOCOL),
        "address": (_text("SSH_CONNECTION", 1024) or "").partition(" ")[0],
    }
    with _connected(settings) as server:
        try:
            send_fds(server, [json.dumps(asked).encode()], [0, 1, 2])
        except OSError as error:
            raise Unavailable(f"the server does not answer: {error.strerror}") from None
        answer = _answer(server)
    if answer is None:
        click.echo("bitpail: the server has ended in the middle of it", err=True)
        return 1
    return int(json.loads(answer)["status"])


def _answer(server: socket) -> bytes | None:
    """What it says in the end; None if it, or the client, is gone before."""
    waiting = select.poll()
    waiting.register(server, select.POLLIN)
    # Without an event that is asked for: tells when nobody reads any more.
    waiting.register(1, 0)
    while True:
        for descriptor, _ in waiting.poll():
            if descriptor == server.fileno():
                with suppress(OSError):
                    return server.recv(_LONGEST) or None
            return None


def _text(name: str, longest: int) -> str | None:
    """A variable of the environment, whatever bytes it holds."""
    value = os.environ.get(name)
    return None if value is None else value[:longest].encode("utf-8", "replace").decode()


def _connected(settings: Settings) -> socket:
    path = _path(settings)
    made = socket(AF_UNIX, SOCK_SEQPACKET)
    try:
        made.connect(str(path))
    except OSError as error:
        made.close()
        raise Unavailable(
            f"the server does not listen on {path} ({error.strerror or error}): "
            "'bitpail serve' has to run as this user, with the setting ssh_sshd"
        ) from None
    return made


def _path(settings: Settings) -> Path:
    return settings.data_path / "ssh" / "door"
