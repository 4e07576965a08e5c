"""Accounts, for administrators: found, made, switched off, and given a link to set their password."""

from starlette.responses import Response

from bitpail.errors import BitpailError, Conflict, Invalid
from bitpail.model.users import User
from bitpail.services import administration, site_policy, users
from bitpail.services.administration import Link
from bitpail.web.errors import status_of
from bitpail.web.pages import render
from bitpail.web.request import WebRequest, see_other

_PAGE = "/admin/users/"


async def overview(request: WebRequest, administrator: User) -> Response:  # noqa: ARG001 - the shape of a handler
    """``GET /admin/``."""
    policy = await site_policy.current(request.site)
    breaches = await site_policy.breaches(request.site)
    return render(
        request,
        "admin.html",
        count=await users.count(request.site),
        policy=policy,
        breaches=len(breaches),
        mails=bool(request.site.settings.smtp_host),
    )


async def listed(request: WebRequest, administrator: User) -> Response:  # noqa: ARG001 - the shape of a handler
    """``GET /admin/users/``."""
    text, number = request.query.get("q", "")[:255], request.query.get("page", "1")
    page = int(number) if number.isascii() and number.isdigit() and len(number) < 7 else 1
    page = max(page, 1)
    found, more = await administration.search(request.site, text, page)
    return render(request, "admin_users.html", found=found, more=more, page=page, q=text)


async def new(request: WebRequest, administrator: User) -> Response:  # noqa: ARG001 - the shape of a handler
    """``GET /admin/new-user``."""
    return _new(request)


def _new(request: WebRequest, error: BitpailError | None = None) -> Response:
    typed = {name: request.form.get(name, "") for name in ("username", "display_name", "email", "is_admin")}
    status = status_of(error) if error else 200
    message = error.message if error else None
    return render(request, "admin_new_user.html", status, typed=typed, error=message)


async def create(request: WebRequest, administrator: User) -> Response:
    """``POST /admin/new-user``: the answer shows the link to set the password, once."""
    form = request.form
    try:
        user, link = await administration.create_user(
            request.site,
            form.get("username", "").strip(),
            email=form.get("email", "").strip(),
            display_name=form.get("display_name", "").strip(),
            is_admin="is_admin" in form,
            by=administrator.username,
        )
    except (Invalid, Conflict) as error:
        return _new(request, error)
    return _show_link(request, user, link, is_new=True)


def _show_link(request: WebRequest, owner: User, link: Link, *, is_new: bool) -> Response:
    address = f"{request.call.base}{link.path.reveal()}"
    return render(request, "admin_link.html", owner=owner, link=link, address=address, is_new=is_new)


async def one(request: WebRequest, administrator: User) -> Response:
    """``GET /admin/users/{username}``."""
    return await _one(request, administrator)


async def _one(request: WebRequest, administrator: User, error: BitpailError | None = None) -> Response:
    found = await administration.account(request.site, request.parameters["username"])
    return render(
        request,
        "admin_user.html",
        status_of(error) if error else 200,
        account=found,
        own=found.user.id == administrator.id,
        done=request.query.get("done"),
        error=error.message if error else None,
    )


async def change(request: WebRequest, administrator: User) -> Response:
    """``POST /admin/users/{username}``: what the button ``do`` says."""
    site, by, username = request.site, administrator.username, request.parameters["username"]
    do = request.form.get("do", "")
    try:
        if do == "link":
            return _show_link(
                request, *await administration.password_link(site, username, by=by), is_new=False
            )
        if do in {"disable", "enable"}:
            await users.set_active(site, username, active=do == "enable", by=by)
        elif do in {"promote", "demote"}:
            await users.set_admin(site, username, admin=do == "promote", by=by)
        elif do == "two-step-off":
            await administration.switch_off_two_step(site, username, by=by)
        else:
            raise Invalid("there is no such button")
    except (Invalid, Conflict) as error:
        return await _one(request, administrator, error)
    found = await users.named(site, username)
    return see_other(f"{_PAGE}{found.username}/?done={do}")
