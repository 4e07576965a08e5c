"""What is left of an existing app password under a policy: never more than it was, and nothing that breaks it."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpail.model.app_passwords import AppPassword, AppPasswordId
from bitpail.model.limits import Limits
from bitpail.model.scopes import Scope
from bitpail.model.site_policy import SitePolicy
from bitpail.model.users import UserId
from bitpail.policy.limits import refuse_network
from bitpail.policy.scopes import expand, minimal
from bitpail.policy.site_policy import breaks, loses, narrowed

SECOND = 1_000_000
DAY = 86400
FROM = 1000 * DAY * SECOND
NETWORKS = ("0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32", "192.0.2.0/24", "::/0", "2001:db8::/32")
ADDRESSES = ("10.1.2.3", "10.1.9.9", "10.9.9.9", "192.0.2.7", "198.51.100.1", "2001:db8::1", "::1")


def password(*scopes, created=0, expires=None, **limits):
    given_ = (minimal(scopes or (Scope.REPOSITORY,)), Limits(**limits), created, expires)
    return AppPassword(AppPasswordId("1"), UserId("1"), "ci", *given_, None, None, None, None)


networks = st.lists(st.sampled_from(NETWORKS), max_size=3, unique=True).map(tuple)
moments = st.integers(0, 2000).map(lambda day: day * DAY * SECOND)
policies = st.builds(
    SitePolicy,
    longest_lifetime=st.none() | st.integers(1, 500).map(lambda days: days * DAY),
    forbidden=st.lists(st.sampled_from(list(Scope)), max_size=4, unique=True).map(tuple),
    networks=networks,
    places_required=st.booleans(),
    existing_from=st.just(FROM),
)
passwords = st.builds(
    lambda scopes, created, expires, places, nets: password(
        *scopes, created=created, expires=expires, repositories=places, networks=nets
    ),
    st.lists(st.sampled_from(list(Scope)), min_size=1, max_size=5),
    moments,
    st.none() | moments,
    st.sampled_from([(), ("r",)]),
    networks,
)


@given(policies, passwords)
def test_narrowing_never_widens_and_the_result_keeps_the_policy(policy, before):
    after = narrowed(policy, before)

    if after is None:
        return
    assert breaks(policy, after, existing=True) == []
    assert expand(after.scopes) <= expand(before.scopes)
    assert minimal(after.scopes) == after.scopes
    assert before.expires_on is None or after.expires_on <= before.expires_on
    for address in ADDRESSES:
        if refuse_network(after.limits, address) is None:
            assert refuse_network(before.limits, address) is None
            assert not policy.networks or any(
                ipaddress.ip_address(address) in ipaddress.ip_network(one) for one in policy.networks
            )
    assert narrowed(policy, after) == after
    assert after.limits.repositories == before.limits.repositories


@given(policies, passwords)
def test_nobody_is_cut_off_by_a_lifetime_before_the_announced_day(policy, before):
    after = narrowed(policy, before)

    if after is not None and after.expires_on != before.expires_on:
        assert after.expires_on > FROM


@given(policies, passwords)
def test_what_keeps_the_policy_stays_as_it_is(policy, before):
    if not breaks(policy, before, existing=True):
        assert narrowed(policy, before) == before
        assert loses(before, narrowed(policy, before)) == []


def test_without_a_day_existing_ones_stay_as_they_are():
    everything = password(*Scope)

    assert narrowed(SitePolicy(longest_lifetime=1, forbidden=tuple(Scope)), everything) == everything


@pytest.mark.parametrize(
    ("held", "forbidden", "left"),
    [
        ({Scope.REPOSITORY_WRITE, Scope.WIKI}, Scope.WIKI, {Scope.REPOSITORY_WRITE}),
        # What included it goes too; what else that included stays.
        ({Scope.PULLREQUEST_WRITE}, Scope.PULLREQUEST, {Scope.REPOSITORY_WRITE}),
        ({Scope.PULLREQUEST_WRITE}, Scope.REPOSITORY_WRITE, {Scope.PULLREQUEST}),
        ({Scope.ACCOUNT_WRITE}, Scope.ACCOUNT, {Scope.EMAIL}),
        ({Scope.PROJECT}, Scope.REPOSITORY, None),
    ],
)
def test_a_permission_goes_with_all_that_include_it(held, forbidden, left):
    after = narrowed(SitePolicy(forbidden=(forbidden,), existing_from=FROM), password(*held))

    assert (set(after.scopes) if after else None) == left


@pytest.mark.parametrize(
    ("held", "allowed", "left"),
    [
        ((), ("10.0.0.0/8",), ("10.0.0.0/8",)),
        (("10.1.0.0/16",), ("10.0.0.0/8",), ("10.1.0.0/16",)),
        (("10.0.0.0/8", "192.0.2.0/24"), ("10.1.0.0/16",), ("10.1.0.0/16",)),
        (("192.0.2.0/24",), ("10.0.0.0/8",), None),
        (("::/0",), ("10.0.0.0/8",), None),
    ],
)
def test_of_networks_what_both_have_is_left(held, allowed, left):
    after = narrowed(SitePolicy(networks=allowed, existing_from=FROM), password(networks=held))

    assert (after.limits.networks if after else None) == left


def test_the_lifetime_of_an_existing_one_counts_from_the_day():
    policy = SitePolicy(longest_lifetime=90 * DAY, existing_from=FROM)
    latest = FROM + 90 * DAY * SECOND

    assert narrowed(policy, password()).expires_on == latest
    assert narrowed(policy, password(expires=latest + 1)).expires_on == latest
    assert narrowed(policy, password(expires=latest - 1)).expires_on == latest - 1
    assert breaks(policy, password(expires=latest)) == ["it must expire within 90 days"]


def test_one_without_the_places_that_are_required_ends_and_it_is_said():
    policy = SitePolicy(places_required=True, existing_from=FROM)

    assert narrowed(policy, password()) is None
    assert loses(password(), None) == ["it ends"]
    assert narrowed(policy, password(workspaces=("w",))) is not None
    after = narrowed(
        SitePolicy(
            longest_lifetime=DAY, forbidden=(Scope.WIKI,), networks=("10.0.0.0/8",), existing_from=FROM
        ),
        password(Scope.WIKI, Scope.EMAIL),
    )
    assert loses(password(Scope.WIKI, Scope.EMAIL), after) == [
        "it loses wiki",
        "it works from 10.0.0.0/8 only",
        "it expires on 1972-09-28",
    ]
