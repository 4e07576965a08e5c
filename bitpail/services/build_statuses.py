"""What builds said of a commit: told, told again, listed."""

import re
from collections.abc import Sequence

from msgspec import Struct

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
    return sorted(found, key=lambda status: status.updated_on, reverse=True)


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
    return found


async def tell(
    site: Site, access: Access, revision: str, key: str, told: Told, *, only_again: bool = False
) -> BuildStatus:
    """Write the status of a key, a second time instead of the first. Raises Invalid, or NotFound.

    A first one needs state and URL; ``only_again`` refuses to make one.
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
            state=_given("state", told.state, before.state if before else None),
            name=members.text(
                "name", told.name if told.name is not None else before.name if before else key, 255
            ),
            url=_url(access, commit.hash, _given("url", told.url, before.url if before else None)),
            description=members.text(
                "description", told.description or (before.description if before else ""), 2000
            ),
            refname=members.text("refname", told.refname or (before.refname if before else ""), 1000),
            created_on=before.created_on if before else at,
            updated_on=at,
        )
        await store.put(db, status)
    return status


def _given(name: str, value: str | None, before: str | None) -> str:
    found = value if value is not None else before
    if found is None:
        raise members.missing(name)
    return str(found)


def _url(access: Access, commit_hash: str, text: str) -> str:
    """The address with its templates filled; raises Invalid for one that a browser should not follow."""
    values = {
        "repository.full_name": f"{access.workspace.slug}/{access.repository.slug}",
        "repository.uuid": f"{{{access.repository.id}}}",
        "commit.hash": commit_hash,
        "commit.short_hash": commit_hash[:12],
    }
    members.text("url", text, members.ADDRESS_LENGTH)
    filled = _TEMPLATE.sub(lambda match: values[match[1]], text)
    members.address("url", filled)
    return filled
