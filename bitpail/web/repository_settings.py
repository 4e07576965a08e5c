"""The settings of a repository: what it is called and who sees it; into another workspace; its end."""

from typing import Any

from starlette.responses import Response

from bitpail.errors import BitpailError, Invalid
from bitpail.model.access import Access, Need
from bitpail.model.projects import Project
from bitpail.model.repositories import ForkPolicy
from bitpail.services import placing, projects, relocating, repositories
from bitpail.services.access import to_workspace
from bitpail.services.repositories import Wanted
from bitpail.web.creating import CREATE, WRONG, by_workspace, name_and_slug, said
from bitpail.web.errors import status_of
from bitpail.web.repository import SETTINGS, address, render_in
from bitpail.web.request import WebRequest, see_other

SECTIONS = (
    ("", "Details"),
    ("permissions/", "User and group access"),
    ("branch-permissions/", "Branch restrictions"),
    ("access-keys/", "Access keys"),
    ("access-tokens/", "Access tokens"),
    ("default-reviewers/", "Default reviewers"),
    ("transfer/", "Transfer"),
    ("delete/", "Delete"),
)
"""The pages below ``admin``."""

FORK_POLICIES = (
    (ForkPolicy.ALLOW_FORKS, "Allow forks"),
    (ForkPolicy.NO_PUBLIC_FORKS, "Allow private forks only"),
    (ForkPolicy.NO_FORKS, "No forks"),
)

_SEEN = Need()
_OFFERED = 200
_TEXTS = ("name", "description", "website", "language", "main_branch", "project", "fork_policy")
_FLAGS = ("is_private", "has_wiki")


def settings_page(
    request: WebRequest, access: Access, template: str, error: BitpailError | None = None, **values: Any
) -> Response:
    """One of the pages of settings."""
    home = f"{address(access.workspace, access.repository)}/admin/"
    return render_in(
        request,
        access,
        template,
        SETTINGS,
        status_of(error) if error else 200,
        sections=sections(access),
        admin=home,
        error=said(error),
        done=request.query.get("done") if not error else None,
        **values,
    )


def sections(access: Access) -> list[tuple[str, str]]:
    """All pages of settings, each with its address."""
    home = f"{address(access.workspace, access.repository)}/admin/"
    return [(home + part, title) for part, title in SECTIONS]


def settings_address(access: Access, part: str = "", done: str = "") -> str:
    """Where one of them is; ``done`` is what it then says was done."""
    home = f"{address(access.workspace, access.repository)}/admin/{part}"
    return f"{home}?done={done}" if done else home


async def details(request: WebRequest, access: Access) -> Response:
    """``GET .../admin``."""
    return await _details(request, access)


async def _details(request: WebRequest, access: Access, error: BitpailError | None = None) -> Response:
    repository = access.repository
    main_branch = await repositories.main_branch(request.site, repository) or ""
    form: dict[str, Any] = {
        "name": repository.name,
        "description": repository.description,
        "website": repository.website,
        "language": repository.language,
        "main_branch": main_branch,
        "project": access.project.key,
        "fork_policy": repository.fork_policy.value,
        "is_private": repository.is_private,
        "has_wiki": repository.has_wiki,
    }
    if error:
        form = {name: request.form.get(name, "") for name in _TEXTS}
        form |= {name: name in request.form for name in _FLAGS}
    inside = await to_workspace(request.site, access.actor, _SEEN, access.workspace.slug)
    return settings_page(
        request,
        access,
        "settings_details.html",
        error,
        form=form,
        projects=_offered(await projects.visible(request.site, inside), access),
        fork_policies=FORK_POLICIES,
        root=request.links.web,
    )


async def change(request: WebRequest, access: Access) -> Response:
    """``POST .../admin``: on to the same page of the repository, whatever it is called now."""
    form, repository = request.form, access.repository
    try:
        name, main_branch = form.get("name", "").strip(), form.get("main_branch", "").strip()
        key, before = form.get("project", ""), await repositories.main_branch(request.site, repository)
        wanted = Wanted(
            name=name if name != repository.name else None,
            description=form.get("description", "").replace("\r\n", "\n").strip(),
            website=form.get("website", "").strip(),
            language=form.get("language", "").strip(),
            is_private="is_private" in form,
            has_wiki="has_wiki" in form,
            fork_policy=_policy(form.get("fork_policy", "")),
            main_branch=main_branch if main_branch not in {"", before} else None,
            project_id=await placing.project(request.site, access, CREATE, key=key) if key else None,
        )
        if wanted.name is not None:
            name_and_slug(name)
        changed = await repositories.update(request.site, access, wanted)
    except WRONG as error:
        return await _details(request, access, error)
    return see_other(f"{address(access.workspace, changed)}/admin/?done=saved")


def _offered(found: list[Project], access: Access) -> list[Project]:
    """As many as a select may hold, the one it is in among them."""
    some = found[:_OFFERED]
    return some if access.project in some else [access.project, *some]


def _policy(word: str) -> ForkPolicy:
    for policy, _ in FORK_POLICIES:
        if word == policy.value:
            return policy
    raise Invalid(f"fork policy: there is none called {word[:50]!r}")


async def ask_to_transfer(request: WebRequest, access: Access) -> Response:
    """``GET .../admin/transfer``."""
    return await _transfer(request, access)


async def _transfer(request: WebRequest, access: Access, error: BitpailError | None = None) -> Response:
    user = access.actor.user
    rooms = await placing.rooms(request.site, user) if user else []
    return settings_page(
        request,
        access,
        "settings_transfer.html",
        error,
        choices=by_workspace([one for one in rooms if one.workspace.id != access.workspace.id]),
        into=request.form.get("into", ""),
    )


async def transfer(request: WebRequest, access: Access) -> Response:
    """``POST .../admin/transfer``: on to where it is now."""
    try:
        _check_typed(request, access)
        into, project = await placing.room(
            request.site, request.call.actor, CREATE, request.form.get("into", "")
        )
        there = await relocating.transfer(request.site, access, into, project)
    except WRONG as error:
        return await _transfer(request, access, error)
    return see_other(f"{address(into.workspace, there)}/admin/?done=transferred")


async def ask_to_delete(request: WebRequest, access: Access) -> Response:
    """``GET .../admin/delete``."""
    return settings_page(request, access, "settings_delete.html", moved_to="")


async def delete(request: WebRequest, access: Access) -> Response:
    """``POST .../admin/delete``: on to the workspace."""
    moved_to = request.form.get("moved_to", "").strip()
    try:
        _check_typed(request, access)
        await repositories.delete(request.site, access.repository, moved_to=moved_to or None)
    except WRONG as error:
        return settings_page(request, access, "settings_delete.html", error, moved_to=moved_to)
    return see_other(f"/{access.workspace.slug}/?done=deleted")


def _check_typed(request: WebRequest, access: Access) -> None:
    """That somebody has typed which one: no slip of the hand does this."""
    name = f"{access.workspace.slug}/{access.repository.slug}"
    if request.form.get("typed", "").strip() != name:
        raise Invalid(f"type {name} into the field, so that it is the right one")
