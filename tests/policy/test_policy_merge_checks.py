"""The whole table of merge checks: each kind with its facts, and what they come to together."""

import itertools

import msgspec
import pytest

from bitpail.model.branch_restrictions import LEAST_VALUE, Kind, Restriction, Rule
from bitpail.model.groups import GroupId
from bitpail.model.repositories import RepositoryId
from bitpail.model.users import UserId
from bitpail.policy.branch_restrictions import Person
from bitpail.policy.merge_checks import Facts, Resets, judge, resets

ADA = UserId("ada")
PERSON = Person(ADA)

# What each check looks at, the value that it has, and facts that just do and just don't hold.
CHECKS = {
    Kind.APPROVALS: (2, Facts(approvals=2), Facts(approvals=1)),
    Kind.DEFAULT_REVIEWER_APPROVALS: (
        1,
        Facts(default_reviewer_approvals=1),
        Facts(approvals=5, default_reviewer_approvals=0),
    ),
    Kind.REVIEW_GROUP_APPROVALS: (1, Facts(review_group_approvals=1), Facts(approvals=5)),
    Kind.NO_CHANGES_REQUESTED: (None, Facts(), Facts(approvals=9, changes_requested=1)),
    Kind.TASKS_COMPLETED: (None, Facts(), Facts(open_tasks=1)),
    Kind.COMMENTS_RESOLVED: (None, Facts(), Facts(unresolved_comments=1)),
    Kind.PASSING_BUILDS: (1, Facts(builds_passed=1), Facts()),
    Kind.COMMITS_BEHIND: (3, Facts(commits_behind=3), Facts(commits_behind=4)),
    Kind.DEPENDENCIES_MERGED: (None, Facts(), Facts(open_dependencies=1)),
}
NO_CHECKS = [kind for kind in Kind if kind not in CHECKS]


def restriction(kind, value=None, number=1, **rule):
    return Restriction(RepositoryId("r"), number, kind, "main", Rule(value=value, **rule))


def unmet(matching, facts):
    return {one.kind for one in judge(matching, facts, PERSON).unmet}


def test_every_kind_is_a_check_or_has_a_place_of_its_own():
    assert {
        Kind.PUSH,
        Kind.DELETE,
        Kind.FORCE,
        Kind.RESTRICT_MERGES,
        Kind.RESET_APPROVALS,
        Kind.SMART_RESET_APPROVALS,
        Kind.RESET_CHANGES_REQUESTED,
        Kind.ENFORCE_MERGE_CHECKS,
        Kind.AUTO_MERGE,
    } == set(NO_CHECKS)
    assert {kind for kind, (value, _, _) in CHECKS.items() if value is not None} == set(LEAST_VALUE)


@pytest.mark.parametrize("kind", CHECKS)
def test_a_check_holds_or_says_what_is_missing(kind):
    value, good, bad = CHECKS[kind]
    one = [restriction(kind, value)]

    assert judge(one, good, PERSON).unmet == ()
    (found,) = judge(one, bad, PERSON).unmet
    assert found.kind is kind
    assert found.reason


GOOD = Facts(approvals=2, default_reviewer_approvals=1, review_group_approvals=1, builds_passed=1)
SPOILED = {
    Kind.APPROVALS: {"approvals": 1},
    Kind.DEFAULT_REVIEWER_APPROVALS: {"default_reviewer_approvals": 0},
    Kind.REVIEW_GROUP_APPROVALS: {"review_group_approvals": 0},
    Kind.NO_CHANGES_REQUESTED: {"changes_requested": 1},
    Kind.TASKS_COMPLETED: {"open_tasks": 1},
    Kind.COMMENTS_RESOLVED: {"unresolved_comments": 1},
    Kind.PASSING_BUILDS: {"builds_passed": 0},
    Kind.COMMITS_BEHIND: {"commits_behind": 4},
    Kind.DEPENDENCIES_MERGED: {"open_dependencies": 1},
}


@pytest.mark.parametrize("kind", CHECKS)
def test_a_check_looks_at_nothing_that_another_one_is_about(kind):
    every_check = [restriction(one, value) for one, (value, _, _) in CHECKS.items()]

    assert unmet(every_check, GOOD) == set()
    assert unmet(every_check, msgspec.structs.replace(GOOD, **SPOILED[kind])) == {kind}


@pytest.mark.parametrize("kind", NO_CHECKS)
def test_what_is_no_check_leaves_none_unmet(kind):
    worst = Facts(0, 0, 0, 9, 9, 9, 0, 9, 9, 999, 9)

    assert unmet([restriction(kind)], worst) == set()


@pytest.mark.parametrize(
    ("passed", "failed", "running", "holds"),
    [
        (2, 0, 0, True),
        (3, 0, 0, True),
        (1, 0, 0, False),
        (2, 1, 0, False),
        (2, 0, 1, False),
        (0, 0, 0, False),
    ],
)
def test_builds_hold_when_enough_passed_none_failed_and_none_runs(passed, failed, running, holds):
    facts = Facts(builds_passed=passed, builds_failed=failed, builds_running=running)

    assert (unmet([restriction(Kind.PASSING_BUILDS, 2)], facts) == set()) is holds


@pytest.mark.parametrize(("first", "second"), list(itertools.product([1, 3], repeat=2)))
@pytest.mark.parametrize("held", range(5))
def test_of_several_that_match_the_highest_value_counts(first, second, held):
    both = [restriction(Kind.APPROVALS, first), restriction(Kind.APPROVALS, second, 2)]

    assert (unmet(both, Facts(approvals=held)) == set()) is (held >= max(first, second))


def test_nothing_stands_between_where_nothing_matches():
    verdict = judge([], Facts(), PERSON)

    assert (verdict.forbidden, verdict.unmet, verdict.may_merge, verdict.may_wait) == (None, (), True, False)


@pytest.mark.parametrize("enforced", [True, False])
@pytest.mark.parametrize("kind", CHECKS)
def test_a_check_that_does_not_hold_is_a_warning_unless_checks_are_enforced(kind, enforced):
    value, good, bad = CHECKS[kind]
    matching = [restriction(kind, value), *([restriction(Kind.ENFORCE_MERGE_CHECKS)] if enforced else [])]

    assert judge(matching, good, PERSON).may_merge
    assert judge(matching, bad, PERSON).may_merge is not enforced


GROUP = GroupId("g")


@pytest.mark.parametrize("enforced", [True, False])
@pytest.mark.parametrize(
    ("rules", "may"),
    [
        ([{}], False),
        ([{"users": (ADA,)}], True),
        ([{"groups": (GROUP,)}], True),
        ([{"users": (UserId("grace"),), "groups": (GroupId("h"),)}], False),
        ([{}, {"users": (ADA,)}], True),
    ],
)
def test_merges_are_for_those_who_are_listed_whether_checks_are_enforced_or_not(rules, may, enforced):
    matching = [restriction(Kind.RESTRICT_MERGES, number=n, **rule) for n, rule in enumerate(rules, 1)]
    matching += [restriction(Kind.ENFORCE_MERGE_CHECKS)] if enforced else []

    verdict = judge(matching, Facts(), Person(ADA, frozenset({GROUP})))

    assert (verdict.forbidden is None) is verdict.may_merge is may


def test_a_restriction_of_pushes_does_not_keep_a_pull_request_from_being_merged():
    assert judge([restriction(Kind.PUSH), restriction(Kind.FORCE)], Facts(), PERSON).may_merge


@pytest.mark.parametrize("allowed", [True, False])
@pytest.mark.parametrize(
    ("facts", "only_builds"),
    [
        (Facts(approvals=1, builds_running=1), True),
        (Facts(approvals=1), True),
        (Facts(approvals=1, builds_failed=1), False),
        (Facts(approvals=0, builds_running=1), False),
        (Facts(approvals=1, builds_passed=1), False),
    ],
)
def test_a_merge_may_wait_where_nothing_but_builds_is_missing(allowed, facts, only_builds):
    matching = [restriction(Kind.APPROVALS, 1), restriction(Kind.PASSING_BUILDS, 1)]
    matching += [restriction(Kind.AUTO_MERGE)] if allowed else []

    assert judge(matching, facts, PERSON).may_wait is (allowed and only_builds)


RESETS = [Kind.RESET_APPROVALS, Kind.SMART_RESET_APPROVALS, Kind.RESET_CHANGES_REQUESTED, Kind.PUSH]


@pytest.mark.parametrize("diff_changed", [True, False])
@pytest.mark.parametrize("chosen", range(2 ** len(RESETS)))
def test_what_a_change_of_the_source_makes_void(chosen, diff_changed):
    kinds = [kind for place, kind in enumerate(RESETS) if chosen & 1 << place]

    found = resets([restriction(kind) for kind in kinds], diff_changed=diff_changed)

    smart = Kind.SMART_RESET_APPROVALS in kinds and diff_changed
    assert found == Resets(
        approvals=Kind.RESET_APPROVALS in kinds or smart,
        changes_requested=Kind.RESET_CHANGES_REQUESTED in kinds,
    )
