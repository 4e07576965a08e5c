"""The places of terms in a text, and the lines around them."""

from hypothesis import given
from hypothesis import strategies as st

from bitpail.wire import search_excerpts
from bitpail.wire.folding import folded


def shown(text, *terms):
    count, blocks = search_excerpts.excerpts(text, [folded(term) for term in terms])
    return count, [
        [
            (line.number, "".join(f"[{s.text}]" if s.is_match else s.text for s in line.segments))
            for line in block
        ]
        for block in blocks
    ]


def test_a_place_is_shown_with_the_lines_around_it():
    text = "one\ntwo\nthree\nfour\nfive\nsix\nseven\n"

    assert shown(text, "FOUR") == (1, [[(3, "three"), (4, "[four]"), (5, "five")]])
    assert shown(text, "one", "seven") == (2, [[(1, "[one]"), (2, "two")], [(6, "six"), (7, "[seven]")]])
    assert shown(text, "one", "three") == (2, [[(1, "[one]"), (2, "two"), (3, "[three]"), (4, "four")]])
    assert shown(text, "nothing") == (0, [])


def test_places_that_touch_are_one():
    assert shown("abcabcxabc", "abc", "bca") == (2, [[(1, "[abcabc]x[abc]")]])


def test_a_place_may_reach_over_lines():
    assert shown("foo\r\nbar", "o\r\nb") == (1, [[(1, "fo[o]"), (2, "[b]ar")]])


def test_few_lines_are_shown_and_all_places_counted():
    count, blocks = shown("word\n\n\n" * 50, "word")

    assert count == 50
    assert sum("[word]" in line for block in blocks for _, line in block) == 10


def test_of_a_long_line_the_part_that_matters_is_shown():
    _, ((line,),) = shown("x" * 5000 + "needle" + "y" * 5000, "needle")

    assert "[needle]" in line[1]
    assert len(line[1]) < 450
    assert line[1].startswith("x" * 100 + "[")
    _, ((_, long),) = shown("needle\n" + "z" * 5000, "needle")
    assert len(long[1]) == 400


@given(
    st.text("ab\n", max_size=60), st.lists(st.text("ab\n", min_size=1, max_size=3), min_size=1, max_size=3)
)
def test_what_is_shown_as_found_is_what_was_looked_for(text, terms):
    places = {
        at + n
        for term in terms
        for at in range(len(text))
        if text.startswith(term, at)
        for n in range(len(term))
    }
    count, blocks = search_excerpts.excerpts(text, terms)
    lines = text.split("\n")

    assert (count > 0) == bool(places)
    start = [sum(len(line) + 1 for line in lines[:number]) for number in range(len(lines))]
    for block in blocks:
        for line in block:
            at = start[line.number - 1]
            assert "".join(one.text for one in line.segments) == lines[line.number - 1]
            for one in line.segments:
                assert all(((at + n) in places) == one.is_match for n in range(len(one.text)))
                at += len(one.text)
