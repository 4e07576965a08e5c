"""One document from a server elsewhere, whose address somebody here has chosen.

Such an address must not lead to what only this machine can reach: it is looked up
once, judged, and then connected to as it was judged. No redirect is followed, no proxy
asked, and neither a slow server nor a large answer holds anybody up but whoever chose it.
"""

import asyncio
import http.client
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from typing import Any, TypeVar
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

from msgspec import Struct

from bitpail import __version__
from bitpail.errors import BitpailError
from bitpail.policy import destinations

LARGEST = 512 * 1024
"""Bytes of a document."""
_SECONDS = 10.0
_EACH = 5.0
_TURN = 30.0
_AT_ONCE = 32

T = TypeVar("T")

_PORTS = {"https": 443, "http": 80}


class Unreachable(BitpailError):
    """There is no such document, or its server must not be asked."""


class _Target(Struct, frozen=True):
    scheme: str
    host: str
    port: int
    path: str


class Fetcher:
    """So many at once, for each worker, and one of each line.

    Its threads are its own: a name server that says nothing can't be left, and would hold those up
    in which passwords are checked.
    """

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._threads = ThreadPoolExecutor(_AT_ONCE, "outbound")
        self._lines: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def get(self, url: str, *, is_private: bool, line: str = "") -> bytes:
        """The document at an address. Raises Unreachable.

        ``is_private``: an administrator has named the address as one that may lie in a
        private network, and may speak plain HTTP. ``line``: who waits for whom; whoever gives
        many addresses that hang waits for those alone.
        """
        target = _target(url, is_private=is_private)
        turn = self._lines.get(line) or self._lines.setdefault(line, asyncio.Lock())
        try:
            async with asyncio.timeout(_TURN):
                await turn.acquire()
        except TimeoutError:
            raise Unreachable(f"{target.host} was not asked: others of the same user take too long") from None
        try:
            async with self._turns:
                return await asyncio.wait_for(self._fetch(target, is_private=is_private), _SECONDS)
        except TimeoutError:
            raise Unreachable(f"{target.host} took more than {_SECONDS:.0f} seconds to answer") from None
        finally:
            turn.release()

    async def _fetch(self, target: _Target, *, is_private: bool) -> bytes:
        address = await self._address(target, is_private=is_private)
        opened: list[socket.socket] = []
        try:
            return await self._in_thread(_read, target, address, opened)
        finally:
            # Whoever waits no longer ends the thread too: its next read finds the line closed.
            for one in opened:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    async def _address(self, target: _Target, *, is_private: bool) -> str:
        try:
            found = await self._in_thread(_looked_up, target.host, target.port)
        except (OSError, UnicodeError):
            raise Unreachable(f"there is no host {target.host}") from None
        addresses = [str(one[4][0]) for one in found]
        if not is_private and any(destinations.refuse(address, ()) for address in addresses):
            raise Unreachable(
                f"{target.host} lies in a network of our own: only an administrator can allow that"
            )
        if not addresses:
            raise Unreachable(f"there is no host {target.host}")
        return addresses[0]

    def _in_thread(self, work: Callable[..., T], *given: object) -> asyncio.Future[T]:
        return asyncio.get_running_loop().run_in_executor(self._threads, work, *given)


def _looked_up(host: str, port: int) -> list[Any]:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


def _target(url: str, *, is_private: bool) -> _Target:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if not host or parts.scheme not in _PORTS or parts.username is not None:
        raise Unreachable("not an address of a document")
    if parts.scheme != "https" and not is_private:
        raise Unreachable(f"{host} is asked by https alone")
    if port not in {None, _PORTS["https"]} and not is_private:
        raise Unreachable(f"{host} is asked at the usual port alone")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not path.isascii() or not path.isprintable() or " " in path:
        raise Unreachable("not an address of a document")
    return _Target(parts.scheme, host, port or _PORTS[parts.scheme], path)


def _read(target: _Target, address: str, opened: list[socket.socket]) -> bytes:
    """In a thread; raises Unreachable."""
    try:
        connection = http.client.HTTPConnection(target.host, target.port, timeout=_EACH)
        with closing(connection):
            connection.sock = _connected(target, address, opened)
            headers = {"Accept": "application/json", "User-Agent": f"bitpail/{__version__}"}
            connection.request("GET", target.path, headers=headers)
            with closing(connection.getresponse()) as answer:
                if answer.status != 200:
                    raise Unreachable(f"{target.host} answers {answer.status} to {target.path}")
                content = answer.read(LARGEST + 1)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unreachable(f"{target.host} does not answer: {type(error).__name__}") from None
    if len(content) > LARGEST:
        raise Unreachable(f"{target.host} answers with more than {LARGEST} bytes")
    return content


def _connected(target: _Target, address: str, opened: list[socket.socket]) -> socket.socket:
    plain = socket.create_connection((address, target.port), timeout=_EACH)
    opened.append(plain)
    if target.scheme == "http":
        return plain
    try:
        secure = ssl.create_default_context().wrap_socket(plain, server_hostname=target.host)
    except (OSError, ValueError):
        plain.close()
        raise
    opened.append(secure)
    return secure
