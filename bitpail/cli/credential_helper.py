"""``git credential-bitpail``: a helper of git's that gets a password of minutes by a log-in in the browser.

It keeps nothing, in no file and no keyring: what may be kept for its minutes, git's own ``cache`` keeps in
memory. It imports nothing of the server, since git starts it each time.
"""

import http.client
import json
import socket
import ssl
import sys
import time
from contextlib import closing
from typing import Any, NoReturn
from urllib.parse import unquote, urlsplit

_BEGIN = "/bitpail/1/git-login"
_FETCH = "/bitpail/1/git-login/password"
_TIMEOUT = 30
_LONGEST_INPUT = 64 * 1024
_LARGEST_ANSWER = 64 * 1024
_LONGEST_WAIT = 900
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_HELP = """usage: git config --global credential.https://git.example.org.helper bitpail
       git config --global credential.https://git.example.org.useHttpPath true

Git asks this helper for a password: it shows a code, which you confirm in the browser, and gets a
password for that one repository, for some minutes. Put git's cache before it to be asked less often:

       git config --global --add credential.https://git.example.org.helper 'cache --timeout 3600'
       git config --global --add credential.https://git.example.org.helper bitpail
"""


class _Refused(Exception):
    """What is said on the terminal; git asks its next helper then, or the person."""


def main() -> None:
    """Answer git: one word as argument, a description on standard input."""
    operation = sys.argv[1] if len(sys.argv) == 2 else ""
    if operation in {"", "-h", "--help"}:
        sys.stderr.write(_HELP)
        sys.exit(0 if operation else 2)
    described = _described(sys.stdin.buffer.read(_LONGEST_INPUT))
    # Nothing is kept, so there is nothing to store or to erase; other words may come with later gits.
    if operation != "get":
        return
    try:
        answer = _get(described)
    except (_Refused, OSError, http.client.HTTPException, ValueError) as error:
        _say(str(error) or type(error).__name__)
        return
    sys.stdout.write("".join(f"{name}={value}\n" for name, value in answer.items()))


def _described(given: bytes) -> dict[str, str]:
    """What git says of the credential that it wants: ``name=value`` lines up to an empty one."""
    found = {}
    for line in given.decode("utf-8", "surrogateescape").split("\n"):
        name, equals, value = line.partition("=")
        if not equals:
            break
        if not name.endswith("[]"):
            found[name] = value
    return found


def _get(described: dict[str, str]) -> dict[str, str]:
    server = _Server(described.get("protocol", ""), described.get("host", ""))
    repository = _repository(described.get("path", ""), server.name)
    if not sys.stderr.isatty():
        # Nobody reads the code: a job has a password of its own.
        raise _Refused("there is no terminal to show a code at")
    begun = server.ask(_BEGIN, {"repository": repository, "machine": socket.gethostname()[:100]})
    _say(
        f"open {_plain(begun, 'verification_uri')} and type {_plain(begun, 'user_code')}\n"
        f"  or {_plain(begun, 'verification_uri_complete')}"
    )
    made = _wait(server, begun)
    username = _plain(made, "username")
    if described.get("username", username).lower() != username.lower():
        raise _Refused(f"{username} has allowed it, and git wants {described['username']}")
    expiry = made.get("password_expiry_utc")
    if not isinstance(expiry, int):
        raise _Refused("the server does not answer as Bitpail does")
    return {
        "username": described.get("username", username),
        "password": _plain(made, "password"),
        "password_expiry_utc": str(expiry),
    }


def _repository(path: str, server: str) -> str:
    names = [unquote(name) for name in path.strip("/").split("/") if name]
    if len(names) < 2:
        raise _Refused(
            "git does not say which repository it is about: run\n"
            f"  git config --global credential.{server}.useHttpPath true"
        )
    return f"{names[0]}/{names[1].removesuffix('.git')}"


def _wait(server: "_Server", begun: dict[str, Any]) -> dict[str, Any]:
    """Ask until somebody has decided."""
    every = min(max(int(begun.get("interval", 2)), 1), 30)
    until = time.monotonic() + min(int(begun.get("expires_in", 600)), _LONGEST_WAIT)
    code = _plain(begun, "device_code")
    while time.monotonic() < until:
        time.sleep(every)
        made = server.ask(_FETCH, {"device_code": code}, pending=True)
        if "error" not in made:
            return made
    raise _Refused("nobody has confirmed the code in time")


class _Server:
    """The one that git names, over TLS, or this very machine."""

    def __init__(self, protocol: str, host: str) -> None:
        self.name = f"{protocol}://{host}"
        try:
            parts = urlsplit(self.name)
            self._host, self._port = parts.hostname or "", parts.port
        except ValueError:
            self._host = ""
        if protocol not in {"http", "https"} or not self._host:
            raise _Refused(f"not an address of a server: {self.name!r}")
        if protocol == "http" and self._host not in _LOOPBACK:
            raise _Refused(f"{self._host} without TLS would see the password pass: use https")
        self._tls = protocol == "https"

    def ask(self, path: str, content: dict[str, str], *, pending: bool = False) -> dict[str, Any]:
        """One question; an error is refused in the server's words, but for one that says to wait."""
        with closing(self._connection()) as connection:
            body = json.dumps(content).encode("ascii")
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            with closing(connection.getresponse()) as answer:
                status, text = answer.status, answer.read(_LARGEST_ANSWER)
        if status in {404, 405} or status >= 500:
            raise _Refused(f"{self._host} answers {status}: is it a Bitpail, and new enough?")
        found = json.loads(text)
        if not isinstance(found, dict):
            raise _Refused("the server does not answer as Bitpail does")
        if "error" in found and not (pending and found["error"] in {"authorization_pending", "slow_down"}):
            raise _Refused(_plain(found, "error_description"))
        return found

    def _connection(self) -> http.client.HTTPConnection:
        if self._tls:
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(self._host, self._port, timeout=_TIMEOUT, context=context)
        return http.client.HTTPConnection(self._host, self._port, timeout=_TIMEOUT)


def _plain(found: dict[str, Any], name: str) -> str:
    """A text of an answer that may go to a terminal and to git, where a line would be another answer."""
    text = found.get(name)
    if not isinstance(text, str) or not text.isprintable():
        raise _Refused("the server does not answer as Bitpail does")
    return text


def _say(text: str) -> None:
    # A host may come from somebody else's .gitmodules, and may hold what would steer the terminal.
    shown = "".join(one if one.isprintable() or one == "\n" else "?" for one in text)
    sys.stderr.write(f"git credential-bitpail: {shown}\n")
    sys.stderr.flush()


def _run() -> NoReturn:
    main()
    sys.exit(0)


if __name__ == "__main__":
    _run()
