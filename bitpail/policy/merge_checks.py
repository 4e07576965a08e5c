"""What still stands between a pull request and its merge, by the branch restrictions of its destination.

Facts come in, reasons go out. Nothing here knows where the facts come from.
"""

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from bitpail.model.branch_restrictions import Kind, Restriction
from bitpail.policy.branch_restrictions import Person, is_excepted


class Facts(Struct, frozen=True):
    """What is true of a pull request now. Builds are those of its newest commit."""

    approvals: int = 0
    default_reviewer_approvals: int = 0
    review_group_approvals: int = 0
    changes_requested: int = 0
    open_tasks: int = 0
    unresolved_comments: int = 0
    builds_passed: int = 0
    builds_failed: int = 0
    builds_running: int = 0
    commits_behind: int = 0
    open_dependencies: int = 0


class Unmet(Struct, frozen=True):
    """One check that does not hold, in words."""

    kind: Kind
    reason: str


class Verdict(Struct, frozen=True):
    """``forbidden`` is set for whoever may not merge at all.

    ``unmet`` checks are a warning, unless they are ``enforced``. Where only builds are missing,
    ``may_wait`` says that the merge may be asked for now and done once they have passed.
    """

    forbidden: str | None
    unmet: tuple[Unmet, ...]
    enforced: bool
    may_wait: bool

    @property
    def may_merge(self) -> bool:
        """Whether the merge may go on, with or without a warning."""
        return self.forbidden is None and not (self.enforced and self.unmet)


def judge(matching: Sequence[Restriction], facts: Facts, person: Person) -> Verdict:
    """What the restrictions that match the destination say of a merge by this person."""
    merges = [one for one in matching if one.kind is Kind.RESTRICT_MERGES]
    forbidden = None
    if merges and not is_excepted(merges, person):
        numbers = ", ".join(str(one.number) for one in merges)
        forbidden = f"branch restriction {numbers} lets only certain people merge into this branch"
    unmet = tuple(_unmet(matching, facts))
    kinds = {one.kind for one in matching}
    only_builds = [one.kind for one in unmet] == [Kind.PASSING_BUILDS] and not facts.builds_failed
    return Verdict(
        forbidden,
        unmet,
        enforced=Kind.ENFORCE_MERGE_CHECKS in kinds,
        may_wait=Kind.AUTO_MERGE in kinds and only_builds,
    )


def _unmet(matching: Sequence[Restriction], facts: Facts) -> Iterable[Unmet]:
    for kind, check in _CHECKS.items():
        found = [one for one in matching if one.kind is kind]
        if found:
            # Where several match, the highest value counts.
            reason = check(facts, max(one.rule.value or 0 for one in found))
            if reason is not None:
                yield Unmet(kind, reason)


def _at_least(wanted: int, held: int, what: str) -> str | None:
    return None if held >= wanted else f"{held} of {wanted} {what}"


def _none(number: int, what: str) -> str | None:
    return None if number == 0 else f"{number} {what}"


def _builds(facts: Facts, wanted: int) -> str | None:
    if facts.builds_failed:
        return f"{facts.builds_failed} failed builds of the newest commit"
    if facts.builds_running:
        return f"{facts.builds_running} builds of the newest commit still run"
    return _at_least(wanted, facts.builds_passed, "builds of the newest commit have passed")


def _commits_behind(facts: Facts, most: int) -> str | None:
    if facts.commits_behind <= most:
        return None
    return f"the source is {facts.commits_behind} commits behind its destination, at most {most} are allowed"


_CHECKS: dict[Kind, Callable[[Facts, int], str | None]] = {
    Kind.APPROVALS: lambda facts, wanted: _at_least(wanted, facts.approvals, "approvals"),
    Kind.DEFAULT_REVIEWER_APPROVALS: lambda facts, wanted: _at_least(
        wanted, facts.default_reviewer_approvals, "approvals by default reviewers"
    ),
    Kind.REVIEW_GROUP_APPROVALS: lambda facts, wanted: _at_least(
        wanted, facts.review_group_approvals, "approvals by review groups"
    ),
    Kind.NO_CHANGES_REQUESTED: lambda facts, _: _none(
        facts.changes_requested, "reviewers have requested changes"
    ),
    Kind.TASKS_COMPLETED: lambda facts, _: _none(facts.open_tasks, "tasks are open"),
    Kind.COMMENTS_RESOLVED: lambda facts, _: _none(facts.unresolved_comments, "comments are not resolved"),
    Kind.PASSING_BUILDS: _builds,
    Kind.COMMITS_BEHIND: _commits_behind,
    Kind.DEPENDENCIES_MERGED: lambda facts, _: _none(
        facts.open_dependencies, "pull requests that this one depends on are not merged"
    ),
}


class Resets(Struct, frozen=True):
    """What is forgotten when the source of a pull request has changed."""

    approvals: bool = False
    changes_requested: bool = False


def resets(matching: Iterable[Restriction], *, diff_changed: bool) -> Resets:
    """What new commits of the source make void; ``diff_changed`` is whether what would be merged differs now.

    The smart reset lets approvals stand as long as it doesn't.
    """
    kinds = {one.kind for one in matching}
    return Resets(
        approvals=Kind.RESET_APPROVALS in kinds or (Kind.SMART_RESET_APPROVALS in kinds and diff_changed),
        changes_requested=Kind.RESET_CHANGES_REQUESTED in kinds,
    )
