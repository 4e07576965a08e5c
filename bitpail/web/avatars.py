"""Pictures: of people, changed by their owner; of places, drawn. Served to everybody."""

from hashlib import blake2b

from starlette.responses import Response

from bitpail.errors import BitpailError, Invalid, TooLarge
from bitpail.model.access import Actor
from bitpail.model.users import User
from bitpail.services import avatars
from bitpail.services.avatars import Picture
from bitpail.web import profile
from bitpail.web.request import WebRequest, see_other

FIELD = "avatar"
_PAGE = "/account/settings/"
# Anybody may keep it, and asks whether it is still the same: a new one shows at once.
_CACHE = "public, no-cache"


async def one(request: WebRequest, actor: Actor) -> Response:  # noqa: ARG001 - the shape of a handler
    """``GET /users/{selected_user}/avatar/``."""
    return _shown(request, await avatars.picture(request.site, request.parameters["selected_user"]))


async def of_repository(request: WebRequest, actor: Actor) -> Response:  # noqa: ARG001 - the shape of a handler
    """``GET /{workspace}/{repo_slug}/avatar/{size}/``; a drawing has every size."""
    names = request.parameters
    return _shown(request, avatars.of_repository(names["workspace"], names["repo_slug"]))


async def of_workspace(request: WebRequest, actor: Actor) -> Response:  # noqa: ARG001 - the shape of a handler
    """``GET /workspaces/{workspace}/avatar/``."""
    return _shown(request, avatars.of_workspace(request.parameters["workspace"]))


async def of_project(request: WebRequest, actor: Actor) -> Response:  # noqa: ARG001 - the shape of a handler
    """``GET /{workspace}/workspace/projects/{project_key}/avatar/{size}``."""
    names = request.parameters
    return _shown(request, avatars.of_project(names["workspace"], names["project_key"]))


def _shown(request: WebRequest, found: Picture) -> Response:
    tag = f'"{blake2b(found.content, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": _CACHE}
    known = request.call.request.headers.get("if-none-match", "")
    if known == "*" or tag in (part.strip().removeprefix("W/") for part in known.split(",")):
        return Response(status_code=304, headers=headers)
    return Response(found.content, headers=headers, media_type=found.media_type)


async def put(request: WebRequest, user: User) -> Response:
    """``POST /account/settings/avatar``."""
    try:
        await avatars.put(request.site, user, request.files.get(FIELD, b""))
    except (Invalid, TooLarge) as error:
        return await _refused(request, user, error)
    return see_other(f"{_PAGE}?done=saved")


async def remove(request: WebRequest, user: User) -> Response:
    """``POST /account/settings/avatar/remove``."""
    await avatars.remove(request.site, user)
    return see_other(f"{_PAGE}?done=saved")


async def _refused(request: WebRequest, user: User, error: BitpailError) -> Response:
    return await profile.shown(request, user, error=error.message)
