"""Whether an app password is as the administrators want them. Each answer is a list of what isn't."""

import ipaddress

from bitpail.model.app_passwords import AppPassword
from bitpail.model.site_policy import SitePolicy
from bitpail.policy.scopes import expand, in_form_order

_SECOND = 1_000_000


def breaks(policy: SitePolicy, password: AppPassword) -> list[str]:
    """Which rules an app password breaks, in words; none if it keeps them all."""
    found = [_lifetime(policy, password), _permissions(policy, password), _networks(policy, password)]
    if policy.places_required and not password.limits.places:
        found.append("it must be limited to repositories, projects or workspaces")
    return [sentence for sentence in found if sentence]


def _lifetime(policy: SitePolicy, password: AppPassword) -> str | None:
    if policy.longest_lifetime is None:
        return None
    latest = password.created_on + policy.longest_lifetime * _SECOND
    if password.expires_on is not None and password.expires_on <= latest:
        return None
    return f"it must expire within {_span(policy.longest_lifetime)}"


def _permissions(policy: SitePolicy, password: AppPassword) -> str | None:
    # Also what a broader permission includes.
    refused = expand(password.scopes) & frozenset(policy.forbidden)
    if not refused:
        return None
    return f"these permissions may not be granted: {', '.join(in_form_order(refused))}"


def _networks(policy: SitePolicy, password: AppPassword) -> str | None:
    limited = password.limits.networks
    if not policy.networks or (limited and all(_inside(one, policy.networks) for one in limited)):
        return None
    return f"it must be limited to networks inside {', '.join(policy.networks)}"


def _inside(network: str, allowed: tuple[str, ...]) -> bool:
    inner = ipaddress.ip_network(network)
    for text in allowed:
        outer = ipaddress.ip_network(text)
        # Of two versions neither holds the other.
        if (
            inner.version == outer.version
            and outer.network_address <= inner.network_address  # type: ignore[operator]
            and inner.broadcast_address <= outer.broadcast_address  # type: ignore[operator]
        ):
            return True
    return False


def _span(seconds: int) -> str:
    days, rest = divmod(seconds, 86400)
    return f"{days} days" if days and not rest else f"{seconds} seconds"
