"""The page of a file: its lines, a picture, or what there is to say of what can't be shown."""

import posixpath
from typing import Any

from markupsafe import Markup
from msgspec import Struct
from starlette.responses import Response

from bitpail.errors import NotFound
from bitpail.model.access import Access
from bitpail.model.trees import File
from bitpail.services import editing, file_windows, lfs, source
from bitpail.services.file_windows import Window
from bitpail.services.source import Found
from bitpail.web import raw, ref_chooser, rendered_file
from bitpail.web.repository import SOURCE, below, render_in
from bitpail.web.request import WebRequest, see_other

_LONGEST_TARGET = 4096
_DIGITS = 9
DONE = {"edit": "Committed.", "create-file": "Added.", "delete-file": "Deleted."}


class Shown(Struct, frozen=True):
    """What the page has of the file: ``kind`` is lines, rendered, picture, binary, link, submodule or lfs.

    ``target`` is where a link leads, ``target_address`` our page of that; ``is_long`` if it was too much to be
    rendered, ``is_missing`` if Git LFS has not sent it.
    """

    kind: str
    window: Window | None = None
    target: str = ""
    target_address: str = ""
    html: Markup | None = None
    is_long: bool = False
    is_missing: bool = False


async def page(request: WebRequest, access: Access, revision: str, found: Found) -> Response:
    """``GET .../src/{commit}/{path}`` of a file."""
    file = found.file
    if file is None:
        raise NotFound(f"{found.entry.path} is a directory")
    path = file.entry.path
    if wanted := line_of(request.query.get("line", "")):
        first = wanted.partition(":")[0]
        return see_other(f"{below(access, 'src', revision, path)}?viewer=source&from={first}#lines-{wanted}")
    shown = await _shown(request, access, revision, file)
    window = shown.window
    return render_in(
        request,
        access,
        "file.html",
        SOURCE,
        **where(access, revision, path),
        chooser=await ref_chooser.chooser(request, access, "src", revision, path),
        file=file,
        done=DONE.get(request.query.get("done", "")),
        shown=shown,
        may_edit=shown.kind in {"lines", "rendered"} and (file.size or 0) <= editing.LARGEST,
        viewers=_viewers(request, file, shown),
        lines=numbered(window) if window else None,
        permalink=below(access, "src", found.commit, path) if revision != found.commit else None,
        previous=page_at(request, window.previous) if window else None,
        following=page_at(request, window.following) if window else None,
    )


def where(access: Access, revision: str, path: str) -> dict[str, Any]:
    """What the head of each page of a path is made of; ``crumbs`` are the directories above and itself."""
    names = path.split("/") if path else []
    crumbs = [
        (
            name,
            f"{below(access, 'src', revision, '/'.join(names[: depth + 1]))}{'/' if depth + 1 < len(names) else ''}",
        )
        for depth, name in enumerate(names)
    ]
    return {
        "revision": revision,
        "inside": path,
        "name": names[-1] if names else "",
        "crumbs": crumbs,
        "top": f"{below(access, 'src', revision)}/",
        "plain": below(access, "src", revision, path),
        "annotate": below(access, "annotate", revision, path),
        "history": below(access, "history-node", revision, path),
        "edit": below(access, "edit", revision, path),
        "add": below(access, "create-file", revision, path),
        "delete": below(access, "delete-file", revision, path),
        "find": below(access, "find", revision),
        "raw": below(access, "raw", revision, path),
    }


def numbered(window: Window) -> Markup:
    """Rows of a table, each with its number as an anchor. As short as HTML allows: there may be a thousand."""
    rows = [
        f"<tr id=lines-{number}><th><a href=#lines-{number} tabindex=-1>{number}</a><td>{line}"
        for number, line in enumerate(window.lines, window.first)
    ]
    # Each line was escaped where it was made.
    return Markup("\n".join(rows))  # noqa: S704


async def _shown(request: WebRequest, access: Access, revision: str, file: File) -> Shown:
    path = file.entry.path
    if file.entry.is_submodule:
        return Shown("submodule", target=file.entry.hash)
    if "link" in file.attributes:
        return await _link(request, access, revision, file)
    if file.lfs is not None and lfs.size_of(request.site, access, file.lfs[0]) is None:
        return Shown("lfs", is_missing=True)
    is_source = request.query.get("viewer") == "source"
    if raw.is_picture(path) and not (is_source and raw.is_drawing(path)):
        return Shown("picture")
    if file.lfs is not None:
        return Shown("lfs")
    html = None if is_source else await rendered_file.rendered(request, access, revision, file)
    if html is not None:
        return Shown("rendered", html=html)
    window = None
    if "binary" not in file.attributes:
        line = line_of(request.query.get("from", ""))
        window = await file_windows.window(request.site, access, file, int(line.partition(":")[0] or 1))
    is_long = rendered_file.is_markup(file) and not is_source
    return Shown("lines", window, is_long=is_long) if window else Shown("binary")


async def _link(request: WebRequest, access: Access, revision: str, file: File) -> Shown:
    content = await source.content(request.site, access, file, 0, _LONGEST_TARGET)
    target = content.decode("utf-8", "surrogateescape") if isinstance(content, bytes) else ""
    inside = posixpath.normpath(posixpath.join(posixpath.dirname(file.entry.path), target))
    leads_out = target.startswith("/") or inside.startswith("../") or inside in {"..", "."} or "\0" in target
    return Shown(
        "link",
        target=target,
        target_address="" if leads_out or not target else below(access, "src", revision, inside),
    )


def _viewers(request: WebRequest, file: File, shown: Shown) -> list[tuple[str, str, bool]]:
    """The ways to see it, with their addresses, and whether it is this one; none where there is only one."""
    if shown.is_long or not (rendered_file.is_markup(file) or raw.is_drawing(file.entry.path)):
        return []
    first = "Picture" if raw.is_drawing(file.entry.path) else "Rendered"
    is_source = shown.kind == "lines"
    plain = request.changed(viewer=None, **{"from": None})
    return [(first, plain, not is_source), ("Source", request.changed(viewer="source"), is_source)]


def line_of(text: str) -> str:
    """``12`` or ``12:20``, as links name lines; nothing if it is neither."""
    first, _, last = text.strip().partition(":")
    numbers = [one for one in (first, last) if one]
    is_good = all(one.isascii() and one.isdigit() and len(one) <= _DIGITS and int(one) for one in numbers)
    return ":".join(numbers) if first and is_good else ""


def page_at(request: WebRequest, line: int | None) -> str | None:
    """The address of the page of the same file that begins with a line."""
    return None if line is None else request.changed(**{"from": str(line)})
