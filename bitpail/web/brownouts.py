"""The pages of brownouts: the calendar and whom it breaks, for administrators; one's own, for whoever has app passwords."""

from datetime import UTC, datetime

from starlette.responses import Response

from bitpail.errors import BitpailError, Invalid, NotFound
from bitpail.model.brownouts import Brownout
from bitpail.model.users import User
from bitpail.policy import durations
from bitpail.policy.brownouts import NOTE_LENGTH, series, vendors
from bitpail.services import brownouts as service
from bitpail.services.clock import now
from bitpail.web.errors import status_of
from bitpail.web.pages import render
from bitpail.web.request import WebRequest, see_other

_ADMIN = "/admin/brownouts/"
_SECOND = 1_000_000
_SHOWN = 100
_LASTS = (("15m", "15 minutes"), ("1h", "an hour"), ("2h", "2 hours"), ("5h", "5 hours"), ("1d", "a day"))
_EVERY = (("", "only once"), ("6h", "every 6 hours"), ("1d", "every day"), ("1w", "every week"))
_FIELDS = ("calendar", "starts", "lasts", "every", "until", "note")


async def calendar(request: WebRequest, administrator: User) -> Response:  # noqa: ARG001 - the shape of a handler
    """``GET /admin/brownouts/``."""
    return await _calendar(request, None)


async def add(request: WebRequest, administrator: User) -> Response:
    """``POST /admin/brownouts/``: a window, a series or the vendor's calendar, announced."""
    try:
        more = _announced(request)
        await service.add(request.site, more, by=administrator.username)
    except Invalid as error:
        return await _calendar(request, error)
    return see_other(f"{_ADMIN}?done=added")


def _announced(request: WebRequest) -> list[Brownout]:
    form = request.form
    if form.get("calendar") == "vendor":
        return vendors(_moment(form.get("starts", "")))
    every, until = form.get("every", ""), form.get("until", "").strip()
    return series(
        _moment(form.get("starts", "")),
        durations.seconds(form.get("lasts", "")),
        durations.seconds(every) if every else None,
        _moment(until) if every else None,
        form.get("note", "").strip(),
    )


async def remove(request: WebRequest, administrator: User) -> Response:
    """``POST /admin/brownouts/remove``: the window that begins then, or ``all`` that have not ended."""
    if request.form.get("all"):
        await service.remove(request.site, None, by=administrator.username)
        return see_other(f"{_ADMIN}?done=removed")
    starts = request.form.get("starts_on", "")
    if not starts.isascii() or not starts.isdigit() or len(starts) > 18:
        raise NotFound("no brownout begins then")
    await service.remove(request.site, int(starts), by=administrator.username)
    return see_other(f"{_ADMIN}?done=removed")


async def _calendar(request: WebRequest, error: BitpailError | None) -> Response:
    listed = await service.listed(request.site)
    at = now()
    affected = await service.would_break(request.site)
    past = [one for one in listed if one.starts_on <= at]
    return render(
        request,
        "admin_brownouts.html",
        status_of(error) if error else 200,
        announced=[one for one in listed if one.ends_on > at],
        at=at,
        affected=affected[:_SHOWN],
        count=len(affected),
        days=service.REHEARSED,
        past=[(one, (await service.broke(request.site, one))[:_SHOWN]) for one in past[-5:][::-1]],
        lasts=_LASTS,
        every=_EVERY,
        longest_note=NOTE_LENGTH,
        form={name: request.form.get(name, "") if error else "" for name in _FIELDS},
        done=request.query.get("done") if not error else None,
        error=error.message if error else None,
    )


async def own(request: WebRequest, user: User) -> Response:
    """``GET /account/settings/app-passwords/brownouts/``: when one's app passwords are off, and what that breaks."""
    listed = await service.listed(request.site)
    at = now()
    latest: Brownout | None = next((one for one in reversed(listed) if one.starts_on <= at), None)
    return render(
        request,
        "brownouts.html",
        announced=[one for one in listed if one.ends_on > at],
        at=at,
        affected=(await service.would_break(request.site, user=user))[:_SHOWN],
        days=service.REHEARSED,
        latest=latest,
        refused=await service.broke(request.site, latest, user) if latest else [],
    )


def _moment(text: str) -> int:
    """What a field of date and time says, in UTC; raises Invalid."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Invalid(f"not a date and time: {text[:40]!r} (like 2030-06-09T06:00)") from None
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()) * _SECOND
