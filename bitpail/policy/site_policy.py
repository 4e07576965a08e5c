"""Whether an app password is as the administrators want them, and what is left of one that isn't.

What is left is never wider in anything: narrowing takes away, and where taking
away leaves nothing of use, the app password ends.
"""

from datetime import UTC, datetime

import msgspec

from bitpail.model.app_passwords import AppPassword
from bitpail.model.scopes import AnyScope
from bitpail.model.site_policy import SitePolicy
from bitpail.policy.api_scopes import with_theirs
from bitpail.policy.limits import network_inside
from bitpail.policy.scopes import IMPLIES, expand, in_form_order, minimal

_SECOND = 1_000_000


def breaks(policy: SitePolicy, password: AppPassword, *, existing: bool = False) -> list[str]:
    """Which rules an app password breaks, in words; none if it keeps them all.

    ``existing`` ones are given their lifetime from the day on which they are first held to the policy.
    """
    found = [
        _lifetime(policy, password, latest(policy, password.created_on, existing=existing)),
        _permissions(policy, password),
        _networks(policy, password),
    ]
    if policy.places_required and not password.limits.places:
        found.append("it must be limited to repositories, projects or workspaces")
    return [sentence for sentence in found if sentence]


def narrowed(policy: SitePolicy, password: AppPassword) -> AppPassword | None:
    """What is left of an existing one from ``existing_from`` on; None: nothing, it ends.

    A permission goes with all that include it; what else those included stays. Limits to
    places are nobody's to guess: one that lacks them ends.
    """
    if policy.existing_from is None or not breaks(policy, password, existing=True):
        return password
    forbidden = with_theirs(policy.forbidden)
    scopes = minimal(scope for scope in expand(password.scopes) if not IMPLIES[scope] & forbidden)
    networks = _common(password.limits.networks, policy.networks)
    if not scopes or networks is None or (policy.places_required and not password.limits.places):
        return None
    last = latest(policy, password.created_on, existing=True)
    ends = [moment for moment in (password.expires_on, last) if moment is not None]
    return msgspec.structs.replace(
        password,
        scopes=scopes,
        limits=msgspec.structs.replace(password.limits, networks=networks),
        expires_on=min(ends, default=None),
    )


def loses(before: AppPassword, after: AppPassword | None) -> list[str]:
    """What narrowing takes from an app password, in words."""
    if after is None:
        return ["it ends"]
    found = []
    gone = expand(before.scopes) - expand(after.scopes)
    if gone:
        found.append(f"it loses {', '.join(in_form_order(gone))}")
    if after.limits.networks != before.limits.networks:
        found.append(f"it works from {', '.join(after.limits.networks)} only")
    if after.expires_on is not None and after.expires_on != before.expires_on:
        found.append(f"it expires on {datetime.fromtimestamp(after.expires_on / _SECOND, UTC):%Y-%m-%d}")
    return found


def latest(policy: SitePolicy, created_on: int, *, existing: bool = False) -> int | None:
    """The last moment at which what was made then may expire; None: whenever it likes.

    It is asked for app passwords and tokens, for what somebody allows an app, and for what an app's secret opens by itself.
    """
    if policy.longest_lifetime is None:
        return None
    # Counted from their creation, all the old ones would end together on the day itself,
    # and without the notice that goes out before an app password expires.
    start = max(created_on, (policy.existing_from or 0) if existing else 0)
    return start + policy.longest_lifetime * _SECOND


def _lifetime(policy: SitePolicy, password: AppPassword, last: int | None) -> str | None:
    if last is None or (password.expires_on is not None and password.expires_on <= last):
        return None
    return f"it must expire within {_span(policy.longest_lifetime or 0)}"


def _permissions(policy: SitePolicy, password: AppPassword) -> str | None:
    # Also what a broader permission includes.
    refused: frozenset[AnyScope] = expand(password.scopes) & with_theirs(policy.forbidden)
    if not refused:
        return None
    return f"these permissions may not be granted: {', '.join(in_form_order(refused))}"


def _networks(policy: SitePolicy, password: AppPassword) -> str | None:
    limited = password.limits.networks
    if not policy.networks or (limited and all(network_inside(one, policy.networks) for one in limited)):
        return None
    return f"it must be limited to networks inside {', '.join(policy.networks)}"


def _common(held: tuple[str, ...], allowed: tuple[str, ...]) -> tuple[str, ...] | None:
    """The networks inside both; empty: any; None: there is none."""
    if not held or not allowed:
        return held or allowed
    # Of two networks one holds the other, or they have nothing in common.
    both = [one for one in held if network_inside(one, allowed)] + [
        one for one in allowed if network_inside(one, held)
    ]
    return tuple(dict.fromkeys(both)) or None


def _span(seconds: int) -> str:
    days, rest = divmod(seconds, 86400)
    return f"{days} days" if days and not rest else f"{seconds} seconds"
