"""The form by which a repository is forked."""

from starlette.responses import Response

from bitpail.errors import BitpailError
from bitpail.model.access import Access
from bitpail.model.users import User
from bitpail.policy.decide import Decision
from bitpail.services import forks, placing
from bitpail.services.access import Refused
from bitpail.services.forks import NoForks
from bitpail.services.git_slots import Busy
from bitpail.services.repositories import Wanted
from bitpail.web import repository
from bitpail.web.creating import CREATE, WRONG, by_workspace, name_and_slug, preferred, said, there
from bitpail.web.errors import status_of
from bitpail.web.repository import SOURCE, render_in
from bitpail.web.request import WebRequest, see_other


async def page(request: WebRequest, access: Access) -> Response:
    """``GET /{workspace}/{repo_slug}/fork``."""
    return await _page(request, access)


async def _page(request: WebRequest, access: Access, error: BitpailError | None = None) -> Response:
    rooms = await placing.rooms(request.site, _person(access))
    form = request.form
    status = 403 if isinstance(error, NoForks) else 503 if isinstance(error, Busy) else 0
    return render_in(
        request,
        access,
        "fork.html",
        SOURCE,
        status or (status_of(error) if error else 200),
        choices=by_workspace(rooms),
        root=request.links.web,
        into=form.get("into", "") if error else preferred(rooms, "", ""),
        name=form.get("name", "") if error else access.repository.name,
        is_private="is_private" in form if error else access.repository.is_private,
        must_be_private=await forks.must_be_private(request.site, access.repository),
        error=said(error),
        there=there(request, error),
    )


async def create(request: WebRequest, access: Access) -> Response:
    """``POST``: on to the fork."""
    form = request.form
    try:
        name, _ = name_and_slug(form.get("name", ""))
        into, project = await placing.room(request.site, request.call.actor, CREATE, form.get("into", ""))
        wanted = Wanted(name=name, is_private="is_private" in form, project_id=project)
        made = await forks.create(request.site, access, into, wanted)
    except (*WRONG, NoForks, Busy) as error:
        return await _page(request, access, error)
    return see_other(f"{repository.address(into.workspace, made)}/")


def _person(access: Access) -> User:
    if access.actor.user is None:
        raise Refused(Decision.SIGN_IN, access.actor, access.need)
    return access.actor.user
