"""A query finds the same in SQL, on both databases, as in the objects that go out."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from support.rows import a_project, a_repository, a_workspace

from bitpail.errors import Invalid
from bitpail.model.permissions import Permission
from bitpail.store import postgresql, repositories, sqlite
from bitpail.store.permissions import to_see
from bitpail.store.queries import Field, Narrowed, Paged
from bitpail.store.repository_fields import FIELDS
from bitpail.store.tables import projects as _projects
from bitpail.store.tables import repositories as _repositories
from bitpail.store.tables import workspaces as _workspaces
from bitpail.wire import repositories as wire
from bitpail.wire.links import Links
from bitpail.wire.query import matches, ordered, parse
from bitpail.wire.query_kinds import Asked, Kind

pytestmark = pytest.mark.anyio

_JOINED = _repositories.join(_projects, _projects.c.id == _repositories.c.project_id).join(
    _workspaces, _workspaces.c.id == _repositories.c.workspace_id
)
# One that may be null: no field of a repository is.
_ALL = {**FIELDS, "directory": Field(_repositories.c.directory), "website": Field(_repositories.c.website)}
_ROWS = Narrowed(
    select(_repositories.c.slug).select_from(_JOINED),
    select(func.count()).select_from(_JOINED),
    _ALL,
    (_repositories.c.slug,),
)
_PAGED = Paged(
    select(_repositories.c.id).select_from(_repositories),
    lambda page: select(_repositories.c.slug).join_from(_repositories, page, page.c.id == _repositories.c.id),
    _ALL,
    (_repositories.c.slug,),
)
_TEXTS = ("", "a", "A", "b", "Bay", "%", "_", "a%b", "100%", '"', "\\", "ab\\c", "'; --", "Zoë", "v10", "v9")
_SIZES = (0, 1, 2, 10, 2**40)
_MOMENTS = (0, 1, 1_700_000_000_000_000, 1_700_000_000_000_001)
_START = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.fixture
async def objects(db):
    """Those in the database, as the API shows them, in the order of their slugs."""
    team = await a_workspace(db)
    own = [await a_project(db, team, key) for key in ("ONE", "TWO")]
    links = Links(api="https://x.example/2.0", web="https://x.example", ssh="x.example", username=None)
    shown = []
    for number, text in enumerate(_TEXTS):
        project = own[number % 2]
        made = await a_repository(
            db, project, f"r{number:02}", name=text or "x", description=text, website=_TEXTS[-number],
            is_private=number % 3 == 0, size=_SIZES[number % 5], created_on=_MOMENTS[number % 4],
            directory=None if number % 2 else text,
        )  # fmt: skip
        full = wire.full(links, team, project, made, main_branch=None)
        shown.append({**full, "directory": made.directory})
    return shown


def _quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_signs = st.sampled_from(["=", "!=", ">", ">=", "<", "<="])
_texts = st.one_of(st.sampled_from(_TEXTS), st.text("abAB%_\\\"'é ", max_size=3)).map(_quoted)
_numbers = st.one_of(
    st.sampled_from(_SIZES).map(str),
    st.integers(-(2**70), 2**70).map(str),
    st.sampled_from(["1.5", "-0.1", "2.0"]),
)
_moments = st.sampled_from(_MOMENTS).map(lambda at: (_START + timedelta(microseconds=at)).isoformat())
_KINDS = [kind for kind in Kind if kind is not Kind.RANK]
_names = {kind: st.sampled_from([n for n, f in _ALL.items() if f.kind is kind]) for kind in _KINDS}
_literals = {Kind.TEXT: _texts, Kind.NUMBER: _numbers, Kind.MOMENT: _moments, Kind.FLAG: st.sampled_from(["true", "FALSE"])}  # fmt: skip


def _comparisons(kind):
    literals, names = _literals[kind], _names[kind]
    lists = st.lists(st.one_of(literals, st.just("null")), min_size=1, max_size=3)
    return st.one_of(
        st.tuples(names, _signs, literals).map(" ".join),
        st.tuples(names, st.sampled_from(["=", "!="]), st.just("null")).map(" ".join),
        st.tuples(names, st.sampled_from(["IN", "NOT IN"]), lists.map(lambda v: f"({', '.join(v)})")).map(
            " ".join
        ),
    )


_atoms = st.one_of(
    *map(_comparisons, _KINDS),
    st.tuples(_names[Kind.TEXT], st.sampled_from(["~", "!~"]), _texts).map(" ".join),
)
_queries = st.recursive(
    _atoms,
    lambda inner: st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(
        lambda parts: f"({' '.join(parts)})"
    ),
    max_leaves=6,
)
_sorts = st.none() | st.sampled_from([sign + name for name in _ALL for sign in ("", "-")])


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=_queries, sort=_sorts)
async def test_sql_and_objects_give_the_same_answer(db, objects, text, sort):
    node = parse(text)
    wanted = [one for one in objects if matches(node, one)]
    wanted = ordered(wanted, sort) if sort else wanted

    rows, count, values = _ROWS.statements(Asked(node, sort))

    assert [row[0] for row in await db.all(rows, **values)] == [one["slug"] for one in wanted], text
    assert await db.one(count, **values) == (len(wanted),)
    rows, count, values = _PAGED.statements(Asked(node, sort))
    page = await db.all(rows, start=1, number=4, **values)
    assert page == [(one["slug"], len(wanted)) for one in wanted[1:5]], text
    assert await db.one(count, **values) == (len(wanted),)


async def test_a_page_of_what_may_be_seen(db, objects):
    asked = Asked(parse('name ~ "A" AND is_private = false'), "-name")
    workspace_id = (await repositories.every(db))[0].workspace.id

    found, size = await repositories.chosen(db, workspace_id, None, to_see(Permission.READ), asked, 1, 2)

    matching = ordered([one for one in objects if matches(asked.wanted, one)], "-name")
    assert [one.repository.slug for one in found] == [one["slug"] for one in matching][1:3]
    assert size == len(matching)
    assert await repositories.chosen(db, workspace_id, None, to_see(Permission.WRITE), asked, 0, 9) == ([], 0)


@pytest.mark.parametrize(
    ("text", "sort", "says"),
    [
        ("nothing = 1", None, "no field 'nothing'"),
        ("workspace_id = 1", None, "no field"),
        ("name.x = 1", None, "no field"),
        ("name = 1", None, "text in"),
        ('size = "1"', None, "a number"),
        ('size ~ "1"', None, "can't be searched"),
        ("size > null", None, "neither less nor more"),
        ("created_on = 1", None, "a date"),
        ("is_private = 1", None, "true or false"),
        ('name = "a\0b"', None, "no field can hold"),
        (None, "nothing", "no field 'nothing'"),
        (None, "--name", "no field"),
        (None, "name; drop table users", "no field"),
    ],
)
def test_what_cannot_be_asked_is_refused(text, sort, says):
    with pytest.raises(Invalid, match=says):
        _ROWS.statements(Asked(parse(text) if text else None, sort))


def test_a_shape_is_compiled_once_and_its_values_are_never_part_of_it():
    first, _, one = _ROWS.statements(Asked(parse('name = "a; drop table"')))
    second, _, other = _ROWS.statements(Asked(parse('name = "b"')))

    assert first is second
    assert (one, other) == ({"q0": "a; drop table"}, {"q0": "b"})
    for statements in (sqlite._statements, postgresql._statements):
        assert "drop table" not in statements.get(first)[0]
