"""Downloads: uploaded, listed, handed out by an address that opens for a moment, removed.

Whoever may read the repository is given the address of a file's content: signed,
for that content alone, and good for minutes, since clients drop their credential
when they follow a redirect. Replaced or removed, the content is at no address.
"""

import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import ExitStack
from hashlib import blake2b
from hmac import compare_digest
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

from msgspec import Struct

from bitpail.errors import Invalid, NotFound, TooLarge
from bitpail.git import downloads as files
from bitpail.git.downloads import Incoming
from bitpail.model.access import Access
from bitpail.model.downloads import Download
from bitpail.model.repositories import RepositoryId
from bitpail.model.users import User
from bitpail.policy import names
from bitpail.services import keys
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import downloads as store
from bitpail.store.database import Connection
from bitpail.wire.query_kinds import Asked

STORAGE = "/bitpail/files/"
"""Where the addresses of contents begin."""

LIFETIME = 300
"""Seconds for which one opens. What has begun by then goes on."""

MOST_FILES = 100
"""In one request."""

_LONGEST_NAME = 255
_PURPOSE = b"downloads"
_SIGNATURE = 20
_TOKEN = _SIGNATURE + 16 + 16 + 8
_GONE = "there is no such download"


class NewFile(Struct, frozen=True):
    """The beginning of a file in an upload; its content follows."""

    name: str


class Listing(Struct, frozen=True):
    """One page with who uploaded each, and the number of all."""

    downloads: list[tuple[Download, User | None]]
    size: int


class Content(Struct, frozen=True):
    """Where the content of a download lies."""

    download: Download
    path: Path


async def page(site: Site, access: Access, asked: Asked, offset: int, count: int) -> Listing:
    """Those that were asked for, the newest first; raises Invalid."""
    return Listing(*await store.chosen(site.db, access.repository.id, asked, offset, count))


async def one(site: Site, access: Access, name: str) -> Download:
    """The one of that name; raises NotFound."""
    found = await store.one(site.db, access.repository.id, name)
    if found is None:
        raise NotFound(_GONE)
    return found


def check_name(name: str) -> str:
    """What a download may be called; raises Invalid. A name never becomes part of a path."""
    names.check_text(name, "name of the file", _LONGEST_NAME)
    if len(name.encode()) > _LONGEST_NAME:
        raise Invalid(f"the name of the file is longer than {_LONGEST_NAME} bytes")
    if not name.strip() or name in {".", ".."} or "/" in name or "\\" in name:
        raise Invalid(f"not the name of a file: {name!r}")
    if name.startswith("-"):
        raise Invalid(f"not the name of a file: {name!r} would be taken for an option")
    return name


async def upload(site: Site, access: Access, pieces: AsyncIterator[NewFile | bytes]) -> list[Download]:
    """Take files, each instead of the one of its name: all of them or none.

    Raises Invalid, TooLarge, NotFound if the repository goes meanwhile, Unavailable.
    """
    with ExitStack() as stack:
        received = _Received(site, access.repository.id, stack)
        async for piece in pieces:
            if isinstance(piece, NewFile):
                await received.begin(check_name(piece.name))
            else:
                await received.take(piece)
        await received.end()
        if not received.files:
            raise Invalid("files: required key not provided", {"files": ["required key not provided"]})
        # From here on only the database knows whether they are wanted: what comes between
        # its word and ours leaves them to be swept.
        received.keep(is_kept=True)
        async with site.db.transaction() as db:
            try:
                made, replaced = await _write(db, site, access, received.files)
            except (TooLarge, NotFound):
                received.keep(is_kept=False)
                raise
    for file_name in (*replaced, *received.superseded):
        files.remove(_root(site), access.repository.id, file_name)
    return made


class _Received:
    """The files of one upload, of which the last of each name counts."""

    def __init__(self, site: Site, repository_id: RepositoryId, stack: ExitStack) -> None:
        self.files: dict[str, Incoming] = {}
        self.superseded: list[str] = []
        self._site = site
        self._repository_id = repository_id
        self._stack = stack
        self._current: Incoming | None = None
        self._number = 0
        self._total = 0
        self._room: int | None = None

    async def begin(self, name: str) -> None:
        """Another file; raises TooLarge or Unavailable."""
        await self.end()
        self._number += 1
        if self._number > MOST_FILES:
            raise TooLarge(f"files: at most {MOST_FILES} in one request")
        self._current = self._stack.enter_context(files.incoming(_root(self._site), self._repository_id))
        before = self.files.get(name)
        if before is not None:
            self.superseded.append(before.file)
            self._total -= before.size
        else:
            await self._make_room(name)
        self.files[name] = self._current

    async def _make_room(self, name: str) -> None:
        """What is replaced gives its room back."""
        limit = self._site.settings.downloads_limit
        if limit:
            if self._room is None:
                self._room = limit - await store.used(self._site.db, self._repository_id)
            before = await store.one(self._site.db, self._repository_id, name)
            self._room += before.size if before else 0

    async def take(self, piece: bytes) -> None:
        """Some more of it; raises TooLarge or Unavailable."""
        if self._current is None:
            raise Invalid("the form does not begin with a file")
        self._total += len(piece)
        if self._room is not None and self._total > self._room:
            raise _too_large(self._site)
        await self._current.write(piece)

    async def end(self) -> None:
        """All of it is here: on the disk, not in memory."""
        if self._current is not None:
            await self._current.finish()

    def keep(self, *, is_kept: bool) -> None:
        """Whether they stay if it breaks off now."""
        for file in self.files.values():
            file.is_kept = is_kept


async def _write(
    db: Connection, site: Site, access: Access, received: dict[str, Incoming]
) -> tuple[list[Download], list[str]]:
    repository_id = access.repository.id
    if not await store.hold(db, repository_id):
        raise NotFound("the repository is gone")
    user = access.actor.user
    made, replaced = [], []
    for name, file in received.items():
        before = await store.one(db, repository_id, name)
        if before is not None:
            replaced.append(before.file)
        download = Download(repository_id, name, file.file, file.size, user.id if user else None, 0, now())
        await store.put(db, download)
        made.append(download)
    limit = site.settings.downloads_limit
    if limit and await store.used(db, repository_id) > limit:
        raise _too_large(site)
    return made, replaced


def _too_large(site: Site) -> TooLarge:
    return TooLarge(
        f"the downloads of a repository have at most {site.settings.downloads_limit} bytes together"
    )


async def remove(site: Site, access: Access, name: str) -> None:
    """Remove one; raises NotFound."""
    found = await one(site, access, name)
    if not await store.remove(site.db, found):
        raise NotFound(_GONE)
    files.remove(_root(site), found.repository_id, found.file)


def address(site: Site, download: Download) -> str:
    """The path at which the content is, for a while."""
    until = int(time.time()) + LIFETIME
    payload = UUID(download.repository_id).bytes + bytes.fromhex(download.file) + until.to_bytes(8, "big")
    token = urlsafe_b64encode(_signature(site, payload) + payload).rstrip(b"=").decode()
    return f"{STORAGE}{token}/{quote(download.name, safe='')}"


def note_fetch(site: Site, download: Download) -> None:
    """Count that somebody was given the address."""
    site.downloads.note(download)


async def content(site: Site, token: str, name: str) -> Content:
    """What is at such an address; raises NotFound for one that we did not give, or that is over."""
    try:
        raw = urlsafe_b64decode(token.encode() + b"=" * (-len(token) % 4))
    except ValueError:
        raw = b""
    signature, payload = raw[:_SIGNATURE], raw[_SIGNATURE:]
    # Compared in any case, so that nothing tells a wrong length from a wrong signature.
    is_ours = compare_digest(signature, _signature(site, payload)) and len(raw) == _TOKEN
    if not is_ours:
        raise NotFound("this address is not one that was given here")
    if int.from_bytes(payload[32:], "big") < time.time():
        raise NotFound("this address has expired: ask for the download again")
    repository_id = RepositoryId(str(UUID(bytes=payload[:16])))
    found = await store.by_file(site.db, repository_id, payload[16:32].hex())
    if found is None or found.name != name:
        raise NotFound(_GONE)
    return Content(found, files.path_of(_root(site), repository_id, found.file))


def _signature(site: Site, payload: bytes) -> bytes:
    return blake2b(payload, key=keys.derive(site.keys, _PURPOSE), digest_size=_SIGNATURE).digest()


async def clean_leftovers(site: Site) -> None:
    """Remove what was received by somebody who was killed, and what is of repositories that are gone."""
    root = _root(site)
    for repository_id, there in (await files.abandoned(root)).items():
        wanted = await store.files(site.db, repository_id)
        for file in there:
            if file not in wanted:
                files.remove(root, repository_id, file)
        if not wanted:
            files.tidy(root, repository_id)


async def forget(site: Site, repository_id: RepositoryId) -> None:
    """Remove everything of a repository that is no more."""
    await files.delete(_root(site), repository_id)


def _root(site: Site) -> Path:
    return site.settings.data_path / "downloads"
