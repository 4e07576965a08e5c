"""Source files as coloured lines of HTML, made in a process that has an end.

``python -m bitpail.wire.highlighting`` reads how many lines of which file, and the contents,
one after the other, and writes their lines; ``git/kept_python.py`` says how. The patterns of five hundred
languages can be kept busy for hours by a hostile file; a process can be stopped.
"""

import re
import resource
import sys
from pathlib import PurePosixPath
from struct import Struct as Layout
from typing import Any

from pygments.lexers import get_lexer_by_name, get_lexer_for_filename
from pygments.token import Token
from pygments.util import ClassNotFound

from bitpail.wire.code_lines import escaped, lines_of

_LENGTH = Layout(">I")
_MEMORY = 1 << 30
# Of all files together: one that outlived its server ends, too.
_PROCESSOR_SECONDS = 600
_LOOKED_AT = 2000
_SHEBANG = re.compile(r"#!\s*\S*?/?(?:env\s+(?:-\S+\s+)*)?([a-z]+)[\d.]*(?:\s|$)")
_INTERPRETERS = {
    "sh": "bash",
    "bash": "bash",
    "dash": "bash",
    "zsh": "bash",
    "python": "python",
    "perl": "perl",
    "ruby": "ruby",
    "node": "javascript",
    "php": "php",
    "lua": "lua",
    "awk": "awk",
    "fish": "fish",
    "tclsh": "tcl",
    "rscript": "r",
}
_NO_LANGUAGE = frozenset({"Text only", "Text output", "scdoc"})

_CLASSES = {
    Token.Comment: "c",
    Token.Comment.Preproc: "p",
    Token.Comment.PreprocFile: "s",
    Token.Keyword: "k",
    Token.Keyword.Constant: "m",
    Token.Operator.Word: "k",
    Token.Name.Attribute: "p",
    Token.Name.Builtin: "b",
    Token.Name.Class: "f",
    Token.Name.Constant: "m",
    Token.Name.Decorator: "p",
    Token.Name.Exception: "b",
    Token.Name.Function: "f",
    Token.Name.Tag: "k",
    Token.Literal.Number: "m",
    Token.Literal.String: "s",
    Token.Literal.Date: "m",
    Token.Generic.Deleted: "d",
    Token.Generic.Heading: "f",
    Token.Generic.Inserted: "a",
    Token.Generic.Subheading: "f",
    Token.Text: "",
}
"""What has a colour: a few that tell the parts apart, so that a page stays small."""


def coloured(name: str, text: str, most: int = sys.maxsize) -> list[str]:
    """Each line of the file of that name as HTML, the first ``most`` of them."""
    lines = lines_of(text)
    wanted = min(most, len(lines))
    lexer = _lexer(name, text)
    made = _made(lexer, "\n".join(lines) + "\n", wanted) if lexer is not None and wanted else None
    return made if made is not None else [escaped(line) for line in lines[:wanted]]


def _lexer(name: str, text: str) -> Any:
    base = PurePosixPath(name).name
    try:
        lexer = get_lexer_for_filename(base, text[:_LOOKED_AT])
    except ClassNotFound:
        lexer = None
    if lexer is None or lexer.name in _NO_LANGUAGE:
        found = _SHEBANG.match(text[:200])
        language = _INTERPRETERS.get(found[1]) if found else None
        lexer = get_lexer_by_name(language) if language else None
    return lexer


def _made(lexer: Any, text: str, wanted: int) -> list[str] | None:
    """So many lines, and no more is read than they take; None if the lexer lost something."""
    lines, line, run, last = [], [], "", ""
    at = 0
    # Not get_tokens: it would change the ends of lines first.
    for _, kind, value in lexer.get_tokens_unprocessed(text):
        if not text.startswith(value, at):
            return None
        at += len(value)
        colour = _class(kind)
        for number, part in enumerate(value.split("\n")):
            if number:
                line.append(_piece(last, run))
                lines.append("".join(line))
                line, run = [], ""
            if colour != last:
                line.append(_piece(last, run))
                run, last = "", colour
            run += part
        if len(lines) >= wanted:
            return lines[:wanted]
    return None


def _piece(colour: str, text: str) -> str:
    made = escaped(text)
    return f"<i class={colour}>{made}</i>" if colour and made.strip() else made


def _class(kind: Any) -> str:
    found = _CLASSES.get(kind)
    if found is None:
        found = _class(kind.parent) if kind.parent is not None else ""
        _CLASSES[kind] = found
    return found


def _main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (_PROCESSOR_SECONDS, _PROCESSOR_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    given, answers = sys.stdin.buffer, sys.stdout.buffer
    while head := given.read(_LENGTH.size):
        most, _, name = given.read(_LENGTH.unpack(head)[0]).decode("utf-8", "replace").partition(" ")
        text = given.read(_LENGTH.unpack(given.read(_LENGTH.size))[0]).decode("utf-8", "replace")
        made = "\n".join(coloured(name, text, int(most))).encode()
        answers.write(_LENGTH.pack(len(made)) + made)
        answers.flush()


if __name__ == "__main__":
    _main()
