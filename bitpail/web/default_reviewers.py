"""Who is asked to review every new pull request of a repository, on its page of settings."""

from starlette.responses import Response

from bitpail.errors import BitpailError, Invalid
from bitpail.model.access import Access
from bitpail.services import default_reviewers
from bitpail.web.creating import WRONG
from bitpail.web.repository_settings import settings_address, settings_page
from bitpail.web.request import WebRequest, see_other

_PART = "default-reviewers/"


async def page(request: WebRequest, access: Access) -> Response:
    """``GET .../admin/default-reviewers``."""
    return await _page(request, access)


async def _page(request: WebRequest, access: Access, error: BitpailError | None = None) -> Response:
    return settings_page(
        request,
        access,
        "settings_default_reviewers.html",
        error,
        reviewers=await default_reviewers.effective(request.site, access),
        typed=request.form.get("user", ""),
    )


async def change(request: WebRequest, access: Access) -> Response:
    """``POST .../admin/default-reviewers``: one more or one less, as the button ``do`` says."""
    do, name = request.form.get("do"), request.form.get("user", "").strip()
    try:
        if do == "add":
            await default_reviewers.add_to_repository(request.site, access, name)
        elif do == "remove":
            await default_reviewers.remove_from_repository(request.site, access, name)
        else:
            raise Invalid("there is no such button")
    except WRONG as error:
        return await _page(request, access, error)
    return see_other(settings_address(access, _PART, "added" if do == "add" else "removed"))
