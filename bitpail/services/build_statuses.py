"""What builds said of a commit: told, told again, listed."""

import re
from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from bitpail.errors import Invalid, NotFound
from bitpail.model.access import Access
from bitpail.model.build_statuses import BuildStatus, State
from bitpail.policy import members
from bitpail.services import commits
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import build_statuses as store

_MOST = 500
_GRAVITY = (State.SUCCESSFUL, State.INPROGRESS, State.STOPPED, State.FAILED)
_LONGEST = {"name": 255, "description": 2000, "refname": 1000, "url": members.ADDRESS_LENGTH}
_TEMPLATE = re.compile(r"\{(repository\.full_name|repository\.uuid|commit\.hash|commit\.short_hash)\}")


class Told(Struct, frozen=True):
    """What a client says; None leaves what was said before."""

    state: State | None = None
    name: str | None = None
    url: str | None = None
    description: str | None = None
    refname: str | None = None


async def of_commit(site: Site, access: Access, revision: str) -> list[BuildStatus]:
    """All of a commit, the newest first; raises Invalid or NotFound."""
    commit = await commits.one(site, access, revision)
    found = await store.of_commit(site.db, access.repository.id, commit.hash)
    return [_filled(access, one) for one in sorted(found, key=lambda one: one.updated_on, reverse=True)]


async def worst(site: Site, access: Access, commits: Sequence[str]) -> dict[str, State]:
    """Of each of these commits, by full hash, of which builds said something: the state that matters most."""
    found: dict[str, State] = {}
    for commit, state in await store.states(site.db, access.repository.id, commits):
        found[commit] = max(found.get(commit, State(state)), State(state), key=_GRAVITY.index)
    return found


async def one(site: Site, access: Access, revision: str, key: str) -> BuildStatus:
    """The one of that key; raises Invalid or NotFound."""
    commit = await commits.one(site, access, revision)
    found = await store.one(site.db, access.repository.id, commit.hash, key)
    if found is None:
        raise NotFound(f"there is no build status {key!r} of this commit")
    return _filled(access, found)


async def tell(
    site: Site, access: Access, revision: str, key: str, told: Told, *, only_again: bool = False
) -> BuildStatus:
    """Write the status of a key over the one that is there, as a whole. Raises Invalid, or NotFound.

    It needs state and URL. With ``only_again`` there has to be one, and what isn't told stays as it was.
    """
    commit = await commits.one(site, access, revision)
    members.needed("key", key, 255)
    async with site.db.transaction() as db:
        before = await store.one(db, access.repository.id, commit.hash, key)
        if before is None and only_again:
            raise NotFound(f"there is no build status {key!r} of this commit")
        if before is None and len(await store.of_commit(db, access.repository.id, commit.hash)) >= _MOST:
            raise Invalid(f"a commit has at most {_MOST} build statuses")
        at = now()
        status = BuildStatus(
            repository_id=access.repository.id,
            commit=commit.hash,
            key=key,
            created_on=before.created_on if before else at,
            updated_on=at,
            **_words(told, before if only_again else None, key),
        )
        filled = _filled(access, status)
        members.address("url", filled.url)
        await store.put(db, status)
    return filled


def _words(told: Told, before: BuildStatus | None, key: str) -> dict[str, Any]:
    """What is told, else what was; raises Invalid."""
    kept: dict[str, str | None] = {"name": key, "description": "", "refname": "", "state": None, "url": None}
    if before is not None:
        kept = {name: getattr(before, name) for name in kept}
    words: dict[str, Any] = {}
    for name, was in kept.items():
        said = getattr(told, name)
        if said is None and was is None:
            raise members.missing(name)
        words[name] = str(was if said is None else said)
    for name, longest in _LONGEST.items():
        members.text(name, words[name], longest)
    return words


def _filled(access: Access, status: BuildStatus) -> BuildStatus:
    """With the templates of its address filled now: a repository may have another name by then."""
    values = {
        "repository.full_name": f"{access.workspace.slug}/{access.repository.slug}",
        "repository.uuid": f"{{{access.repository.id}}}",
        "commit.hash": status.commit,
        "commit.short_hash": status.commit[:12],
    }
    return replace(status, url=_TEMPLATE.sub(lambda match: values[match[1]], status.url))
