"""The form of a new repository: filled in, and shown again with what was typed if something is wrong."""

from typing import Any

from msgspec import Struct
from starlette.responses import Response

from bitpail.errors import BitpailError, Conflict, Invalid, NotFound
from bitpail.model.access import Need
from bitpail.model.permissions import Permission
from bitpail.model.users import User
from bitpail.policy import names
from bitpail.policy.decide import Decision
from bitpail.services import beginnings, placing
from bitpail.services.access import Refused
from bitpail.services.beginnings import IGNORED, LICENCES, Beginning
from bitpail.services.placing import Room
from bitpail.services.ref_updates import PushRefused
from bitpail.services.repositories import SlugTaken, Wanted
from bitpail.web import repository
from bitpail.web.errors import status_of
from bitpail.web.pages import render
from bitpail.web.request import WebRequest, see_other

CREATE = Need(permission=Permission.WRITE, signed_in=True)
"""Of the workspace or project in which something is made; which scope that takes is asked of programs only."""

WRONG = (Invalid, NotFound, Conflict, Refused, PushRefused)
"""What is told beside the form again."""

_FIELDS = ("into", "name", "description", "main_branch", "licence", "ignored")
_FLAGS = ("is_private", "has_wiki", "readme")


class Choice(Struct, frozen=True):
    """The projects of one workspace in a select."""

    workspace: str
    rooms: list[Room]


async def page(request: WebRequest, user: User) -> Response:
    """``GET /repo/create``; ``workspace`` and ``project`` are filled in."""
    return await _page(request, user)


async def _page(request: WebRequest, user: User, error: BitpailError | None = None) -> Response:
    rooms = await placing.rooms(request.site, user)
    return render(
        request,
        "create.html",
        status_of(error) if error else 200,
        choices=by_workspace(rooms),
        root=request.links.web,
        form=_typed(request) if error else _fresh(request, rooms),
        slug=names.slugify(request.form.get("name", "")),
        licences=LICENCES,
        ignored=list(IGNORED),
        error=said(error),
        there=there(request, error),
    )


def _fresh(request: WebRequest, rooms: list[Room]) -> dict[str, Any]:
    empty = dict.fromkeys(_FIELDS, "")
    return {
        **empty,
        "into": preferred(rooms, request.query.get("workspace", ""), request.query.get("project", "")),
        "main_branch": "main",
        "is_private": True,
        "has_wiki": True,
        "readme": False,
    }


def _typed(request: WebRequest) -> dict[str, Any]:
    texts: dict[str, Any] = {name: request.form.get(name, "") for name in _FIELDS}
    return {**texts, **{name: name in request.form for name in _FLAGS}}


async def create(request: WebRequest, user: User) -> Response:
    """``POST /repo/create``: on to the repository."""
    form = request.form
    try:
        name, slug = name_and_slug(form.get("name", ""))
        into, project = await placing.room(request.site, request.call.actor, CREATE, form.get("into", ""))
        wanted = Wanted(
            name=name,
            description=form.get("description", "").strip(),
            is_private="is_private" in form,
            has_wiki="has_wiki" in form,
            main_branch=form.get("main_branch", "").strip() or None,
            project_id=project,
        )
        beginning = Beginning(
            readme="readme" in form, licence=form.get("licence", ""), ignored=form.get("ignored", "")
        )
        made = await beginnings.create(request.site, into, slug, wanted, beginning)
    except WRONG as error:
        return await _page(request, user, error)
    return see_other(f"{repository.address(into.workspace, made)}/")


def name_and_slug(text: str) -> tuple[str, str]:
    """The name of a repository and the slug that follows from it; raises Invalid."""
    name = text.strip()
    if not name:
        raise Invalid("the name is empty")
    slug = names.slugify(name)
    if not slug:
        raise Invalid("the name needs a letter or a digit of ASCII: the address is made of it")
    return name, names.check_slug(slug)


def by_workspace(rooms: list[Room]) -> list[Choice]:
    """In their order."""
    grouped: dict[str, list[Room]] = {}
    for one in rooms:
        grouped.setdefault(one.workspace.slug, []).append(one)
    return [Choice(some[0].workspace.name, some) for some in grouped.values()]


def preferred(rooms: list[Room], workspace: str, project: str) -> str:
    """The one that a link asked for, or the first of its workspace, or the first of all."""
    for one in rooms:
        if one.workspace.slug == workspace and project in {"", one.project.key}:
            return one.name
    return rooms[0].name if rooms else ""


def said(error: BitpailError | None) -> str | None:
    """In words for who fills in a form."""
    if isinstance(error, Refused):
        if error.decision is Decision.UNSEEN:
            return "there is no such workspace, or you may not see it"
        return "you may not make repositories there"
    return error.message if error else None


def there(request: WebRequest, error: BitpailError | None) -> str | None:
    """The repository that has the name already, as ``workspace/slug``: it may be the one that was looked for."""
    if not isinstance(error, SlugTaken):
        return None
    workspace = request.form.get("into", "").partition("/")[0]
    return f"{workspace}/{names.slugify(request.form.get('name', ''))}"
