"""Forms as browsers and API clients send them: URL-encoded, or in parts where one brings a file. In UTF-8."""

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from msgspec import Struct
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from bitpail.errors import Invalid

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MEDIA_TYPE = "application/x-www-form-urlencoded"
IN_PARTS = "multipart/form-data"
_MOST_FIELDS = 1000
_MOST_PARTS = 20
_NO_FORM = "the body is not a form of UTF-8 text and files"


def pairs(content: bytes) -> list[tuple[str, str]]:
    """Names and values in order, a name may come more than once; raises Invalid."""
    try:
        return parse_qsl(
            content.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS
        )
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


class _Parts:
    """What the parser found so far."""

    def __init__(self, most: int) -> None:
        self.parts: list[Part] = []
        self.has_ended = False
        self._most = most
        self._header = b""
        self._value = b""
        self._options: dict[bytes, bytes] = {}
        self._data = bytearray()

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._begin,
            "on_header_begin": self._begin_header,
            "on_header_field": self._header_name,
            "on_header_value": self._header_value,
            "on_header_end": self._end_header,
            "on_part_data": self._content,
            "on_part_end": self._end,
            "on_end": self._finish,
        }

    def _begin(self) -> None:
        self._options, self._data = {}, bytearray()
        if len(self.parts) >= self._most:
            raise ValueError("too many parts")

    def _begin_header(self) -> None:
        self._header = self._value = b""

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._options = parse_options_header(self._value)[1]

    def _content(self, data: bytes, start: int, end: int) -> None:
        self._data += data[start:end]

    def _end(self) -> None:
        said = self._options.get(b"x-attributes")
        is_file = b"filename" in self._options
        name = self._options[b"name"].decode()
        self.parts.append(Part(name, bytes(self._data), is_file, said.decode() if said is not None else None))

    def _finish(self) -> None:
        self.has_ended = True
