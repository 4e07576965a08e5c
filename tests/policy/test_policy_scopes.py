"""The table of scopes, whole, against one that was written out by hand."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.contract import independent_implications

from bitpail.model.scopes import BITBUCKET, OWN, Scope
from bitpail.policy.scopes import DIRECTLY_IMPLIES, IMPLIES, covers, expand, in_form_order, minimal

TABLE = independent_implications() | {own.value: set() for own in OWN}
SCOPES = st.frozensets(st.sampled_from(Scope))


def by_hand(scopes):
    """Everything covered, from the other table, as text."""
    names = {str(scope) for scope in scopes}
    return names.union(*(TABLE[name] for name in names))


def test_the_form_has_25_boxes():
    assert len(BITBUCKET) == 25
    assert {str(scope) for scope in BITBUCKET} == set(independent_implications())


def test_our_own_permissions_imply_nothing_and_nothing_implies_them():
    assert set(Scope) - set(BITBUCKET) == OWN
    for own in OWN:
        assert [scope for scope in Scope if own in IMPLIES[scope]] == [own]
        assert IMPLIES[own] == {own}


@pytest.mark.parametrize(("granted", "asked"), list(itertools.product(Scope, Scope)))
def test_a_scope_covers_exactly_itself_and_what_the_table_says(granted, asked):
    covered = covers(expand((granted,)), (frozenset({asked}),))

    assert covered == (granted is asked or asked.value in TABLE[granted.value])


@pytest.mark.parametrize("scope", Scope)
def test_the_closure_and_the_direct_steps_agree_with_the_table(scope):
    assert {str(covered) for covered in IMPLIES[scope]} == TABLE[scope.value] | {scope.value}
    assert {str(covered) for covered in DIRECTLY_IMPLIES.get(scope, ())} <= TABLE[scope.value]


@pytest.mark.parametrize("scope", [Scope.REPOSITORY_ADMIN, Scope.REPOSITORY_DELETE, Scope.PROJECT_ADMIN])
def test_administration_lets_nobody_read(scope):
    assert not covers(expand((scope,)), (frozenset({Scope.REPOSITORY}),))


def test_wiki_and_repository_are_apart():
    assert Scope.WIKI not in expand(tuple(scope for scope in Scope if scope is not Scope.WIKI))
    assert Scope.REPOSITORY not in expand((Scope.WIKI,))


@given(SCOPES)
def test_what_is_covered_together_is_what_each_covers(scopes):
    assert {str(scope) for scope in expand(tuple(scopes))} == by_hand(scopes)


@given(SCOPES)
def test_the_minimal_form_covers_the_same_and_nothing_in_it_is_implied(scopes):
    least = minimal(scopes)

    assert expand(least) == expand(tuple(scopes))
    assert set(least) <= scopes
    for one, other in itertools.permutations(least, 2):
        assert one.value not in TABLE[other.value]


@given(SCOPES)
def test_the_minimal_form_is_the_same_however_it_was_reached(scopes):
    least = minimal(scopes)

    assert minimal(expand(least)) == least == minimal(least)
    assert list(least) == [scope for scope in Scope if scope in least]


def test_the_recorded_minimal_form_is_ours():
    top = {
        Scope.RUNNER_WRITE,
        Scope.PIPELINE_VARIABLE,
        Scope.ISSUE_WRITE,
        Scope.PULLREQUEST_WRITE,
        Scope.ACCOUNT,
    }

    assert set(minimal(expand(tuple(top)))) == top


def test_no_scope_covers_nothing_and_nothing_is_always_covered():
    assert expand(()) == frozenset()
    assert minimal(()) == ()
    assert covers(frozenset(), ())
    assert not covers(frozenset(), (frozenset({Scope.EMAIL}),))


@given(SCOPES, st.lists(SCOPES, min_size=1, max_size=3))
def test_one_alternative_must_be_held_whole(held, alternatives):
    expected = any(all(scope in held for scope in alternative) for alternative in alternatives)

    assert covers(held, tuple(alternatives)) == expected


@given(SCOPES)
def test_the_order_is_that_of_the_form(scopes):
    assert in_form_order(scopes) == tuple(scope for scope in Scope if scope in scopes)
