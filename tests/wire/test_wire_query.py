"""The query language: what it finds, what it refuses and where."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpail.errors import Invalid
from bitpail.wire.query import matches, ordered, parse

OBJECT = {
    "name": 'The "Engine" \\ notes',
    "size": 120,
    "score": 1.5,
    "is_private": True,
    "parent": None,
    "created_on": "2025-01-27T14:15:58.600540+00:00",
    "owner": {"nickname": "ada", "uuid": "{1}"},
    "reviewers": [{"nickname": "grace"}, {"nickname": "ada"}],
    "attributes": ["binary", "lfs"],
    "permission": "write",
    "empty": [],
}


@pytest.mark.parametrize(
    "text",
    [
        'name ~ "engine"',
        'name ~ "\\"ENGINE\\" \\\\"',
        'name !~ "motor"',
        "size = 120",
        "size = 120.0",
        "size > 119.99999999999999999999",
        "size >= 120 AND size <= 120",
        "size < 121",
        "size != 12",
        "score = 1.5",
        "size > -5",
        "is_private = true",
        "is_private != false",
        "parent = null",
        "missing = null",
        "name != null",
        "empty = null",
        "created_on > 2025-01-27",
        "created_on > 2025-01-27T14:15:58Z",
        "created_on >= 2025-01-27T14:15:58.600540+00:00",
        "created_on < 2025-01-27T14:15:58.600541+00:00",
        "created_on < 2025-01-27T16:16+01:00",
        'owner.nickname = "ada"',
        'owner.uuid = "{1}"',
        'reviewers.nickname = "grace"',
        'reviewers.nickname != "bob"',
        'attributes = "lfs"',
        'name IN ("x", "The \\"Engine\\" \\\\ notes")',
        "size in (1, 120)",
        "size NOT IN (1, 2)",
        'permission > "read"',
        'permission <= "admin"',
        'size = 1 OR (size = 120 AND name ~ "E")',
        "size = 1 or size = 120 and is_private = true",
        "((((size = 120))))",
        '  size=120 AND name~"engine"  ',
    ],
)
def test_what_is_asked_for_is_found(text):
    assert matches(parse(text), OBJECT)


@pytest.mark.parametrize(
    "text",
    [
        'name = "engine"',
        "size = 121",
        'size = "120"',
        "name > 5",
        "is_private = 1",
        'parent.name = "x"',
        'reviewers.nickname != "ada"',
        'attributes !~ "bin"',
        "name = null",
        "created_on < 2020-01-01",
        "name < 2020-01-01",
        "size = 120 AND (size = 1 OR size = 2)",
        'permission < "read"',
    ],
)
def test_and_nothing_else(text):
    assert not matches(parse(text), OBJECT)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name", "ends where an operator"),
        ("name =", "ends where a value"),
        ('name = "open', "position 8"),
        ("name = word", "'word' at position 8"),
        ("= 5", "'=' at position 1, where a field"),
        ("a = 1 b = 2", "'b' at position 7, where AND, OR or the end"),
        ("(a = 1", "ends where ')'"),
        ("a = 1)", "')' at position 6"),
        ("a IN 5", "'5' at position 6, where '('"),
        ("a IN ()", "')' at position 7, where a value"),
        ("a NOT 5", "where IN"),
        ("a ~ 5", "text in"),
        ("a..b = 1", "where a field"),
        ("AND = 1", "where a field"),
        ("a = 2025-99-99", "where a value"),
        ("a = 1 ; drop table users", "position 7"),
        ("a = 1 AND", "ends where a field"),
        ("(" * 60 + "a = 1" + ")" * 60, "parentheses"),
        ("a = 1 OR " * 1000 + "a = 1", "longer than"),
        ("a IN (" + "1," * 600 + "1)", "more than 500 values"),
    ],
)
def test_a_bad_query_is_refused_with_the_place(text, says):
    with pytest.raises(Invalid) as refused:
        parse(text)

    assert says in refused.value.message


@given(st.text(max_size=60))
def test_no_text_does_anything_but_find_or_be_refused(text):
    with suppress(Invalid):
        assert matches(parse(text), OBJECT) in {True, False}


@given(st.text(max_size=30))
def test_any_text_can_be_asked_for(value):
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')

    assert matches(parse(f'name = "{quoted}"'), {"name": value})


_atoms = st.sampled_from(["a = 1", "a = 2", 'b ~ "x"', 'b !~ "x"', "c = null", "c != null"])
_trees = st.recursive(
    _atoms,
    lambda inner: st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(
        lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"
    ),
    max_leaves=8,
)
_objects = st.fixed_dictionaries(
    {"a": st.sampled_from([1, 2, 3]), "b": st.sampled_from(["x", "y"]), "c": st.sampled_from([None, 5])}
)


@given(_trees, _objects)
def test_connectives_mean_what_python_means_by_them(text, value):
    python = (
        text.replace("AND", "and").replace("OR", "or").replace("a = ", "a == ")
        .replace('b ~ "x"', '"x" in b').replace('b !~ "x"', '"x" not in b')
        .replace("c = null", "c is None").replace("c != null", "c is not None")
    )  # fmt: skip

    assert matches(parse(text), value) == eval(python, {}, value)


def test_sorting_is_by_one_field_either_way_and_natural_where_it_is_said():
    values = [{"name": name, "n": {"m": number}} for name, number in [("v10", 2), ("v9", None), ("v1", 1)]]

    def names(sort, **more):
        return [value["name"] for value in ordered(values, sort, **more)]

    assert names("name") == ["v1", "v10", "v9"]
    assert names("name", natural=frozenset({"name"})) == ["v1", "v9", "v10"]
    assert names("-name", natural=frozenset({"name"})) == ["v10", "v9", "v1"]
    assert names("n.m") == ["v9", "v1", "v10"]
    for wrong in ("-", "a b", "a..b", "--a", "a,b", "1", "a'"):
        with pytest.raises(Invalid):
            ordered(values, wrong)
