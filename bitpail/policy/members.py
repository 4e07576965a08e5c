"""What members of a body may hold; what is wrong is said with the member's name, as the API's answers have it."""

import re
from urllib.parse import quote, urlsplit

from bitpail.errors import Invalid
from bitpail.policy import names

ADDRESS_LENGTH = 2000

_MISSING = "required key not provided"
_NOT_AN_ADDRESS = "must begin with http:// or https://"
# All that RFC 3986 lets stand in an address; the rest is escaped, as browsers do.
_SAFE = "-._~:/?#[]@!$&'()*+,;=%"
_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


def invalid(name: str, text: str) -> Invalid:
    """What is wrong with a member."""
    return Invalid(f"{name}: {text}", {name: [text]})


def missing(name: str) -> Invalid:
    """A member that has to be there."""
    return invalid(name, _MISSING)


def text(name: str, value: str, longest: int, *, multiline: bool = False) -> str:
    """Free text for people; raises Invalid."""
    try:
        return names.check_text(value, name, longest, multiline=multiline)
    except Invalid as error:
        raise invalid(name, error.message) from None


def needed(name: str, value: str, longest: int, *, multiline: bool = False) -> str:
    """The same of text that must not be blank."""
    if not text(name, value, longest, multiline=multiline).strip():
        raise missing(name)
    return value


def address(name: str, value: str) -> str:
    """An address that a browser may follow; raises Invalid."""
    escaped = _ESCAPE.sub("%25", quote(text(name, value, ADDRESS_LENGTH), safe=_SAFE))
    try:
        parts = urlsplit(escaped)
    except ValueError:
        raise invalid(name, _NOT_AN_ADDRESS) from None
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise invalid(name, _NOT_AN_ADDRESS)
    return escaped
