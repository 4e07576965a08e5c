"""Which branches a restriction is about, and the whole table of what it refuses."""

import itertools
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bitpail.errors import Invalid
from bitpail.model.branch_restrictions import Kind, MatchKind, Restriction, Rule
from bitpail.model.branching_models import BranchType
from bitpail.model.groups import GroupId
from bitpail.model.repositories import RepositoryId
from bitpail.model.users import UserId
from bitpail.policy.branch_restrictions import (
    Move,
    Person,
    asks_for_groups,
    check_pattern,
    glob_matches,
    matches,
    refuse_push,
)

ADA, GRACE = UserId("ada"), UserId("grace")
DEVELOPERS, OTHERS = GroupId("developers"), GroupId("others")
NAMES = st.text(alphabet="ab/.", max_size=12)


def restriction(kind=Kind.PUSH, pattern="main", number=1, **rule):
    return Restriction(RepositoryId("r"), number, kind, pattern, Rule(**rule))


def slowly_matches(pattern, name):
    """The same by the book, in as many steps as it takes."""
    if not pattern:
        return not name
    if pattern[0] == "*":
        return any(slowly_matches(pattern[1:], name[start:]) for start in range(len(name) + 1))
    return bool(name) and pattern[0] in {"?", name[0]} and slowly_matches(pattern[1:], name[1:])


@pytest.mark.parametrize(
    ("pattern", "name", "matched"),
    [
        ("main", "main", True),
        ("main", "Main", False),
        ("main", "main2", False),
        ("main", "a/main", False),
        # The examples of Bitbucket's own description.
        ("foo*", "foo", True),
        ("foo*", "foobar", True),
        ("foo*", "barfoo", False),
        ("*", "any/thing", True),
        ("PROJECT-*", "PROJECT-1234", True),
        ("release/*", "release/1/2", True),
        ("release/**", "release/1/2", True),
        ("release/*", "release", False),
        ("*/hotfix", "a/b/hotfix", True),
        ("a*b*c", "a/b/c", True),
        ("a*b*c", "acb", False),
        ("v?", "v1", True),
        ("v?", "v10", False),
        ("v?", "v", False),
        ("v?.*", "v1.2", True),
        # Every other character is itself, whatever it means elsewhere.
        ("a.c", "abc", False),
        ("a+", "aa", False),
        ("(a|b)", "a", False),
        ("(a|b)", "(a|b)", True),
        ("release*|!release/1", "release/2", False),
        ("a{1}$", "a{1}$", True),
    ],
)
def test_a_pattern_matches_as_bitbucket_describes_it(pattern, name, matched):
    assert glob_matches(pattern, name) is matched


@given(st.text(alphabet="ab/.*?", max_size=8), NAMES)
@example("*?*", "a")
@example("**", "")
@example("?*?", "a")
@example("*a*a", "aa")
@example("*ab", "aab")
@example("*a?b*", "aaab")
def test_the_matcher_says_what_a_slow_and_simple_one_says(pattern, name):
    assert glob_matches(pattern, name) is slowly_matches(pattern, name)


@pytest.mark.parametrize(
    "pattern",
    [
        "*a" * 120 + "b",
        "*a*" * 80 + "b",
        "*?a" * 80,
        "?*" * 120 + "b",
        "*" * 250,
        "*aaaaaaaa?" * 25,
        "a*" * 124 + "?b",
    ],
)
def test_no_pattern_keeps_a_push_waiting(pattern):
    name = "a" * 249 + "c"

    began = time.thread_time()
    for _ in range(20):
        glob_matches(check_pattern(pattern), name)

    assert time.thread_time() - began < 5


@pytest.mark.parametrize(
    "pattern", ["", "a b", "a\0b", "a~b", "a^b", "a:b", "a[b]", "a\\b", "a\nb", "x" * 251, "\ud800"]
)
def test_a_pattern_that_no_branch_could_match_is_refused(pattern):
    with pytest.raises(Invalid):
        check_pattern(pattern)


@pytest.mark.parametrize("kind", BranchType)
@pytest.mark.parametrize(
    "types", [frozenset(), *(frozenset({one}) for one in BranchType), frozenset(BranchType)]
)
def test_a_branch_type_matches_whatever_the_branching_model_calls_so(kind, types):
    of_type = restriction(pattern="", branch_type=kind)

    assert matches(of_type, "main", types) is (kind in types)
    assert of_type.match_kind is MatchKind.BRANCHING_MODEL
    assert matches(restriction(), "main", types)


MOVES = {
    "create": Move("main"),
    "update": Move("main"),
    "force": Move("main", forces=True),
    "delete": Move("main", deletes=True),
}
PEOPLE = {
    "somebody listed": (Person(ADA), {"users": (ADA, GRACE)}),
    "somebody in a listed group": (Person(ADA, frozenset({DEVELOPERS})), {"groups": (OTHERS, DEVELOPERS)}),
    "somebody not listed": (Person(ADA, frozenset({DEVELOPERS})), {"users": (GRACE,), "groups": (OTHERS,)}),
    "anybody, since nobody is listed": (Person(ADA, frozenset({DEVELOPERS})), {}),
    "nobody": (Person(None), {"users": (ADA,)}),
}
EXCEPTED = {"somebody listed", "somebody in a listed group"}


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("who", PEOPLE)
def test_what_each_kind_refuses_to_whom(move, kind, who):
    person, rule = PEOPLE[who]

    refusal = refuse_push([restriction(kind, **rule)], MOVES[move], person)

    refused = {
        Kind.PUSH: who not in EXCEPTED,
        Kind.DELETE: move == "delete",
        Kind.FORCE: move == "force",
    }.get(kind, False)
    assert (refusal is not None) is refused
    if refusal:
        assert "main" in refusal
        assert "restriction 1" in refusal


def test_nothing_that_matches_refuses_nothing():
    assert all(refuse_push([], move, Person(None)) is None for move in MOVES.values())


@pytest.mark.parametrize(("first", "second"), list(itertools.product([(), (ADA,), (GRACE,)], repeat=2)))
def test_who_is_excepted_from_one_of_those_that_match_may_push(first, second):
    both = [restriction(number=1, users=first), restriction(pattern="*", number=2, users=second)]

    refusal = refuse_push(both, MOVES["update"], Person(ADA))

    assert (refusal is None) is (ADA in first + second)


def test_to_be_excepted_from_pushes_does_not_allow_what_is_kept_from_everybody():
    all_kinds = [
        restriction(Kind.PUSH, users=(ADA,)),
        restriction(Kind.FORCE, number=2),
        restriction(Kind.DELETE, number=3),
    ]

    said = {name: refuse_push(all_kinds, move, Person(ADA)) for name, move in MOVES.items()}

    assert said["update"] is said["create"] is None
    assert "Branch restriction 2 keeps the history of branch main" in said["force"]
    assert "Branch restriction 3 lets nobody delete branch main" in said["delete"]


@pytest.mark.parametrize(
    ("one", "described"),
    [
        (restriction(), "nobody push to branch main:"),
        (restriction(users=(GRACE,)), "only certain people push to branch main:"),
        (restriction(pattern="release/*"), 'branches like "release/*"'),
        (restriction(pattern="", branch_type=BranchType.PRODUCTION), "the production branch"),
        (restriction(pattern="", branch_type=BranchType.FEATURE), "feature branches"),
    ],
)
def test_a_refusal_names_the_branch_the_restriction_and_what_to_do(one, described):
    refusal = refuse_push([one], MOVES["update"], Person(ADA))

    assert refusal.startswith("Permission denied to update branch main. Branch restriction 1 lets")
    assert described in refusal
    assert refusal.endswith("push to another branch, or ask an administrator of the repository.")
    assert GRACE not in refusal


def test_all_restrictions_that_keep_somebody_out_are_named():
    refusal = refuse_push([restriction(), restriction(pattern="*", number=7)], MOVES["update"], Person(ADA))

    assert 'Branch restrictions 1, 7 let nobody push to branch main and branches like "*"' in refusal


@pytest.mark.parametrize(
    ("rules", "asks"),
    [
        ([{}], False),
        ([{"users": (ADA,), "groups": (OTHERS,)}], False),
        ([{"groups": (OTHERS,)}], True),
        ([{"users": (GRACE,)}, {"groups": (OTHERS,)}], True),
    ],
)
def test_groups_are_looked_up_only_where_they_decide(rules, asks):
    assert asks_for_groups([restriction(**rule) for rule in rules], Person(ADA)) is asks
    assert not asks_for_groups([restriction(Kind.FORCE)], Person(ADA))
