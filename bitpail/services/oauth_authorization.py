"""From the request of an app to what somebody is asked, and from their answer to where it is sent.

RFC 6749 section 4.1, RFC 7636, RFC 9207. Whatever is wrong with the app or with
the address of its answer is told to the person and to nobody else: an answer is
sent only where the app was registered for. Everything else is told to the app.
"""

from collections import Counter

from msgspec import Struct

from bitpail.errors import BitpailError, Invalid
from bitpail.model.audit import Kind
from bitpail.model.oauth_consumers import Consumer
from bitpail.model.oauth_grants import Code
from bitpail.model.scopes import Scope
from bitpail.model.users import User
from bitpail.policy import oauth_scopes, pkce, redirect_uris, secrets
from bitpail.policy.redirect_uris import RedirectUri
from bitpail.policy.scopes import expand, in_form_order
from bitpail.policy.secrets import Family
from bitpail.services import audit, oauth_consumers, site_policy
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import oauth_consumers as consumers
from bitpail.store import oauth_grants
from bitpail.store.database import Connection
from bitpail.wire.oauth import described

CODE_LASTS = 300
"""Seconds. RFC 6749, section 4.1.2, wants ten minutes at most."""

PARAMETERS = (
    *("response_type", "client_id", "redirect_uri", "scope", "state"),
    *("code_challenge", "code_challenge_method", "response_mode"),
)
"""What is read of a request; everything else is ignored (section 3.1)."""

_LONGEST = 4000
_SECOND = 1_000_000


class Unanswerable(Invalid):
    """The app is unknown, or its answer may not be sent where the request says."""


class RefusedRequest(BitpailError):
    """The request is wrong in a way that the app is told, at ``address``."""

    def __init__(self, message: str, address: str, uri: RedirectUri) -> None:
        super().__init__(message)
        self.address = address
        self.uri = uri


class Authorization(Struct, frozen=True):
    """A request that was understood. ``redirect_uri`` is as the request had it, empty without one."""

    consumer: Consumer
    workspace: str
    uri: RedirectUri
    redirect_uri: str
    scopes: tuple[Scope, ...]
    state: str
    challenge: str
    issuer: str


async def understand(site: Site, issuer: str, sent: list[tuple[str, str]]) -> Authorization:
    """A request from its parameters. Raises Unanswerable or RefusedRequest.

    ``issuer`` is the address of this server; it stands in each answer, so that an app
    that talks to several servers can't be made to mix them up.
    """
    repeated = [name for name, count in Counter(name for name, _ in sent).items() if count > 1]
    given = {name: value for name, value in sent if name in PARAMETERS}
    consumer, workspace = await _consumer(site, given.get("client_id", ""), repeated)
    redirect_uri = given.get("redirect_uri", "")
    uri = _uri(consumer, redirect_uri, repeated)
    state = given.get("state", "")
    if len(state) > _LONGEST:
        # Cut, it would be another one in the app's eyes.
        raise Unanswerable(f"the app sends a state of more than {_LONGEST} characters")
    try:
        _check(given, repeated)
        challenge = _challenge(consumer, given)
        asked = oauth_scopes.parse(given.get("scope", ""))
        scopes = oauth_scopes.granted(await oauth_consumers.permissions(site, consumer), asked)
    except _Wrong as wrong:
        raise _refused(uri, wrong.error, wrong.message, state, issuer) from None
    except oauth_scopes.InvalidScope as wrong:
        raise _refused(uri, "invalid_scope", wrong.message, state, issuer) from None
    return Authorization(consumer, workspace, uri, redirect_uri, scopes, state, challenge, issuer)


class _Wrong(Invalid):
    def __init__(self, error: str, message: str) -> None:
        super().__init__(message)
        self.error = error


async def _consumer(site: Site, key: str, repeated: list[str]) -> tuple[Consumer, str]:
    if not key or "client_id" in repeated or "\0" in key:
        raise Unanswerable("the app does not say which one it is: its client_id is missing, or there twice")
    found = await consumers.by_key(site.db, key)
    if found is None:
        raise Unanswerable("there is no app with this client_id on this server")
    return found


def _uri(consumer: Consumer, given: str, repeated: list[str]) -> RedirectUri:
    registered = redirect_uris.parse(consumer.callback_url)
    if "redirect_uri" in repeated:
        raise Unanswerable("the app names two addresses for the answer")
    if not given:
        return registered
    try:
        wanted = redirect_uris.parse(given)
    except Invalid as wrong:
        raise Unanswerable(f"the app wants the answer at an address that is none: {wrong.message}") from None
    if not redirect_uris.matches(registered, wanted, is_public=consumer.is_public):
        raise Unanswerable("the app wants the answer at an address that it is not registered with")
    return wanted


def _check(given: dict[str, str], repeated: list[str]) -> None:
    if repeated:
        raise _Wrong("invalid_request", f"{repeated[0][:100]} is there twice")
    if any(len(value) > _LONGEST for value in given.values()):
        raise _Wrong("invalid_request", f"a parameter has more than {_LONGEST} characters")
    response_type = given.get("response_type", "")
    if not response_type:
        raise _Wrong("invalid_request", "response_type is missing: it is code")
    if response_type != "code":
        raise _Wrong("unsupported_response_type", "response_type is code; tokens are not sent to a browser")
    if given.get("response_mode", "query") != "query":
        raise _Wrong("invalid_request", "response_mode is query")


def _challenge(consumer: Consumer, given: dict[str, str]) -> str:
    try:
        challenge = pkce.check_challenge(
            given.get("code_challenge", ""), given.get("code_challenge_method", "")
        )
    except Invalid as wrong:
        raise _Wrong("invalid_request", wrong.message) from None
    if not challenge and consumer.is_public:
        raise _Wrong("invalid_request", "code_challenge is missing: a public app proves itself by PKCE")
    return challenge


def _refused(uri: RedirectUri, error: str, message: str, state: str, issuer: str) -> RefusedRequest:
    return RefusedRequest(
        message, _answer(uri, state, issuer, error=error, error_description=described(message)), uri
    )


def _answer(uri: RedirectUri, state: str, issuer: str, **answer: str) -> str:
    if state:
        answer["state"] = state
    # RFC 9207: in answers that refuse, too.
    return redirect_uris.with_answer(uri, {**answer, "iss": issuer})


async def is_allowed(site: Site, user: User, request: Authorization) -> bool:
    """Whether somebody has allowed all of this before, so that they needn't be asked.

    A public app is anybody who knows its client_id (RFC 8252, section 8.6): it asks each time.
    """
    if request.consumer.is_public:
        return False
    before = await oauth_grants.consent(site.db, user.id, request.consumer.id)
    if before is None or not set(request.scopes) <= expand(before):
        return False
    asked_on = await oauth_grants.consented_on(site.db, user.id, request.consumer.id)
    end = site_policy.latest(await site_policy.current(site), asked_on or 0)
    return end is None or end > now()


async def latest_end(site: Site) -> int | None:
    """Until when an app may act for somebody who allows it now; None: no policy names an end."""
    return site_policy.latest(await site_policy.current(site), now())


async def allow(site: Site, user: User, request: Authorization, *, was_asked: bool = True) -> str:
    """Let the app have what it asks for; the address to send the browser to, with a code.

    Whoever ``was_asked`` has begun the time anew for which the policy lets the app act.
    """
    is_bounded = was_asked and await latest_end(site) is not None
    async with site.db.transaction() as db:
        await remember(db, user, request.consumer, request.scopes, anew=is_bounded)
        code = secrets.generate(Family.AUTHORIZATION_CODE)
        number = site.keys.newest
        await oauth_grants.add_code(
            db,
            Code(
                lookup=secrets.lookup_name(code),
                digest=secrets.digest(code, site.keys.app_passwords[number]),
                key_number=number,
                consumer_id=request.consumer.id,
                user_id=user.id,
                redirect_uri=request.redirect_uri,
                scopes=request.scopes,
                challenge=request.challenge,
                expires_on=now() + CODE_LASTS * _SECOND,
            ),
        )
    return _answer(request.uri, request.state, request.issuer, code=code.reveal())


def deny(request: Authorization) -> str:
    """The address to send the browser to when somebody has said no."""
    return _answer(
        request.uri,
        request.state,
        request.issuer,
        error="access_denied",
        error_description="the person did not allow it",
    )


async def remember(
    db: Connection, user: User, consumer: Consumer, scopes: tuple[Scope, ...], *, anew: bool
) -> None:
    """Write down what somebody has allowed an app, beside what they had; ``anew``: they were asked again."""
    before = await oauth_grants.consent(db, user.id, consumer.id)
    if before is not None and set(scopes) <= set(before) and not anew:
        return
    together = in_form_order({*scopes, *(before or ())})
    await oauth_grants.put_consent(db, user.id, consumer.id, together, now())
    await audit.record(
        db, Kind.OAUTH_APP_ALLOWED, user=user, label=consumer.name, key=consumer.key, permissions=scopes
    )
