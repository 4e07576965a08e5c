"""Files in a language of markup as HTML, kept for a while.

Short Markdown is bounded by itself; the rest is made in a process with an end, in turn with gits.
"""

import asyncio

from bitpail.errors import GitError, Invalid, TookTooLong, TooLarge
from bitpail.git.command import run_python
from bitpail.model.access import Access
from bitpail.model.trees import File
from bitpail.services import source
from bitpail.services.git_slots import whose
from bitpail.services.site import Site
from bitpail.wire import markup, markup_files
from bitpail.wire.kept import Kept

# Of HTML: what nests comes to more than was written.
_LONGEST_MADE = 16 << 20
# Of the clock: others may have the processor.
_SLOWEST = 3.0 * markup_files.PROCESSOR_SECONDS
_kept = Kept(8 << 20)


async def html(site: Site, access: Access, file: File, language: str | None = None) -> str:
    """A file as HTML that can do nothing, read as ``language`` or as its ending says.

    Raises Invalid if that names no language of markup, TookTooLong.
    """
    language = language or markup_files.language_of(file.entry.path)
    if language is None:
        endings = ", ".join(markup_files.ENDINGS)
        raise Invalid(
            f"format: rendered is for files that end in {endings}", {"format": ["not for this file"]}
        )
    name = f"{language}:{file.entry.hash}"
    made = _kept.find(name)
    if made is None:
        made = await _made(site, access, file, language)
        _kept.keep(name, made)
    return made


async def _made(site: Site, access: Access, file: File, language: str) -> str:
    text = await source.content(site, access, file)
    if not isinstance(text, bytes):
        raise TookTooLong("a file of this length is not rendered: ask for it as it is")
    return await of_text(site, access, language, text)


async def of_text(site: Site, access: Access, language: str, text: bytes) -> str:
    """The same for what is in no repository yet; raises TookTooLong."""
    if language == markup_files.MARKDOWN and len(text) <= markup.LONGEST:
        # Bounded by itself, and as quick as a message.
        return await asyncio.to_thread(markup.markdown_of_any_length, markup_files.decoded(text))
    try:
        async with site.slots.slot(*whose(access)):
            made = await run_python(
                markup_files.__name__, language, stdin=text, limit=_LONGEST_MADE, timeout=_SLOWEST
            )
    except TooLarge:
        raise TookTooLong("the file is too much to be rendered: ask for it as it is") from None
    except GitError as error:
        # Stopped by its limit of processor time or memory.
        raise TookTooLong(error.message, error.status, error.stderr) from None
    return made.decode()
