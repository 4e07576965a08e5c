"""Searching the code of a workspace: what the actor may see at this moment, and nothing else.

The index says which files may match, their text decides. Searches take turns, a person's
one after the other, and each has its time.
"""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager

from msgspec import Struct

from bitpail.errors import NotFound
from bitpail.model.access import Access, WorkspaceAccess
from bitpail.model.code_search import FoundFile, FoundFiles
from bitpail.model.repositories import Located, RepositoryId
from bitpail.services.search_indexing import index_path
from bitpail.services.site import Site
from bitpail.store import repositories as repositories_store
from bitpail.store import search_index
from bitpail.store.search_index import Candidate, SearchIndex
from bitpail.wire import search_excerpts, search_query
from bitpail.wire.folding import folded
from bitpail.wire.search_query import File, Modifier, Node

MOST = 1000
"""Files that a search finds; of more the first ones."""
SECONDS = 5.0
"""A search that takes longer is refused."""


class _Place(Struct, frozen=True):
    """A repository that is searched: its rank in the answer and the modifiers that hold for it."""

    rank: int
    modifiers: frozenset[Modifier]


async def find(
    site: Site, access: WorkspaceAccess | Access, text: str, offset: int, number: int
) -> FoundFiles:
    """One page of the files that a query finds, in a workspace or one repository.

    Raises Invalid, Busy or Unavailable; NotFound where search is switched off. Files whose path holds what was looked for come first; then by repository and path.
    """
    query = search_query.parse(text)
    if site.settings.search == "off":
        raise NotFound("code search is switched off on this server")
    who = access.actor.user.id if access.actor.user else ""
    async with site.searches.slot(who, access.workspace.id):
        places = await _places(site, access, query)
        # Asked at last: what may be seen was asked after the turn had come.
        path = index_path(site, access.workspace.id)
        async with _stopping() as stop:
            search = _Search(query, places, time.monotonic() + SECONDS, stop)

            def work() -> FoundFiles:
                try:
                    with search_index.opened(path, until=search.until) as index:
                        return search.run(index, offset, number)
                except NotFound:
                    return FoundFiles([], 0)

            return await asyncio.to_thread(work)


async def located(
    site: Site, access: WorkspaceAccess, files: Iterable[FoundFile]
) -> dict[RepositoryId, Located]:
    """The repositories of files that were found; one that is gone meanwhile is missing."""
    user_id = access.actor.user.id if access.actor.user else None
    found = {}
    for repository_id in dict.fromkeys(one.repository_id for one in files):
        one = await repositories_store.find(site.db, "{}", f"{{{repository_id}}}", user_id)
        if one is not None and one.workspace.id == access.workspace.id:
            found[repository_id] = one
    return found


async def _places(site: Site, access: WorkspaceAccess | Access, query: Node) -> dict[RepositoryId, _Place]:
    """The repositories that the actor sees now, each with the modifiers of the query that mean it."""
    user_id = access.actor.user.id if access.actor.user else None
    found = await repositories_store.to_be_searched(site.db, access.workspace.id, user_id)
    asked = {one for one in search_query.modifiers(query) if one.kind in {"repo", "project"}}
    places = {}
    for rank, (repository_id, slug, key, name) in enumerate(found):
        if isinstance(access, Access) and repository_id != access.repository.id:
            continue
        names = {
            "repo": {slug, f"{access.workspace.slug}/{slug}", f"{{{repository_id}}}"},
            "project": {folded(key), folded(name)},
        }
        held = frozenset(one for one in asked if one.value in names[one.kind])
        places[repository_id] = _Place(rank, held)
    return places


@asynccontextmanager
async def _stopping() -> AsyncIterator[threading.Event]:
    """Set when whoever asked has gone: a thread can't be cancelled."""
    event = threading.Event()
    try:
        yield event
    finally:
        event.set()


class _Search:
    """One search, in its thread."""

    def __init__(
        self, query: Node, places: dict[RepositoryId, _Place], until: float, stop: threading.Event
    ) -> None:
        self._query = query
        self._places = places
        self._terms = list(search_query.terms(query))
        self._stop = stop
        self.until = until

    def run(self, index: SearchIndex, offset: int, number: int) -> FoundFiles:
        found = list(self._found(index))
        page = found[offset : offset + number]
        return FoundFiles([self._shown(index, one) for one in page], len(found))

    def _found(self, index: SearchIndex) -> Iterator[Candidate]:
        wanted = [one for one, place in self._places.items() if self._may_match(place)]
        candidates = index.candidates(self._query, wanted)
        count = 0
        for path, candidate in sorted(
            ((search_index.folded_path(one.path), one) for one in candidates), key=self._order
        ):
            if self._stop.is_set() or time.monotonic() > self.until:
                raise search_index.too_broad()
            if self._is_found(index, path, candidate):
                yield candidate
                count += 1
                if count >= MOST:
                    return

    def _order(self, pair: tuple[str, Candidate]) -> tuple[bool, int, bytes]:
        path, candidate = pair
        is_named = any(term in path for term in self._terms)
        return not is_named, self._places[candidate.repository].rank, candidate.path

    def _may_match(self, place: _Place) -> bool:
        """Whether the query lets a repository in by where it is; all else is asked of its files."""
        return search_query.may_match(self._query, place.modifiers)

    def _is_found(self, index: SearchIndex, path: str, candidate: Candidate) -> bool:
        unpacked: list[str] = []

        def content() -> str:
            if not unpacked:
                text = candidate.text
                unpacked.append("" if text is None else folded(index.text(text)))
            return unpacked[0]

        places = self._places[candidate.repository].modifiers
        return search_query.matches(self._query, File(path, places, content))

    def _shown(self, index: SearchIndex, candidate: Candidate) -> FoundFile:
        content = "" if candidate.text is None else index.text(candidate.text)
        count, blocks = search_excerpts.excerpts(content, self._terms)
        # As Git's paths are held elsewhere: what is no UTF-8 stays in an address what it was.
        path = candidate.path.decode("utf-8", "surrogateescape")
        segments = search_excerpts.path(path, self._terms)
        return FoundFile(candidate.repository, candidate.commit, path, segments, count, blocks)
