"""Where a request came from and by which address people reach us, behind proxies or not.

X-Forwarded-* is believed only from a peer that the settings name; otherwise
anybody could choose the address that the audit sees.
"""

import ipaddress
import re
from functools import lru_cache

from starlette.datastructures import Headers
from starlette.types import Scope

from bitpail.model.access import Client
from bitpail.policy.names import printable
from bitpail.policy.secrets import scrub

_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?")

_AGENT_LENGTH = 200

Networks = tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]


def networks_of(networks: tuple[str, ...]) -> Networks:
    """Networks of the settings, which were checked there."""
    return tuple(ipaddress.ip_network(network) for network in networks)


class Addresses:
    """Made once from the settings."""

    def __init__(self, public_url: str, trusted_proxies: tuple[str, ...]) -> None:
        self._public_url = public_url.rstrip("/")
        self._trusted = networks_of(trusted_proxies)

    def client(self, scope: Scope, headers: Headers) -> Client:
        """The client: the last address that no trusted proxy has, and the name of its agent."""
        peer = scope["client"][0] if scope.get("client") else ""
        address = peer
        if self._trusted and within(peer, self._trusted):
            forwarded = ",".join(headers.getlist("x-forwarded-for")).split(",")
            for hop in reversed([hop.strip() for hop in forwarded]):
                if not _is_address(hop):
                    break
                address = hop
                if not within(hop, self._trusted):
                    break
        # It is shown beside the app password that was used, so it must hold none.
        return Client(address, printable(scrub(headers.get("user-agent", ""))[:_AGENT_LENGTH]))

    def base(self, scope: Scope, headers: Headers) -> str:
        """``scheme://host`` by which the client reached us, or as the settings have it."""
        if self._public_url:
            return self._public_url
        scheme, host = scope["scheme"], headers.get("host", "")
        peer = scope["client"][0] if scope.get("client") else ""
        if self._trusted and within(peer, self._trusted):
            forwarded = headers.get("x-forwarded-proto", scheme)
            scheme = forwarded if forwarded in {"http", "https"} else scheme
            host = headers.get("x-forwarded-host", host)
        if not _HOST.fullmatch(host):
            host = _own(scope)
        return f"{scheme}://{host}"


def _own(scope: Scope) -> str:
    host, port = scope.get("server") or ("localhost", None)
    return f"{host}:{port}" if port else str(host)


@lru_cache(maxsize=4096)
def within(address: str, networks: Networks) -> bool:
    """Whether an address is in one of these; what is no address is in none."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    # An IPv4 client at a socket of both kinds.
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    return any(parsed in network for network in networks)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
