"""The policy for app passwords, for administrators: shown, thought over with what it would do, saved."""

import time
from datetime import UTC, datetime

from starlette.datastructures import ImmutableMultiDict
from starlette.responses import Response

from bitpail.errors import BitpailError, Invalid
from bitpail.model.scopes import Scope
from bitpail.model.site_policy import SitePolicy
from bitpail.model.users import User
from bitpail.policy import durations
from bitpail.policy.scopes import in_form_order
from bitpail.services import site_policy
from bitpail.services.app_passwords import parse_scopes
from bitpail.web.boxes import NAMES
from bitpail.web.pages import render
from bitpail.web.request import WebRequest, see_other

_PAGE = "/admin/policy/"
_DAY = 86400
_SECOND = 1_000_000
_SHOWN = 200
_LONGEST_DAYS = 5


async def page(request: WebRequest, administrator: User) -> Response:  # noqa: ARG001 - the shape of a handler
    """``GET /admin/policy/``."""
    policy = await site_policy.current(request.site)
    return await _page(request, policy)


async def _page(request: WebRequest, wanted: SitePolicy, error: BitpailError | None = None) -> Response:
    current = await site_policy.current(request.site)
    breaches = await site_policy.breaches(request.site)
    return render(
        request,
        "admin_policy.html",
        422 if error else 200,
        policy=current,
        in_force=bool(current.existing_from and current.existing_from <= time.time() * _SECOND),
        breaches=breaches[:_SHOWN],
        count=len(breaches),
        form=_fields(wanted) if not error else _typed(request.form),
        names=[(scope, NAMES[scope]) for scope in in_form_order(Scope) if scope in NAMES],
        done=request.query.get("done") == "saved" and not error,
        error=error.message if error else None,
    )


async def preview(request: WebRequest, administrator: User) -> Response:  # noqa: ARG001 - the shape of a handler
    """``POST /admin/policy/preview``: who would break it and what each becomes; nothing is saved."""
    current = await site_policy.current(request.site)
    try:
        wanted = site_policy.checked(_wanted(request.form, current))
        if wanted != current:
            site_policy.check_notice(wanted)
    except Invalid as error:
        return await _page(request, current, error)
    breaches = await site_policy.breaches(request.site, wanted)
    return render(
        request,
        "admin_policy_preview.html",
        policy=wanted,
        form=_fields(wanted),
        breaches=breaches[:_SHOWN],
        count=len(breaches),
        apps=await site_policy.apps_bound(request.site, wanted),
    )


async def save(request: WebRequest, administrator: User) -> Response:
    """``POST /admin/policy/``."""
    current = await site_policy.current(request.site)
    try:
        await site_policy.put(request.site, _wanted(request.form, current), by=administrator.username)
    except Invalid as error:
        return await _page(request, current, error)
    return see_other(f"{_PAGE}?done=saved")


def _wanted(form: ImmutableMultiDict[str, str], current: SitePolicy) -> SitePolicy:
    """The policy that a form asks for; raises Invalid."""
    days = form.get("days", "").strip()
    if days and (not days.isascii() or not days.isdigit() or len(days) > _LONGEST_DAYS):
        raise Invalid(f"not a number of days: {days!r}")
    lifetime = int(days) * _DAY if days else None
    # The form counts in days; what the command line has set to the second stays as it is.
    if days and days == _days(current):
        lifetime = current.longest_lifetime
    return SitePolicy(
        longest_lifetime=lifetime,
        forbidden=in_form_order(set(parse_scopes(form.getlist("forbidden")))),
        networks=tuple(dict.fromkeys(form.get("networks", "").replace(",", " ").split())),
        places_required="places" in form,
        existing_from=_moment(form.get("existing_from", "").strip(), current),
    )


def _moment(text: str, current: SitePolicy) -> int | None:
    if not text:
        return None
    # The form knows minutes; what was announced to the microsecond stays as it is.
    if text == _minute(current.existing_from):
        return current.existing_from
    return durations.seconds_until(text, 0) * _SECOND


def _days(policy: SitePolicy) -> str:
    return "" if policy.longest_lifetime is None else str(-(-policy.longest_lifetime // _DAY))


def _minute(moment: int | None) -> str:
    if moment is None:
        return ""
    return f"{datetime.fromtimestamp(moment / _SECOND, UTC):%Y-%m-%dT%H:%M}"


def _fields(policy: SitePolicy) -> dict[str, object]:
    return {
        "days": _days(policy),
        "forbidden": list(policy.forbidden),
        "networks": "\n".join(policy.networks),
        "places": policy.places_required,
        "existing_from": _minute(policy.existing_from),
    }


def _typed(form: ImmutableMultiDict[str, str]) -> dict[str, object]:
    return {
        "days": form.get("days", ""),
        "forbidden": form.getlist("forbidden"),
        "networks": form.get("networks", ""),
        "places": "places" in form,
        "existing_from": form.get("existing_from", ""),
    }
