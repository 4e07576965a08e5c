"""SSH keys: listed, added, removed."""

from starlette.responses import Response

from bitpail.errors import Conflict, Invalid
from bitpail.model.users import User
from bitpail.services import ssh_keys
from bitpail.services.clock import now
from bitpail.web.pages import render
from bitpail.web.request import WebRequest, see_other

_PAGE = "/account/settings/ssh-keys/"
_DONE = {"added": "Added.", "removed": "Removed. The next log-in with it fails."}


async def page(request: WebRequest, user: User) -> Response:
    """``GET /account/settings/ssh-keys/``."""
    return await _page(request, user)


async def add(request: WebRequest, user: User) -> Response:
    """``POST /account/settings/ssh-keys/``."""
    label = request.form.get("label", "")
    try:
        await ssh_keys.add(request.site, user, request.form.get("key", ""), label=label)
    except (Invalid, Conflict) as error:
        # What was pasted is not shown again: it may be a private key.
        return await _page(request, user, error=error.message, label=label)
    return see_other(f"{_PAGE}?done=added")


async def ask_to_remove(request: WebRequest, user: User) -> Response:
    """``GET .../{id}/remove``."""
    key = await ssh_keys.one(request.site, user, request.parameters["id"])
    return render(request, "remove_ssh_key.html", key=key, fingerprint=ssh_keys.shown_fingerprint(key))


async def remove(request: WebRequest, user: User) -> Response:
    """``POST .../{id}/remove``."""
    await ssh_keys.remove(request.site, user, request.parameters["id"])
    return see_other(f"{_PAGE}?done=removed")


async def _page(request: WebRequest, user: User, *, error: str | None = None, label: str = "") -> Response:
    found = await ssh_keys.of_user(request.site, user)
    return render(
        request,
        "ssh_keys.html",
        422 if error else 200,
        keys=[(key, ssh_keys.shown_fingerprint(key), key.has_expired(now())) for key in reversed(found)],
        done=_DONE.get(request.query.get("done", "")) if not error else None,
        label=label,
        error=error,
    )
