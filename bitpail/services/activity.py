"""What happened to one account, as its owner may read it: their own events of the audit log, a page at a time."""

from bitpail.errors import Invalid
from bitpail.model.audit import Event
from bitpail.model.users import User
from bitpail.services.site import Site
from bitpail.store import audit as store

_END = (2**63 - 1, "")
_LONGEST_PLACE = 100


async def of_user(site: Site, user: User, *, before: str = "", limit: int = 50) -> tuple[list[Event], str]:
    """Events before a place, the newest first, and the place of the next page: empty after the last.

    Raises Invalid for a place that is none of ours.
    """
    await site.audit.flush()
    at, event_id = _place(before) if before else _END
    found = await store.newest_of_user(site.db, user.id, before=(at, event_id), limit=limit + 1)
    page = found[:limit]
    return page, f"{page[-1].at}.{page[-1].id}" if len(found) > limit else ""


def _place(text: str) -> tuple[int, str]:
    at, _, event_id = text.partition(".")
    if len(text) > _LONGEST_PLACE or not (at.isascii() and at.isdigit()) or int(at) > _END[0] or "\0" in text:
        raise Invalid("there is no such page")
    return int(at), event_id
