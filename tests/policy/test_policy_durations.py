"""Spans of time and dates, as people write them."""

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpail.errors import Invalid
from bitpail.policy.durations import seconds, seconds_until

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC).timestamp()
DAY = 86400


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("0s", 0),
        ("0", 0),
        (" 0 ", 0),
        ("90s", 90),
        ("15m", 900),
        ("12h", 43200),
        ("30d", 30 * DAY),
        ("6w", 42 * DAY),
        ("1y", 365 * DAY),
        (" 1d ", DAY),
        ("007d", 7 * DAY),
    ],
)
def test_a_span(text, meant):
    assert seconds(text) == meant
    assert seconds_until(text, NOON) == meant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "d",
        "30",
        "00",
        "-0",
        "0.0",
        "-1d",
        "+1d",
        "1.5h",
        "1 d",
        "1D",
        "1M",
        "1d1h",
        "1e3s",
        "٣d",
        "1000000000000d",
        "forever",
    ],
)
def test_what_is_no_span(text):
    with pytest.raises(Invalid):
        seconds(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-05-02", DAY // 2),
        ("2026-05-01", -DAY // 2),
        ("2026-05-01T13:00", 3600),
        ("2026-05-01T13:00Z", 3600),
        ("2026-05-01T13:00+01:00", 0),
        ("2026-05-01 12:00:30", 30),
        (" 2026-05-01T13:00 ", 3600),
    ],
)
def test_a_date_or_time_is_utc_if_it_says_nothing_else(text, meant):
    assert seconds_until(text, NOON) == meant


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-13-01", "2026-02-30", "01.05.2026", "30"])
def test_what_is_neither_a_span_nor_a_date(text):
    with pytest.raises(Invalid) as refused:
        seconds_until(text, NOON)

    assert "30d" in refused.value.message


@given(st.text(max_size=40))
def test_any_text_is_understood_or_refused(text):
    with contextlib.suppress(Invalid):
        assert isinstance(seconds_until(text, NOON), int)


@pytest.mark.parametrize("text", ["0001-01-01T00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01"])
def test_the_ends_of_time_are_no_error(text):
    assert isinstance(seconds_until(text, NOON), int)
