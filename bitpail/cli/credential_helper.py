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
_SLOWEST = 30
"""Seconds between two questions at most."""
# A tuple: what stands in an answer may be anything.
_PENDING = ("authorization_pending", "slow_down")
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


class _Away(Exception):
    """The server does not answer now; it may do so in a moment."""


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
    except (_Refused, _Away) as error:
        _say(str(error))
        return
    except KeyboardInterrupt:
        sys.exit(130)
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
    return {
        "username": described.get("username", username),
        "password": _plain(made, "password"),
        "password_expiry_utc": str(_number(made, "password_expiry_utc")),
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
    """Ask until somebody has decided, more slowly when the server wants that or is away (RFC 8628, section 3.5)."""
    every = min(max(_number(begun, "interval"), 1), _SLOWEST)
    until = time.monotonic() + min(_number(begun, "expires_in"), _LONGEST_WAIT)
    code, away = _plain(begun, "device_code"), None
    while time.monotonic() < until:
        time.sleep(every)
        try:
            made, away = server.ask(_FETCH, {"device_code": code}, pending=True), None
        except _Away as error:
            # The person may be at the page meanwhile: a server that starts anew must not undo that.
            every, away = min(every * 2, _SLOWEST), error
            continue
        if "error" not in made:
            return made
        if made["error"] == "slow_down":
            every = min(every + 5, _SLOWEST)
    raise _Refused(f"nobody has confirmed the code in time{f'; {away}' if away else ''}")


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
        """One question; an error is refused in the server's words, but for one that says to wait. Raises _Away."""
        try:
            status, text = self._answer(path, json.dumps(content).encode("ascii"))
        except ssl.SSLCertVerificationError as error:
            raise _Refused(
                f"the certificate of {self._host} is not good: {error.verify_message}\n"
                "  (an authority of your own: SSL_CERT_FILE names its file)"
            ) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise _Away(f"{self._host} does not answer: {error}") from None
        if status >= 500:
            raise _Away(f"{self._host} answers {status}")
        try:
            found = json.loads(text.decode())
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise _Refused(f"{self._host} answers {status}: is it a Bitpail, and new enough?")
        if "error" in found and not (pending and found["error"] in _PENDING):
            raise _Refused(_plain(found, "error_description"))
        return found

    def _answer(self, path: str, body: bytes) -> tuple[int, bytes]:
        with closing(self._connection()) as connection:
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            with closing(connection.getresponse()) as answer:
                return answer.status, answer.read(_LARGEST_ANSWER)

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


def _number(found: dict[str, Any], name: str) -> int:
    number = found.get(name)
    if not isinstance(number, int) or not 0 <= number < 2**40:
        raise _Refused("the server does not answer as Bitpail does")
    return number


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
