"""Creole 1.0 as HTML, the language in which Bitbucket's wikis began; wikicreole.org is its source.

Every pattern ends within a line or a fixed length, and what comes out is sanitised by whoever asked for it.
``[[Page]]`` and ``[[Page|words]]`` stay as they are written: which pages there are is known where a wiki is shown.
"""

import re
from html import escape

from bitpail.wire.placed_markup import CONTENTS

_DEEPEST = 12
_HEADING = re.compile(r"\s*(={1,6})\s*([^=].*?)\s*=*\s*$")
_RULE = re.compile(r"\s*-{4,}\s*$")
_ITEM = re.compile(r"\s*([*#]{1,100})\s*(\S.*)$")
_TOC = re.compile(r"\s*<<\s*toc\b[^<>\n]{0,200}>>\s*$", re.IGNORECASE)
_LANGUAGE = re.compile(r"#!\s*\w+\s*$")
# A brace that would end the block is moved by a space, which is not the text's.
_MOVED = re.compile(r"^ (?= *\}\}\}\s*$)")
_ADDRESS = r"(?:https?|ftp)://[^\s|\]}<>]{1,2000}|mailto:[^\s|\]}<>]{1,300}"
_CELL = re.compile(r"(?:~.|\[\[[^\[\]\n]{0,2000}\]\]|\{\{[^\n]{0,2000}?\}\}+|[^|])*")
_INLINE = re.compile(
    rf"""~(?:{_ADDRESS})
    | ~(?P<escaped>\S)
    | \{{\{{\{{(?P<nowiki>[^\n}}]{{0,1000}}(?:\}}(?!\}}\}})[^\n}}]{{0,1000}}){{0,50}}\}}*)\}}\}}\}}
    | \[\[\s*(?P<link>{_ADDRESS})\s*(?:\|(?P<words>[^\[\]\n]{{0,2000}}))?\]\]
    | \[\[[^\[\]\n]{{1,600}}\]\]
    | \{{\{{\s*(?P<picture>[^|{{}}\n]{{1,2000}}?)\s*(?:\|(?P<alt>[^{{}}\n]{{0,2000}}))?\}}\}}
    | (?P<address>{_ADDRESS})
    | (?P<end>\\\\)
    | (?P<toggle>\*\*|//|\#\#|\^\^|,,)""",
    re.VERBOSE,
)
_TOGGLES = {"**": "strong", "//": "em", "##": "tt", "^^": "sup", ",,": "sub"}
# A sentence goes on, or ends, after the address.
_NO_PART_OF_IT = ".,;:!?\"'()"


def html(text: str) -> str:
    """The text as HTML that has to be sanitised still."""
    page = _Page()
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    at = 0
    while at < len(lines):
        end = _end_of_block(lines, at)
        if end is None:
            page.line(lines[at])
            at += 1
        else:
            page.block(lines[at + 1 : end])
            at = end + 1
    page.close()
    return "\n".join(page.made)


def _end_of_block(lines: list[str], at: int) -> int | None:
    """Where the block ends that begins with this line; None if there is none."""
    if lines[at].rstrip() != "{{{":
        return None
    return next((end for end in range(at + 1, len(lines)) if lines[end].rstrip() == "}}}"), None)


class _Page:
    """What is made of the lines so far; ``_words`` are those of the paragraph or the item that goes on."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self._words: list[str] = []
        self._lists = ""
        self._in_table = False

    def line(self, line: str) -> None:
        if not line.strip():
            self.close()
        elif item := self._item(line):
            self._begin_item(item[1], item[2])
        elif line.lstrip().startswith("|"):
            self._row(line.strip())
        elif found := _HEADING.match(line):
            self.close()
            level = len(found[1])
            self.made.append(f"<h{level}>{_inline(found[2])}</h{level}>")
        elif _RULE.match(line):
            self.close()
            self.made.append("<hr>")
        elif _TOC.match(line):
            self.close()
            self.made.append(CONTENTS)
        else:
            self._end_table()
            self._words.append(line)

    def block(self, lines: list[str]) -> None:
        """Lines as they are; the first may name a language."""
        self._end_words()
        if not self._lists:
            self.close()
        if lines and _LANGUAGE.match(lines[0]):
            lines = lines[1:]
        shown = "\n".join(escape(_MOVED.sub("", line), quote=False) for line in lines)
        self.made.append(f"<pre><code>{shown}\n</code></pre>")

    def close(self) -> None:
        """End what is open."""
        self._end_words()
        self._end_table()
        self._become("")

    def _item(self, line: str) -> re.Match[str] | None:
        """Its marks and words. Two stars begin an item of an item where there is one, and bold words elsewhere."""
        found = _ITEM.match(line)
        return found if found is not None and (len(found[1]) == 1 or self._lists) else None

    def _begin_item(self, marks: str, words: str) -> None:
        self._end_words()
        self._end_table()
        depth = min(len(marks), len(self._lists) + 1, _DEEPEST)
        kinds = self._lists[: depth - 1] + marks[-1]
        again = self._lists.startswith(kinds)
        self._become(kinds)
        if again:
            self.made.append("</li>")
        self.made.append("<li>")
        self._words.append(words)

    def _become(self, lists: str) -> None:
        """Close and open lists: each letter is one inside of that before it."""
        same = 0
        while same < min(len(lists), len(self._lists)) and lists[same] == self._lists[same]:
            same += 1
        for kind in reversed(self._lists[same:]):
            self.made.append(f"</li></{_element(kind)}>")
        self.made += [f"<{_element(kind)}>" for kind in lists[same:]]
        self._lists = lists

    def _row(self, line: str) -> None:
        self._end_words()
        self._become("")
        if not self._in_table:
            self.made.append("<table>")
            self._in_table = True
        cells = []
        at = 1
        while at < len(line):
            found = _CELL.match(line, at)
            cell = found[0] if found else ""
            at += len(cell) + 1
            name = "th" if cell.startswith("=") else "td"
            cells.append(f"<{name}>{_inline(cell.removeprefix('=').strip())}</{name}>")
        self.made.append(f"<tr>{''.join(cells)}</tr>")

    def _end_table(self) -> None:
        if self._in_table:
            self.made.append("</table>")
            self._in_table = False

    def _end_words(self) -> None:
        if self._words:
            words = _inline("\n".join(self._words))
            self.made.append(words if self._lists else f"<p>{words}</p>")
            self._words = []


def _element(kind: str) -> str:
    return "ul" if kind == "*" else "ol"


def _inline(text: str, *, in_link: bool = False) -> str:
    """Words with what stands in them; what is open at their end ends there."""
    made: list[str] = []
    opened: list[str] = []
    at = 0
    for found in _INLINE.finditer(text):
        made += [escape(text[at : found.start()], quote=False), _piece(found, opened, in_link=in_link)]
        at = found.end()
    made.append(escape(text[at:], quote=False))
    made += [f"</{name}>" for name in reversed(opened)]
    return "".join(made)


def _piece(found: re.Match[str], opened: list[str], *, in_link: bool) -> str:
    if toggle := found["toggle"]:
        return _toggled(_TOGGLES[toggle], opened)
    if found["end"]:
        return "<br>"
    if found["nowiki"] is not None:
        return f"<code>{escape(found['nowiki'].strip(), quote=False)}</code>"
    if found["link"]:
        words = _inline((found["words"] or "").strip(), in_link=True) or escape(found["link"])
        return f'<a href="{escape(found["link"])}">{words}</a>'
    if found["picture"]:
        alt = (found["alt"] or "").strip()
        address = escape(found["picture"].replace(" ", "%20"))
        return f'<img src="{address}" alt="{escape(alt)}">'
    if found["address"] and not in_link:
        address = found["address"].rstrip(_NO_PART_OF_IT)
        rest = found["address"][len(address) :]
        return f'<a href="{escape(address)}">{escape(address)}</a>{escape(rest, quote=False)}'
    return escape(found["escaped"] or found[0].removeprefix("~"), quote=False)


def _toggled(name: str, opened: list[str]) -> str:
    if name not in opened:
        opened.append(name)
        return f"<{name}>"
    ended = []
    while opened:
        ended.append(f"</{opened[-1]}>")
        if opened.pop() == name:
            break
    return "".join(ended)
