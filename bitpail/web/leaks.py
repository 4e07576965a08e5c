"""The page for whoever found an app password or its kin somewhere: paste it, and it is revoked.

Nobody has to log in, and the answer is the same whether it was one or not. The
secret comes in the body of a form, is shown nowhere again, and the answer leads
away from the form, so that reading the page again sends nothing.
"""

from starlette.responses import Response

from bitpail.model.access import Actor
from bitpail.policy.secrets import Secret
from bitpail.services import leaks as service
from bitpail.web.pages import render
from bitpail.web.request import WebRequest, see_other

_PAGE = "/leaks"


async def page(request: WebRequest, actor: Actor) -> Response:  # noqa: ARG001 - the shape of a handler
    """``GET /leaks``."""
    return render(request, "leaks.html", done=request.query.get("done") == "reported", error=None)


async def report(request: WebRequest, actor: Actor) -> Response:  # noqa: ARG001 - the shape of a handler
    """``POST /leaks``."""
    secret = Secret(request.form.get("secret", "").strip())
    if not secret.reveal():
        return render(request, "leaks.html", 422, done=False, error="paste the app password into the field")
    wait = await service.reported(request.site, secret, request.client.address)
    if wait:
        error = f"too many reports came from your address: wait {wait} seconds"
        response = render(request, "leaks.html", 429, done=False, error=error)
        response.headers["Retry-After"] = str(wait)
        return response
    return see_other(f"{_PAGE}?done=reported")
