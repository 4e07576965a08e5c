"""The administrators' policy, rule by rule; each rule only ever refuses more."""

import itertools

import pytest

from bitpail.model.app_passwords import AppPassword, AppPasswordId
from bitpail.model.limits import Limits
from bitpail.model.scopes import Scope
from bitpail.model.site_policy import NO_POLICY, SitePolicy
from bitpail.model.users import UserId
from bitpail.policy.scopes import IMPLIES
from bitpail.policy.site_policy import breaks, latest

DAY = 86400


def password(*scopes, lifetime=None, **limits):
    created = 1_000_000
    expires = None if lifetime is None else created + lifetime * 1_000_000
    given = (tuple(scopes) or (Scope.REPOSITORY,), Limits(**limits), created, expires)
    return AppPassword(AppPasswordId("1"), UserId("1"), "ci", *given, None, None, None, None)


@pytest.mark.parametrize(
    ("lifetime", "kept"), [(None, False), (1, True), (DAY, True), (DAY + 1, False), (365 * DAY, False)]
)
def test_the_longest_lifetime(lifetime, kept):
    broken = breaks(SitePolicy(longest_lifetime=DAY), password(lifetime=lifetime))

    assert broken == ([] if kept else ["it must expire within 1 days"])


@pytest.mark.parametrize(("granted", "forbidden"), list(itertools.product(Scope, Scope)))
def test_a_forbidden_permission_may_not_be_had_by_a_broader_one_either(granted, forbidden):
    broken = breaks(SitePolicy(forbidden=(forbidden,)), password(granted))

    assert bool(broken) == (forbidden in IMPLIES[granted])


@pytest.mark.parametrize(
    ("allowed", "limited", "kept"),
    [
        (("10.0.0.0/8",), (), False),
        (("10.0.0.0/8",), ("10.0.0.0/8",), True),
        (("10.0.0.0/8",), ("10.1.2.3/32",), True),
        (("10.0.0.0/8",), ("10.0.0.0/7",), False),
        (("10.0.0.0/8",), ("10.1.0.0/16", "192.0.2.0/24"), False),
        (("10.0.0.0/8", "192.0.2.0/24"), ("10.1.0.0/16", "192.0.2.7/32"), True),
        (("10.0.0.0/8",), ("::/0",), False),
        (("::/0",), ("10.0.0.0/8",), False),
        (("2001:db8::/32",), ("2001:db8:1::/48",), True),
    ],
)
def test_networks_must_be_inside_those_of_the_policy(allowed, limited, kept):
    assert (breaks(SitePolicy(networks=allowed), password(networks=limited)) == []) == kept


@pytest.mark.parametrize(
    ("limits", "kept"),
    [
        ({}, False),
        ({"repositories": ("r",)}, True),
        ({"projects": ("p",)}, True),
        ({"workspaces": ("w",)}, True),
        ({"networks": ("10.0.0.0/8",), "branches": ("refs/heads/*",), "no_force": True}, False),
    ],
)
def test_places_may_be_required(limits, kept):
    assert (breaks(SitePolicy(places_required=True), password(**limits)) == []) == kept


def test_without_a_policy_everything_is_allowed_and_all_that_breaks_one_is_told():
    everything = password(*Scope)
    policy = SitePolicy(
        longest_lifetime=DAY, forbidden=(Scope.WIKI,), networks=("10.0.0.0/8",), places_required=True
    )

    assert breaks(NO_POLICY, everything) == []
    assert len(breaks(policy, everything)) == 4


@pytest.mark.parametrize(
    ("longest", "existing_from", "existing", "last"),
    [
        (None, None, False, None),
        (None, 9_000_000, True, None),
        (10, None, False, 15_000_000),
        (10, None, True, 15_000_000),
        (10, 9_000_000, False, 15_000_000),
        (10, 9_000_000, True, 19_000_000),
        (10, 1_000_000, True, 15_000_000),
        (10, 5_000_000, True, 15_000_000),
    ],
)
def test_the_last_moment_of_a_lifetime_counts_from_the_announced_day_for_what_there_was(
    longest, existing_from, existing, last
):
    policy = SitePolicy(longest_lifetime=longest, existing_from=existing_from)

    assert latest(policy, 5_000_000, existing=existing) == last
