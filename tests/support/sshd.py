"""A real sshd in front of Bitpail: the machine's, or one that ``install_sshd.py`` unpacked into this environment.

As root it has a mount namespace of its own, in which there are the users ``git`` (ours) and ``sshd``; nothing on the
machine changes. Anybody else's sshd lets in nobody but its own user.
"""

import getpass
import os
import pwd
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from support.processes import eventually
from support.ssh import SshPerson

UNPACKED = Path(sys.prefix) / "sshd"
MISSING = "no sshd (openssh-server) on this machine, nor by apt-get"

_BY_BITPAIL = """\
AuthorizedKeysFile none
AuthorizedKeysCommand /usr/bin/env {command} ssh authorized-keys %t %k
AuthorizedKeysCommandUser {user}"""

_CONFIGURATION = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {place}/host_key
PidFile none
UsePAM no
StrictModes no
PermitRootLogin yes
{keys}
AcceptEnv GIT_PROTOCOL
AuthenticationMethods publickey
PasswordAuthentication no
KbdInteractiveAuthentication no
MaxStartups 100
LogLevel VERBOSE
"""


_TRIES = 5


class Sshd(NamedTuple):
    """Where it listens, and whom it lets in."""

    ssh_url: str
    user: str
    log: Path
    pid: int


class Visitor(SshPerson):
    """Comes over sshd."""

    def url(self, full_name, *, user="", tail=""):
        return super().url(full_name, user=user or self.server.user, tail=tail)

    def ssh(self, *command, options=(), user="", given=b""):
        return super().ssh(*command, options=options, user=user or self.server.user, given=given)

    def pipe(self, command, *, user=""):
        return super().pipe(command, user=user or self.server.user)


def find_sshd() -> Path | None:
    """The program: what is installed, else what was unpacked."""
    installed = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")
    found = Path(installed) if installed else UNPACKED / "usr/sbin/sshd"
    return found if os.access(found, os.X_OK) else None


def can_run() -> bool:
    """Whether there is one, and root may have a mount namespace."""
    if find_sshd() is None:
        return False
    return (
        os.geteuid() != 0
        or subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode == 0
    )


@contextmanager
def running(place: Path, data: Path | None, keys: Path | None = None) -> Iterator[Sshd]:
    """An sshd for the Bitpail with that data; or for what is on the machine, and whoever has one of the keys."""
    place.mkdir()
    is_root = os.geteuid() == 0
    user = "git" if is_root else getpass.getuser()
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{place}/host_key"], check=True)
    bitpail = shlex.join([str(Path(sys.prefix) / "bin/bitpail"), "--data", str(data)])
    who = f"AuthorizedKeysFile {keys}" if keys else _BY_BITPAIL.format(command=bitpail, user=user)
    libraries = sorted((UNPACKED / "usr/lib").glob("*-linux-gnu*"))
    environment = {"PATH": os.environ["PATH"], "LD_LIBRARY_PATH": ":".join(map(str, libraries))}
    log = place / "log"
    command = [str(find_sshd()), "-D", "-f", f"{place}/sshd_config", "-E", str(log)]
    if is_root:
        command = ["unshare", "--mount", "sh", "-c", _as_root(place, command)]
    for _ in range(_TRIES):
        port = _free_port()
        (place / "sshd_config").write_text(_CONFIGURATION.format(port=port, place=place, keys=who))
        started = subprocess.Popen(command, env=environment)
        try:
            if _listens(started, log, port):
                yield Sshd(f"ssh://{user}@127.0.0.1:{port}", user, log, started.pid)
                return
        finally:
            started.terminate()
            started.wait()
    raise AssertionError(log.read_text())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _as_root(place: Path, command: list[str]) -> str:
    """A script that gives the namespace its users, and what sshd wants to find."""
    lines = Path("/etc/passwd").read_text().splitlines()
    kept = [line for line in lines if line.partition(":")[0] not in {"git", "sshd"}]
    nobody = pwd.getpwnam("nobody")
    kept.append(f"git:x:{os.geteuid()}:{os.getegid()}::{place}:/bin/sh")
    kept.append(f"sshd:x:{nobody.pw_uid}:{nobody.pw_gid}::{place}:/usr/sbin/nologin")
    (place / "passwd").write_text("\n".join(kept) + "\n")
    (place / "run").mkdir(mode=0o755)
    shadow = place / "shadow"
    shadow.write_text("git:*:1:0:99999:7:::\n")
    return (
        f"mount --bind {place}/passwd /etc/passwd && mount --bind {shadow} /etc/shadow && "
        f"{{ test -d /run/sshd || {{ mount -t tmpfs tmpfs /run && mkdir -m 755 /run/sshd; }}; }} && "
        f"exec {shlex.join(command)}"
    )


def _listens(started: subprocess.Popen[bytes], log: Path, port: int) -> bool:
    """Whether it does so by itself: another process may have taken the port meanwhile."""

    def told() -> bool:
        return log.exists() and f"Server listening on 127.0.0.1 port {port}." in log.read_text()

    assert eventually(lambda: told() or started.poll() is not None), log
    return told()
