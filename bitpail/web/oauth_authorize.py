"""Somebody is asked whether an app may act for them: RFC 6749, section 3.1, as a page.

What was asked is read and judged anew when the answer comes: the page only
carries it. An app is told something only at an address that it is registered with.
"""

from urllib.parse import parse_qsl, urlsplit

from starlette.responses import Response

from bitpail.model.users import User
from bitpail.policy import redirect_uris
from bitpail.policy.redirect_uris import RedirectUri
from bitpail.services import oauth_authorization as service
from bitpail.services.oauth_authorization import Authorization, RefusedRequest, Unanswerable
from bitpail.web import scope_words
from bitpail.web.pages import render
from bitpail.web.request import WebRequest, see_other
from bitpail.wire.oauth import AUTHORIZE

_Sent = list[tuple[str, str]]


async def page(request: WebRequest, user: User) -> Response:
    """``GET /site/oauth2/authorize``: the question, or its answer at once if that was given before."""
    sent = request.query.multi_items()
    try:
        asked = await service.understand(request.site, request.call.base, sent)
    except Unanswerable as wrong:
        return _unanswerable(request, wrong)
    except RefusedRequest as refused:
        return see_other(refused.address)
    # Who asks for the head alone gets no code: nobody would have it (RFC 9110, section 9.3.2).
    if request.call.method != "HEAD" and await service.is_allowed(request.site, user, asked):
        return see_other(await service.allow(request.site, user, asked, was_asked=False))
    return await _question(request, asked, sent)


async def decide(request: WebRequest, user: User) -> Response:
    """``POST /site/oauth2/authorize``: yes or no."""
    sent = [(name, value) for name, value in request.form.multi_items() if name in service.PARAMETERS]
    try:
        asked = await service.understand(request.site, request.call.base, sent)
    except Unanswerable as wrong:
        return _unanswerable(request, wrong)
    except RefusedRequest as refused:
        return see_other(refused.address)
    decision = request.form.get("decision", "")
    if decision == "allow":
        return see_other(await service.allow(request.site, user, asked))
    if decision == "deny":
        return see_other(service.deny(asked))
    return await _question(request, asked, sent)


async def let_lead_on(request: WebRequest, following: str) -> None:
    """Let the form of the log-in lead to the app that waits behind it.

    A browser follows a form's redirects only where the page says so, and the one
    behind the log-in may lead on at once.
    """
    parts = urlsplit(following)
    if parts.path.removesuffix("/") != AUTHORIZE:
        return
    try:
        sent = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=100)
        uri = (await service.understand(request.site, request.call.base, sent)).uri
    except (Unanswerable, ValueError):
        return
    except RefusedRequest as refused:
        uri = refused.uri
    request.form_leads_to = redirect_uris.form_source(uri)


async def _question(request: WebRequest, asked: Authorization, sent: _Sent) -> Response:
    request.form_leads_to = redirect_uris.form_source(asked.uri)
    return render(
        request,
        "oauth_authorize.html",
        consumer=asked.consumer,
        workspace=asked.workspace,
        lines=scope_words.lines(asked.scopes),
        place=_place(asked.uri),
        until=await service.latest_end(request.site),
        sent=[(name, value) for name, value in sent if name in service.PARAMETERS],
    )


def _unanswerable(request: WebRequest, wrong: Unanswerable) -> Response:
    return render(request, "oauth_unanswerable.html", 400, message=wrong.message)


def _place(uri: RedirectUri) -> str:
    """Where the answer goes, in words."""
    if uri.is_loopback:
        return "a program on this computer"
    if not uri.is_web:
        return f"the app that has {uri.scheme}: on this device"
    return redirect_uris.form_source(uri) if not uri.host.startswith("[") else f"{uri.scheme}://{uri.host}"
