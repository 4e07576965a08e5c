"""What a handler may ask of one request of a browser: who is logged in, the query, the form.

A form is read only after it has proved that it is one of ours: it carries the
token of the browser's cookie, and the browser doesn't say that another site
sent it.
"""

from collections.abc import AsyncGenerator
from contextlib import suppress
from urllib.parse import urlencode, urlsplit

from msgspec import Struct
from starlette.datastructures import ImmutableMultiDict, QueryParams
from starlette.responses import RedirectResponse, Response

from bitpail.errors import BitpailError, Invalid, TooLarge
from bitpail.http import forms
from bitpail.http.bodies import Body
from bitpail.http.call import Call
from bitpail.http.forms import PartHead
from bitpail.model.access import Client
from bitpail.services import sessions
from bitpail.services.sessions import LoggedIn
from bitpail.services.site import Site
from bitpail.services.upcoming import Upcoming
from bitpail.wire.links import Links

SESSION = sessions.COOKIE
VISITOR = "bitpail_visitor"
TOKEN = "form_token"  # noqa: S105 - the name of a field

_LONGEST_COOKIE = 200
_LARGEST_FORM = 64 * 1024
# A page of half a megabyte, as a browser writes it in a form: six bytes for the end of each line.
_LARGEST_LONG_FORM = 4 * 1024 * 1024
# A file of 1 MB and what a form adds to it.
_LARGEST_UPLOAD = 1024 * 1024 + 16 * 1024
# Fields that hold what somebody wrote, and took a while for it.
_WRITTEN = frozenset({"text", "content"})
_MOST_READ = 32 * 1024 * 1024
_LONGEST_NEXT = 8000
_DIGITS = 10

_TOO_OLD = "this form is not from a page of this server, or the page is too old"

Fields = ImmutableMultiDict[str, str]


class Forged(BitpailError):
    """The form does not come from a page of ours in this browser."""


class WebRequest:
    """One request of a browser.

    ``form`` and ``files`` are empty unless it is a POST; ``upcoming`` is told on every page. ``opened`` is what the
    page acts on, once it may.
    ``kept`` is what somebody wrote into a form that is refused: it is given back, and nothing else is done with it.
    ``form_leads_to`` is where else than to this server the forms of the page may lead.
    """

    def __init__(self, call: Call, parameters: dict[str, str], logged_in: LoggedIn | None) -> None:
        self.call = call
        self.parameters = parameters
        self.logged_in = logged_in
        self.form: Fields = ImmutableMultiDict()
        self.files: dict[str, bytes] = {}
        self.upcoming: Upcoming | None = None
        self.opened: Struct | None = None
        self._streamed: Body | None = None
        self.form_leads_to = ""
        self.kept: list[str] = []
        self.cookie = _cookie(call, SESSION) if logged_in else _cookie(call, VISITOR)
        self._is_new_visitor = not self.cookie
        self.cookie = self.cookie or sessions.new_cookie()

    @property
    def site(self) -> Site:
        """Everything that services need."""
        return self.call.site

    @property
    def client(self) -> Client:
        """Where the request came from."""
        return self.call.client

    @property
    def links(self) -> Links:
        """Addresses for others to keep: those of clones have the name of who is logged in."""
        base = self.call.base
        return Links(
            api=f"{base}/2.0",
            web=base,
            ssh=self.site.settings.ssh_authority(urlsplit(base).hostname or ""),
            username=self.logged_in.user.username if self.logged_in else None,
        )

    @property
    def query(self) -> QueryParams:
        """The query of the URL."""
        return self.call.request.query_params

    def page_number(self) -> int:
        """``page`` of the query, from 1; what is no number is the first."""
        text = self.query.get("page", "")
        return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < _DIGITS else 1

    def neighbour(self, number: int) -> str:
        """The address of this page with another ``page``."""
        return self.changed(page=str(number) if number > 1 else None)

    def changed(self, **changes: str | None) -> str:
        """The query of this page with some parameters changed; None leaves one out."""
        kept = [(key, value) for key, value in self.query.multi_items() if key not in changes]
        return "?" + urlencode(
            [*kept, *((key, value) for key, value in changes.items() if value is not None)]
        )

    @property
    def form_token(self) -> str:
        """What each form of this browser carries."""
        return sessions.form_token(self.site, self.cookie)

    @property
    def old_session(self) -> str:
        """The session's cookie as it was presented, good or not."""
        return _cookie(self.call, SESSION)

    async def read_form(self, *, files: bool = False, is_long: bool = False) -> None:
        """Read the form, which may bring ``files`` or a long text or not; raises Forged, Invalid or TooLarge."""
        refuse_other_sites(self.call)
        content_type = self.call.request.headers.get("content-type", "")
        wanted = forms.IN_PARTS if files else forms.MEDIA_TYPE
        if content_type.partition(";")[0].strip().lower() != wanted:
            raise Invalid(f"the content type must be {wanted}")
        if files:
            pairs, self.files = forms.parts(await self._upload(), content_type)
        else:
            limit = _LARGEST_LONG_FORM if is_long else _LARGEST_FORM
            pairs = forms.pairs(await self._body(limit).whole())
        fields: Fields = ImmutableMultiDict(pairs)
        self._keep(pairs)
        self._check_token(fields.get(TOKEN, ""))
        self.form = fields

    async def keep_written(self) -> None:
        """Read a form that nobody is logged in for any more, as far as it is to be given back."""
        content_type = self.call.request.headers.get("content-type", "")
        kind = content_type.partition(";")[0].strip().lower()
        if kind not in {forms.MEDIA_TYPE, forms.IN_PARTS}:
            return
        with suppress(Forged, Invalid, TooLarge):
            refuse_other_sites(self.call)
            content = await self._body(_LARGEST_UPLOAD).whole()
            pairs = (
                forms.pairs(content) if kind == forms.MEDIA_TYPE else forms.parts(content, content_type)[0]
            )
            self._keep(pairs)

    def _keep(self, pairs: list[tuple[str, str]]) -> None:
        # Neither says that the form is ours, but both that another site could hardly have
        # sent it: a browser brings no cookie with a form of another site.
        if "sec-fetch-site" in self.call.request.headers or self.call.request.cookies:
            self.kept = [text for name, text in pairs if name in _WRITTEN and text.strip()]

    async def streamed_form(self) -> AsyncGenerator[PartHead | bytes, None]:
        """The parts of a form that brings files of any size, as they come.

        Its first part is the token: nothing is handed on before that was judged. Raises Forged or Invalid.
        """
        refuse_other_sites(self.call)
        content_type = self.call.request.headers.get("content-type", "")
        if content_type.partition(";")[0].strip().lower() != forms.IN_PARTS:
            raise Invalid(f"the content type must be {forms.IN_PARTS}")
        self._streamed = self._body(0)
        parts = forms.streamed(aiter(self._streamed), content_type)
        head = await anext(parts, None)
        if not isinstance(head, PartHead) or head.name != TOKEN:
            raise Forged(_TOO_OLD)
        token: bytes | None = b""
        async for part in parts:
            if token is None:
                yield part
            elif isinstance(part, bytes):
                token += part
                if len(token) > _LONGEST_COOKIE:
                    raise Forged(_TOO_OLD)
            else:
                self._check_token(token.decode("ascii", "replace"))
                token = None
                yield part
        if token is not None:
            self._check_token(token.decode("ascii", "replace"))

    async def drain(self) -> None:
        """Take what still comes of such a form, for a while, and forget it."""
        if self._streamed is not None:
            await self._streamed.drain()

    def _check_token(self, token: str) -> None:
        if not sessions.is_form_token(self.site, self.cookie, token):
            raise Forged(_TOO_OLD)

    async def _upload(self) -> bytes:
        # One that is too large is read to its end, within reason: a browser whose
        # upload is cut off shows nothing of what we say about it.
        kept = bytearray()
        async for piece in self._body(_MOST_READ):
            if len(kept) <= _LARGEST_UPLOAD:
                kept += piece
        if len(kept) > _LARGEST_UPLOAD:
            raise TooLarge("an upload has at most 1 MB")
        return bytes(kept)

    def _body(self, limit: int) -> Body:
        return Body(self.call.receive, self.call.request.headers, limit, self.site.settings.idle_timeout)

    def log_in(self, response: Response, cookie: str) -> None:
        """Give the browser its session."""
        self._set(response, SESSION, cookie, self.site.settings.session_lifetime)
        response.delete_cookie(VISITOR)

    def log_out(self, response: Response) -> None:
        """Take it away."""
        response.delete_cookie(SESSION)

    def greet(self, response: Response) -> None:
        """Give a browser that is not logged in what its forms are tied to."""
        if self._is_new_visitor:
            self._set(response, VISITOR, self.cookie, None)

    def _set(self, response: Response, name: str, value: str, lifetime: int | None) -> None:
        secure = self.call.base.startswith("https:")
        response.set_cookie(name, value, lifetime, httponly=True, samesite="lax", secure=secure)


def refuse_other_sites(call: Call) -> None:
    """Raise Forged if the browser says that another site sent this."""
    headers = call.request.headers
    fetch_site = headers.get("sec-fetch-site")
    if fetch_site is not None:
        if fetch_site not in {"same-origin", "none"}:
            raise Forged("this form was sent by another site")
        return
    # Our own pages send "null" over plain HTTP, because they send no referrer;
    # then the token alone decides.
    origin = headers.get("origin", "null")
    if origin != "null" and urlsplit(origin).netloc not in {
        urlsplit(call.base).netloc,
        headers.get("host", ""),
    }:
        raise Forged("this form was sent by another site")


def see_other(address: str) -> Response:
    """On to another page of ours."""
    return RedirectResponse(address, 303)


def safe_next(address: str | None, otherwise: str) -> str:
    """Where to go after the log-in: a path on this very server, never another site."""
    if not address or len(address) > _LONGEST_NEXT or not address.startswith("/"):
        return otherwise
    # A browser reads a backslash as a slash, drops tabs and line ends, and takes "//" for a host.
    if address.startswith("//") or "\\" in address or any(ord(c) <= 32 or ord(c) == 127 for c in address):
        return otherwise
    return address


def _cookie(call: Call, name: str) -> str:
    value = call.request.cookies.get(name, "")
    return value if len(value) <= _LONGEST_COOKIE else ""
