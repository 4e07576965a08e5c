"""What a handler may ask of one API request: its parameters, its page, its body, its links."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode

import msgspec
from msgspec import Struct
from starlette.datastructures import QueryParams
from starlette.responses import Response

from bitpail.api.responses import json
from bitpail.errors import BitpailError, Invalid
from bitpail.http import forms
from bitpail.http.bodies import Body
from bitpail.http.call import Call
from bitpail.model.access import Need
from bitpail.model.credentials import UserName
from bitpail.model.users import User
from bitpail.policy import members
from bitpail.policy.decide import Decision
from bitpail.services import users
from bitpail.services.access import Refused
from bitpail.services.site import Site
from bitpail.wire import fields, pages, query
from bitpail.wire.links import Links
from bitpail.wire.query import Node
from bitpail.wire.query_kinds import Asked, check_members

T = TypeVar("T")

# A name or an IPv4 address ends before it, an IPv6 address stands in brackets.
_HOST_PORT = re.compile(r":\d+$")
_IN_BRACKETS = re.compile(r"\[(\d+)\]")
_LACKING = re.compile(r"Object missing required field `(.+)`")

_ANY_BYTES = "surrogateescape"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

PREFIX = b"/!api"
LONGEST_PAGE = 100
# So that an absurd page is refused here and not by a database's integers.
_LAST_PAGE = 1_000_000_000


class NotAcceptable(BitpailError):
    """The body is of another kind than the operation takes."""


class Page(Struct, frozen=True):
    """``page`` counts from 1."""

    page: int
    pagelen: int

    @property
    def offset(self) -> int:
        """How many entries come before this page."""
        return (self.page - 1) * self.pagelen


class ApiRequest:
    """One request to the API, its credential judged already."""

    def __init__(self, call: Call, parameters: dict[str, str], need: Need) -> None:
        self.call = call
        self.parameters = parameters
        self.need = need

    @property
    def site(self) -> Site:
        """Everything that services need."""
        return self.call.site

    @property
    def query(self) -> QueryParams:
        """The query of the URL."""
        return self.call.request.query_params

    @property
    def links(self) -> Links:
        """Links under the address by which the client reached us."""
        base, actor = self.call.base, self.call.actor
        name = actor.user.username if actor.user else None
        prefix = PREFIX.decode() if self.call.raw_path.startswith(PREFIX) else ""
        return Links(
            api=f"{base}{prefix}/2.0",
            web=base,
            ssh=self.site.settings.ssh_authority(_HOST_PORT.sub("", base.split("://", 1)[1])),
            # What a clone address has to begin with for whoever asks.
            username=UserName.ACCESS_TOKEN.value if actor.is_robot else name,
        )

    def shows(self, *path: str) -> bool:
        """Whether ``fields`` leaves a member in the answer, so that it is worth looking up; raises Invalid."""
        text = self.query.get("fields")
        return text is None or fields.shows(fields.parse(text), path)

    async def must_be(self, user: User) -> None:
        """Raise Refused unless the path names the user who asks, by account ID or UUID; NotFound for nobody."""
        wanted = await users.identified(self.site, self.parameters["selected_user"])
        if wanted.id != user.id:
            raise Refused(Decision.PERMISSION, self.call.actor, self.need)

    def page(self, default: int = 10, longest: int = LONGEST_PAGE) -> Page:
        """``page`` and ``pagelen``; raises Invalid."""
        return Page(self._number("page", 1, _LAST_PAGE), self._number("pagelen", default, longest))

    def pagelen(self, default: int = 10, longest: int = LONGEST_PAGE) -> int:
        """Of a listing that is walked by its cursor; raises Invalid."""
        return self._number("pagelen", default, longest)

    @property
    def cursor(self) -> str | None:
        """The ``page`` of a listing that is walked forward only: what its last page gave, None on the first."""
        given = self.query.get("page")
        return None if given in {None, "1"} else given

    def moment(self, name: str, text: str) -> int:
        """A parameter that is a date, in microseconds since 1970; raises Invalid."""
        # A plus that was not encoded is a space by now.
        for form in (text, text.replace(" ", "+")):
            try:
                at = datetime.fromisoformat(form)
                return ((at if at.tzinfo else at.replace(tzinfo=UTC)) - _EPOCH) // _MICROSECOND
            except (ValueError, OverflowError):
                continue
        raise Invalid(f"{name}: must be a date of ISO 8601")

    def _number(self, name: str, default: int, most: int) -> int:
        text = self.query.get(name)
        if text is None:
            return default
        if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:20]) <= most:
            raise Invalid(f"Invalid {name}: must be a number from 1 to {most}")
        return int(text)

    def listed(
        self, values: list[dict[str, Any]], page: Page, *, size: int, more: dict[str, Any] | None = None
    ) -> Response:
        """One numbered page of a list, with the addresses of its neighbours; ``more`` is beside its values."""
        following = self.url(page=str(page.page + 1)) if page.offset + page.pagelen < size else None
        previous = self.url(page=str(page.page - 1)) if page.page > 1 else None
        return json(
            pages.listed(
                values,
                size=size,
                page=page.page,
                pagelen=page.pagelen,
                following=following,
                previous=previous,
            )
            | (more or {})
        )

    @property
    def wanted(self) -> Node | None:
        """The query of a collection, None for all of it; raises Invalid."""
        text = self.query.get("q", "")
        return query.parse(text) if text.strip() else None

    @property
    def sort(self) -> str | None:
        """The field to sort a collection by."""
        return self.query.get("sort") or None

    @property
    def asked(self) -> Asked:
        """Both, for a collection that the database holds; raises Invalid."""
        return Asked(self.wanted, self.sort)

    def chosen(
        self,
        values: list[dict[str, Any]],
        *,
        natural: frozenset[str] = frozenset(),
        members: frozenset[str] | None = None,
    ) -> list[dict[str, Any]]:
        """Those that ``q`` asks for, in the order of ``sort``; raises Invalid.

        ``members`` are those that any object may have, None if these have them all.
        """
        asked = self.asked
        if not asked:
            return values
        members = frozenset().union(*values) if members is None else members
        if members:
            check_members(asked, members)
        wanted = asked.wanted
        if wanted is not None:
            values = [value for value in values if query.matches(wanted, value)]
        return query.ordered(values, asked.sort, natural=natural) if asked.sort else values

    def collection(self, values: list[dict[str, Any]], default: int = 10) -> Response:
        """A page of what is all here: ``q``, ``sort``, ``page`` and ``pagelen``. Raises Invalid."""
        page = self.page(default)
        chosen = self.chosen(values)
        return self.listed(chosen[page.offset : page.offset + page.pagelen], page, size=len(chosen))

    def asks_for(self, *path: str) -> bool:
        """Whether ``fields`` asks for a member that is not shown by itself; raises Invalid."""
        return "fields" in self.query and fields.asks_for(fields.parse(self.query["fields"]), path)

    def url(self, **changes: str) -> str:
        """The address asked for, with some query parameters changed: for ``next`` and ``previous``."""
        kept = [(key, value) for key, value in self._as_given() if key not in changes]
        query = urlencode([*kept, *changes.items()], errors=_ANY_BYTES)
        path = self.call.raw_path.decode("ascii", "replace")
        return f"{self.call.base}{path}?{query}" if query else f"{self.call.base}{path}"

    def paths(self, name: str) -> list[str]:
        """A parameter that names files in Git, whose names may be any bytes, each time that it is there."""
        return [value for key, value in self._as_given() if key == name]

    def _as_given(self) -> list[tuple[str, str]]:
        return parse_qsl(self.call.query, keep_blank_values=True, errors=_ANY_BYTES)

    async def fields(self) -> list[tuple[str, Any]]:
        """The body's members, from JSON or a form, in order; a name may come more than once."""
        content = await self._content()
        if not content.strip():
            return []
        if self._media_type() == forms.MEDIA_TYPE:
            return list(forms.pairs(content))
        decoded = _decode(content)
        return list(decoded.items())

    async def body(self, kind: type[T]) -> T:
        """The body as a value; raises Invalid with what is wrong in which member."""
        members = dict(await self.fields())
        return _converted(members, kind, strict=self._media_type() != forms.MEDIA_TYPE)

    async def items(self, kind: type[T], most: int) -> list[T]:
        """The body as a list of values, at most so many; raises Invalid with which is wrong in what."""
        decoded = _decoded(await self._content())
        if not isinstance(decoded, list) or len(decoded) > most:
            raise Invalid(f"the body must be a list of at most {most} objects")
        return _converted(decoded, list[kind], strict=True)  # type: ignore[valid-type]  # a type at run time

    def must_be_a(self, kind: str, given: str | None, place: str = "") -> None:
        """Raise Invalid unless a polymorphic body says what it is (recorded: without, it is a 400)."""
        if given != kind:
            name, text = f"{place}type", f"must be {kind!r}"
            raise Invalid(f"{name}: {text}", {name: [text]})

    async def parts(self, limit: int, most: int) -> list[forms.Part]:
        """A form with files, or one without, as parts in order; raises Invalid. No body at all is an empty one."""
        if not self._media_type() and not await self._content(limit):
            return []
        if self._media_type() not in {forms.IN_PARTS, forms.MEDIA_TYPE}:
            raise Invalid(f"the body must be a form: {forms.IN_PARTS} or {forms.MEDIA_TYPE}")
        content = await self._content(limit)
        if self._media_type() == forms.IN_PARTS:
            return forms.all_parts(content, self.call.request.headers["content-type"], most)
        return [
            forms.Part(name, value.encode(), is_file=False, attributes=None)
            for name, value in forms.pairs(content)
        ]

    def _media_type(self) -> str:
        return self.call.request.headers.get("content-type", "").partition(";")[0].strip().lower()

    async def _content(self, limit: int | None = None) -> bytes:
        settings = self.site.settings
        headers = self.call.request.headers
        most = limit or settings.api_body_limit
        return await Body(self.call.receive, headers, most, settings.idle_timeout).whole()


def _converted(given: Any, kind: type[T], *, strict: bool) -> T:
    try:
        return msgspec.convert(given, kind, strict=strict)
    except msgspec.ValidationError as error:
        text, _, place = str(error).partition(" - at `$")
        # ``[3].line`` of a list: the fourth one's.
        field = _IN_BRACKETS.sub(r".\1", place.rstrip("`")).removeprefix(".")
        lacking = _LACKING.fullmatch(text)
        if lacking:
            raise members.missing(f"{field}.{lacking[1]}".removeprefix(".")) from None
        raise Invalid(f"{field}: {text}" if field else text, {field: [text]} if field else None) from None


def _decoded(content: bytes) -> Any:
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise Invalid("the body is not JSON") from None


def _decode(content: bytes) -> dict[str, Any]:
    decoded = _decoded(content)
    if not isinstance(decoded, dict):
        raise Invalid("the body must be a JSON object")
    return decoded
