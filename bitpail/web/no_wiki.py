"""A repository that may be seen and has no wiki: its administrators may let it have one."""

from starlette.responses import Response

from bitpail.errors import NotFound
from bitpail.model.access import Access, Actor, Need
from bitpail.services.access import Refused, to_repository
from bitpail.services.site import Site
from bitpail.web.repository import WIKI, render_in
from bitpail.web.request import WebRequest

_SEE = Need()


class NoWiki(NotFound):
    """``access`` is one to the repository."""

    def __init__(self, access: Access) -> None:
        super().__init__("this repository has no wiki")
        self.access = access


async def tell(site: Site, actor: Actor, workspace: str, repository: str) -> None:
    """Raise NoWiki if the repository may be seen and it is only the wiki that isn't there."""
    try:
        found = await to_repository(site, actor, _SEE, workspace, repository)
    except Refused:
        return
    if not found.repository.has_wiki:
        raise NoWiki(found)


def page(request: WebRequest, missing: NoWiki) -> Response:
    """What to do about it."""
    return render_in(request, missing.access, "wiki_off.html", WIKI, 404)
