"""Live app passwords where they don't belong: in files, in a log, in the hands of somebody who reports one.

A secret that is found is looked up, never kept or told again. Whoever reports
one hears nothing about it, so that this answers no guess.
"""

import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from pathlib import Path

from msgspec import Struct

from bitpail.model.app_passwords import StoredSecret
from bitpail.model.audit import Kind
from bitpail.model.credentials import CredentialKind
from bitpail.model.oauth_grants import GrantId
from bitpail.policy.leaks import Scanner
from bitpail.policy.secrets import Secret
from bitpail.services import audit, mail, notices, oauth_tokens
from bitpail.services.authentication import known, why_ended
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import app_passwords, oauth_grants

Judge = Callable[[Secret], Awaitable["Owner | None"]]
"""Says whose live app password a secret is: this site, or a server that is asked."""

Unreadable = Callable[[Path, OSError], None]
"""Told of each file that can't be read; the others are read on."""

_PIECE = 1 << 20


class Owner(Struct, frozen=True):
    """Whose app password a live secret is; empty if that is not to be known."""

    username: str
    label: str


class Leak(Struct, frozen=True):
    """A live app password, and where it was found."""

    file: str
    line: int
    label: str
    username: str


async def live(site: Site, secret: Secret) -> StoredSecret | None:
    """The app password of a secret unless it has ended; one of a disabled user may work again."""
    stored = await known(site, secret)
    return stored if stored is not None and why_ended(stored, now()) is None else None


def judge(site: Site) -> Judge:
    """The judge of this site."""

    async def owner(secret: Secret) -> Owner | None:
        stored = await live(site, secret)
        return Owner(stored.user.username, stored.app_password.label) if stored else None

    return owner


async def in_files(judged: Judge, path: Path, unreadable: Unreadable) -> AsyncGenerator[Leak, None]:
    """The live ones in a file, or in every file below a directory; links are not followed out of it."""
    for file in _files(path, unreadable):
        try:
            async for leak in _in_pieces(judged, str(file), _pieces(file)):
                yield leak
        except OSError as error:
            unreadable(file, error)


async def in_stream(judged: Judge, name: str, pieces: Iterable[bytes]) -> AsyncGenerator[Leak, None]:
    """The live ones in what is read from somewhere."""
    async for leak in _in_pieces(judged, name, pieces):
        yield leak


async def _in_pieces(judged: Judge, name: str, pieces: Iterable[bytes]) -> AsyncGenerator[Leak, None]:
    scanner = Scanner()
    for piece in pieces:
        for found in scanner.feed(piece):
            owner = await judged(found.secret)
            if owner is not None:
                yield Leak(name, found.line, owner.label, owner.username)


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


async def reported(site: Site, secret: Secret, address: str) -> int:
    """Somebody holds a secret and wants it to end: revoke its app password, if it is one.

    Of an app's token, access or refresh, everything ends that the app was given with it.

    Returns how many seconds that address has to wait instead, 0 if it was heard.
    Every report counts alike, or the waiting would tell which one was right.
    """
    wait = site.reports.wait(secret, address) or site.reports.wrong(secret, address)
    if not wait:
        await _end(site, secret)
    return wait


async def _end(site: Site, secret: Secret) -> None:
    stored = await live(site, secret) or await oauth_tokens.refresh_token(site, secret)
    if stored is None:
        return
    password, user = stored.app_password, stored.user
    is_app = password.kind is CredentialKind.OAUTH_ACCESS_TOKEN
    kind = Kind.OAUTH_GRANT_LEAKED if is_app else Kind.APP_PASSWORD_REVOKED
    async with site.db.transaction() as db:
        if is_app:
            revoked = await oauth_grants.revoke(db, GrantId(password.id), now())
        else:
            revoked = await app_passwords.revoke(db, password.id, now())
        if revoked:
            await audit.record(db, kind, user=user, app_password=password, leaked=True)
    if revoked:
        link = mail.link(site, notices.page(password.kind))
        owner = await notices.owner(site, user, password)
        if owner is not None:
            what = password.kind.words
            await notices.tell(site, owner, "app-password-leaked", label=password.label, link=link, what=what)
