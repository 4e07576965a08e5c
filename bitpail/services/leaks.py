"""Live secrets where they don't belong: in files, in a log, in the hands of somebody who reports one.

Of every kind that lasts: what lets somebody in, refresh tokens, the secrets of apps. One that is found is
looked up, never kept or told again. Whoever reports one hears nothing about it, so that this answers no guess.
"""

import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from pathlib import Path

from msgspec import Struct

from bitpail.model.app_passwords import AppPassword
from bitpail.model.audit import Kind
from bitpail.model.credentials import CredentialKind
from bitpail.model.oauth_consumers import Consumer
from bitpail.model.oauth_grants import GrantId
from bitpail.model.users import User
from bitpail.policy.leaks import Scanner
from bitpail.policy.secrets import Family, Secret, family_of
from bitpail.services import audit, mail, notices, oauth_consumers, oauth_tokens
from bitpail.services.authentication import known, why_ended
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import app_passwords, oauth_grants, robots, workspaces

REFRESH_TOKEN = "OAuth refresh token"  # noqa: S105 - what it is called
CONSUMER_SECRET = "OAuth consumer secret"  # noqa: S105 - what it is called

Judge = Callable[[Secret], Awaitable["Owner | None"]]
"""Says what a live secret is and whose: this site, or a server that is asked."""

Unreadable = Callable[[Path, OSError], None]
"""Told of each file that can't be read; the others are read on."""

_PIECE = 1 << 20


class Owner(Struct, frozen=True):
    """Whose a live secret is, if that may be known: a person's, or of a ``place``. ``what`` is its kind, in words.

    The place of an access token is where it was made, that of the secret of an app its workspace.
    """

    username: str
    label: str
    what: str
    place: str = ""


class Leak(Struct, frozen=True):
    """A live secret, and where it was found."""

    file: str
    line: int
    label: str
    username: str
    what: str
    place: str


class Live(Struct, frozen=True):
    """A secret that works, as far as others than its holder are concerned.

    ``what`` is its kind in words, ``label`` its own, or the name of its app. Of a refresh token ``app_password`` is
    the grant as one. The secret of an app is nobody's: it has ``consumer``, and the slug of its workspace is its
    ``place``; an access token has one too.
    """

    what: str
    label: str
    user: User | None = None
    app_password: AppPassword | None = None
    consumer: Consumer | None = None
    place: str = ""


async def live(site: Site, secret: Secret) -> Live | None:
    """What a secret is unless it has ended; one of a disabled user may work again."""
    family = family_of(secret)
    if family is Family.CONSUMER_SECRET:
        found = await oauth_consumers.by_secret(site, secret)
        return Live(CONSUMER_SECRET, found[0].name, consumer=found[0], place=found[1]) if found else None
    is_refresh = family is Family.REFRESH_TOKEN
    stored = await (oauth_tokens.refresh_token if is_refresh else known)(site, secret)
    if stored is None or why_ended(stored, now()) is not None:
        return None
    one, user = stored.app_password, stored.user
    place = ""
    if user.is_robot:
        place = "".join(known.place for known in (await robots.by_ids(site.db, [user.id])).values())
    return Live(REFRESH_TOKEN if is_refresh else one.kind.words, one.label, user, one, place=place)


async def is_known_to(site: Site, user: User | None, found: Live) -> bool:
    """Whether somebody may hear what a secret is called: their own; of an app, who belongs to its workspace."""
    if user is None:
        return False
    if found.consumer is not None:
        return await workspaces.membership(site.db, found.consumer.workspace_id, user.id) is not None
    return found.user is not None and found.user.id == user.id


async def tell(site: Site, found: Live, happened: str, *, once: bool = False, **values: object) -> None:
    """Mail whoever can do something about it; ``happened`` is what a template's name ends in.

    Whose it is; who made the one of a robot; of the secret of an app the owners of its workspace.
    """
    template, link, people = f"app-password-{happened}", "", list[User | None]()
    if found.consumer is not None:
        template = f"oauth-secret-{happened}"
        people += await workspaces.owners(site.db, found.consumer.workspace_id)
        link = f"/{found.place}/workspace/settings/oauth-consumers/{found.consumer.id}"
        values |= {"workspace": found.place, "public": found.consumer.is_public}
    elif found.user is not None and found.app_password is not None:
        kind = found.app_password.kind
        if kind is CredentialKind.OAUTH_ACCESS_TOKEN:
            template = f"oauth-token-{happened}"
        people.append(await notices.owner(site, found.user, found.app_password))
        link = notices.page(kind, found.app_password.id if once else "")
        values["place"] = found.place
    values |= {"label": found.label, "what": found.what, "link": mail.link(site, link)}
    for person in people:
        if person is not None:
            key = f"{identity(found)} {person.id}" if once else ""
            await notices.tell(site, person, template, once=key, **values)


def identity(found: Live) -> str:
    """The same for the same secret, and the same again when it has been replaced by another one."""
    one = found.consumer or found.app_password
    return f"{found.what} {one.id if one else ''}"


def judge(site: Site) -> Judge:
    """The judge of this site."""

    async def owner(secret: Secret) -> Owner | None:
        found = await live(site, secret)
        return owned(found) if found else None

    return owner


def owned(found: Live) -> Owner:
    """The same for whoever may know whose it is."""
    username = found.user.username if found.user is not None and not found.user.is_robot else ""
    return Owner(username, found.label, found.what, found.place)


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
                yield Leak(name, found.line, owner.label, owner.username, owner.what, owner.place)


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
    """Somebody holds a secret and wants it to end: revoke what it is, if it is one.

    Of an app's token, access or refresh, everything ends that the app was given with it; of an app's own
    secret, what that opened by itself.

    Returns how many seconds that address has to wait instead, 0 if it was heard.
    Every report counts alike, or the waiting would tell which one was right.
    """
    wait = site.reports.wait(secret, address) or site.reports.wrong(secret, address)
    if not wait:
        found = await live(site, secret)
        if found is not None and await _end(site, found):
            await tell(site, found, "leaked")
    return wait


async def _end(site: Site, found: Live) -> bool:
    """Whether it was this that ended it."""
    if found.consumer is not None:
        return await oauth_consumers.end_secret(site, found.consumer, found.place)
    one = found.app_password
    if one is None:
        return False
    is_app = one.kind is CredentialKind.OAUTH_ACCESS_TOKEN
    kind = Kind.OAUTH_GRANT_LEAKED if is_app else Kind.APP_PASSWORD_REVOKED
    async with site.db.transaction() as db:
        if is_app:
            ended = await oauth_grants.revoke(db, GrantId(one.id), now())
        else:
            ended = await app_passwords.revoke(db, one.id, now())
        if ended:
            await audit.record(
                db, kind, user=found.user, app_password=one, credential=found.what, leaked=True
            )
    return ended
