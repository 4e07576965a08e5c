"""Brownouts by command line."""

import time
from datetime import UTC, datetime

import pytest

# One for all moments: between two questions a minute may end.
NOW = time.time()


def moment(hours):
    return f"{datetime.fromtimestamp(NOW + hours * 3600, UTC):%Y-%m-%dT%H:%M}"


def test_a_series_is_announced_listed_and_taken_back(bitpail):
    starts = moment(24)
    add = ("brownout", "add", "--starts", starts, "--lasts", "15m", "--every", "6h", "--until", moment(72))

    assert bitpail.well(*add, "--note", "as the vendor began") == "8 windows announced\n"
    listed = bitpail.json("brownout", "list")
    assert len(listed) == 8
    assert listed[0] == {
        "starts_on": f"{starts}:00+00:00",
        "ends_on": listed[0]["ends_on"],
        "note": "as the vendor began",
    }
    assert "to come" in bitpail.well("brownout", "list")
    assert bitpail.well("brownout", "remove", "--starts", starts) == "removed\n"
    assert "no brownout begins then" in bitpail("brownout", "remove", "--starts", starts).err
    bitpail.well("brownout", "remove", "--all")
    assert bitpail.json("brownout", "list") == []


def test_the_vendors_calendar_is_announced_for_another_year(bitpail):
    assert bitpail.well("brownout", "add", "--vendor", "--starts", "2090-06-06") == "196 windows announced\n"

    listed = bitpail.json("brownout", "list")
    assert len(listed) == 196
    assert (listed[0]["starts_on"], listed[0]["ends_on"]) == (
        "2090-06-06T00:00:00+00:00",
        "2090-06-06T00:15:00+00:00",
    )
    assert (listed[-1]["starts_on"], listed[-1]["ends_on"]) == (
        "2090-07-24T18:00:00+00:00",
        "2090-07-24T23:00:00+00:00",
    )


@pytest.mark.parametrize(
    ("options", "status"),
    [
        (("add", "--starts", "2020-01-01", "--lasts", "15m"), 1),
        (("add", "--starts", "soon"), 1),
        (("add", "--starts", "1h", "--lasts", "30d"), 1),
        (("add", "--starts", "1h", "--every", "1d"), 1),
        (("add",), 2),
        (("add", "--vendor"), 2),
        (("add", "--vendor", "--starts", "2026-06-09"), 1),
        (("add", "--vendor", "--starts", "1d", "--lasts", "15m"), 2),
        (("add", "--vendor", "--starts", "1d", "--note", "x"), 2),
        (("remove",), 2),
        (("remove", "--all", "--starts", "1h"), 2),
        (("who", "--days", "0"), 2),
        (("who", "--user", "nobody"), 1),
        (("who", "--starts", "2020-01-01"), 1),
    ],
    ids=range(14),
)
def test_what_is_wrong_is_said(bitpail, options, status):
    done = bitpail("brownout", *options)

    assert done.status == status
    assert done.err.strip()
    assert bitpail.json("brownout", "list") == []


def test_nobody_would_break_who_has_used_nothing(bitpail):
    bitpail("app-password", "create", "--user", "ada", "--label", "ci", "--permission", "wiki")

    assert bitpail.well("brownout", "who") == ""
    assert bitpail.json("brownout", "who", "--user", "ada") == []
