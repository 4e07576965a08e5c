"""Which branches a restriction is about, and what it refuses to whoever pushes.

Facts come in, a sentence or None goes out. Nobody is excepted who isn't named,
administrators neither; who is excepted from one of those that match may push.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from msgspec import Struct

from bitpail.errors import Invalid
from bitpail.model.branch_restrictions import Kind, Restriction
from bitpail.model.branching_models import BranchType
from bitpail.model.groups import GroupId
from bitpail.model.users import UserId

LONGEST_PATTERN = 250
"""As long as the name of a branch may be."""

_NEVER_IN_A_NAME = frozenset(" ~^:[\\\x7f")
_STARS = re.compile(r"\*+")


class Person(Struct, frozen=True):
    """Whoever acts, with the groups that matter."""

    user_id: UserId | None
    groups: frozenset[GroupId] = frozenset()


class Move(Struct, frozen=True):
    """What a push wants of one branch, by its short name; to create one is a push and nothing else."""

    branch: str
    deletes: bool = False
    forces: bool = False


def matches(restriction: Restriction, branch: str, types: frozenset[BranchType]) -> bool:
    """Whether it is about a branch, which is of those types by the branching model."""
    if restriction.rule.branch_type is not None:
        return restriction.rule.branch_type in types
    return glob_matches(restriction.pattern, branch)


def glob_matches(pattern: str, name: str) -> bool:
    """``*`` is any text, slashes too; ``?`` one character, since no branch has one in its name."""
    return _compiled(pattern).fullmatch(name) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    first, *rest = (re.escape(part).replace(r"\?", ".") for part in _STARS.split(pattern))
    if not rest:
        return re.compile(first, re.DOTALL)
    *between, last = rest
    # The first place where a part fits is as good as any later one. Without the groups that don't
    # go back (?>...) a pattern of many stars would keep one busy for hours.
    found = "".join(f"(?>.*?{part})" for part in between)
    return re.compile(f"{first}{found}.*{last}", re.DOTALL)


def check_pattern(pattern: str) -> str:
    """Return a pattern that some branch could match, or raise Invalid."""
    if not pattern:
        raise Invalid("the pattern is empty")
    if len(pattern.encode("utf-8", "replace")) > LONGEST_PATTERN:
        raise Invalid(f"the pattern is longer than {LONGEST_PATTERN} bytes")
    if any(ord(c) < 32 or c in _NEVER_IN_A_NAME or "\ud800" <= c <= "\udfff" for c in pattern):
        raise Invalid("the pattern holds a character that no branch can have in its name")
    return pattern


def asks_for_groups(matching: Iterable[Restriction], person: Person) -> bool:
    """Whether it matters which groups the person is in."""
    pushes = [one for one in matching if one.kind is Kind.PUSH]
    return not any(person.user_id in one.rule.users for one in pushes) and any(
        one.rule.groups for one in pushes
    )


def refuse_push(matching: Sequence[Restriction], move: Move, person: Person) -> str | None:
    """Why the branch may not be moved so, given the restrictions that match it."""
    pushes = [one for one in matching if one.kind is Kind.PUSH]
    if pushes and not is_excepted(pushes, person):
        return _may_not_push(pushes, move.branch)
    for one in matching:
        if one.kind is Kind.DELETE and move.deletes:
            return (
                f"Permission denied to delete branch {move.branch}. Branch restriction {one.number} lets nobody "
                f"delete {_described(one)}: an administrator of the repository can take it away first."
            )
        if one.kind is Kind.FORCE and move.forces:
            return (
                f"Permission denied to rewrite branch {move.branch}. Branch restriction {one.number} keeps the "
                f"history of {_described(one)}: fetch, merge or rebase onto what is there, and push without force."
            )
    return None


def is_excepted(restrictions: Iterable[Restriction], person: Person) -> bool:
    """Whether one of them names the person, or a group of theirs."""
    return any(
        person.user_id in one.rule.users or not person.groups.isdisjoint(one.rule.groups)
        for one in restrictions
    )


def _may_not_push(pushes: Sequence[Restriction], branch: str) -> str:
    numbers = ", ".join(str(one.number) for one in pushes)
    named = any(one.rule.users or one.rule.groups for one in pushes)
    whom = "only certain people" if named else "nobody"
    restricts = f"restriction {numbers} lets" if len(pushes) == 1 else f"restrictions {numbers} let"
    what = " and ".join(dict.fromkeys(_described(one) for one in pushes))
    return (
        f"Permission denied to update branch {branch}. Branch {restricts} {whom} push to {what}: "
        "push to another branch, or ask an administrator of the repository."
    )


def _described(restriction: Restriction) -> str:
    kind = restriction.rule.branch_type
    if kind in {BranchType.DEVELOPMENT, BranchType.PRODUCTION}:
        return f"the {kind} branch"
    if kind is not None:
        return f"{kind} branches"
    pattern = restriction.pattern
    return f'branches like "{pattern}"' if "*" in pattern or "?" in pattern else f"branch {pattern}"
