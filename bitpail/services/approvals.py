"""Who approves of a commit, and who took part in what was said of it."""

from bitpail.errors import Invalid
from bitpail.model.access import Access
from bitpail.model.approvals import Participant
from bitpail.model.users import User
from bitpail.services import commits
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import approvals as store

_MOST_TOLD = 100


async def approve(site: Site, access: Access, revision: str) -> Participant:
    """Approve of a commit; again changes nothing. Raises Invalid or NotFound."""
    commit, user = await commits.one(site, access, revision), _user(access)
    return Participant(user, await store.put(site.db, access.repository.id, commit.hash, user.id, now()))


async def withdraw(site: Site, access: Access, revision: str) -> None:
    """Do not, any more; raises Invalid or NotFound."""
    commit = await commits.one(site, access, revision)
    await store.remove(site.db, access.repository.id, commit.hash, _user(access).id)


async def participants(site: Site, access: Access, commit: str) -> list[Participant]:
    """Who approved of a commit, by its full hash, or commented on it: at most 100."""
    return await store.participants(site.db, access.repository.id, commit, _MOST_TOLD)


def _user(access: Access) -> User:
    if access.actor.user is None:
        raise Invalid("people approve: sign in")
    return access.actor.user
