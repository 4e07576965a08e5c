"""What people write becomes HTML that can do nothing, and not even take long."""

import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpail.wire.kept import Kept
from bitpail.wire.markup import LONGEST, is_plain, markdown, markdown_of_any_length, paragraphs, sanitised
from bitpail.wire.text import clean

ANYTHING = st.text(st.characters())
WORDS = st.text(st.sampled_from("ab Z\n.,:;!?'\"()-+=#1é中%$/^{}"), max_size=80)
# Pieces that mean something, so that chance puts them together in ways nobody thought of.
PIECES = st.lists(
    st.sampled_from(
        [
            *("*", "**", "_", "`", "```", "~~", "[", "](", ")", "![", "<", ">", "&", "&#x6a;", "\\", "|", "-|-", "\n"),
            *("> ", "- ", "1. ", "# ", "    ", "javascript:", "data:text/html,", "vbscript:", "//", "http://", "a"),
            *("<script>", "</script>", "<img src=x onerror=a>", "<svg/onload=a>", "<!--", "-->", "<style>", "\0"),
            *("[a]: ", '"', "'", " onclick=a ", "\r", "\t", "&lt;script&gt;", "&NewLine;", "\u2028", "\ufffd"),
        ]
    ),
    max_size=40,
).map("".join)  # fmt: skip


class _Reader(HTMLParser):
    """What a browser would find in it."""

    def __init__(self, made):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.text = set(), [], ""
        self.feed(made)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += [(tag, *pair) for pair in attrs]

    def handle_data(self, data):
        self.text += data

    def handle_comment(self, data):
        raise AssertionError(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


ALLOWED = frozenset(
    {
        *("a", "abbr", "acronym", "b", "blockquote", "br", "cite", "code", "dd", "del", "dl", "dt", "em", "h1", "h2"),
        *("h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "ol", "p", "pre", "q", "s", "small"),
        *("strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "ul", "var"),
    }
)  # fmt: skip
OTHER_SCHEME = re.compile(r"(?i)(?!https?:|mailto:)[a-z][a-z0-9+.-]*:")


def check_harmless(made):
    found = _Reader(made)
    assert found.tags <= ALLOWED
    for _tag, name, value in found.attributes:
        assert name in {"href", "title", "src", "alt", "start", "align", "colspan", "rowspan", "rel"}
        if name in {"href", "src"}:
            assert not OTHER_SCHEME.match(re.sub(r"[\s\0-\x20]", "", value or ""))


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("", ""),
        (" \n\n ", ""),
        ("one line\n", "<p>one line</p>"),
        ("first\n\nsecond\nline", "<p>first</p>\n<p>second\nline</p>"),
        ("first\r\n\r\nsecond", "<p>first</p>\n<p>second</p>"),
        ("a\n \n\n\nb", "<p>a</p>\n<p>b</p>"),
        ("Fix *the* `parser`", "<p>Fix <em>the</em> <code>parser</code></p>"),
        ("a **b** ~~c~~", "<p>a <strong>b</strong> <del>c</del></p>"),
        ("# Head\n\n- a\n- b", "<h1>Head</h1>\n<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("[a](http://b.c)", '<p><a href="http://b.c" rel="nofollow noopener">a</a></p>'),
        ("see http://b.c.", '<p>see <a href="http://b.c" rel="nofollow noopener">http://b.c</a>.</p>'),
        ("![a](b.png)", '<p><img src="b.png" alt="a"></p>'),
        ("Use List<String> & co", "<p>Use List&lt;String&gt; &amp; co</p>"),
        ("snake_case_name", "<p>snake_case_name</p>"),
        ("<script>alert('x')</script>", "&lt;script&gt;alert('x')&lt;/script&gt;"),
        ("```python\nx = 1 < 2\n```", "<pre><code>x = 1 &lt; 2\n</code></pre>"),
        ("nul\0", "<p>nul\ufffd</p>"),
        ("  - not indented code", "<ul>\n<li>not indented code</li>\n</ul>"),
    ],
)
def test_markdown_becomes_html(text, made):
    assert markdown(text) == made


def test_a_table_is_a_table():
    made = markdown("|a|b|\n|:-:|-|\n|1|2|")

    assert '<td align="center">1</td>' in made
    assert made.startswith("<table>")


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)>",
        "<iframe src=//evil></iframe>",
        "<style>*{display:none}</style>",
        "<a href='javascript:alert(1)'>x</a>",
        "<form action=//evil><input name=a></form>",
        "<base href=//evil>",
        "<meta http-equiv=refresh content=0;url=//evil>",
        "<object data=x></object><embed src=x>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](java&#x0A;script:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](\x01javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:x)",
        "[x](file:///etc/passwd)",
        "![x](javascript:alert(1))",
        "![x](data:image/svg+xml,<svg onload=alert(1)>)",
        '![x" onerror="alert(1)](y)',
        '[x](http://a "t\\" onclick=\\"alert(1)")',
        "[x](http://a'onclick='alert(1))",
        '[x][r]\n\n[r]: http://a "\\" onclick=alert(1)"',
        "<javascript:alert(1)>",
        "<data:text/html,x>",
        "[r]: javascript:alert(1)\n\n[r]",
        "```html onclick=alert(1)\n<b>\n```",
        '```"><script>alert(1)</script>\n```',
        "`<script>`<script>`",
        "<!--><script>alert(1)</script>-->",
        "<![CDATA[<script>alert(1)</script>]]>",
        "<?php echo 1 ?><script>alert(1)</script>",
        "|<script>|\n|-|\n|<img onerror=a>|",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "&#60;script&#62;alert(1)",
        "\\<script>alert(1)",
        "www.a.b/<script>",
        "a@b.c<script>",
        "<a@b.c?onclick=x>",
        "<div\n\n<script>alert(1)</script>",
        "</p><script>alert(1)</script>",
        "<x:script xmlns:x='http://www.w3.org/1999/xhtml'>alert(1)</x:script>",
    ],
)
def test_nothing_that_is_written_scripts_styles_or_embeds(attack):
    for text in (attack, f"> {attack}", f"- {attack}", f"# {attack}", f"*{attack}*", f"|a|\n|-|\n|{attack}|"):
        check_harmless(markdown(text))
        check_harmless(sanitised(text))


@given(ANYTHING | PIECES)
def test_no_text_becomes_more_than_harmless_html(text):
    made = markdown(clean(text))

    check_harmless(made)
    made.encode()


@given(WORDS | ANYTHING)
def test_the_short_way_of_plain_words_says_what_markdown_says(text):
    text = clean(text)

    if is_plain(text):
        assert markdown(text) == paragraphs(text) == markdown_of_any_length(text)


@pytest.mark.parametrize(
    "text", ["Fix it", 'Fix it: now (really), 100% \u2013 "so"\n\nIt\'s done.\nAll of it.\n']
)
def test_ordinary_words_go_the_short_way(text):
    assert is_plain(text)


@given(ANYTHING)
def test_words_as_they_are_bring_no_markup(message):
    bare = paragraphs(clean(message)).replace("<p>", "").replace("</p>", "")

    assert not set(bare) & set("<>\0")


ATTACKS = {
    "quotes": lambda n: ">" * n,
    "quotes with spaces": lambda n: "> " * (n // 2) + "a",
    "quotes that go on": lambda n: ">" * (n // 2) + "a\n" + "a\n" * (n // 4),
    "lists": lambda n: "- " * (n // 2) + "a",
    "lists and quotes": lambda n: "*>" * (n // 2),
    "a list that nests": lambda n: "\n".join("  " * i + "- a" for i in range(int(n**0.5))),
    "empty items": lambda n: "- " * (n // 4) + "a\n" + "\n" * (n // 2),
    "brackets": lambda n: "[" * n,
    "brackets with text": lambda n: "[a" * (n // 2),
    "links that don't close": lambda n: "[a](" * (n // 4),
    "links in links": lambda n: "[" * (n // 5) + "a" + "](b)" * (n // 5),
    "pictures in pictures": lambda n: "![" * (n // 6) + "a" + "](b)" * (n // 6),
    "emphasis that opens": lambda n: "*a " * (n // 3),
    "emphasis that may close": lambda n: "a**b" + "c* " * (n // 3),
    "emphasis in emphasis": lambda n: "*" * (n // 2) + "a" + "*" * (n // 2),
    "two kinds of emphasis": lambda n: "*_" * (n // 4) + "a" + "_*" * (n // 4),
    "crossed emphasis": lambda n: "*a_ " * (n // 4),
    "struck": lambda n: "~~a " * (n // 4),
    "backticks": lambda n: "".join("e" + "`" * i for i in range(int((2 * n) ** 0.5))),
    "angles": lambda n: "<a" * (n // 2),
    "addresses": lambda n: "www." * (n // 4),
    "addresses in brackets": lambda n: "http://a" + "(" * n,
    "mail addresses": lambda n: "a@" + "a_" * (n // 2),
    "comments": lambda n: "<!--" * (n // 4),
    "instructions": lambda n: "<?" * (n // 2),
    "tags": lambda n: "<b>" * (n // 3),
    "references": lambda n: "[r]: /" + "x" * (n // 2) + "\n\n" + "[r]" * (n // 6),
    "a wide table": lambda n: "a|" * (n // 8) + "\n" + "-|" * (n // 8) + "\n" + "a\n" * (n // 2),
    "a table of 200 columns": lambda n: "|a" * 200 + "\n" + "|-" * 200 + "\n" + "a\n" * (n // 2),
    "a table in a quote": lambda n: "> " + "a|" * 200 + "\n> " + "-|" * 200 + "\n" + "> a\n" * (n // 4),
    "many tables": lambda n: "a|b\n-|-\n" * (n // 8),
    "entities": lambda n: "&" * n,
    "headings": lambda n: "# a\n" * (n // 4),
    "fences": lambda n: "```\n" * (n // 4),
    "spaces": lambda n: " " * n + "a",
    "lines": lambda n: "a\n" * (n // 2) + "=",
}


@pytest.mark.parametrize("name", ATTACKS)
def test_nothing_that_is_written_takes_long_or_grows_large(name):
    text = ATTACKS[name](LONGEST)[:LONGEST]
    started = time.thread_time()
    made = markdown(text)
    took = time.thread_time() - started

    # Some 60 ms at most on a machine that does nothing else; without the bounds a minute.
    assert took < 5
    assert len(made) < 30 * LONGEST
    check_harmless(made)


def test_text_beyond_the_longest_is_shown_as_it_is():
    assert markdown("*" + "a" * LONGEST + "*").startswith("<p>*aaa")


def test_what_was_made_lately_is_kept_but_not_without_end():
    kept = Kept(1000)

    for number in range(100):
        kept.keep(f"{number:010}", "x" * 90)

    assert kept.find(f"{99:010}") == "x" * 90
    assert kept.find(f"{0:010}") is None
    assert sum(kept.find(f"{n:010}") is not None for n in range(100)) == 10
    kept.keep("a", "y" * 200)
    assert kept.find("a") is None
