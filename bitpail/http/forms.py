"""Forms as browsers and API clients send them: URL-encoded, or in parts where one brings a file. In UTF-8."""

import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import parse_qsl

from msgspec import Struct
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from bitpail.errors import Invalid

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

T = TypeVar("T")

MEDIA_TYPE = "application/x-www-form-urlencoded"
IN_PARTS = "multipart/form-data"
_MOST_FIELDS = 1000
_MOST_PARTS = 20
_LONGEST_HEADERS = 16 * 1024
_NO_FORM = "the body is not a form of UTF-8 text and files"
_ATTRIBUTES = b"x-attributes"
_PARAMETER = re.compile(rb'(?:"(?:\\.|[^"\\])*"|[^;"])+')


def pairs(content: bytes) -> list[tuple[str, str]]:
    """Names and values in order, a name may come more than once; raises Invalid."""
    if content.count(b"&") >= _MOST_FIELDS:
        raise Invalid(f"a form has at most {_MOST_FIELDS} fields")
    try:
        return parse_qsl(content.decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError:
        raise Invalid("the body is not a form of UTF-8 text") from None


class Part(Struct, frozen=True):
    """One part of a form. ``attributes`` is what its sender says of a file in ``x-attributes``."""

    name: str
    value: bytes
    is_file: bool
    attributes: str | None


def parts(content: bytes, content_type: str) -> tuple[list[tuple[str, str]], dict[str, bytes]]:
    """Fields, and files by the names of their fields, of a form that brings files; raises Invalid.

    A file's own name and type are not kept: they are what somebody says of it.
    """
    found = all_parts(content, content_type, _MOST_PARTS)
    try:
        fields = [(part.name, part.value.decode()) for part in found if not part.is_file]
    except UnicodeDecodeError:
        raise Invalid(_NO_FORM) from None
    return fields, {part.name: part.value for part in found if part.is_file}


def all_parts(content: bytes, content_type: str, most: int) -> list[Part]:
    """Every part in its order; raises Invalid."""
    reader = _Parts(most)
    try:
        boundary = parse_options_header(content_type)[1][b"boundary"]
        parser = MultipartParser(boundary, reader.callbacks())
        parser.write(content)
        parser.finalize()
    except (FormParserError, KeyError, ValueError):
        raise Invalid(_NO_FORM) from None
    if not reader.has_ended:
        raise Invalid("the form is cut short")
    return reader.parts


class _Headers:
    """Those of the part that the parser is at; ``has_ended`` at the end of the form."""

    def __init__(self) -> None:
        self.has_ended = False
        self._header = b""
        self._value = b""
        self._length = 0
        self._options: dict[bytes, bytes] = {}
        self._id = b""

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._begin,
            "on_header_begin": self._begin_header,
            "on_header_field": self._header_name,
            "on_header_value": self._header_value,
            "on_header_end": self._end_header,
            "on_end": self._finish,
        }

    def _begin(self) -> None:
        self._options, self._id, self._length = {}, b"", 0

    def _begin_header(self) -> None:
        self._header = self._value = b""

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._header += self._bounded(data[start:end])

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += self._bounded(data[start:end])

    def _bounded(self, piece: bytes) -> bytes:
        self._length += len(piece)
        if self._length > _LONGEST_HEADERS:
            raise ValueError("too long headers")
        return piece

    def _end_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._options = parse_options_header(self._value)[1]
            said = _after_a_colon(self._value)
            if said is not None:
                self._options.setdefault(_ATTRIBUTES, said)
        elif self._header.lower() == b"content-id":
            self._id = self._value.strip(b'"<> ')

    def _finish(self) -> None:
        self.has_ended = True


def _after_a_colon(value: bytes) -> bytes | None:
    """What ``x-attributes:"link"`` says, as Bitbucket's own example writes it."""
    for parameter in _PARAMETER.findall(value):
        name, _, said = parameter.partition(b":")
        if name.strip().lower() == _ATTRIBUTES:
            return bytes(said.strip(b'" '))
    return None


class _Parts(_Headers):
    """What the parser found so far."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.parts: list[Part] = []
        self._most = most
        self._data = bytearray()

    def callbacks(self) -> "MultipartCallbacks":
        return {**super().callbacks(), "on_part_data": self._content, "on_part_end": self._end}

    def _begin(self) -> None:
        super()._begin()
        self._data = bytearray()
        if len(self.parts) >= self._most:
            raise Invalid(f"a form has at most {self._most} parts")

    def _content(self, data: bytes, start: int, end: int) -> None:
        self._data += data[start:end]

    def _end(self) -> None:
        said = self._options.get(_ATTRIBUTES)
        is_file = b"filename" in self._options
        if is_file and self._id:
            # Bitbucket's own example of a file with attributes has its path there, and no field.
            self._options.setdefault(b"name", self._id)
        name = self._options[b"name"].decode()
        self.parts.append(Part(name, bytes(self._data), is_file, said.decode() if said is not None else None))


class PartHead(Struct, frozen=True):
    """The beginning of a part: the name of its field, and of the file if it brings one."""

    name: str
    filename: str | None


async def streamed(pieces: AsyncIterator[bytes], content_type: str) -> AsyncGenerator[PartHead | bytes, None]:
    """The parts of a form as they come: a head, and what is in it in pieces. Holds no more than one of them.

    Raises Invalid, also at the end of a form that is cut short.
    """
    reader = _Heads()
    parser = _understood(
        lambda: MultipartParser(parse_options_header(content_type)[1][b"boundary"], reader.callbacks())
    )
    async for piece in pieces:
        _understood(lambda: parser.write(piece))  # noqa: B023 - called at once
        for found in reader.taken():
            yield found
    if not reader.has_ended:
        raise Invalid("the form is cut short")


def _understood(step: Callable[[], T]) -> T:
    try:
        return step()
    except (FormParserError, KeyError, ValueError):
        raise Invalid(_NO_FORM) from None


class _Heads(_Headers):
    """Hands on what the parser finds."""

    def __init__(self) -> None:
        super().__init__()
        self._found: list[PartHead | bytes] = []

    def taken(self) -> list[PartHead | bytes]:
        found, self._found = self._found, []
        return found

    def callbacks(self) -> "MultipartCallbacks":
        return {
            **super().callbacks(),
            "on_headers_finished": self._finish_headers,
            "on_part_data": self._content,
        }

    def _finish_headers(self) -> None:
        filename = self._options.get(b"filename")
        name = self._options[b"name"].decode()
        self._found.append(PartHead(name, filename.decode() if filename is not None else None))

    def _content(self, data: bytes, start: int, end: int) -> None:
        self._found.append(data[start:end])
