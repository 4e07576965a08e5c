"""SSH keys of machines that may read a repository, on its page of settings."""

from starlette.responses import Response

from bitpail.errors import BitpailError, Invalid
from bitpail.model.access import Access
from bitpail.services import access_keys
from bitpail.web.creating import WRONG
from bitpail.web.parts import part
from bitpail.web.repository_settings import settings_address, settings_page
from bitpail.web.request import WebRequest, see_other

_PART = "access-keys/"


async def page(request: WebRequest, access: Access) -> Response:
    """``GET .../admin/access-keys``."""
    return await _page(request, access)


async def _page(request: WebRequest, access: Access, error: BitpailError | None = None) -> Response:
    return settings_page(
        request,
        access,
        "settings_access_keys.html",
        error,
        part=part(request, await access_keys.of_place(request.site, access.repository)),
        label=request.form.get("label", ""),
        has_ssh=request.site.settings.ssh_listen != "" or request.site.settings.ssh_sshd == "on",
    )


async def change(request: WebRequest, access: Access) -> Response:
    """``POST .../admin/access-keys``: added or removed, as the button ``do`` says."""
    form, do = request.form, request.form.get("do")
    try:
        if do == "add":
            # What was pasted is not shown again: it may be a private key.
            await access_keys.add(
                request.site,
                access.repository,
                form.get("key", ""),
                label=form.get("label", ""),
                by=access.actor.user,
            )
        elif do == "remove":
            await access_keys.remove(request.site, access.repository, form.get("id", ""))
        else:
            raise Invalid("there is no such button")
    except WRONG as error:
        return await _page(request, access, error)
    return see_other(settings_address(access, _PART, "added" if do == "add" else "removed"))
