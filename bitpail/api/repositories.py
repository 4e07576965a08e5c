"""Repositories: listed, read, made, changed, deleted."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from starlette.responses import Response

from bitpail.api.needs import ADMINISTER, CREATE_REPOSITORY, DELETE, MOVE_REPOSITORY, READ, REPOSITORY
from bitpail.api.request import ApiRequest, Page
from bitpail.api.responses import empty, json
from bitpail.errors import Conflict, Invalid
from bitpail.http.routing import Opens, Route
from bitpail.model.access import Access, Actor, Need, WorkspaceAccess
from bitpail.model.projects import Project
from bitpail.model.repositories import ForkPolicy, Located, Repository
from bitpail.model.workspaces import Workspace
from bitpail.policy.decide import Decision
from bitpail.services import forks, override_settings, placing, workspaces
from bitpail.services import repositories as service
from bitpail.services.access import Refused
from bitpail.services.repositories import Among, Listing, Wanted
from bitpail.wire import pages
from bitpail.wire import repositories as wire

_ROLES = {among.value: among for among in Among if among is not Among.VISIBLE}


class _ProjectName(Struct):
    key: str | None = None
    uuid: str | None = None


class _Branch(Struct):
    name: str | None = None


class Body(Struct):
    """The members that a client may set; others are taken and left alone, as recorded clients expect."""

    scm: str | None = None
    name: str | None = None
    description: str | None = None
    website: str | None = None
    language: str | None = None
    is_private: bool | None = None
    has_wiki: bool | None = None
    has_issues: bool | None = None
    fork_policy: ForkPolicy | None = None
    project: _ProjectName | None = None
    mainbranch: _Branch | None = None


async def of_workspace(request: ApiRequest, access: WorkspaceAccess) -> Response:
    """``GET /2.0/repositories/{workspace}``: those that the actor may see."""
    wanted, page = among(request, access.actor), request.page()
    found = await service.visible(request.site, access, wanted, page.offset, page.pagelen, request.asked)
    return await listing(request, found, page)


async def every(request: ApiRequest, actor: Actor) -> Response:
    """``GET /2.0/repositories``: the public ones, oldest first; with ``role`` those that one was granted."""
    wanted, after, asked = among(request, actor), _after(request), request.asked
    if wanted is Among.VISIBLE and asked.sort is None:
        # Without an end that could be counted to: the next page begins where this one ended.
        pagelen, place = request.pagelen(), request.cursor
        found, place = await service.walk_public(request.site, after, place, pagelen, asked)
        following = request.url(page=place) if place else None
        values = await several(request, found)
        return json(pages.iterated(values, pagelen=pagelen, following=following))
    page = request.page()
    part = after, page.offset, page.pagelen, asked
    if wanted is Among.VISIBLE or actor.user is None:
        return await listing(request, await service.public(request.site, *part), page)
    return await listing(request, await service.of_user(request.site, actor.user, wanted, *part), page)


def among(request: ApiRequest, actor: Actor) -> Among:
    """What ``role`` asks for: the role of the person who asks, so that there has to be one. Raises Invalid, Refused."""
    role = request.query.get("role")
    if role is None:
        return Among.VISIBLE
    if role not in _ROLES:
        raise Invalid(f"role: must be one of {', '.join(_ROLES)}")
    if actor.user is None:
        raise Refused(Decision.SIGN_IN, actor, request.need)
    return _ROLES[role]


def _after(request: ApiRequest) -> int:
    text = request.query.get("after")
    return 0 if text is None else request.moment("after", text)


async def listing(request: ApiRequest, found: Listing, page: Page) -> Response:
    """One page of repositories."""
    return request.listed(await several(request, found.repositories), page, size=found.size)


async def several(request: ApiRequest, found: Sequence[Located]) -> list[dict[str, Any]]:
    """Whole repositories, as they are listed; the actor may see each."""
    listed = [one.repository for one in found]
    parents = await forks.parents(request.site, request.call.actor, [one.id for one in listed])
    overrides = await override_settings.of_several(request.site, listed)
    persons = await workspaces.persons(request.site, [one.workspace for one in found])
    return [
        wire.full(
            request.links,
            located.workspace,
            located.project,
            located.repository,
            main_branch=await service.main_branch(request.site, located.repository),
            overrides=overrides[located.repository.id],
            person=persons.get(located.workspace.id),
            parent=parents.get(located.repository.id),
        )
        for located in found
    ]


async def one(request: ApiRequest, access: Access) -> Response:
    """``GET /2.0/repositories/{workspace}/{repo_slug}``."""
    return json(await _alone(request, access.workspace, access.project, access.repository))


async def create(request: ApiRequest, access: WorkspaceAccess) -> Response:
    """``POST``: a new repository with the slug of the path."""
    body = await request.body(Body)
    slug = request.parameters["repo_slug"]
    wanted = await wanted_of(request, access, body, CREATE_REPOSITORY)
    try:
        made = await service.create(request.site, access.workspace, slug, wanted, access.actor.user)
    except Conflict:
        raise name_is_taken() from None
    return json(await from_scratch(request, access.workspace, made))


async def put(request: ApiRequest, access: Access | WorkspaceAccess) -> Response:
    """``PUT``: change the repository, or make it if there is none. A new name moves it."""
    if isinstance(access, WorkspaceAccess):
        made = await create(request, access)
        if made.status_code == 200:
            made.status_code = 201
        return made
    wanted = await wanted_of(request, access, await request.body(Body), MOVE_REPOSITORY)
    try:
        changed = await service.update(request.site, access, wanted)
    except Conflict:
        raise name_is_taken() from None
    shown = await from_scratch(request, access.workspace, changed)
    return json(shown, headers={"Location": shown["links"]["self"]["href"]})


async def delete(request: ApiRequest, access: Access) -> Response:
    """``DELETE``: the repository with its wiki. ``redirect_to`` is told at its page, and nowhere in the API."""
    moved_to = request.query.get("redirect_to") or None
    await service.delete(request.site, access.repository, moved_to=moved_to)
    return empty()


def name_is_taken() -> Invalid:
    """Why there can't be another one."""
    # Recorded with 400, not 409.
    fields = {"name": ["You already have a repository with this name."]}
    return Invalid("Repository with this Slug and Owner already exists.", fields)


async def wanted_of(request: ApiRequest, access: Access | WorkspaceAccess, body: Body, need: Need) -> Wanted:
    """What a body asks for, in a project that the actor may put repositories into.

    ``need`` is what that takes. With an access to a workspace it is a new one that is
    asked for, which has to be in some project. Raises Invalid, NotFound or Refused.
    """
    if body.scm not in {None, "git"}:
        raise Invalid("scm: must be git", {"scm": ["must be git"]})
    named = body.project
    project_id = await placing.project(
        request.site,
        access,
        need,
        key=named.key if named is not None else None,
        # One that is named by nothing is named.
        uuid=named.uuid or "" if named is not None and named.key is None else None,
    )
    return Wanted(
        name=body.name,
        description=body.description,
        website=body.website,
        language=body.language,
        is_private=body.is_private,
        has_wiki=body.has_wiki,
        has_issues=body.has_issues,
        fork_policy=body.fork_policy,
        project_id=project_id,
        main_branch=body.mainbranch.name if body.mainbranch is not None else None,
    )


async def from_scratch(request: ApiRequest, workspace: Workspace, repository: Repository) -> dict[str, Any]:
    """A repository that was just made or changed."""
    project = await workspaces.project_of(request.site, repository)
    return await _alone(request, workspace, project, repository)


async def _alone(
    request: ApiRequest, workspace: Workspace, project: Project, repository: Repository
) -> dict[str, Any]:
    overrides = await override_settings.overrides(request.site, repository)
    parents = await forks.parents(request.site, request.call.actor, [repository.id])
    return wire.full(
        request.links,
        workspace,
        project,
        repository,
        main_branch=await service.main_branch(request.site, repository),
        overrides=overrides,
        person=await workspaces.person(request.site, workspace),
        parent=parents.get(repository.id),
    )


_WORKSPACE = "/2.0/repositories/{workspace}"

ROUTES = [
    Route("GET", "/2.0/repositories", Opens.ANYWHERE, READ, every),
    Route("GET", _WORKSPACE, Opens.WORKSPACE, READ, of_workspace),
    Route("GET", REPOSITORY, Opens.REPOSITORY, READ, one),
    Route("POST", REPOSITORY, Opens.NEW_REPOSITORY, CREATE_REPOSITORY, create),
    Route("PUT", REPOSITORY, Opens.REPOSITORY_OR_NEW, ADMINISTER, put),
    Route("DELETE", REPOSITORY, Opens.REPOSITORY, DELETE, delete),
]
