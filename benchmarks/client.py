"""A small HTTP/1.1 client with one kept connection: the least that a benchmark needs."""

import socket
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Self
from urllib.parse import urlsplit


def basic(username: str, secret: str) -> str:
    """The value of the Authorization header."""
    return "Basic " + b64encode(f"{username}:{secret}".encode()).decode()


class Client:
    """Requests one after the other, each signed in by itself."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host = parts.netloc
        self._socket = socket.create_connection((parts.hostname, parts.port), timeout=120)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def prepared(
        self,
        method: str,
        path: str,
        authorization: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> bytes:
        """The bytes of a request, to be sent often."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._host}", f"Authorization: {authorization}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join([*lines, "", ""]).encode() + body

    def send(self, request: bytes) -> bytes:
        """Send a prepared request; the body of a 200, RuntimeError for anything else."""
        return b"".join(self._body(request))

    def send_and_count(self, request: bytes) -> int:
        """The same for an answer of any size, of which only the length is wanted."""
        return sum(map(len, self._body(request)))

    def status(self, request: bytes) -> int:
        """The status of whatever the answer is, which is read to its end."""
        status, pieces = self._answer(request)
        for _ in pieces:
            pass
        return int(status.split(" ")[1])

    def _body(self, request: bytes) -> Iterator[bytes]:
        status, pieces = self._answer(request)
        if status.split(" ")[1] != "200":
            raise RuntimeError(f"{status}: {next(pieces, b'')[:200]!r}")
        yield from pieces

    def _answer(self, request: bytes) -> tuple[str, Iterator[bytes]]:
        self._socket.sendall(request)
        head = self._until(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if headers.get("transfer-encoding") == "chunked":
            return status, self._chunks()
        return status, self._parts(int(headers.get("content-length", "0")))

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self._until(b"\r\n"), 16):
            yield from self._parts(size)
            self._exactly(2)
        self._exactly(2)

    def _parts(self, size: int) -> Iterator[bytes]:
        while size:
            if not self._rest:
                self._more()
            piece, self._rest = self._rest[:size], self._rest[size:]
            size -= len(piece)
            yield piece

    def _until(self, end: bytes) -> bytes:
        while end not in self._rest:
            self._more()
        found, _, self._rest = self._rest.partition(end)
        return found

    def _exactly(self, size: int) -> bytes:
        while len(self._rest) < size:
            self._more()
        found, self._rest = self._rest[:size], self._rest[size:]
        return found

    def _more(self) -> None:
        piece = self._socket.recv(1 << 18)
        if not piece:
            raise RuntimeError("the server has closed the connection")
        self._rest += piece
