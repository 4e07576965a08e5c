"""A file edited, added, moved or removed at a browser. What was typed is shown again whenever it is refused."""

from contextlib import suppress

from msgspec import Struct
from starlette.responses import Response

from bitpail.errors import BitpailError, Conflict, Invalid, NotFound, Unavailable
from bitpail.model.access import Access
from bitpail.services import editing, refs, source
from bitpail.services.editing import Edit
from bitpail.services.git_slots import Busy
from bitpail.services.ref_updates import PushRefused
from bitpail.services.refs import BRANCHES
from bitpail.web.errors import status_of
from bitpail.web.file import where
from bitpail.web.repository import SOURCE, below, render_in
from bitpail.web.request import WebRequest, see_other
from bitpail.wire.text import clean

EDIT, ADD, DELETE = "edit", "create-file", "delete-file"
"""The three forms, as their addresses have them."""
_REFUSALS = (Conflict, Invalid, NotFound, PushRefused, Busy, Unavailable)


class Filled(Struct, frozen=True):
    """The form: ``base`` is the commit that it was opened at, ``target`` is same or new.

    ``is_mixed`` if the file's lines end in several ways, which will be one.
    """

    path: str
    content: str
    base: str
    target: str
    branch: str
    message: str = ""
    is_mixed: bool = False


async def edit(request: WebRequest, access: Access) -> Response:
    """``GET .../edit/{commit}/{path}``."""
    return await _opened(request, access, EDIT)


async def add(request: WebRequest, access: Access) -> Response:
    """``GET .../create-file/{commit}/{path}``: a file in that directory."""
    return await _opened(request, access, ADD)


async def delete(request: WebRequest, access: Access) -> Response:
    """``GET .../delete-file/{commit}/{path}``."""
    return await _opened(request, access, DELETE)


async def save_edit(request: WebRequest, access: Access) -> Response:
    """``POST .../edit/{commit}/{path}``."""
    return await _saved(request, access, EDIT)


async def save_new(request: WebRequest, access: Access) -> Response:
    """``POST .../create-file/{commit}/{path}``."""
    return await _saved(request, access, ADD)


async def save_deletion(request: WebRequest, access: Access) -> Response:
    """``POST .../delete-file/{commit}/{path}``."""
    return await _saved(request, access, DELETE)


async def _opened(request: WebRequest, access: Access, form: str) -> Response:
    site, revision, path = request.site, request.parameters["commit"], _path(request)
    is_branch = await refs.kind(site, access, revision) == BRANCHES
    target = "same" if is_branch else "new"
    suggested = f"{request.logged_in.user.username}/patch" if request.logged_in else "patch"
    if form == ADD and await _is_empty(request, access):
        return await _page(request, access, form, Filled("", "", "", "same", ""))
    found = await source.find(site, access, revision, path)
    if form == ADD:
        above = f"{path}/" if path and found.file is None else ""
        return await _page(request, access, form, Filled(above, "", found.commit, target, suggested))
    if found.file is None:
        raise NotFound(f"{path} is a directory")
    if form == DELETE:
        return await _page(request, access, form, Filled(path, "", found.commit, target, suggested))
    text = await editing.text(site, access, found.file)
    filled = Filled(path, text.content, found.commit, target, suggested, is_mixed=text.is_mixed)
    return await _page(request, access, form, filled)


async def _saved(request: WebRequest, access: Access, form: str) -> Response:
    revision, path, fields = request.parameters["commit"], _path(request), request.form
    typed = fields.get("path", path)
    filled = Filled(
        # A name of other bytes than UTF-8 was shown as well as it can be.
        path if form == DELETE or typed == clean(path) else typed.strip(),
        editing.plain(fields.get("content", "")),
        fields.get("base", ""),
        "new" if fields.get("target") == "new" else "same",
        fields.get("branch", "").strip(),
        editing.plain(fields.get("message", "")),
    )
    branch = filled.branch if filled.target == "new" else revision
    try:
        if not branch:
            raise Invalid("name the new branch")
        if filled.target == "same" and not await _may_take(request, access, branch):
            raise Invalid("only a branch takes a commit: name a new one")
        await editing.commit(
            request.site,
            access,
            Edit(
                path=filled.path,
                old_path=None if form == ADD else path,
                content=None if form == DELETE else filled.content,
                base=filled.base or None,
                branch=branch,
                is_new=filled.target == "new",
                message=filled.message.strip(),
            ),
        )
    except _REFUSALS as error:
        return await _page(request, access, form, await _after(request, access, filled, error), error)
    leads_to = filled.path.strip("/")
    if form == DELETE:
        leads_to = await _left_above(request, access, branch, leads_to)
    return see_other(f"{below(access, 'src', branch, leads_to)}?done={form}")


async def _after(request: WebRequest, access: Access, filled: Filled, error: BitpailError) -> Filled:
    """The form again. Where somebody else has changed the file, sending it once more is to write over that."""
    if not isinstance(error, Conflict) or filled.target == "new":
        return filled
    tip = await editing.tip(request.site, access, request.parameters["commit"])
    return Filled(
        filled.path, filled.content, tip or filled.base, filled.target, filled.branch, filled.message
    )


async def _page(
    request: WebRequest, access: Access, form: str, filled: Filled, error: BitpailError | None = None
) -> Response:
    revision, path = request.parameters["commit"], _path(request)
    is_branch = await _may_take(request, access, revision)
    conflict = isinstance(error, Conflict) and filled.target == "same" and form != ADD
    return render_in(
        request,
        access,
        "editing.html",
        SOURCE,
        status_of(error) if error else 200,
        **where(access, revision, path),
        form=form,
        filled=filled,
        error=error.message if error else None,
        now=below(access, "src", filled.base, path) if conflict and filled.base else None,
        is_branch=is_branch,
        is_text=form != DELETE,
        cancel=below(access, "src", revision, path) if filled.base else None,
    )


async def _may_take(request: WebRequest, access: Access, revision: str) -> bool:
    """Whether a commit can go there: to a branch, or to the first one of all."""
    if await refs.kind(request.site, access, revision) == BRANCHES:
        return True
    return await _is_empty(request, access)


async def _is_empty(request: WebRequest, access: Access) -> bool:
    return not (await refs.matching(request.site, access, BRANCHES, "", 1))[1]


def _path(request: WebRequest) -> str:
    return request.parameters["path"].strip("/")


async def _left_above(request: WebRequest, access: Access, branch: str, path: str) -> str:
    """The nearest directory above: Git keeps none without a file, so that those go which have lost their last."""
    while path := path.rpartition("/")[0]:
        with suppress(NotFound):
            await source.find(request.site, access, branch, path)
            break
    return path
