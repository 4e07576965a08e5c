"""The way to a file by a part of its name."""

from starlette.responses import Response

from bitpail.errors import TookTooLong
from bitpail.model.access import Access
from bitpail.services import file_names
from bitpail.services.file_names import FoundNames
from bitpail.web import ref_chooser
from bitpail.web.file import where
from bitpail.web.repository import SOURCE, below, render_in
from bitpail.web.request import WebRequest, see_other

_LONGEST = 200


async def page(request: WebRequest, access: Access) -> Response:
    """``GET .../find/{commit}``: ``?q=`` are words of the path."""
    revision = request.parameters["commit"]
    if leads_to := await ref_chooser.named(request, access, "find", ""):
        return see_other(leads_to)
    wanted = request.query.get("q", "")[:_LONGEST]
    try:
        found, is_too_much = await file_names.find(request.site, access, revision, wanted), False
    except TookTooLong:
        found, is_too_much = FoundNames("", [], has_more=False), True
    return render_in(
        request,
        access,
        "file_names.html",
        SOURCE,
        **where(access, revision, ""),
        chooser=await ref_chooser.chooser(request, access, "find", revision, ""),
        wanted=wanted,
        listed=[(path, below(access, "src", revision, path)) for path in found.paths],
        has_more=found.has_more,
        is_too_much=is_too_much,
    )
