"""What an app may be allowed, and how a request narrows it.

An app has permissions of its own; the ``scope`` of a request only narrows them
(RFC 6749, section 3.3). Our own scopes are for people: an app that may make app
passwords could outlive its own revocation.
"""

from collections.abc import Iterable

from bitpail.errors import Invalid
from bitpail.model.scopes import BITBUCKET, Scope
from bitpail.policy.scopes import IMPLIES, expand, in_form_order, minimal

_KNOWN = {scope.value: scope for scope in BITBUCKET}
_LONGEST = 1000


class InvalidScope(Invalid):
    """The ``scope`` of a request is unknown, malformed, or nothing that the app has."""


def parse(text: str) -> tuple[Scope, ...]:
    """The scopes of a request, blank-separated, or by commas as some clients do it. Raises InvalidScope."""
    if len(text) > _LONGEST:
        raise InvalidScope("the scope is too long")
    names = text.replace(",", " ").split()
    unknown = [name for name in names if name not in _KNOWN]
    if unknown:
        raise InvalidScope(f"there is no scope {unknown[0][:100]!r}")
    return in_form_order({_KNOWN[name] for name in names})


def granted(of_app: tuple[Scope, ...], wanted: tuple[Scope, ...]) -> tuple[Scope, ...]:
    """What a request gets: all that the app has if it names none. Raises InvalidScope if nothing is left.

    Not in minimal form: clients compare the answer with what they asked for.
    """
    if not of_app:
        raise InvalidScope("this app has no permission that may be granted")
    if not wanted:
        return of_app
    covered = expand(of_app)
    left = tuple(scope for scope in wanted if scope in covered)
    if not left:
        raise InvalidScope("this app has none of these permissions")
    return left


def narrowed(before: tuple[Scope, ...], wanted: tuple[Scope, ...]) -> tuple[Scope, ...]:
    """The scope of a refreshed token: never more than the grant has (RFC 6749, section 6). Raises InvalidScope."""
    if not wanted:
        return before
    if not set(wanted) <= expand(before):
        raise InvalidScope("a refreshed token has no more permissions than the one before")
    return wanted


def still_granted(before: tuple[Scope, ...], of_app: tuple[Scope, ...]) -> tuple[Scope, ...]:
    """What is left of a grant when the app itself has fewer permissions now: of what went, what it included."""
    covered = expand(of_app)
    if covered.issuperset(before):
        return before
    had = expand(before)
    return minimal(scope for scope in BITBUCKET if scope in covered and scope in had)


def without(of_app: tuple[Scope, ...], forbidden: Iterable[Scope]) -> tuple[Scope, ...]:
    """What is left of an app's permissions where administrators forbid some; one goes with all that include it."""
    gone = frozenset(forbidden)
    if not gone:
        return of_app
    covered = expand(of_app)
    return minimal(scope for scope in BITBUCKET if scope in covered and not IMPLIES[scope] & gone)


def check_permissions(names: Iterable[str]) -> tuple[Scope, ...]:
    """The permissions that an app is registered with, in minimal form. Raises Invalid."""
    scopes = parse(" ".join(names))
    if not scopes:
        raise Invalid("an app needs at least one permission")
    return minimal(scopes)
