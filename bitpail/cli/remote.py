"""An operation of our own API, asked for by HTTP. The secret goes to the one server that was named, and nowhere else.

No redirect is followed and no proxy is asked; TLS is verified, and without TLS
only this very machine is spoken to.
"""

import base64
import http.client
import re
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from bitpail import __version__
from bitpail.cli.backend import Asked
from bitpail.errors import BitpailError, Invalid
from bitpail.policy.secrets import Secret, scrub
from bitpail.wire import own_api as wire

_TIMEOUT = 30
_LARGEST = 64 * 1024 * 1024
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PARAMETER = re.compile(r"\{(\w+)\}")


class ServerRefused(BitpailError):
    """The server said no, in its words."""


class Remote:
    """One server, and the app password for it."""

    def __init__(self, server: str, secret: Secret) -> None:
        try:
            parts = urlsplit(server)
            self._port = parts.port
        except ValueError:
            raise _not_an_address(server) from None
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"}:
            raise _not_an_address(server)
        if parts.username is not None or parts.query or parts.fragment:
            raise Invalid("the address of a server holds no user name, no secret and no query")
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise Invalid(f"{parts.hostname} without TLS would see the app password pass: use https")
        self._host = parts.hostname
        self._tls = parts.scheme == "https"
        self._secret = secret

    def ask(self, wanted: Asked) -> Any:
        """The answer as its type, all pages of it. Raises ServerRefused, or BitpailError if there is no answer."""
        kind = wanted.operation.answer
        found = self._one(wanted, dict(wanted.query))
        if kind is None:
            return None
        answer = _decode(found, kind)
        while isinstance(answer, wire.AppPasswords) and answer.next is not None:
            following = self._one(wanted, {**wanted.query, "page": str(answer.page + 1), "pagelen": "100"})
            page = _decode(following, wire.AppPasswords)
            answer = msgspec.structs.replace(page, values=(*answer.values, *page.values))
        return answer

    def _one(self, wanted: Asked, query: dict[str, str]) -> bytes:
        route = wanted.operation.route
        path = _PARAMETER.sub(lambda name: quote(wanted.parameters[name[1]], safe=""), route.template)
        if wanted.operation.answer is wire.AppPasswords:
            query.setdefault("pagelen", "100")
        address = f"{path}?{urlencode(query)}" if query else path
        body = None if wanted.body is None else msgspec.json.encode(wanted.body)
        with self._answer(route.method, address, body, self._headers(wanted.username)) as answer:
            content = answer.read(_LARGEST)
            _refuse(answer, content)
            return content

    def _headers(self, username: str) -> dict[str, str]:
        credential = base64.b64encode(f"{username}:{self._secret.reveal()}".encode()).decode()
        return {
            "Authorization": f"Basic {credential}",
            "Content-Type": "application/json",
            "User-Agent": f"bitpail/{__version__}",
        }

    @contextmanager
    def _answer(
        self, method: str, address: str, body: bytes | None, headers: dict[str, str]
    ) -> Iterator[http.client.HTTPResponse]:
        with closing(self._connection()) as connection:
            try:
                connection.request(method, address, body, headers)
                with closing(connection.getresponse()) as answer:
                    yield answer
            except (OSError, http.client.HTTPException) as error:
                reason = scrub(str(error)) or type(error).__name__
                raise BitpailError(f"{self._host} does not answer: {reason}") from None

    def _connection(self) -> http.client.HTTPConnection:
        if self._tls:
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(self._host, self._port, timeout=_TIMEOUT, context=context)
        return http.client.HTTPConnection(self._host, self._port, timeout=_TIMEOUT)


def _not_an_address(server: str) -> Invalid:
    # Whatever stands before an @ may be a secret.
    return Invalid(
        f"not the address of a server: {scrub(server.rpartition('@')[2])!r} (like https://git.example.org)"
    )


def _decode(content: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, ValueError):
        raise BitpailError("the server does not speak Bitpail's API: is the address right?") from None


def _refuse(answer: http.client.HTTPResponse, content: bytes) -> None:
    """Raise ServerRefused with the server's words unless it did what was asked."""
    if 200 <= answer.status < 300:
        return
    if 300 <= answer.status < 400:
        raise ServerRefused(f"the server redirects to {answer.headers.get('Location', '?')}: name that one")
    try:
        told = msgspec.json.decode(content, type=wire.Error).error
    except (msgspec.DecodeError, ValueError):
        words = scrub(content[:500].decode("utf-8", "replace")).strip()
        raise ServerRefused(words or f"the server answered {answer.status}") from None
    raise ServerRefused(f"{told.message}{_detail(told.detail)}")


def _detail(detail: str | dict[str, tuple[str, ...]] | None) -> str:
    if isinstance(detail, dict):
        return " " + "; ".join(f"{name}: {', '.join(values) or 'nothing'}" for name, values in detail.items())
    return f" {detail}" if detail else ""
