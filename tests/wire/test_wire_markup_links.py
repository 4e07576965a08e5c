"""Links of a file of markup lead into its repository, at its commit."""

import re

import pytest
from hypothesis import given
from test_wire_markup import PIECES, check_harmless

from bitpail.wire.markup import markdown_of_any_length
from bitpail.wire.markup_links import Place, placed

PLACE = Place("docs/more", "/a/b/src/main", "/a/b/raw/main", "/a/b")


def placed_markdown(text):
    return placed(markdown_of_any_length(text), PLACE)


@pytest.mark.parametrize(
    ("address", "led"),
    [
        ("use.md", "/a/b/src/main/docs/more/use.md"),
        ("./use.md", "/a/b/src/main/docs/more/use.md"),
        ("../use.md", "/a/b/src/main/docs/use.md"),
        ("../../../../../use.md", "/a/b/src/main/use.md"),
        ("/use.md", "/a/b/src/main/use.md"),
        ("/", "/a/b/src/main/"),
        ("sub/", "/a/b/src/main/docs/more/sub/"),
        ("use.md?raw=true", "/a/b/src/main/docs/more/use.md"),
        ("use.md#how-to", "/a/b/src/main/docs/more/use.md#markdown-header-how-to"),
        ("use.md#markdown-header-how-to", "/a/b/src/main/docs/more/use.md#markdown-header-how-to"),
        ("use.py#lines-3:5", "/a/b/src/main/docs/more/use.py#lines-3:5"),
        ("#how-to", "#markdown-header-how-to"),
        ("a%20b.md", "/a/b/src/main/docs/more/a%20b.md"),
        ("a%2F..%2F..%2F..%2Fc", "/a/b/src/main/c"),
        ("a%23b", "/a/b/src/main/docs/more/a%23b"),
        ("%3Cscript%3E", "/a/b/src/main/docs/more/%3Cscript%3E"),
        ("/a/b/commits/", "/a/b/commits/"),
        ("https://example.org/x", "https://example.org/x"),
        ("//example.org/x", "//example.org/x"),
        ("mailto:a@example.org", "mailto:a@example.org"),
    ],
)
def test_a_link_leads_to_the_same_commit(address, led):
    assert f'<a href="{led}"' in placed_markdown(f"[x](<{address}>)")


@pytest.mark.parametrize("address", ["", "javascript:alert(1)", "data:text/html,x", "x%00y", "vbscript:x"])
def test_what_leads_nowhere_is_no_link(address):
    made = placed_markdown(f"[x](<{address}>)")

    assert "href" not in made


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("![A](b.png)", '<img src="/a/b/raw/main/docs/more/b.png" alt="A">'),
        ('![A](/b.png?raw=1 "T")', '<img src="/a/b/raw/main/b.png" alt="A" title="T">'),
        ('![A > "b"](https://x.example/c.png)', '<span class="no-picture">A &gt; &quot;b&quot;</span>'),
        ("![](//x.example/c.png)", '<span class="no-picture">picture</span>'),
        ("![A](data:image/png;base64,x)", '<span class="no-picture">A</span>'),
    ],
)  # fmt: skip
def test_pictures_are_of_the_repository_or_words(text, made):
    assert made in placed_markdown(text)


def test_headings_are_below_that_of_the_page_and_can_be_led_to():
    made = placed_markdown("# How *to*?\n\n## How to\n\n###### `x` <b>\n\n# é 中")

    assert made.split("\n") == [
        '<h2 id="markdown-header-how-to">How <em>to</em>?</h2>',
        '<h3 id="markdown-header-how-to_1">How to</h3>',
        '<h6 id="markdown-header-x-b"><code>x</code> &lt;b&gt;</h6>',
        '<h2 id="markdown-header-é-中">é 中</h2>',
    ]


@given(PIECES)
def test_it_stays_harmless(text):
    made = placed_markdown(text)

    check_harmless(re.sub(r' id="markdown-header-[^"<>]*"|</?span(?: class="no-picture")?>', "", made))
    assert not re.search(r'<img[^>]* src="(?!/a/b/)', made)
