"""Source files as coloured lines: each of git's lines once, everything in it as text."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pygments.token import Token

from bitpail.wire import highlighting
from bitpail.wire.code_lines import LONGEST, decoded, escaped, lines_of, shown
from bitpail.wire.highlighting import coloured

NAMES = [
    "a.py",
    "a.html",
    "a.js",
    "a.php",
    "a.md",
    "Makefile",
    "a.diff",
    "a.c",
    "a.svg",
    "a.rst",
    "run",
    "\udcff.py",
]
PIECES = st.lists(
    st.sampled_from(
        [
            *("\n", "\r\n", "\r", "\t", "\x0b", "\x0c", "\x85", "\u2028", "\0", '"', "'", '"""', "'''", "<!--", "-->"),
            *("<script>", "</script>", "<?php", "?>", "/*", "*/", "#", "//", "`", "{", "}", "&lt;", "&", "\u202e"),
            *("if", "def x", "class", "0x1", "\\", "@@ -1 +1 @@", "+a", "-b", "#!/bin/sh", "{% x %}", "\ud800"),
        ]
    ),
    max_size=40,
).map("".join)  # fmt: skip


def text_of(made):
    return html.unescape(re.sub(r"<i class=[a-z]>|</i>", "", made))


@given(st.sampled_from(NAMES), PIECES)
def test_each_line_is_there_once_and_nothing_in_it_is_markup(name, text):
    made = coloured(name, text)

    assert len(made) == len(lines_of(text))
    for line, original in zip(made, lines_of(text), strict=True):
        assert set(re.findall(r"<[^>]*>", line)) <= {
            *(f"<i class={letter}>" for letter in "ckmsbfpad"),
            "</i>",
            "<mark>",
            "</mark>",
        }
        assert line.count("<i ") == line.count("</i>")
        plain = re.sub(r"<mark>U\+([0-9A-F]{4})</mark>", lambda found: chr(int(found[1], 16)), line)
        assert text_of(plain) == original


@pytest.mark.parametrize(
    ("name", "text", "made"),
    [
        ("a.py", "if x:\n", ["<i class=k>if</i> x:"]),
        ("a.py", '"""a\nb"""', ['<i class=s>"""a</i>', '<i class=s>b"""</i>']),
        ("run", "#!/usr/bin/env python3\nif x: y\n", ["<i class=c>#!/usr/bin/env python3</i>", "<i class=k>if</i> x: y"]),
        ("run", "#!/bin/sh\nif x\n", ["<i class=c>#!/bin/sh</i>", "<i class=k>if</i> x"]),
        ("a.txt", "if x", ["if x"]),
        ("unknown.zzz", "a < b", ["a &lt; b"]),
        ("a.py", "", []),
        ("a.py", "\n\n", ["", ""]),
    ],
)  # fmt: skip
def test_languages_are_known_by_names_and_first_lines(name, text, made):
    assert coloured(name, text) == made


@given(st.sampled_from(NAMES), PIECES, st.integers(0, 12))
def test_the_first_lines_alone_are_as_they_are_in_the_whole_file(name, text, most):
    whole = coloured(name, text)

    # A lexer that loses something further down has no colours for the whole.
    assert coloured(name, text, most) == whole[:most] or whole == [escaped(line) for line in lines_of(text)]


def test_no_more_is_read_than_is_shown(monkeypatch):
    read = []

    class Lexer:
        def get_tokens_unprocessed(self, text):
            for number, line in enumerate(text.splitlines(keepends=True)):
                read.append(number)
                yield 0, Token.Keyword, line

    monkeypatch.setattr(highlighting, "_lexer", lambda *_: Lexer())

    assert coloured("a.py", "x\n" * 1000, 3) == ["<i class=k>x</i>"] * 3
    assert read == [0, 1, 2]


def test_a_lexer_that_loses_or_changes_something_colours_nothing(monkeypatch):
    class Lexer:
        def get_tokens_unprocessed(self, text):
            yield 0, Token.Keyword, text.replace("a", "b")

    monkeypatch.setattr(highlighting, "_lexer", lambda *_: Lexer())

    assert coloured("a.py", "a\nc\n") == ["a", "c"]
    assert coloured("a.py", "c\n") == ["<i class=k>c</i>"]


def test_what_turns_the_direction_of_text_is_seen():
    assert escaped("a\u202eb\x1b") == "a<mark>U+202E</mark>b<mark>U+001B</mark>"
    assert escaped("a\tb é 中 👩\u200d🚀") == "a\tb é 中 👩\u200d🚀"


def test_of_a_long_line_the_beginning_is_shown():
    assert shown("x" * LONGEST) == "x" * LONGEST
    assert shown("<" * (LONGEST + 1)) == "&lt;" * LONGEST + "<mark>… 1 more characters</mark>"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"\xef\xbb\xbfa", "a"),
        ("é中".encode(), "é中"),
        (b"caf\xe9", "caf\ufffd"),
        (b"caf\xe9 au lait", "café au lait"),
        (b"\x93a\x94\x81 ", "“a”\ufffd "),
    ],
)
def test_bytes_are_utf_8_or_western_european(content, text):
    assert decoded(content) == text
