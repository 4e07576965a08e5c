"""Branching models of repositories and projects: what holds, and what was said."""

from typing import Any

from msgspec import UNSET, Struct, UnsetType
from starlette.responses import Response

from bitpail.api import refs
from bitpail.api.needs import ADMINISTER, ADMINISTER_PROJECT, PROJECT, READ, READ_PROJECT_RULES, REPOSITORY
from bitpail.api.request import ApiRequest
from bitpail.api.responses import json
from bitpail.errors import Invalid
from bitpail.http.routing import Opens, Route
from bitpail.model.access import Access, ProjectAccess
from bitpail.model.branching_models import PREFIXED, BranchType
from bitpail.services import branching_models as service
from bitpail.services.branching_models import Configured, Wanted, WantedPart, WantedPrefix
from bitpail.services.refs import RefsPage
from bitpail.wire import branching_models as wire

_MODEL = "branching-model"
_WORDS = {"true": True, "false": False, True: True, False: False}


class _Part(Struct):
    name: str | UnsetType | None = UNSET
    use_mainbranch: bool | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


class _Prefix(Struct):
    kind: BranchType
    prefix: str | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


class _Body(Struct):
    """What is not sent stays; other members are taken and left alone."""

    development: _Part | None = None
    production: _Part | None = None
    branch_types: list[_Prefix] = []
    default_branch_deletion: Any = None

    @property
    def wanted(self) -> Wanted:
        deletion = self.default_branch_deletion
        return Wanted(
            development=_part(self.development),
            production=_part(self.production),
            branch_types=[WantedPrefix(one.kind, one.prefix, one.enabled) for one in self.branch_types],
            # A word by the description, a boolean in some clients. All else is ignored, as described.
            default_branch_deletion=_WORDS.get(deletion) if isinstance(deletion, str | bool) else None,
        )


def _part(part: _Part | None) -> WantedPart | None:
    return None if part is None else WantedPart(part.name, part.use_mainbranch, part.enabled)


async def of_repository(request: ApiRequest, access: Access) -> Response:
    """``GET .../branching-model``."""
    return await _applied(request, access, "branching_model", _MODEL)


async def effective(request: ApiRequest, access: Access) -> Response:
    """``GET .../effective-branching-model``."""
    return await _applied(request, access, "effective_repo_branching_model", "effective-branching-model")


async def _applied(request: ApiRequest, access: Access, kind: str, part: str) -> Response:
    found = await service.applied(request.site, access)
    at = request.links.repository(access.workspace, access.repository)
    return json(
        wire.in_repository(
            kind,
            at.api_part(part),
            found.model,
            found.main_branch,
            development=await _branch(request, access, found.development),
            production=await _branch(request, access, found.production),
        )
    )


async def _branch(request: ApiRequest, access: Access, page: RefsPage | None) -> dict[str, Any] | None:
    return None if page is None else (await refs.shown(request, access, page))[0]


async def settings(request: ApiRequest, access: Access) -> Response:
    """``GET .../branching-model/settings``."""
    return _configured(request, access, await service.configured(request.site, access))


async def change(request: ApiRequest, access: Access) -> Response:
    """``PUT .../branching-model/settings``: from then on the repository's own."""
    body = await _body(request)
    return _configured(request, access, await service.change(request.site, access, body.wanted))


def _configured(request: ApiRequest, access: Access, found: Configured) -> Response:
    at = request.links.repository(access.workspace, access.repository)
    valid = found.has_development, found.has_production
    return json(wire.settings(at.api_part(f"{_MODEL}/settings"), found.model, valid))


async def of_project(request: ApiRequest, access: ProjectAccess) -> Response:
    """``GET .../projects/{project_key}/branching-model``."""
    model = await service.of_project(request.site, access.project)
    return json(wire.of_project(request.links.project_part(access.workspace, access.project, _MODEL), model))


async def project_settings(request: ApiRequest, access: ProjectAccess) -> Response:
    """``GET .../projects/{project_key}/branching-model/settings``."""
    model = await service.of_project(request.site, access.project)
    itself = request.links.project_part(access.workspace, access.project, f"{_MODEL}/settings")
    return json(wire.settings(itself, model, None))


async def change_project(request: ApiRequest, access: ProjectAccess) -> Response:
    """``PUT .../projects/{project_key}/branching-model/settings``."""
    body = await _body(request)
    model = await service.change_project(request.site, access.project, body.wanted)
    itself = request.links.project_part(access.workspace, access.project, f"{_MODEL}/settings")
    return json(wire.settings(itself, model, None))


async def _body(request: ApiRequest) -> _Body:
    body = await request.body(_Body)
    for one in body.branch_types:
        if one.kind not in PREFIXED:
            text = f"kind must be one of {', '.join(PREFIXED)}"
            raise Invalid(f"branch_types: {text}", {"branch_types": [text]})
    return body


_OF_REPOSITORY = f"{REPOSITORY}/{_MODEL}"
_OF_PROJECT = f"{PROJECT}/{_MODEL}"

ROUTES = [
    Route("GET", _OF_REPOSITORY, Opens.REPOSITORY, READ, of_repository),
    Route("GET", f"{_OF_REPOSITORY}/settings", Opens.REPOSITORY, ADMINISTER, settings),
    Route("PUT", f"{_OF_REPOSITORY}/settings", Opens.REPOSITORY, ADMINISTER, change),
    Route("GET", f"{REPOSITORY}/effective-branching-model", Opens.REPOSITORY, READ, effective),
    Route("GET", _OF_PROJECT, Opens.PROJECT, READ_PROJECT_RULES, of_project),
    Route("GET", f"{_OF_PROJECT}/settings", Opens.PROJECT, ADMINISTER_PROJECT, project_settings),
    Route("PUT", f"{_OF_PROJECT}/settings", Opens.PROJECT, ADMINISTER_PROJECT, change_project),
]
