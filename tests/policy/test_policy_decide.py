"""The one decision and the permissions below it, over their whole tables."""

import itertools

import pytest
from support.contract import independent_implications

from bitpail.model.access import ANONYMOUS, Actor, Need
from bitpail.model.permissions import Permission, Role
from bitpail.model.projects import ProjectGrants
from bitpail.model.repositories import Grants
from bitpail.model.scopes import OWN, Scope
from bitpail.model.users import User, UserId
from bitpail.policy.decide import Decision, decide
from bitpail.policy.permissions import held, held_on_project, held_on_workspace
from bitpail.policy.scopes import expand

TABLE = independent_implications() | {own.value: set() for own in OWN}
ADA = User(UserId("1"), "ada", "Ada", "ada", "a", is_admin=False, is_active=True, created_on=0)
STRENGTH = ["NONE", "READ", "WRITE", "ADMIN"]
NEEDED = [Permission.READ, Permission.WRITE, Permission.ADMIN]


def actor_with(*granted):
    return Actor(user=ADA, scopes=expand(granted))


def expected(granted, needed_scope, has, needs):
    """The rules in words, from the other table."""
    if has == "NONE":
        return Decision.UNSEEN
    if STRENGTH.index(has) < STRENGTH.index(needs):
        return Decision.PERMISSION
    if needed_scope != granted and needed_scope not in TABLE[granted]:
        return Decision.SCOPE
    return Decision.ALLOW


@pytest.mark.parametrize(("has", "needs"), list(itertools.product(Permission, NEEDED)))
def test_one_scope_alone_is_judged_for_every_need(has, needs):
    for granted, needed in itertools.product(Scope, Scope):
        need = Need((frozenset({needed}),), needs)

        judged = decide(actor_with(granted), need, has)

        assert judged is expected(granted.value, needed.value, has.name, needs.name), (granted, needed)


@pytest.mark.parametrize("granted", Scope)
@pytest.mark.parametrize("has", Permission)
def test_push_wants_the_write_scope_and_write_permission(granted, has):
    push = Need((frozenset({Scope.REPOSITORY_WRITE}),), Permission.WRITE)

    allowed = decide(actor_with(granted), push, has) is Decision.ALLOW

    writes = granted in {Scope.REPOSITORY_WRITE, Scope.PULLREQUEST_WRITE}
    assert allowed == (writes and has in {Permission.WRITE, Permission.ADMIN})


@pytest.mark.parametrize("granted", Scope)
@pytest.mark.parametrize("has", Permission)
def test_a_wiki_wants_the_wiki_scope_alone(granted, has):
    push = Need((frozenset({Scope.WIKI}),), Permission.WRITE, of="wiki")

    allowed = decide(actor_with(granted), push, has) is Decision.ALLOW

    assert allowed == (granted is Scope.WIKI and has >= Permission.WRITE)


@pytest.mark.parametrize(("one", "other"), list(itertools.product(Scope, Scope)))
def test_a_need_of_two_scopes_wants_both(one, other):
    keys = Need((frozenset({Scope.REPOSITORY, Scope.REPOSITORY_ADMIN}),), Permission.ADMIN)
    covered = TABLE[one.value] | TABLE[other.value] | {one.value, other.value}

    allowed = decide(actor_with(one, other), keys, Permission.ADMIN) is Decision.ALLOW

    assert allowed == ({"repository", "repository:admin"} <= covered)


@pytest.mark.parametrize("signed_in", [False, True])
@pytest.mark.parametrize(("has", "needs"), list(itertools.product(Permission, NEEDED)))
def test_nobody_is_asked_to_sign_in_where_more_is_needed_than_the_public_has(has, needs, signed_in):
    need = Need((frozenset({Scope.REPOSITORY}),), needs, signed_in=signed_in)

    judged = decide(ANONYMOUS, need, has)

    if has is Permission.NONE:
        assert judged is Decision.UNSEEN
    elif signed_in or STRENGTH.index(has.name) < STRENGTH.index(needs.name):
        assert judged is Decision.SIGN_IN
    else:
        assert judged is Decision.ALLOW


def test_what_is_not_to_be_seen_is_unseen_whatever_the_credential_holds():
    for scopes in ((), tuple(Scope)):
        for needs in NEEDED:
            for alternatives in ((), (frozenset(scopes),)):
                assert (
                    decide(actor_with(*scopes), Need(alternatives, needs), Permission.NONE) is Decision.UNSEEN
                )


def test_an_app_password_without_the_scope_is_told_so_even_where_the_public_may_read():
    need = Need((frozenset({Scope.REPOSITORY}),), Permission.READ)

    assert decide(actor_with(Scope.EMAIL), need, Permission.READ) is Decision.SCOPE
    assert decide(ANONYMOUS, need, Permission.READ) is Decision.ALLOW


@pytest.mark.parametrize("signed_in", [False, True])
@pytest.mark.parametrize("has", Permission)
def test_where_a_grant_is_needed_what_everybody_holds_is_not_enough(has, signed_in):
    for wants, granted, needs in itertools.product([False, True], [False, True], NEEDED):
        need = Need((), needs, signed_in=True, granted=wants)

        judged = decide(actor_with() if signed_in else ANONYMOUS, need, has, granted=granted)

        usual = decide(actor_with() if signed_in else ANONYMOUS, Need((), needs, signed_in=True), has)
        refused = wants and not granted and usual is Decision.ALLOW
        assert judged is (Decision.PERMISSION if refused else usual)


@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize("role", [None, *Role])
def test_the_strongest_grant_counts_and_owners_need_none(role, private):
    for direct, project, workspace in itertools.product(Permission, repeat=3):
        grants = Grants(direct=direct, project=project, workspace=workspace, role=role)
        strongest = STRENGTH[max(STRENGTH.index(grant.name) for grant in (direct, project, workspace))]
        if role is Role.OWNER:
            strongest = "ADMIN"
        elif strongest == "NONE" and not private:
            strongest = "READ"

        assert held(grants, is_private=private).name == strongest


def test_a_stranger_sees_only_what_is_public():
    assert held(Grants(), is_private=True) is Permission.NONE
    assert held(Grants(), is_private=False) is Permission.READ


@pytest.mark.parametrize(
    ("role", "visible", "expected_permission"),
    [
        (Role.OWNER, False, Permission.ADMIN),
        (Role.OWNER, True, Permission.ADMIN),
        (Role.COLLABORATOR, False, Permission.WRITE),
        (Role.COLLABORATOR, True, Permission.WRITE),
        (Role.MEMBER, False, Permission.READ),
        (Role.MEMBER, True, Permission.READ),
        (None, False, Permission.NONE),
        (None, True, Permission.READ),
    ],
)
def test_a_role_in_a_workspace_and_what_it_allows_there(role, visible, expected_permission):
    assert held_on_workspace(role, visible=visible) is expected_permission


@pytest.mark.parametrize("visible", [False, True])
@pytest.mark.parametrize("role", [None, *Role])
@pytest.mark.parametrize("direct", Permission)
def test_a_project_is_run_by_its_administrators_and_owners_and_seen_by_whoever_was_granted_anything(
    direct, role, visible
):
    permission = held_on_project(ProjectGrants(direct, role), visible=visible)

    if direct is Permission.ADMIN or role is Role.OWNER:
        assert permission is Permission.ADMIN
    elif role is Role.COLLABORATOR:
        assert permission is Permission.WRITE
    else:
        # Writing to its repositories changes nothing of the project.
        assert (permission is Permission.NONE) == (direct is Permission.NONE and role is None and not visible)
        assert permission <= Permission.READ
