"""Where repositories are now that were elsewhere: deleted ones, as their administrators said, by a notice for people;
those with another name or in another workspace by leading on. Pages only: git and the API know the present names.
"""

import re
from urllib.parse import urlsplit

from bitpail.errors import Invalid
from bitpail.model.access import Actor, Need
from bitpail.model.permissions import Permission
from bitpail.model.repositories import Repository
from bitpail.policy import names
from bitpail.services import access
from bitpail.services.access import Refused
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import moved as store
from bitpail.store import repositories
from bitpail.store.database import Connection

_LONGEST = 2000
_MEMBER = Need(permission=Permission.READ, signed_in=True)
_BLANK = re.compile(r"\s")


async def put(db: Connection, repository: Repository, address: str) -> None:
    """Note it, in the transaction that deletes the repository; raises Invalid."""
    await store.put(
        db,
        repository.workspace_id,
        repository.slug,
        _checked(address),
        is_private=repository.is_private,
        at=now(),
    )


def _checked(address: str) -> str:
    try:
        names.check_text(address, "address", _LONGEST)
        parts = urlsplit(address)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname) and not _BLANK.search(address)
    except Invalid as error:
        raise _refused(error.message) from None
    except ValueError:
        is_address = False
    if not is_address:
        raise _refused("must be an address that begins with http:// or https://")
    return address


def _refused(reason: str) -> Invalid:
    return Invalid(f"redirect_to: {reason}", {"redirect_to": [reason]})


async def note_name(db: Connection, repository: Repository) -> None:
    """Note the name that a repository has, in the transaction that gives it another one."""
    await store.put_name(db, repository.workspace_id, repository.slug, repository.id)


async def now_at(site: Site, actor: Actor, workspace: str, slug: str) -> tuple[str, str] | None:
    """Workspace and slug of what had this name, for who may see it; None if there is one of that name again."""
    found = await store.by_old_name(site.db, workspace, slug)
    if found is None or await repositories.find(site.db, workspace, slug, None) is not None:
        return None
    seen = await access.seen(site, actor, found)
    return (seen.workspace.slug, seen.repository.slug) if seen is not None else None


async def to(site: Site, actor: Actor, workspace: str, slug: str) -> str | None:
    """Where the repository of that name went, for who may know that it was there; None if there is one again."""
    notice = await store.find(site.db, workspace, slug)
    if notice is None or await repositories.find(site.db, workspace, slug, None) is not None:
        return None
    if notice.is_private:
        try:
            await access.to_workspace(site, actor, _MEMBER, workspace)
        except Refused:
            return None
    return notice.address
