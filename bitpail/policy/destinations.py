"""Where this server goes when somebody gives it an address: what an address may be, and which hosts it may be at.

Nothing is looked up here. The address that comes out is put together anew from parts that
were looked at, so that whoever connects can't read it otherwise.
"""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from bitpail.errors import Invalid
from bitpail.policy.secrets import Secret

_LONGEST = 2000
_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
_PATH = re.compile(r"/[A-Za-z0-9/._~!$&'()*+,;=:@%-]*")
# What a resolver would read as an IPv4 address in some other way of writing it.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")

_NAT64 = IPv6Network("64:ff9b::/96")
_COMPATIBLE = IPv6Network("::/96")
# All that is given out for use on the Internet (RFC 4291, section 2.4; IANA). Site-local addresses, local
# translators and what is not given out yet lie outside, of which Python calls some global.
_UNICAST = IPv6Network("2000::/3")

Address = IPv4Address | IPv6Address


class Credential(Struct, frozen=True):
    """With what to log in elsewhere."""

    username: str
    password: Secret


class Destination(Struct, frozen=True):
    """An address of the web in its parts; ``path`` begins with a slash."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def url(self) -> str:
        """The address, without any credential."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"

    @property
    def with_ending(self) -> "Destination | None":
        """The same with ``.git`` at its end; None if it has that."""
        if self.path.endswith(".git"):
            return None
        return Destination(self.scheme, self.host, self.port, f"{self.path}.git")

    @property
    def is_named(self) -> bool:
        """Whether its host is to be looked up: an address is what it is."""
        try:
            ip_address(self.host)
        except ValueError:
            return True
        return False

    @property
    def is_encrypted(self) -> bool:
        """Whether a password may be sent there over any network."""
        return self.scheme == "https"


def parse(text: str) -> tuple[Destination, Credential | None]:
    """What somebody gave, and the credential that stood in it. Raises Invalid, which never quotes a credential."""
    text = text.strip()
    if not text:
        raise Invalid("the address is empty")
    if len(text) > _LONGEST:
        raise Invalid(f"the address is longer than {_LONGEST} characters")
    if not text.isprintable() or " " in text or "\\" in text:
        raise Invalid("the address holds a blank, a backslash or a control character")
    try:
        parts = urlsplit(text)
        port = parts.port
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        raise Invalid("not an address of the web") from None
    if parts.scheme not in _PORTS:
        raise Invalid("the address must begin with https:// or http://")
    if parts.query or parts.fragment:
        raise Invalid("the address must not have a query (?) or a fragment (#)")
    path = _checked_path(parts.path)
    if port == 0:
        raise Invalid("there is no port 0")
    destination = Destination(parts.scheme, _checked_host(host), port or _PORTS[parts.scheme], path)
    return destination, _credential(parts.username, parts.password)


def _checked_path(path: str) -> str:
    path = path.rstrip("/")
    if not _PATH.fullmatch(path):
        raise Invalid("the address names no repository: it ends like https://HOST/OWNER/NAME.git")
    if ".." in unquote(path).split("/"):
        raise Invalid("the address holds '..'")
    return path


def _checked_host(host: str) -> str:
    if ":" in host:
        try:
            # Written out: git takes two colons for the name of a helper.
            return IPv6Address(host).exploded
        except ValueError:
            raise Invalid("not the address of a host") from None
    try:
        ascii_host = host.encode("idna").decode().lower() if host else ""
    except UnicodeError:
        raise Invalid("not the name of a host") from None
    if not _HOST.fullmatch(ascii_host) or len(ascii_host) > 253:
        raise Invalid("not the name of a host")
    if _NUMBER.fullmatch(ascii_host.rpartition(".")[2]):
        try:
            return str(IPv4Address(ascii_host))
        except ValueError:
            raise Invalid("not the address of a host") from None
    return ascii_host


def _credential(username: str | None, password: str | None) -> Credential | None:
    if not username and not password:
        return None
    return credential(unquote(username or ""), Secret(unquote(password or "")))


def credential(username: str, password: Secret) -> Credential | None:
    """What somebody typed; None for nothing. Raises Invalid."""
    if not username and not password.reveal():
        return None
    if any(one in text for text in (username, password.reveal()) for one in "\n\r\0"):
        raise Invalid("the user name or the password holds a line end")
    if max(len(username), len(password.reveal())) > _LONGEST:
        raise Invalid("the user name or the password is too long")
    return Credential(username, password)


def refuse(address: str, allowed: Iterable[str]) -> str | None:
    """Why this server doesn't go to an address; None if it does. ``allowed`` are networks that needn't be public."""
    try:
        found = _plain(ip_address(address.partition("%")[0]))
    except ValueError:
        return f"{address} is no address"
    if is_in(address, allowed):
        return None
    if (
        not found.is_global
        or found.is_multicast
        or found.is_private
        or found.is_loopback
        or found.is_link_local
        or found.is_reserved
        or found.is_unspecified
        or (isinstance(found, IPv6Address) and found not in _UNICAST)
    ):
        return f"{address} is not a public address"
    return None


def is_in(address: str, networks: Iterable[str]) -> bool:
    """Whether an address is in one of these networks."""
    found = _plain(ip_address(address.partition("%")[0]))
    parsed = [ip_network(network) for network in networks]
    return any(found in network for network in parsed if network.version == found.version)


def _plain(address: Address) -> Address:
    """The IPv4 address that one of IPv6 stands for, if it does."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def name_in(destination: Destination) -> str:
    """What the repository at an address is called there."""
    return unquote(destination.path.rpartition("/")[2]).removesuffix(".git")
