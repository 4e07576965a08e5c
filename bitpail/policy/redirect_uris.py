"""Where an app may have the answer of an authorization sent: read strictly, compared part by part.

What is compared and what a browser goes to must be the same, so an address that
two programs could read differently is none: no user, no fragment, no backslash,
no dots or slashes in disguise. Sources: RFC 6749 section 3.1.2, RFC 8252 sections
7.1 to 7.3, RFC 9700 section 4.1; that a request may extend the registered address
is Bitbucket's rule.
"""

import ipaddress
import re
from urllib.parse import parse_qsl, unquote_to_bytes, urlencode

from msgspec import Struct

from bitpail.errors import Invalid

LONGEST = 2000

ANSWERED = frozenset({"code", "state", "iss", "error", "error_description", "error_uri", "access_token"})
"""What we add to the query; an address that has one of them already could pass off its own."""

_ADDRESS = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):"
    r"(?://(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?)?"
    r"(?P<path>(?:/[A-Za-z0-9._~!$&'()*+,;=:@%-]*)*)"
    r"(?:\?(?P<query>[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*))?",
    re.ASCII,
)
_NUMBER = re.compile("[0-9]+|0x[0-9a-f]*")
_BROKEN_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")
_PERCENT = re.compile("%[0-9A-Fa-f]{2}")
# Encoded needlessly, or what a server behind it may take for the structure of the path.
_DISGUISES = frozenset(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-._~/\\%;")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_LOOPBACK = frozenset({"127.0.0.1", "[::1]", "localhost"})
_LARGEST_PORT = 65535


class RedirectUri(Struct, frozen=True):
    """``text`` as it was given; the rest as it is compared. ``host`` is empty for an app's own scheme."""

    text: str
    scheme: str
    host: str
    port: int
    path: str
    query: str

    @property
    def is_loopback(self) -> bool:
        """Whether it leads to a program on the very machine of the browser (RFC 8252, section 7.3)."""
        return self.scheme == "http" and self.host in _LOOPBACK

    @property
    def is_web(self) -> bool:
        """Whether it leads to a web server, and not to an app by a scheme of its own."""
        return self.scheme in _DEFAULT_PORTS


def parse(text: str) -> RedirectUri:
    """An address that can be read in one way only; raises Invalid, naming what is wrong."""
    if len(text) > LONGEST:
        raise Invalid(f"an address for answers has at most {LONGEST} characters")
    found = _ADDRESS.fullmatch(text)
    if found is None or _BROKEN_PERCENT.search(text):
        raise Invalid(
            "an address for answers is absolute, like https://app.example.org/callback: "
            "without user, fragment, blanks or unusual characters"
        )
    scheme, host = found["scheme"].lower(), (found["host"] or "").lower()
    path, query = found["path"] or "", found["query"] or ""
    if scheme in _DEFAULT_PORTS and not host:
        raise Invalid("an address for answers names its host")
    if scheme not in _DEFAULT_PORTS and "." not in scheme:
        raise Invalid(f"{scheme}: is no scheme for answers: https, or one like org.example.app")
    if scheme not in _DEFAULT_PORTS and not host and not path:
        raise Invalid("an address for answers has a path after its scheme")
    _check_host(host)
    port = int(found["port"]) if found["port"] else _DEFAULT_PORTS.get(scheme, 0)
    if port > _LARGEST_PORT or found["port"] == "0":
        raise Invalid("that is no port")
    _check_path(path)
    _check_query(query)
    return RedirectUri(text, scheme, host, port, path or "/", query)


def _check_host(host: str) -> None:
    """An address in numbers is written as everybody writes it: browsers take ``127.1`` for ``127.0.0.1``."""
    is_number = _NUMBER.fullmatch(host.removesuffix(".").rpartition(".")[2]) is not None
    if not is_number and not host.startswith("["):
        return
    try:
        written = str(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        written = ""
    if (f"[{written}]" if ":" in written else written) != host:
        raise Invalid("an address for answers has its host by name, or by an address as usual")


def _check_path(path: str) -> None:
    segments = path.split("/")[1:]
    if any(not segment for segment in segments[:-1]):
        raise Invalid("the path of an address for answers has no empty parts")
    if any(segment.partition(";")[0] in {".", ".."} for segment in segments):
        raise Invalid("the path of an address for answers has no . and ..")
    for percent in _PERCENT.findall(path):
        byte = int(percent[1:], 16)
        if byte < 0x20 or byte == 0x7F or byte in _DISGUISES:
            raise Invalid(f"the path of an address for answers has no {percent}")


def _check_query(query: str) -> None:
    decoded = unquote_to_bytes(query.replace("+", " "))
    if any(byte < 0x20 or byte == 0x7F for byte in decoded):
        raise Invalid("the query of an address for answers holds no control characters")
    # Some servers also part a query at ;, or take Code, " code" and code[] for code.
    for name, _ in parse_qsl(query.replace(";", "&"), keep_blank_values=True):
        meant = name.partition("[")[0].strip().lower()
        if meant in ANSWERED:
            raise Invalid(f"the query of an address for answers has no {meant}: that is part of the answer")


def check_registered(text: str, *, is_public: bool) -> RedirectUri:
    """An address that an app may be registered with; raises Invalid.

    A public app has no secret, so a code that somebody overhears would be enough: no
    plain HTTP but to the machine itself. Only it has a use for a scheme of its own.
    """
    uri = parse(text)
    if uri.scheme == "http" and is_public and not uri.is_loopback:
        raise Invalid("a public app has its answers sent by https, or to the machine itself")
    if not uri.is_web and not is_public:
        raise Invalid("only a public app has a scheme of its own: it can keep no secret")
    return uri


def matches(registered: RedirectUri, wanted: RedirectUri, *, is_public: bool) -> bool:
    """Whether an answer may go to ``wanted``.

    Scheme, host and port are the same; on the machine itself any port, which a program
    gets when it starts. A public app's path and query are the same too (RFC 9700,
    section 2.1); another one's may extend what is registered, at a slash or by a query.
    """
    if (registered.scheme, registered.host) != (wanted.scheme, wanted.host):
        return False
    if registered.port != wanted.port and not registered.is_loopback:
        return False
    if is_public:
        return (registered.path, registered.query) == (wanted.path, wanted.query)
    if registered.query:
        extended = wanted.query.startswith(f"{registered.query}&")
        return registered.path == wanted.path and (registered.query == wanted.query or extended)
    if registered.path == wanted.path:
        return True
    return wanted.path.startswith(registered.path.removesuffix("/") + "/")


def with_answer(uri: RedirectUri, answer: dict[str, str]) -> str:
    """The address with the answer added to its query (RFC 6749, sections 4.1.2 and 4.1.2.1)."""
    bare, _, _ = uri.text.partition("?")
    added = urlencode(answer)
    return f"{bare}?{uri.query}&{added}" if uri.query else f"{bare}?{added}"


def form_source(uri: RedirectUri) -> str:
    """What ``form-action`` of a page must name so that its form may lead there (CSP, section 2.3.1)."""
    if not uri.is_web or uri.host.startswith("["):
        # A host of this kind can't be written there.
        return f"{uri.scheme}:"
    is_default = uri.port == _DEFAULT_PORTS[uri.scheme]
    return f"{uri.scheme}://{uri.host}" + ("" if is_default else f":{uri.port}")
