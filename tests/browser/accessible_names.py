"""What somebody hears who does not see a page: role and name of each heading, landmark, link, button and field.

Kept in ``accessible_names.txt``, a part for each page, so that a change of them is seen by whoever reviews it.
What differs from run to run is replaced by a word in brackets. ``pytest tests/browser/test_browser_names.py --write-names`` writes them anew.
"""

import re
from pathlib import Path

KEPT = Path(__file__).with_suffix(".txt")

_ROLES = (
    *(
        "heading",
        "link",
        "button",
        "textbox",
        "searchbox",
        "checkbox",
        "radio",
        "combobox",
        "option",
        "spinbutton",
    ),
    *(
        "main",
        "banner",
        "navigation",
        "contentinfo",
        "region",
        "search",
        "form",
        "group",
        "table",
        "img",
        "tablist",
        "tab",
    ),
)
_LINE = re.compile(rf'\s*- (?:\'|")?({"|".join(_ROLES)})\b(?: "((?:[^"\\]|\\.)*)")?')
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_CHANGING = [
    (re.compile(r"bp\w*_[0-9A-Za-z_-]{20,}"), "[secret]"),
    (re.compile(r"\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?"), "[uuid]"),
    (re.compile(r"\b[0-9a-f]{7,64}\b"), "[hash]"),
    (re.compile(r"ada-[0-9a-f]{6}"), "[label]"),
    (re.compile(r"127\.0\.0\.1:\d+"), "[host]"),
    (re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?"), "[date]"),
    (re.compile(rf"{_MONTH} \d{{1,2}}, \d{{4}}(?:, \d{{1,2}}:\d\d\s[AP]M)?"), "[date]"),
    (re.compile(rf"\d{{1,2}} {_MONTH} \d{{4}}(?:, \d\d:\d\d)?"), "[date]"),
    (re.compile(r"\b\d+(?:,\d{3})*\b"), "[number]"),
]


def names_of(snapshot: str) -> str:
    """One line for each, in the order of the page; ``snapshot`` is Playwright's of the accessibility tree."""
    lines = []
    for line in snapshot.splitlines():
        if found := _LINE.match(line):
            role, name = found[1], found[2] or ""
            for pattern, word in _CHANGING:
                name = pattern.sub(word, name)
            lines.append(f"{role} {name}".rstrip())
    # Rows of a table or list that differ by nothing else are told once.
    return "\n".join(dict.fromkeys(lines))


def kept() -> dict[str, str]:
    """What each page had when the file was written."""
    parts = re.split(r"^== (.+)\n", KEPT.read_text(), flags=re.MULTILINE)
    return {name: text.strip("\n") for name, text in zip(parts[1::2], parts[2::2], strict=True)}


def write(names: dict[str, str]) -> None:
    """Put these in the places of the old ones."""
    KEPT.write_text("".join(f"== {name}\n{text}\n\n" for name, text in names.items()))
