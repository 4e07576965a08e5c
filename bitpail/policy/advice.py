"""Whether an app password, or one of its kin, could do with fewer permissions, judged by what it was needed for.

It is told what was needed and says what would have been enough. It never
advises more than was held, nor anything that would have refused a request that
was granted, nor what none of its kind can be made with.
"""

from enum import StrEnum

from msgspec import Struct

from bitpail.model.app_passwords import AppPassword
from bitpail.model.scopes import AnyScope
from bitpail.policy.kinds import GRANTABLE
from bitpail.policy.scopes import IMPLIES, expand, minimal

DAY = 86_400_000_000
WINDOW = 90
"""Days that are looked back on: what was last needed before is taken for done with."""
WATCHED = 30
"""Days for which an app password must have been watched before its use tells anything.

The rarest jobs that people commonly have run once a month; after fewer days a
permission that looks idle may only be waiting for its turn.
"""
UNUSED = 90
"""Days without any use after which an app password is rather revoked than narrowed."""


class Verdict(StrEnum):
    """What to do with an app password."""

    KEEP = "keep"
    NARROW = "narrow"
    REVOKE = "revoke"
    WAIT = "wait"


class Watched(Struct, frozen=True):
    """What is known of an app password's use.

    ``needed`` are the scopes of every need that was granted within the window;
    ``first_day`` is the first counted one, None if nothing was counted.
    """

    needed: frozenset[AnyScope] = frozenset()
    first_day: int | None = None


class Advice(Struct, frozen=True):
    """``narrower`` is what would have been enough, in minimal form, whatever the verdict.

    ``days`` is for how long it was watched, or for how long it is unused if it
    is to be revoked.
    """

    verdict: Verdict
    narrower: tuple[AnyScope, ...]
    days: int
    sentence: str


def needed(held: frozenset[AnyScope], alternatives: tuple[frozenset[AnyScope], ...]) -> tuple[AnyScope, ...]:
    """The scopes by which a need was granted, in minimal form; nothing if it asks for none."""
    return next((minimal(wanted) for wanted in alternatives if wanted <= held), ())


def advise(one: AppPassword, watched: Watched, at: int, *, enough: int = WATCHED) -> Advice:
    """Judge one app password; ``enough`` is for how many days it must have been watched."""
    narrower = _enough(one, watched.needed)
    if one.expires_on is not None and one.expires_on <= at:
        days = _days(one.expires_on, at)
        when = f"{_spell(days)} ago" if days else "today"
        return Advice(Verdict.REVOKE, narrower, days, f"it has expired {when}: revoke it")
    idle = _days(one.last_used_on or one.created_on, at)
    if idle >= UNUSED:
        return Advice(Verdict.REVOKE, (), idle, f"unused for {idle} days: revoke it")
    if watched.first_day is None:
        return Advice(Verdict.WAIT, (), 0, "nothing is known of its use: there is nothing to advise yet")
    days = min(WINDOW, _days(max(one.created_on, watched.first_day * DAY), at))
    has, wants = len(expand(one.scopes)), len(expand(narrower))
    fact = f"it has {_count(has)} and has needed {wants} in {_spell(days)}"
    if days < enough:
        return Advice(Verdict.WAIT, narrower, days, f"{fact}: {_spell(enough)} are needed to tell")
    if wants == has:
        return Advice(Verdict.KEEP, narrower, days, "it has no more permissions than it needs")
    if not narrower:
        return Advice(Verdict.KEEP, narrower, days, f"{fact}: it is used only where none is needed")
    return Advice(Verdict.NARROW, narrower, days, f"{fact}: {', '.join(narrower)} would be enough")


def _enough(one: AppPassword, needed: frozenset[AnyScope]) -> tuple[AnyScope, ...]:
    """What of its permissions covers what was needed: where its kind can't be made with that, what implies it."""
    found: set[AnyScope] = set()
    for scope in needed & expand(one.scopes):
        if scope in GRANTABLE[one.kind]:
            found.add(scope)
        else:
            found.update(held for held in one.scopes if scope in IMPLIES[held])
    return minimal(found)


def _days(since: int, at: int) -> int:
    return max(0, at - since) // DAY


def _spell(days: int) -> str:
    return f"{days} day" if days == 1 else f"{days} days"


def _count(permissions: int) -> str:
    return f"{permissions} permission" if permissions == 1 else f"{permissions} permissions"
