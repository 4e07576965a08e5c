"""Live app passwords where they don't belong: in files, in a log, in the hands of somebody who reports one.

A secret that is found is looked up, never kept or told again. Whoever reports
one hears nothing about it, so that this answers no guess.
"""

import os
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from pathlib import Path

from msgspec import Struct

from bitpail.model.app_passwords import StoredSecret
from bitpail.model.audit import Kind
from bitpail.policy import secrets
from bitpail.policy.leaks import Scanner
from bitpail.policy.secrets import Secret
from bitpail.services import audit
from bitpail.services.authentication import is_secret, why_ended
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import app_passwords

Unreadable = Callable[[Path, OSError], None]
"""Told of each file that can't be read; the others are read on."""

_PIECE = 1 << 20


class Leak(Struct, frozen=True):
    """A live app password, and where it was found."""

    file: str
    line: int
    label: str
    username: str


async def live(site: Site, secret: Secret) -> StoredSecret | None:
    """The app password of a secret unless it has ended; one of a disabled user may work again."""
    if not secrets.looks_right(secret):
        return None
    stored = await app_passwords.by_lookup(site.db, secrets.lookup_name(secret))
    if not is_secret(site, secret, stored) or stored is None or why_ended(stored, now()) is not None:
        return None
    return stored


async def in_files(site: Site, path: Path, unreadable: Unreadable) -> AsyncGenerator[Leak, None]:
    """The live ones in a file, or in every file below a directory; links are not followed out of it."""
    for file in _files(path, unreadable):
        try:
            async for leak in _in_pieces(site, str(file), _pieces(file)):
                yield leak
        except OSError as error:
            unreadable(file, error)


async def in_stream(site: Site, name: str, pieces: Iterable[bytes]) -> AsyncGenerator[Leak, None]:
    """The live ones in what is read from somewhere."""
    async for leak in _in_pieces(site, name, pieces):
        yield leak


async def _in_pieces(site: Site, name: str, pieces: Iterable[bytes]) -> AsyncGenerator[Leak, None]:
    scanner = Scanner()
    for piece in pieces:
        for found in scanner.feed(piece):
            stored = await live(site, found.secret)
            if stored is not None:
                yield Leak(name, found.line, stored.app_password.label, stored.user.username)


def _files(path: Path, unreadable: Unreadable) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return

    def failed(error: OSError) -> None:
        unreadable(Path(error.filename), error)

    for directory, _, names in os.walk(path, onerror=failed):
        for name in sorted(names):
            file = Path(directory, name)
            # A pipe or a device would be read for ever.
            if file.is_file() and not file.is_symlink():
                yield file


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb", buffering=0) as stream:
        while piece := stream.read(_PIECE):
            yield piece


async def reported(site: Site, secret: Secret) -> None:
    """Somebody holds a secret and wants it to end: revoke its app password, if it is one."""
    stored = await live(site, secret)
    if stored is None:
        return
    async with site.db.transaction() as db:
        if await app_passwords.revoke(db, stored.app_password.id, now()):
            password, user = stored.app_password, stored.user
            await audit.record(db, Kind.APP_PASSWORD_REVOKED, user=user, app_password=password, leaked=True)
