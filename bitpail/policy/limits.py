"""Whether an app password's limits refuse something, and in which words.

Each answer is None, or the sentence that tells the holder which limit it was.
Nothing here allows anything: what a limit does not refuse is judged by scopes
and permissions as without it.
"""

import ipaddress
from collections.abc import Iterable
from functools import lru_cache

from bitpail.errors import Invalid
from bitpail.model.access import Need
from bitpail.model.limits import Limits
from bitpail.model.permissions import Permission

_SAFE = frozenset({"GET", "HEAD"})
_PLACES = "it is limited to certain repositories, projects or workspaces, and this is none of them"
_MAPPED_BITS = 96


def refuse_network(limits: Limits, address: str) -> str | None:
    """Whether a client at this address may use it."""
    for one in limits.each:
        if one.networks and not _within(address, one.networks):
            return f"it is limited to the networks {', '.join(one.networks)}, and you come from {address}"
    return None


def refuse_repository(limits: Limits, *, repository: str, project: str, workspace: str) -> str | None:
    """Whether it may be used on a repository, all given by id."""
    for one in limits.each:
        is_inside = repository in one.repositories or project in one.projects or workspace in one.workspaces
        if one.has_places and not is_inside:
            return _PLACES
    return None


def refuse_project(limits: Limits, *, project: str, workspace: str) -> str | None:
    """Whether it may be used on a project as a whole."""
    for one in limits.each:
        if one.has_places and project not in one.projects and workspace not in one.workspaces:
            return _PLACES
    return None


def refuse_workspace(limits: Limits, workspace: str) -> str | None:
    """Whether it may be used on a workspace as a whole: its lists, and making things in it."""
    for one in limits.each:
        if one.has_places and workspace not in one.workspaces:
            return _PLACES
    return None


def refuse_elsewhere(limits: Limits) -> str | None:
    """What is said of a workspace that does not exist: the same as of one outside."""
    return _PLACES if limits.places else None


def refuse_change(limits: Limits, need: Need, method: str) -> str | None:
    """Whether it may be used for what a request does, by its need and its method."""
    if not any(one.read_only for one in limits.each) or _reads(need, method):
        return None
    return "it is read-only"


def refuse_making(method: str) -> str | None:
    """Whether a narrowed secret may be used on an account as a whole, or on the site."""
    if method in _SAFE:
        return None
    return "it is a narrowed secret, which changes no account and makes no credential"


def _reads(need: Need, method: str) -> bool:
    # Git fetches by POST and asks for the refs of a push by GET; all else that changes
    # something has another method than GET and is for nobody who is not known.
    if need.permission is Permission.READ and not need.signed_in:
        return True
    return method in _SAFE and need.permission is not Permission.WRITE


def refuse_push(limits: Limits, ref: str, *, deletes: bool, forces: bool) -> str | None:
    """Whether a ref may be moved by a push, given its full name."""
    for one in limits.each:
        if one.branches and not any(matches(pattern, ref) for pattern in one.branches):
            return f"the app password is limited to pushes to {', '.join(one.branches)}"
        if deletes and one.no_delete:
            return "the app password may not delete branches or tags"
        if forces and one.no_force:
            return "the app password may not force a push: it would drop commits"
    return None


def check_network(text: str) -> str:
    """A network in its usual form, a mapped IPv4 one as IPv4; raises Invalid."""
    try:
        network = ipaddress.ip_network(text, strict=False)
        mapped = getattr(network.network_address, "ipv4_mapped", None)
        if mapped is not None and network.prefixlen >= _MAPPED_BITS:
            network = ipaddress.ip_network((mapped, network.prefixlen - _MAPPED_BITS))
        return str(network)
    except ValueError:
        raise Invalid(f"not a network: {text!r} (like 192.0.2.0/24 or 2001:db8::/32)") from None


def check_branch_pattern(text: str) -> str:
    """A pattern of refs as a full name: ``bot/*`` means ``refs/heads/bot/*``. Raises Invalid.

    ``*`` stands for anything, slashes too.
    """
    full = text if text.startswith("refs/") else f"refs/heads/{text}"
    if not text or len(full) > 250 or any(ord(c) <= 32 or c in "\x7f~^:\\" for c in full) or ".." in full:
        raise Invalid(f"not a branch pattern: {text!r}")
    return full


def network_inside(network: str, allowed: Iterable[str]) -> bool:
    """Whether all of a network lies in one of others."""
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


def branches_inside(pattern: str, allowed: Iterable[str]) -> bool:
    """Whether every ref that a pattern matches is matched by one of others."""
    # A star of the inner pattern is taken for a letter: what is around the stars of the
    # outer one holds none, so it can only lie where the outer one has a star.
    return any(matches(outer, pattern) for outer in allowed)


def matches(pattern: str, ref: str) -> bool:
    """Whether a text fits a pattern, in which ``*`` stands for anything."""
    # Only * is special; [ and ? would surprise in the name of a branch. Not a regular
    # expression: a pattern of many stars would keep one busy for hours.
    first, *parts = pattern.split("*")
    if not parts:
        return ref == pattern
    last = parts.pop()
    if not ref.startswith(first):
        return False
    place = len(first)
    for part in parts:
        found = ref.find(part, place)
        if found < 0:
            return False
        place = found + len(part)
    return len(ref) - len(last) >= place and ref.endswith(last)


@lru_cache(maxsize=4096)
def _within(address: str, networks: tuple[str, ...]) -> bool:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return any(
        one in ipaddress.ip_network(network) for network in networks for one in (parsed, mapped) if one
    )
