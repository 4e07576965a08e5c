"""Pages that a link which works once leads to: the first administrator, and a new account password."""

from starlette.responses import Response

from bitpail.errors import BitpailError, Conflict, Invalid
from bitpail.model.access import Actor
from bitpail.model.users import User
from bitpail.policy.secrets import Secret
from bitpail.services import administration, sessions
from bitpail.services.one_time_links import Spent
from bitpail.web.pages import render
from bitpail.web.request import WebRequest, see_other


async def page(request: WebRequest, actor: Actor) -> Response:  # noqa: ARG001 - the shape of a handler
    """``GET /setup``."""
    secret = _secret(request.query.get("link"))
    await administration.set_up_link_opened(request.site, secret)
    return _form(request, secret)


async def create(request: WebRequest, actor: Actor) -> Response:  # noqa: ARG001 - the shape of a handler
    """``POST /setup``: makes the account and logs in to it."""
    form, secret = request.form, _secret(request.form.get("link"))
    try:
        user = await administration.create_first(
            request.site,
            secret,
            form.get("username", "").strip(),
            email=form.get("email", "").strip(),
            display_name=form.get("display_name", "").strip(),
            password=_chosen(request),
        )
    except Spent:
        raise
    except (Invalid, Conflict) as error:
        return _form(request, secret, error)
    cookie = await sessions.begin(request.site, user, request.client, request.old_session)
    response = see_other("/admin/")
    request.log_in(response, cookie)
    return response


def _form(request: WebRequest, secret: Secret, error: BitpailError | None = None) -> Response:
    typed = {name: request.form.get(name, "") for name in ("username", "display_name", "email")}
    message = error.message if error else None
    return render(
        request, "set_up.html", 422 if error else 200, link=secret.reveal(), typed=typed, error=message
    )


async def password_page(request: WebRequest, actor: Actor) -> Response:  # noqa: ARG001 - the shape of a handler
    """``GET /password``."""
    secret = _secret(request.query.get("link"))
    owner = await administration.password_link_opened(request.site, secret)
    return _password_form(request, secret, owner)


async def set_password(request: WebRequest, actor: Actor) -> Response:  # noqa: ARG001 - the shape of a handler
    """``POST /password``. It logs nobody in: the second step, where there is one, is still to come."""
    secret = _secret(request.form.get("link"))
    owner = await administration.password_link_opened(request.site, secret)
    try:
        await administration.set_password(request.site, secret, _chosen(request))
    except Spent:
        raise
    except Invalid as error:
        return _password_form(request, secret, owner, error)
    response = render(request, "password_set.html", owner=owner)
    if request.logged_in and request.logged_in.user.id == owner.id:
        request.log_out(response)
    return response


def _password_form(
    request: WebRequest, secret: Secret, owner: User, error: BitpailError | None = None
) -> Response:
    message = error.message if error else None
    return render(
        request, "set_password.html", 422 if error else 200, link=secret.reveal(), owner=owner, error=message
    )


def _chosen(request: WebRequest) -> Secret:
    if request.form.get("new") != request.form.get("again"):
        raise Invalid("the two passwords differ")
    return Secret(request.form.get("new", ""))


def _secret(text: str | None) -> Secret:
    return Secret(text or "")
