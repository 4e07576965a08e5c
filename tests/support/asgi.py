"""A small ASGI client, and Bitpail behind it in this very event loop.

Requests go through the application's front door: its lifespan runs, its
database and its repositories are real, and nothing vouches for a caller but
the headers that it sends. What is asked of the API and what it answers is held
against the contract before the test sees it.
"""

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any
from unittest import mock
from urllib.parse import parse_qsl, urlencode, urlsplit

from support.exchanges import Exchange, is_api, judge

HOST = "git.example.org"
_PORT = re.compile(r":\d+$")

Headers = Iterable[tuple[str | bytes, str | bytes]] | Mapping[str, str]


class Answer:
    """What came back. Header names are lower case."""

    def __init__(self, method: str, path: str) -> None:
        self.method = method
        self.path = path
        self.status = 0
        self.raw_headers: list[tuple[str, str]] = []
        self.body = b""

    @property
    def headers(self) -> dict[str, str]:
        return dict(self.raw_headers)

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def message(self) -> str:
        """What the error envelope says."""
        return self.json()["error"]["message"]

    def __repr__(self) -> str:
        return f"{self.method} {self.path} -> {self.status} {self.body[:200]!r}"


def basic(username: str | bytes, secret: str | bytes) -> str:
    """The value of an Authorization header."""
    name, word = (text.encode() if isinstance(text, str) else text for text in (username, secret))
    return "Basic " + base64.b64encode(name + b":" + word).decode()


class Client:
    """Talks to one application. ``path`` is sent as it stands: encode it as a client would."""

    beyond: frozenset[str] = frozenset()
    """The same as of a request, for all of them."""

    def __init__(self, application: Any, *, host: str = HOST, peer: str = "192.0.2.1") -> None:
        self._application = application
        self._host = host
        self._peer = peer

    async def request(
        self,
        method: str,
        path: str | bytes,
        *,
        auth: tuple[str, str] | None = None,
        headers: Headers = (),
        query: Any = None,
        body: bytes | Iterable[bytes] = b"",
        disconnect: bool = False,
        beyond: Iterable[str] = (),
    ) -> Answer:
        """One request. ``body`` may come in pieces; with ``disconnect`` the client leaves after them.

        ``beyond`` are the parameters and members that are sent, or left out, as no contract has it.
        """
        raw = path if isinstance(path, bytes) else path.encode()
        raw, _, given = raw.partition(b"?")
        if query is not None:
            given = urlencode(query, doseq=True).encode()
        answer = Answer(method, (raw + (b"?" + given if given else b"")).decode("utf-8", "replace"))
        ended = asyncio.Event()
        pieces = [body] if isinstance(body, bytes) else list(body)
        incoming = _incoming(pieces, ended, disconnect=disconnect)

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                assert not answer.status, f"two answers to {answer!r}"
                answer.status = message["status"]
                answer.raw_headers = [(n.decode().lower(), v.decode()) for n, v in message["headers"]]
            else:
                answer.body += message.get("body", b"")
                if not message.get("more_body", False):
                    ended.set()

        sent = _encoded(headers, auth)
        scope = self._scope(method, raw, given, sent)
        async with asyncio.timeout(60):
            await self._application(scope, lambda: anext(incoming), send)
        if is_api(raw) and answer.status:
            self._judge(answer, raw, given, sent, b"".join(pieces), self.beyond | frozenset(beyond))
        return answer

    def _judge(
        self,
        answer: Answer,
        raw: bytes,
        query: bytes,
        headers: list[tuple[bytes, bytes]],
        body: bytes,
        beyond: frozenset[str],
    ) -> None:
        sent = {name.lower(): value.decode("latin-1") for name, value in headers}
        elsewhere = b"host" in sent or any(name.startswith((b"x-forwarded", b"forwarded")) for name in sent)
        judge(
            Exchange(
                method=answer.method,
                path=raw.decode("utf-8", "replace").removeprefix("/!api"),
                query=query.decode("utf-8", "replace"),
                sent_type=sent.get(b"content-type", ""),
                sent=body if b"content-encoding" not in sent else b"",
                status=answer.status,
                answer_type=answer.headers.get("content-type", ""),
                answer=answer.body,
                host=None if elsewhere else _PORT.sub("", self._host),
                beyond=beyond,
            )
        )

    def _scope(
        self, method: str, raw: bytes, query: bytes, headers: list[tuple[bytes, bytes]]
    ) -> dict[str, Any]:
        if not any(name == b"host" for name, _ in headers):
            headers = [(b"host", self._host.encode()), *headers]
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "https",
            # Servers decode it; Bitpail reads the raw one.
            "path": raw.decode("utf-8", "replace"),
            "raw_path": raw,
            "query_string": query,
            "root_path": "",
            "headers": headers,
            "client": (self._peer, 50000),
            "server": (self._host, 443),
        }

    async def get(self, path: str | bytes, **more: Any) -> Answer:
        return await self.request("GET", path, **more)

    async def send_json(self, method: str, path: str, value: Any, **more: Any) -> Answer:
        headers = [("content-type", "application/json"), *more.pop("headers", ())]
        return await self.request(method, path, body=json.dumps(value).encode(), headers=headers, **more)

    async def send_form(self, method: str, path: str, fields: Any, **more: Any) -> Answer:
        headers = [("content-type", "application/x-www-form-urlencoded"), *more.pop("headers", ())]
        body = urlencode(fields, doseq=True).encode()
        return await self.request(method, path, body=body, headers=headers, **more)

    async def follow(self, address: str, method: str = "GET", **more: Any) -> Answer:
        """A request to an address that an answer held; it must be on the host that was asked."""
        parts = urlsplit(address)
        assert (parts.scheme, parts.netloc) == ("https", self._host), address
        # Whoever made the address knows what its parameters are.
        more["beyond"] = [*more.get("beyond", ()), *(name for name, _ in parse_qsl(parts.query))]
        return await self.request(method, f"{parts.path}?{parts.query}", **more)


def _encoded(headers: Headers, auth: tuple[str, str] | None) -> list[tuple[bytes, bytes]]:
    pairs = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
    if auth is not None:
        pairs.append(("authorization", basic(*auth)))
    return [
        tuple(part.encode("latin-1") if isinstance(part, str) else part for part in pair)  # type: ignore[misc]
        for pair in pairs
    ]


async def _incoming(
    pieces: Iterable[bytes], ended: asyncio.Event, *, disconnect: bool
) -> AsyncIterator[dict[str, Any]]:
    for piece in pieces:
        yield {"type": "http.request", "body": piece, "more_body": True}
    if not disconnect:
        yield {"type": "http.request", "body": b"", "more_body": False}
        await ended.wait()
    while True:
        yield {"type": "http.disconnect"}


@asynccontextmanager
async def running(application: Any) -> AsyncIterator[None]:
    """The application between its start and its end, as a server would run it, but for its chores.

    A test that does one has it to itself; servers of their own process do theirs.
    """
    to_it: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    from_it: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    lifespan = asyncio.create_task(application({"type": "lifespan"}, to_it.get, from_it.put))
    try:
        with mock.patch("bitpail.services.chores.run"):
            await _ask(lifespan, to_it, from_it, "startup")
        yield
        await _ask(lifespan, to_it, from_it, "shutdown")
    finally:
        lifespan.cancel()
        await asyncio.gather(lifespan, return_exceptions=True)


async def _ask(
    lifespan: asyncio.Task[None], to_it: asyncio.Queue[Any], from_it: asyncio.Queue[Any], what: str
) -> None:
    await to_it.put({"type": f"lifespan.{what}"})
    told = asyncio.create_task(from_it.get())
    await asyncio.wait({lifespan, told}, return_when=asyncio.FIRST_COMPLETED)
    if not told.done():
        told.cancel()
        lifespan.result()
        raise AssertionError(f"the application ended before it said '{what} complete'")
    assert told.result() == {"type": f"lifespan.{what}.complete"}
