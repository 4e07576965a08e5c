"""A file of markup as a part of a page: its links lead into the repository, and nothing of it can do anything."""

import asyncio

from markupsafe import Markup, escape

from bitpail.errors import BitpailError
from bitpail.model.access import Access
from bitpail.model.trees import File
from bitpail.services import rendering, source
from bitpail.web.repository import address, below
from bitpail.web.request import WebRequest
from bitpail.wire.code_lines import decoded
from bitpail.wire.kept import Kept
from bitpail.wire.markup_files import language_of
from bitpail.wire.markup_links import Place, placed

LONGEST = 64 * 1024
"""Bytes of a file that is a part of another page."""
_LONGEST_MADE = 300_000
_kept = Kept(4 << 20)


def is_markup(file: File) -> bool:
    """Whether there is more to show than its lines."""
    plain = "link" not in file.attributes and "binary" not in file.attributes and file.lfs is None
    return plain and file.size is not None and language_of(file.entry.path) is not None


async def rendered(request: WebRequest, access: Access, revision: str, file: File) -> Markup | None:
    """The file as HTML; None if that would be too much, take too long, or is not for this file."""
    if not is_markup(file):
        return None
    place = _place(access, revision, file)
    name = f"{file.entry.hash}:{place.source}/{file.entry.path}"
    made = _kept.find(name)
    if made is None:
        try:
            plain = await rendering.html(request.site, access, file)
        except BitpailError:
            return None
        if len(plain) > _LONGEST_MADE:
            return None
        made = await asyncio.to_thread(placed, plain, place)
        _kept.keep(name, made)
    # It was sanitised where it was made.
    return Markup(made)  # noqa: S704


async def readme(request: WebRequest, access: Access, revision: str, file: File) -> Markup | None:
    """The same for what stands below a directory, of plain text too; None for a long one."""
    if (file.size or 0) > LONGEST or file.lfs is not None or "binary" in file.attributes:
        return None
    if is_markup(file):
        return await rendered(request, access, revision, file)
    content = await source.content(request.site, access, file)
    return Markup("<pre>{}</pre>").format(escape(decoded(content))) if isinstance(content, bytes) else None


def _place(access: Access, revision: str, file: File) -> Place:
    return Place(
        file.entry.path.rpartition("/")[0],
        below(access, "src", revision),
        below(access, "raw", revision),
        address(access.workspace, access.repository),
    )
