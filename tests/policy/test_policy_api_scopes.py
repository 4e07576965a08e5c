"""The scopes of API tokens: none implies another, and each need says which it wants."""

import itertools

import pytest
from support.contract import contract
from test_policy_decide import ADA

from bitpail.api.routes import ROUTES, in_contract
from bitpail.model.access import Actor, Need
from bitpail.model.app_passwords import AppPassword, AppPasswordId
from bitpail.model.credentials import CredentialKind
from bitpail.model.limits import NO_LIMITS
from bitpail.model.permissions import Permission
from bitpail.model.scopes import OWN, ApiScope, Scope
from bitpail.model.transfer import FETCH, FETCH_WIKI, PUSH, PUSH_WIKI
from bitpail.policy.api_scopes import asked
from bitpail.policy.decide import Decision, decide
from bitpail.policy.scopes import expand, minimal

API_TOKEN = CredentialKind.API_TOKEN


def token(*scopes, kind=API_TOKEN):
    one = AppPassword(
        *(AppPasswordId("1"), ADA.id, "token", tuple(scopes), NO_LIMITS, 0),
        *(None, None, None, None, None, kind),
    )
    return Actor(ADA, one, expand(one.scopes))


@pytest.mark.parametrize(("one", "other"), list(itertools.product(ApiScope, ApiScope)))
def test_no_scope_of_an_api_token_stands_for_another(one, other):
    need = Need((), api_scopes=(frozenset({other}),))

    allowed = decide(token(one), need, Permission.ADMIN) is Decision.ALLOW

    assert allowed == (one is other)
    assert set(minimal({one, other})) == {one, other}


@pytest.mark.parametrize("granted", ApiScope)
def test_to_write_is_not_to_read(granted):
    fetches = decide(token(granted), FETCH, Permission.WRITE) is Decision.ALLOW
    pushes = decide(token(granted), PUSH, Permission.WRITE) is Decision.ALLOW

    assert fetches == (granted is ApiScope.READ_REPOSITORY)
    assert pushes == (granted is ApiScope.WRITE_REPOSITORY)


@pytest.mark.parametrize("granted", ApiScope)
def test_a_wiki_goes_with_the_code(granted):
    assert (decide(token(granted), FETCH_WIKI, Permission.WRITE) is Decision.ALLOW) == (
        granted is ApiScope.READ_REPOSITORY
    )
    assert (decide(token(granted), PUSH_WIKI, Permission.WRITE) is Decision.ALLOW) == (
        granted is ApiScope.WRITE_REPOSITORY
    )


@pytest.mark.parametrize("granted", ApiScope)
def test_an_app_password_gets_nothing_by_the_scope_of_an_api_token(granted):
    for scope in Scope:
        need = Need((frozenset({scope}),))
        stray = token(granted, kind=CredentialKind.APP_PASSWORD)
        assert decide(stray, need, Permission.ADMIN) is Decision.SCOPE


@pytest.mark.parametrize("scope", Scope)
def test_an_api_token_gets_nothing_by_the_scope_of_an_app_password(scope):
    for needed in Scope:
        assert decide(token(scope), Need((frozenset({needed}),)), Permission.ADMIN) is Decision.SCOPE or (
            # What no API token can be given stays in the words of app passwords.
            scope is needed and scope in {*OWN}
        )


def test_every_route_asks_of_api_tokens_what_the_contract_says():
    told = 0
    for route in ROUTES:
        operation = contract().operation(route.method, in_contract(route.template))
        scopes = {
            scope
            for each in operation.description.get("x-atlassian-oauth2-scopes", [])
            for scope in each["scopes"]
        }
        wanted = asked(route.need, API_TOKEN)
        if scopes:
            told += 1
            assert [{str(scope) for scope in one} for one in wanted] == [scopes], route.template
        else:
            assert bool(wanted) == bool(route.need.scopes), route.template
            assert all(isinstance(scope, ApiScope) for one in wanted for scope in one)
    assert told > 100


def test_the_vocabulary_is_the_contracts():
    named = {
        scope
        for operation in contract().operations
        for each in operation.description.get("x-atlassian-oauth2-scopes", [])
        for scope in each["scopes"]
    }

    assert named == {scope.value for scope in ApiScope}


def robot(*scopes):
    return token(*scopes, kind=CredentialKind.REPOSITORY_ACCESS_TOKEN)


def test_what_is_for_people_is_for_no_robot_whatever_its_scopes():
    need = Need((frozenset({Scope.REPOSITORY}),), people=True)

    assert decide(robot(*Scope), need, Permission.ADMIN) is Decision.KIND
    assert decide(robot(*Scope), need, Permission.NONE) is Decision.UNSEEN
    assert decide(token(Scope.REPOSITORY, kind=CredentialKind.APP_PASSWORD), need, Permission.ADMIN) is (
        Decision.ALLOW
    )
