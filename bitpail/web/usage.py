"""What one app password was used for, as a page shows it: a chart, and the same as tables.

The chart is drawn here, once, with attributes alone: a style in a page would be
refused by our own Content-Security-Policy.
"""

from datetime import date, timedelta

from msgspec import Struct
from starlette.responses import Response

from bitpail.errors import Invalid
from bitpail.model.users import User
from bitpail.services import users
from bitpail.services.usage import Summary, Tally
from bitpail.web.boxes import NAMES
from bitpail.web.request import WebRequest, see_other

HEIGHT = 72
STEP = 4
"""From one bar to the next; the chart is as wide as all of them."""

_SWITCHED = "/account/settings/app-passwords/advice/?done="
_EPOCH = date(1970, 1, 1)
_PLACES = {scope.value: name for scope, name in NAMES.items()}


class Bar(Struct, frozen=True):
    """One day; ``x``, ``y`` and ``height`` are the chart's own units."""

    day: str
    count: int
    x: int
    y: int
    height: int


class Chart(Struct, frozen=True):
    """``used`` are the bars of the days with any use, ``most`` the highest count."""

    width: int
    bars: list[Bar]
    used: list[Bar]
    most: int
    first: str
    last: str


def chart(summary: Summary) -> Chart:
    """The bars of a summary; a day with any use has a bar that can be seen."""
    most = max(summary.days)
    bars = []
    for number, count in enumerate(summary.days):
        height = max(3, round(HEIGHT * count / most)) if count else 1
        bars.append(Bar(_day(summary.first_day + number), count, number * STEP, HEIGHT - height, height))
    return Chart(
        width=len(bars) * STEP,
        bars=bars,
        used=[bar for bar in bars if bar.count],
        most=most,
        first=bars[0].day,
        last=bars[-1].day,
    )


def scopes(summary: Summary) -> list[Tally]:
    """The permissions that were needed, as people call them."""
    return [
        Tally(", ".join(_PLACES.get(name, name) for name in tally.name.split()) or None, tally.count)
        for tally in summary.scopes
        if tally.name is not None
    ]


async def switch(request: WebRequest, user: User) -> Response:
    """``POST /account/settings/app-passwords/usage``: whether use is recorded at all."""
    records = request.form.get("records", "")
    if records not in {"on", "off"}:
        raise Invalid("say whether use is recorded: on or off")
    await users.set_records_usage(request.site, user, records=records == "on")
    return see_other(f"{_SWITCHED}recording-{records}")


def _day(number: int) -> str:
    at = _EPOCH + timedelta(days=number)
    return f"{at.day} {at:%b %Y}"
