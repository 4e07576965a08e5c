"""The choice of another branch or tag on a page of one: a list with a search, which works without script."""

from msgspec import Struct

from bitpail.model.access import Access
from bitpail.services import refs
from bitpail.services.refs import BRANCHES, TAGS
from bitpail.web.repository import below
from bitpail.web.request import WebRequest

_OFFERED = 40
_LONGEST = 200


class Group(Struct, frozen=True):
    """Branches or tags with where they lead; ``more`` is how many others there are."""

    name: str
    refs: list[tuple[str, str]]
    more: int


class Chooser(Struct, frozen=True):
    """``current`` is the branch, tag or commit of the page, ``kind`` which of them it is."""

    current: str
    kind: str
    search: str
    groups: list[Group]


async def named(request: WebRequest, access: Access, part: str, path: str) -> str | None:
    """Where to go if what was typed is the name of a branch or tag."""
    wanted = _typed(request)
    if wanted and await refs.kind(request.site, access, wanted):
        return below(access, part, wanted, path)
    return None


async def chooser(request: WebRequest, access: Access, part: str, revision: str, path: str) -> Chooser:
    """What the page of this part and path offers."""
    search = _typed(request)
    groups = []
    for name, prefix in (("Branches", BRANCHES), ("Tags", TAGS)):
        found, size = await refs.matching(request.site, access, prefix, search, _OFFERED)
        if found:
            groups.append(
                Group(name, [(one, below(access, part, one, path)) for one in found], size - len(found))
            )
    prefix = await refs.kind(request.site, access, revision)
    kind = {BRANCHES: "branch", TAGS: "tag"}.get(prefix, "commit")
    return Chooser(revision, kind, search, groups)


def _typed(request: WebRequest) -> str:
    return request.query.get("ref", "")[:_LONGEST].strip()
