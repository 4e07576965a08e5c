"""Who holds what on which repositories: the strongest of all grants, explicit or not."""

from starlette.responses import Response

from bitpail.api.needs import OWN_PERMISSIONS, PERMISSIONS_OF_REPOSITORY, PERMISSIONS_OF_WORKSPACE
from bitpail.api.request import ApiRequest, Page
from bitpail.api.responses import json
from bitpail.http.routing import Opens, Route
from bitpail.model.access import Access, Actor, WorkspaceAccess
from bitpail.model.repository_permissions import RepositoryPermission
from bitpail.policy.decide import Decision
from bitpail.services import repository_permissions as service
from bitpail.services.access import Refused
from bitpail.services.repository_permissions import Part
from bitpail.wire import pages
from bitpail.wire import repository_permissions as wire


async def own(request: ApiRequest, actor: Actor) -> Response:
    """``GET /2.0/user/permissions/repositories``: wherever one was granted something."""
    if actor.user is None:
        raise Refused(Decision.SIGN_IN, actor, request.need)
    page = request.page()
    found, size = await service.of_user(request.site, actor.user, _part(request, page))
    return request.listed(_shown(request, found), page, size=size)


async def own_in(request: ApiRequest, access: WorkspaceAccess) -> Response:
    """``GET /2.0/user/workspaces/{workspace}/permissions/repositories``."""
    if access.actor.user is None:
        raise Refused(Decision.SIGN_IN, access.actor, request.need)
    page = request.page()
    found, size = await service.of_user_in(request.site, access, access.actor.user, _part(request, page))
    return request.listed(_shown(request, found), page, size=size)


async def of_workspace(request: ApiRequest, access: WorkspaceAccess) -> Response:
    """``GET /2.0/workspaces/{workspace}/permissions/repositories``: everybody's, for its owners.

    There may be a million of them, so that nobody counts: pages are numbered, and have no ``size``.
    """
    page = request.page()
    found, is_more = await service.of_workspace(request.site, access, _part(request, page))
    following = request.url(page=str(page.page + 1)) if is_more else None
    return json(pages.iterated(_shown(request, found), pagelen=page.pagelen, following=following))


async def of_repository(request: ApiRequest, access: Access) -> Response:
    """``GET /2.0/workspaces/{workspace}/permissions/repositories/{repo_slug}``."""
    page = request.page()
    found, size = await service.of_repository(request.site, access, _part(request, page))
    return request.listed(_shown(request, found), page, size=size)


def _part(request: ApiRequest, page: Page) -> Part:
    return Part(request.asked, page.offset, page.pagelen)


def _shown(request: ApiRequest, found: list[RepositoryPermission]) -> pages.Values:
    return [wire.permission(request.links, one) for one in found]


_OWN_IN_WORKSPACE = "/2.0/user/workspaces/{workspace}/permissions/repositories"
_OF_WORKSPACE = "/2.0/workspaces/{workspace}/permissions/repositories"

ROUTES = [
    Route("GET", "/2.0/user/permissions/repositories", Opens.ANYWHERE, OWN_PERMISSIONS, own),
    Route("GET", _OWN_IN_WORKSPACE, Opens.WORKSPACE, OWN_PERMISSIONS, own_in),
    Route("GET", _OF_WORKSPACE, Opens.WORKSPACE, PERMISSIONS_OF_WORKSPACE, of_workspace),
    Route(
        "GET", f"{_OF_WORKSPACE}/{{repo_slug}}", Opens.REPOSITORY, PERMISSIONS_OF_REPOSITORY, of_repository
    ),
]
