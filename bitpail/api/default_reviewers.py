"""Who is asked to review every new pull request: of a repository, of a project, of both."""

from starlette.responses import Response

from bitpail.api.needs import (
    ADMINISTER,
    ADMINISTER_PROJECT,
    PROJECT,
    READ_PROJECT_RULES,
    READ_PULL_REQUESTS,
    REPOSITORY,
)
from bitpail.api.request import ApiRequest
from bitpail.api.responses import empty, json
from bitpail.http.routing import Opens, Route
from bitpail.model.access import Access, ProjectAccess
from bitpail.services import default_reviewers as service
from bitpail.services.default_reviewers import Place
from bitpail.wire import default_reviewers as wire
from bitpail.wire import users

_REVIEWERS = f"{REPOSITORY}/default-reviewers"
_REVIEWER = f"{_REVIEWERS}/{{target_username}}"
_OF_PROJECT = f"{PROJECT}/default-reviewers"
_ONE_OF_PROJECT = f"{_OF_PROJECT}/{{selected_user}}"


async def listed(request: ApiRequest, access: Access) -> Response:
    """``GET .../default-reviewers``."""
    found = await service.of_repository(request.site, access)
    return request.collection([users.embedded(request.links, one) for one in found])


async def effective(request: ApiRequest, access: Access) -> Response:
    """``GET .../effective-default-reviewers``: with those of the project."""
    found = await service.effective(request.site, access)
    return request.collection([wire.reviewer(request.links, one.user, one.place.value) for one in found])


async def one(request: ApiRequest, access: Access) -> Response:
    """``GET .../default-reviewers/{target_username}``: 404 for whoever is none."""
    found = await service.one_of_repository(request.site, access, request.parameters["target_username"])
    return json(users.embedded(request.links, found))


async def add(request: ApiRequest, access: Access) -> Response:
    """``PUT .../default-reviewers/{target_username}``; again changes nothing."""
    added = await service.add_to_repository(request.site, access, request.parameters["target_username"])
    return json(users.embedded(request.links, added))


async def remove(request: ApiRequest, access: Access) -> Response:
    """``DELETE .../default-reviewers/{target_username}``."""
    await service.remove_from_repository(request.site, access, request.parameters["target_username"])
    return empty()


async def of_project(request: ApiRequest, access: ProjectAccess) -> Response:
    """``GET .../projects/{project_key}/default-reviewers``."""
    found = await service.of_project(request.site, access)
    return request.collection([wire.reviewer(request.links, one, Place.PROJECT.value) for one in found])


async def one_of_project(request: ApiRequest, access: ProjectAccess) -> Response:
    """``GET .../projects/{project_key}/default-reviewers/{selected_user}``."""
    found = await service.one_of_project(request.site, access, request.parameters["selected_user"])
    return json(users.embedded(request.links, found))


async def add_to_project(request: ApiRequest, access: ProjectAccess) -> Response:
    """``PUT .../projects/{project_key}/default-reviewers/{selected_user}``."""
    added = await service.add_to_project(request.site, access, request.parameters["selected_user"])
    return json(users.embedded(request.links, added))


async def remove_from_project(request: ApiRequest, access: ProjectAccess) -> Response:
    """``DELETE .../projects/{project_key}/default-reviewers/{selected_user}``."""
    await service.remove_from_project(request.site, access, request.parameters["selected_user"])
    return empty()


ROUTES = [
    Route("GET", _REVIEWERS, Opens.REPOSITORY, READ_PULL_REQUESTS, listed),
    Route("GET", _REVIEWER, Opens.REPOSITORY, READ_PULL_REQUESTS, one),
    Route("PUT", _REVIEWER, Opens.REPOSITORY, ADMINISTER, add),
    Route("DELETE", _REVIEWER, Opens.REPOSITORY, ADMINISTER, remove),
    Route(
        "GET", f"{REPOSITORY}/effective-default-reviewers", Opens.REPOSITORY, READ_PULL_REQUESTS, effective
    ),
    Route("GET", _OF_PROJECT, Opens.PROJECT, READ_PROJECT_RULES, of_project),
    Route("GET", _ONE_OF_PROJECT, Opens.PROJECT, READ_PROJECT_RULES, one_of_project),
    Route("PUT", _ONE_OF_PROJECT, Opens.PROJECT, ADMINISTER_PROJECT, add_to_project),
    Route("DELETE", _ONE_OF_PROJECT, Opens.PROJECT, ADMINISTER_PROJECT, remove_from_project),
]
