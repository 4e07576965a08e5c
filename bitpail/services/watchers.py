"""Who watches a repository: whoever made or forked it, and whoever chose to."""

from msgspec import Struct

from bitpail.errors import NotFound
from bitpail.model.access import Access, Actor, Need
from bitpail.model.users import User
from bitpail.services import access
from bitpail.services.access import Refused
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import watchers as store
from bitpail.wire.query_kinds import Asked

_SEEN = Need()


class Watchers(Struct, frozen=True):
    """One page and the number of all."""

    users: list[User]
    size: int


async def page(site: Site, access: Access, asked: Asked, offset: int, count: int) -> Watchers:
    """Those that were asked for, who began first; raises Invalid."""
    return Watchers(*await store.chosen(site.db, access.repository.id, asked, offset, count))


async def watch(site: Site, user: User, workspace: str, slug: str) -> None:
    """Let a user watch what the user may see; raises NotFound."""
    seen = await _seen(site, user, workspace, slug)
    await store.add(site.db, seen.repository.id, user.id, now())


async def unwatch(site: Site, user: User, workspace: str, slug: str) -> bool:
    """Whether the user watched until now; raises NotFound."""
    seen = await _seen(site, user, workspace, slug)
    return await store.remove(site.db, seen.repository.id, user.id)


async def _seen(site: Site, user: User, workspace: str, slug: str) -> Access:
    try:
        return await access.to_repository(site, Actor(user), _SEEN, workspace, slug)
    except Refused:
        raise NotFound(f"{user.username} sees no repository {workspace}/{slug}") from None
