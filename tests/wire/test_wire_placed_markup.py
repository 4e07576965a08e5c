"""Rendered markup inside of a page: links lead where they should, and nothing new gets in."""

from hypothesis import given
from hypothesis import strategies as st

from bitpail.wire.markup import markdown_of_any_length, sanitised
from bitpail.wire.placed_markup import placed
from bitpail.wire.wiki_pages import Names, page_of

from test_wire_markup import ALLOWED, OTHER_SCHEME, PIECES, _Reader  # isort: skip

BASE = "/acme/engine/wiki/use/"
LINKS = st.lists(
    st.sampled_from(
        ["[[", "]]", "|", "#", "Home", '"', "'", "<", ">", " onclick=a ", "&quot;", "`", "*", "javascript:x", "\n\n", "# "]
    ),
    max_size=30,
).map("".join)  # fmt: skip


def find(word):
    return f"/acme/engine/wiki/{word}", word == "Home"


def made(text):
    return placed(markdown_of_any_length(text), BASE, find, is_there=lambda address: "Home" in address)


@given(st.one_of(PIECES, LINKS, st.tuples(PIECES, LINKS).map("".join)))
def test_whatever_is_written_no_other_element_attribute_or_scheme_comes_out(text):
    for part in made(text).parts:
        found = _Reader(part)
        assert found.tags <= (ALLOWED - {"h1"})
        for tag, name, value in found.attributes:
            assert name in {"href", "src", "alt", "title", "rel", "id", "class", "start", "align"}
            if name in {"href", "src"}:
                assert not OTHER_SCHEME.match((value or "").strip())
            if name == "class":
                assert (tag, value) == ("a", "missing")
            if name == "id":
                assert value.startswith("markdown-header-")
        assert sanitised(part).count("<a ") == part.count("<a ")


def test_a_picture_of_another_place_is_a_link():
    (part,) = made(
        "![x](https://e.example/p.png) ![y](//e.example/p.png) [![z](https://e/z)](https://f)"
    ).parts

    assert "<img" not in part
    assert '<a href="https://e.example/p.png"' in part
    assert '<a href="https://f" rel="nofollow noopener">z</a>' in part


def test_headings_are_one_lower_and_have_anchors_of_their_own():
    found = made(
        "# One *two*\n\n# One two\n\n###### Six\n\n[a](#one-two) [b](#One two) [c](#markdown-header-x)"
    )

    assert [(one.level, one.anchor) for _, one in found.headings] == [
        (2, "markdown-header-one-two"),
        (2, "markdown-header-one-two_1"),
        (6, "markdown-header-six"),
    ]
    assert 'href="#markdown-header-one-two"' in found.parts[0]
    assert 'href="#markdown-header-x"' in found.parts[0]


def test_parts_are_whole_blocks_and_all_of_it():
    text = "\n\n".join(f"> - word {number}\n>\n> # Head" for number in range(300)).replace(
        "\n\n", "\n\nx\n\n"
    )

    found = placed(markdown_of_any_length(text), BASE, find, 2000)

    assert len(found.parts) > 5
    for part in found.parts:
        assert part.count("<blockquote>") == part.count("</blockquote>")
    assert sum(part.count("word ") for part in found.parts) == 300
    assert {number for number, _ in found.headings} == set(range(1, len(found.parts) + 1))


def test_a_link_means_a_page_whatever_its_case_or_spaces_and_the_top_comes_first():
    names = Names(["Home.md", "use/First steps.md", "use/Home.md", "a_b.rst", "x.png"])

    assert names.names == ["Home", "a_b", "use/First steps", "use/Home"]
    assert names.meant("home", "use") == "Home"
    assert names.meant("first-steps", "use") == "use/First steps"
    assert names.meant("first-steps", "") is None
    assert names.meant("A b", "") == "a_b"
    assert names.meant("x", "") is None


def test_only_files_with_the_ending_of_a_language_are_pages():
    assert page_of("a/B c.MD").name == "a/B c"
    assert page_of("x.text").language == "markdown"
    assert page_of(".md") is None
    assert page_of("a/.hidden.md") is None
    assert page_of("x.png") is None
