"""Partial answers: the examples of the documentation, and that nothing is made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpail.errors import Invalid
from bitpail.wire.fields import apply, parse, shows

OBJECT = {
    "id": 1,
    "links": {"self": {"href": "x"}, "html": {"href": "y"}},
    "owner": {"name": "ada", "links": {"self": {"href": "z"}}},
    "values": [{"id": 2, "title": "a"}, {"id": 3, "title": "b"}],
    "next": "n",
}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("id", {"id": 1}),
        ("links.self", {"links": {"self": {"href": "x"}}}),
        ("links.*.href,id", {"id": 1, "links": OBJECT["links"]}),
        ("values.id", {"values": [{"id": 2}, {"id": 3}]}),
        ("values.id,next", {"values": [{"id": 2}, {"id": 3}], "next": "n"}),
        ("-links,-values,-owner", {"id": 1, "next": "n"}),
        ("-links.*,-values,-owner", {"id": 1, "links": {}, "next": "n"}),
        ("-*,+id,+owner.name", {"id": 1, "owner": {"name": "ada"}}),
        ("-*, id", {"id": 1}),
        ("*", OBJECT),
        ("", OBJECT),
        ("+nothing", OBJECT),
        ("nothing", {}),
        ("id,+next", {"id": 1, "next": "n"}),
        ("links,-links.html", {"links": {"self": {"href": "x"}}}),
        ("*.name", {"owner": {"name": "ada"}, "links": {}, "values": [{}, {}], "id": 1, "next": "n"}),
        ("owner.links.self.href", {"owner": {"links": {"self": {"href": "z"}}}}),
    ],
)
def test_members_are_picked_added_and_left_out(text, shown):
    assert apply(parse(text), OBJECT) == shown


@pytest.mark.parametrize("text", ["a..b", ".", "a.", "-", "+", "x" * 5000, ".".join("a" * 30)])
def test_what_is_no_field_is_refused(text):
    with pytest.raises(Invalid):
        parse(text)


_names = st.sampled_from(["id", "links", "self", "values", "*", "owner", "href", "title"])
_parts = st.builds(
    lambda sign, path: sign + ".".join(path),
    st.sampled_from(["", "+", "-"]),
    st.lists(_names, min_size=1, max_size=3),
)


@given(st.lists(_parts, max_size=5).map(",".join))
def test_what_is_shown_was_there(text):
    def inside(part, whole):
        if isinstance(part, dict):
            return part.keys() <= whole.keys() and all(
                inside(value, whole[name]) for name, value in part.items()
            )
        if isinstance(part, list):
            return len(part) == len(whole) and all(map(inside, part, whole))
        return part == whole

    assert inside(apply(parse(text), OBJECT), OBJECT)


_PATHS = [
    ("id",),
    ("links",),
    ("links", "self"),
    ("owner", "links", "self"),
    ("values",),
    ("values", "title"),
]


def _at(value, path):
    if not path:
        return [value]
    if isinstance(value, list):
        return [found for one in value for found in _at(one, path)]
    return _at(value[path[0]], path[1:]) if isinstance(value, dict) and path[0] in value else []


@given(st.lists(_parts, max_size=5).map(",".join), st.sampled_from(_PATHS))
def test_what_need_not_be_looked_up_is_not_in_the_answer(text, path):
    wanted = parse(text)

    if not shows(wanted, path):
        assert not _at(apply(wanted, OBJECT), path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("hash", False),
        ("participants", True),
        ("participants.user", True),
        ("+nothing", True),
        ("-participants", False),
        ("-*,+hash", False),
        ("-*,+participants.user", True),
        ("*", True),
        ("*.raw", True),
        ("-participants.user", True),
        ("hash,+participants", True),
    ],
)
def test_a_member_is_looked_up_only_if_any_of_it_is_shown(text, told):
    assert shows(parse(text), ("participants",)) == told
