"""Pages of a wiki written in the browser: looked at before they are saved, and never lost when others were quicker."""

import asyncio

from markupsafe import Markup
from msgspec import Struct
from starlette.responses import Response

from bitpail.errors import BitpailError, Invalid, NotFound
from bitpail.model.access import Access
from bitpail.policy import names
from bitpail.services import rendering
from bitpail.services import wiki as service
from bitpail.services.ref_updates import PushRefused
from bitpail.services.wiki import Edit, Found, Overtaken, Paths
from bitpail.web.errors import status_of
from bitpail.web.request import WebRequest, see_other
from bitpail.web.wiki import at, base_of, checker, diff_at, finder, page_at, page_of, plain
from bitpail.wire import placed_markup, wiki_pages
from bitpail.wire.markup_files import decoded
from bitpail.wire.wiki_pages import FORMATS, PLAIN, Names

_LONGEST_MESSAGE = 500
_TAKEN = "there is a page of this name already"
_HELP = {
    "markdown": "# Heading, *emphasis*, **strong**, [text](address), ![picture](file.png)",
    "restructuredtext": "Heading underlined with ====, *emphasis*, **strong**, `text <address>`__",
    "creole": "= Heading =, //emphasis//, **strong**, [[Page|text]], {{file.png}}",
    "textile": 'h1. Heading, _emphasis_, *strong*, "text":address, !file.png!',
    "plain": "Shown as it is written.",
}


class Typed(Struct, frozen=True):
    """What stands in the form. ``base`` is the commit that it was begun on."""

    name: str
    language: str
    text: str
    message: str
    base: str


class Said(Struct, frozen=True):
    """What stands beside the form: what went wrong, how it would look, what others have made of the page.

    ``taken`` is where the page is edited that has the name of a new one.
    """

    error: str = ""
    preview: Markup | None = None
    theirs: str | None = None
    changes: str | None = None
    is_gone: bool = False
    taken: str | None = None


async def new(request: WebRequest, access: Access) -> Response:
    """``GET .../wiki/create/{name}``."""
    tip = await service.tip(request.site, access)
    name = request.parameters["path"].strip("/")
    language = "markdown"
    page = wiki_pages.page_of(name)
    if page is not None:
        name, language = page.name, page.language
    return _form(request, access, None, Typed(name, language, "", "", tip or ""))


async def edit(request: WebRequest, access: Access) -> Response:
    """``GET .../wiki/edit/{name}``; ``?from=`` begins with the page as it was in a commit."""
    site, name = request.site, request.parameters["path"]
    tip = await service.tip(site, access)
    found = await service.find(site, access, tip, name) if tip else None
    if found is None or found.page is None or tip is None:
        return see_other(at(access, "create", name))
    older = request.query.get("from")
    shown = await service.find(site, access, older, name) if older else found
    if shown is None or shown.page is None:
        raise NotFound("there was no such page then")
    typed = Typed(found.page.name, found.page.language, await _text(request, access, shown), "", tip)
    return _form(request, access, found.path, typed)


async def create(request: WebRequest, access: Access) -> Response:
    """``POST .../wiki/create``."""
    return await _save(request, access, None)


async def save(request: WebRequest, access: Access) -> Response:
    """``POST .../wiki/edit/{path}``: the path is that of the file that the form was made for."""
    return await _save(request, access, request.parameters["path"].strip("/"))


async def ask_to_delete(request: WebRequest, access: Access) -> Response:
    """``GET .../wiki/delete/{name}``."""
    return await _deletion(request, access, request.parameters["path"])


async def delete(request: WebRequest, access: Access) -> Response:
    """``POST .../wiki/delete/{path}``."""
    path = request.parameters["path"].strip("/")
    message = _message(request.form.get("message", "")) or f"Delete {path}"
    try:
        await service.save(
            request.site, access, Edit(path, request.form.get("base") or None, path, None, message)
        )
    except (Invalid, Overtaken, PushRefused) as error:
        return await _deletion(request, access, path, error)
    return see_other(at(access, "browse"))


async def _save(request: WebRequest, access: Access, was: str | None) -> Response:
    form = request.form
    language = form.get("format", "")
    typed = Typed(
        name=form.get("name", ""),
        language=language if language in FORMATS else "markdown",
        text=form.get("text", ""),
        message=form.get("message", ""),
        base=form.get("base", ""),
    )
    try:
        if form.get("act") == "preview":
            return _form(request, access, was, typed, Said(preview=await _preview(request, access, typed)))
        wanted = await _wanted(request, access, was, typed)
        await service.save(request.site, access, wanted)
    except Overtaken as error:
        return await _overtaken(request, access, was, typed, error)
    except BitpailError as error:
        status = status_of(error)
        if status == 500:
            raise
        return _form(request, access, was, typed, Said(error=error.message), status)
    page = wiki_pages.page_of(wanted.path)
    return see_other(page_at(access, page.name if page else wanted.path))


async def _wanted(request: WebRequest, access: Access, was: str | None, typed: Typed) -> Edit:
    name = names.check_wiki_page(typed.name)
    before = wiki_pages.page_of(was) if was else None
    keeps = before is not None and before.language == typed.language
    ending = was[len(before.name) :] if was and before and keeps else FORMATS[typed.language][1]
    text = typed.text.replace("\r\n", "\n")
    if was and typed.base and await _ends_lines_with_returns(request, access, typed.base, was):
        text = text.replace("\n", "\r\n")
    if text and not text.endswith("\n"):
        text += "\n"
    if not text.strip():
        raise Invalid("the page is empty: write something, or delete it")
    path = f"{name}{ending}"
    did = "Create" if was is None else "Edit" if was == path else f"Rename {was} to"
    message = _message(typed.message) or f"{did} {path}"
    return Edit(was, typed.base or None, path, text.encode("utf-8", "surrogatepass"), message)


async def _ends_lines_with_returns(request: WebRequest, access: Access, base: str, was: str) -> bool:
    """A browser sends every line with one, whatever there was; a page of Windows stays one."""
    try:
        found = await service.find(request.site, access, base, was)
    except NotFound:
        return False
    text = await service.content(request.site, access, found) if found is not None else None
    return text is not None and b"\n" in text and text.count(b"\r\n") == text.count(b"\n")


def _message(text: str) -> str:
    return names.check_text(text.strip(), "message", _LONGEST_MESSAGE)


async def _preview(request: WebRequest, access: Access, typed: Typed) -> Markup:
    """The page as it would be, its beginning if it is long."""
    text = typed.text.encode("utf-8", "replace")
    if len(text) > service.LONGEST:
        raise Invalid(f"a page that is written here has at most {service.LONGEST} bytes")
    if typed.language == PLAIN:
        # Escaped where it was made.
        return Markup(plain(decoded(text))[0])  # noqa: S704
    html = await rendering.of_text(request.site, access, typed.language, text)
    tip = await service.tip(request.site, access)
    known = await service.paths(request.site, access, tip) if tip else Paths(Names(()), [], is_whole=True)
    name = typed.name.strip().strip("/")
    placed = await asyncio.to_thread(
        placed_markup.placed,
        html,
        base_of(access, name),
        finder(access, name, known.names),
        is_there=checker(access, known),
    )
    # It was sanitised where it was made.
    return Markup(placed.parts[0])  # noqa: S704


async def _overtaken(
    request: WebRequest, access: Access, was: str | None, typed: Typed, error: Overtaken
) -> Response:
    """The form again, with what is there now: saved once more, it comes after that."""
    if was is None and error.theirs is not None:
        # The name may have been theirs all along: what is new must not become a change of it unasked.
        said = Said(error=_TAKEN, taken=at(access, "edit", error.theirs.path))
        return _form(request, access, None, typed, said, 409)
    theirs = await service.content(request.site, access, error.theirs) if error.theirs else None
    changes = None
    if typed.base and error.tip and was and error.theirs:
        changes = diff_at(access, f"{error.tip}..{typed.base}", was)
    said = Said(
        error=error.message,
        theirs=decoded(theirs) if theirs is not None else None,
        changes=changes,
        is_gone=error.theirs is None,
    )
    now = Typed(typed.name, typed.language, typed.text, typed.message, error.tip or "")
    return _form(request, access, None if error.theirs is None else was, now, said, 409)


async def _text(request: WebRequest, access: Access, found: Found) -> str:
    text = await service.content(request.site, access, found)
    if text is None:
        raise Invalid(f"this page is longer than {service.LONGEST} bytes: edit it with git")
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        raise Invalid(
            "this page is not UTF-8 text, and a browser would change it: edit it with git"
        ) from None


def _form(
    request: WebRequest,
    access: Access,
    was: str | None,
    typed: Typed,
    said: Said | None = None,
    status: int = 200,
) -> Response:
    page = wiki_pages.page_of(was) if was else None
    return page_of(
        request,
        access,
        "wiki_edit.html",
        status,
        was=was,
        typed=typed,
        said=said or Said(),
        formats=[(language, name) for language, (name, _) in FORMATS.items()],
        help=_HELP,
        longest=service.LONGEST,
        action=at(access, "edit", was) if was else at(access, "create"),
        delete=at(access, "delete", was) if was else None,
        back=page_at(access, page.name) if page else at(access),
    )


async def _deletion(
    request: WebRequest, access: Access, name: str, error: BitpailError | None = None
) -> Response:
    tip = await service.tip(request.site, access)
    found = await service.find(request.site, access, tip, name) if tip else None
    if found is None or found.page is None:
        raise NotFound("there is no such page in this wiki")
    status = 200 if error is None else status_of(error)
    return page_of(
        request,
        access,
        "wiki_delete.html",
        status,
        name=found.page.name,
        file=found.path,
        base=tip,
        error=error.message if error else "",
        action=at(access, "delete", found.path),
        back=page_at(access, found.page.name),
    )
