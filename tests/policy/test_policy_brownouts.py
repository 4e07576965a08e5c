"""The calendar of brownouts: which windows there may be, and when one runs."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpail.errors import Invalid
from bitpail.model.brownouts import Brownout
from bitpail.policy.brownouts import KEPT, LATEST, MOST, added, kept, running, series, upcoming, vendors

SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
AT = 20_000 * DAY


def test_a_window_runs_from_its_beginning_up_to_its_end():
    window = Brownout(AT, AT + HOUR)

    assert running([window], AT) is window
    assert running([window], AT + HOUR - 1) is window
    for moment in (AT - 1, AT + HOUR, AT + DAY):
        assert running([window], moment) is None
    assert running([], AT) is None


def test_of_two_that_run_the_one_that_ends_last_is_told():
    short, long = Brownout(AT, AT + HOUR), Brownout(AT - HOUR, AT + 2 * HOUR)

    assert running([short, long], AT) is long
    assert running([long, short], AT + HOUR) is long


def test_the_vendors_first_days_are_one_series():
    windows = series(AT, 900, 6 * 3600, AT + 3 * DAY, "as announced")

    assert len(windows) == 12
    assert {one.ends_on - one.starts_on for one in windows} == {900 * SECOND}
    assert [(one.starts_on - AT) // HOUR % 24 for one in windows[:5]] == [0, 6, 12, 18, 0]
    assert series(AT, 900, None, None) == [Brownout(AT, AT + 900 * SECOND)]


def test_the_vendors_calendar_is_what_was_published():
    midnight = int(datetime(2026, 6, 9, tzinfo=UTC).timestamp()) * SECOND
    windows = vendors(midnight)
    said = [
        (f"{datetime.fromtimestamp(one.starts_on / SECOND, UTC):%m-%d %H:%M}", one.ends_on - one.starts_on)
        for one in windows
    ]
    minutes = {moment: length // (60 * SECOND) for moment, length in said}

    assert len(windows) == 49 * 4 <= MOST
    # On record: the first and the last day, the four hours, the two first lengths and the last one.
    assert (said[0][0], said[-1][0]) == ("06-09 00:00", "07-27 18:00")
    assert {moment[6:] for moment in minutes} == {"00:00", "06:00", "12:00", "18:00"}
    assert {minutes[f"06-{day:02} 12:00"] for day in range(9, 16)} == {15}
    assert {minutes[f"06-{day:02} 12:00"] for day in range(16, 23)} == {30}
    assert {minutes[f"07-{day:02} 12:00"] for day in range(21, 28)} == {300}
    # Between them it grows, and says that this is reckoned.
    lengths = [length for _, length in said]
    assert lengths == sorted(lengths)
    assert {minutes[f"{one}"] for one in minutes if "06-23" <= one < "07-21"} == {60, 120, 180, 240}
    assert [("reckoned" in one.note) for one in windows] == [30 < minutes[one] < 300 for one, _ in said]
    # No window runs into the next, so app passwords work for a while between any two.
    assert all(one.ends_on < later.starts_on for one, later in pairwise(windows))
    assert added((), windows, midnight) == tuple(windows)


@pytest.mark.parametrize(
    ("lasts", "every", "until", "note"),
    [
        (59, None, None, ""),
        (0, None, None, ""),
        (-900, None, None, ""),
        (7 * 86_400 + 1, None, None, ""),
        (900, 3600, None, ""),
        (900, None, AT + DAY, ""),
        (900, 900, AT + DAY, ""),
        (900, 600, AT + DAY, ""),
        (900, 3600, AT, ""),
        (900, 3600, AT - DAY, ""),
        (900, 3600, AT + (MOST + 1) * HOUR, ""),
        (900, 901, AT + 10**18, ""),
        (900, None, None, "x" * 101),
        (900, None, None, "two\nlines"),
    ],
    ids=range(14),
)
def test_what_is_no_rehearsal_is_refused(lasts, every, until, note):
    with pytest.raises(Invalid):
        series(AT, lasts, every, until, note)


def test_what_is_over_or_has_no_date_is_not_announced_and_there_are_so_many():
    with pytest.raises(Invalid, match="in the past"):
        added((), [Brownout(AT - HOUR, AT)], AT)
    assert added((), [Brownout(AT, LATEST * SECOND - 1)], AT)
    with pytest.raises(Invalid, match="year 9999"):
        added((), vendors((LATEST - 86_400) * SECOND), AT)
    many = [Brownout(AT + number * HOUR, AT + number * HOUR + 1) for number in range(MOST + 1)]
    assert len(added((), many[:-1], AT)) == MOST
    with pytest.raises(Invalid, match=str(MOST)):
        added(tuple(many[:-1]), many[-1:], AT)
    # What ended long ago makes room.
    later = many[0].ends_on + KEPT * SECOND
    assert len(added(tuple(many[:-1]), [Brownout(later, later + HOUR)], later)) == MOST


def test_one_that_begins_with_another_takes_its_place():
    before, after = Brownout(AT, AT + HOUR, "old"), Brownout(AT, AT + 2 * HOUR, "new")

    assert added((before,), [after], AT) == (after,)


windows = st.lists(
    st.builds(
        lambda start, length: Brownout(AT + start, AT + start + length),
        st.integers(-100, 100),
        st.integers(1, 50),
    ),
    max_size=8,
)


@given(windows, st.integers(-150, 200))
def test_what_runs_is_upcoming_and_kept_and_in_order(listed, offset):
    moment = AT + offset
    one = running(listed, moment)

    assert (one is None) == (not any(w.starts_on <= moment < w.ends_on for w in listed))
    assert one is None or one in upcoming(listed, moment)
    assert set(upcoming(listed, moment)) <= set(kept(listed, moment))
    good = [w for w in listed if w.ends_on > moment]
    merged = added(listed, good, moment)
    assert [w.starts_on for w in merged] == sorted({w.starts_on for w in listed})
