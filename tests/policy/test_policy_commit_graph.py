"""Lanes of a graph of commits."""

from hypothesis import given
from hypothesis import strategies as st

from bitpail.policy.commit_graph import rows


def test_a_line_of_commits_stays_in_one_lane():
    made = rows([("c", ("b",)), ("b", ("a",)), ("a", ())])

    assert [(row.lane, row.above, row.below, row.past) for row in made] == [
        (0, (), (0,), ()),
        (0, (0,), (0,), ()),
        (0, (0,), (), ()),
    ]


def test_a_merge_opens_a_lane_that_ends_where_both_lines_meet():
    made = rows([("m", ("a", "b")), ("b", ("base",)), ("a", ("base",)), ("base", ())])

    assert [(row.lane, row.above, row.below, row.past) for row in made] == [
        (0, (), (0, 1), ()),
        (1, (1,), (1,), (0,)),
        (0, (0,), (1,), (1,)),
        (1, (1,), (), ()),
    ]


@st.composite
def histories(draw):
    """Children before their parents, some of which are on the next page."""
    size = draw(st.integers(1, 15))
    return [
        (str(number), tuple(str(p) for p in draw(st.lists(st.integers(number + 1, size + 3), max_size=3))))
        for number in range(size)
    ]


@given(histories())
def test_lines_lead_from_each_commit_to_each_of_its_parents_and_nowhere_else(history):
    made = rows(history)

    lanes = {}
    for (commit, parents), row in zip(history, made, strict=True):
        assert set(row.above) == {lane for lane, awaited in lanes.items() if awaited == commit}
        assert set(row.past) == {lane for lane, awaited in lanes.items() if awaited != commit}
        assert row.lane not in row.past
        lanes = {lane: awaited for lane, awaited in lanes.items() if awaited != commit}
        for parent, lane in zip(dict.fromkeys(parents), row.below, strict=True):
            assert lanes.setdefault(lane, parent) == parent
    awaited_last = {p for _, parents in history for p in parents} - {commit for commit, _ in history}
    assert set(lanes.values()) == awaited_last
    assert len(lanes) == len(awaited_last)
