"""Whole files in a language of markup as HTML, made in a process that has an end.

``python -m bitpail.wire.markup_files LANGUAGE`` reads a file and prints HTML.
Docutils and Textile are made of patterns and tables that a hostile file keeps
busy for hours; a process can be stopped, and its memory is its own.
"""

import resource
import sys
from pathlib import PurePosixPath
from typing import Any, Final

from bitpail.wire import creole
from bitpail.wire.markup import markdown_of_any_length, paragraphs, sanitised

MARKDOWN, RESTRUCTURED_TEXT, TEXTILE, CREOLE = "markdown", "restructuredtext", "textile", "creole"
ENDINGS: Final = {
    **dict.fromkeys((".md", ".markdown", ".mkd", ".mkdn", ".mdown", ".text"), MARKDOWN),
    ".rst": RESTRUCTURED_TEXT,
    ".textile": TEXTILE,
    ".creole": CREOLE,
}

PROCESSOR_SECONDS: Final = 10
_MEMORY = 1 << 30
# Nothing of another file, another place or another writer's HTML, and no word of what is wrong.
_DOCUTILS: dict[str, Any] = {
    "_disable_config": True,
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "halt_level": 5,
    "report_level": 5,
    "doctitle_xform": False,
    "docinfo_xform": False,
    "initial_header_level": 1,
    "input_encoding": "unicode",
    "line_length_limit": 1 << 20,  # it leaves out the whole file otherwise; time has a limit of its own
    "syntax_highlight": "none",
    "math_output": "LaTeX",
    "embed_stylesheet": False,
    "stylesheet_path": None,
    "toc_backlinks": False,
    "warning_stream": False,
}


def language_of(path: str) -> str | None:
    """What the ending of a name says, None if nothing."""
    return ENDINGS.get(PurePosixPath(path).suffix.lower())


def decoded(content: bytes) -> str:
    """The text of a file: UTF-8, and what is none shown as such."""
    return content.decode("utf-8-sig", "replace")


def html(language: str, text: str) -> str:
    """The file as HTML; what can't be read as its language is shown as it was written."""
    if language == MARKDOWN:
        return markdown_of_any_length(text)
    if language == CREOLE:
        return sanitised(creole.html(text))
    try:
        made = _restructured_text(text) if language == RESTRUCTURED_TEXT else _textile(text)
    except Exception:  # noqa: BLE001 - both raise whatever their code trips over
        return paragraphs(text)
    return sanitised(made)


# Their imports take a fifth of a second, and only a process that needs one pays it.
def _restructured_text(text: str) -> str:
    from docutils.core import publish_parts  # noqa: PLC0415 - see above

    made: str = publish_parts(text, writer="html5", settings_overrides=_DOCUTILS)["fragment"]
    return made


def _textile(text: str) -> str:
    import textile  # noqa: PLC0415 - see above

    made: str = textile.textile_restricted(text, lite=False, noimage=False)
    return made


def _main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    sys.stdout.buffer.write(html(sys.argv[1], decoded(sys.stdin.buffer.read())).encode())


if __name__ == "__main__":
    _main()
