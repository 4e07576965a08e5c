"""Which app password is no wider than which: every limit by itself, and that the rule never lets anything widen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpail.model.app_passwords import AppPassword, AppPasswordId
from bitpail.model.limits import Limits
from bitpail.model.scopes import Scope
from bitpail.model.users import UserId
from bitpail.policy import limits as policy
from bitpail.policy.narrowing import Whereabouts, not_wider
from bitpail.policy.scopes import expand, minimal

LIES = {"r1": ("p1", "w1"), "r2": ("p2", "w1"), "r3": ("p3", "w2")}
WHERE = Whereabouts(LIES, {"p1": "w1", "p2": "w1", "p3": "w2"})
NETWORKS = ("192.0.2.0/24", "192.0.2.7/32", "0.0.0.0/0", "2001:db8::/32", "::/0")
ADDRESSES = ("192.0.2.7", "192.0.2.8", "198.51.100.1", "2001:db8::1", "::1", "::ffff:192.0.2.7")
PATTERNS = (
    "refs/heads/*",
    "refs/heads/bot/*",
    "refs/heads/main",
    "refs/heads/*/fix",
    "refs/heads/bot/*/fix",
    "*",
)
REFS = ("refs/heads/main", "refs/heads/bot/a", "refs/heads/bot/a/fix", "refs/heads/a/fix", "refs/tags/v1")


def one(*scopes, expires_on=None, user="u1", **limits):
    return AppPassword(
        AppPasswordId("1"),
        UserId(user),
        "ci",
        minimal(map(Scope, scopes)),
        Limits(**limits),
        0,
        expires_on,
        None,
        None,
        None,
        None,
    )


NARROWER = [
    (one("repository:write"), one("repository")),
    (one("repository"), one("repository", expires_on=9)),
    (one("repository", expires_on=9), one("repository", expires_on=9)),
    (one(repositories=("r1",)), one(repositories=("r1",))),
    (one(projects=("p1",)), one(repositories=("r1",))),
    (one(workspaces=("w1",)), one(repositories=("r1", "r2"), projects=("p2",), workspaces=("w1",))),
    (one(networks=("192.0.2.0/24",)), one(networks=("192.0.2.7/32",))),
    (one(branches=("refs/heads/*",)), one(branches=("refs/heads/bot/*/fix",))),
    (one(branches=("a*b",)), one(branches=("a*b", "ab", "a*x*b"))),
    (one(no_force=True), one(no_force=True, no_delete=True)),
]
WIDER = [
    (one("repository"), one("repository:write"), "repository:write"),
    (one("repository"), one("repository", "bitpail:app-password:write"), "bitpail:app-password:write"),
    (one(expires_on=9), one(), "does not expire"),
    (one(expires_on=9), one(expires_on=10), "expires later"),
    (one(repositories=("r1",)), one(), "not limited to places"),
    (one(repositories=("r1",)), one(projects=("p1",)), "other places"),
    (one(projects=("p1",)), one(repositories=("r2",)), "other places"),
    (one(projects=("p1",)), one(repositories=("gone",)), "other places"),
    (one(projects=("p1",)), one(workspaces=("w1",)), "other places"),
    (one(workspaces=("w1",)), one(workspaces=("w1",), projects=("p3",)), "other places"),
    (one(networks=("192.0.2.7/32",)), one(networks=("192.0.2.0/24",)), "other networks"),
    (one(networks=("192.0.2.0/24",)), one(), "other networks"),
    (one(networks=("0.0.0.0/0",)), one(networks=("::/0",)), "other networks"),
    (one(branches=("refs/heads/bot/*",)), one(branches=("refs/heads/*",)), "other branches"),
    (one(branches=("refs/heads/bot/*",)), one(), "other branches"),
    (one(branches=("a*b",)), one(branches=("a*",)), "other branches"),
    (one(no_force=True), one(), "force"),
    (one(no_delete=True), one(), "delete"),
    (one(), one(user="u2"), "another user"),
]


@pytest.mark.parametrize(("parent", "child"), NARROWER)
def test_what_is_as_narrow_or_narrower_may_be_managed(parent, child):
    assert not_wider(parent, child, WHERE) == []


@pytest.mark.parametrize(("parent", "child", "word"), WIDER)
def test_each_way_of_being_wider_is_named(parent, child, word):
    (reason,) = not_wider(parent, child, WHERE)

    assert word in reason


def subsets(values):
    return st.lists(st.sampled_from(values), unique=True, max_size=3).map(tuple)


PASSWORDS = st.builds(
    lambda scopes, expires_on, **limits: one(*scopes, expires_on=expires_on, **limits),
    subsets([Scope.REPOSITORY, Scope.REPOSITORY_WRITE, Scope.PROJECT, Scope.APP_PASSWORD_WRITE]),
    st.sampled_from([None, 5, 9]),
    repositories=subsets(list(LIES)),
    projects=subsets(["p1", "p2", "p3"]),
    workspaces=subsets(["w1", "w2"]),
    networks=subsets(NETWORKS),
    branches=subsets(PATTERNS),
    no_force=st.booleans(),
    no_delete=st.booleans(),
)
QUESTIONS = st.fixed_dictionaries(
    {
        "scope": st.sampled_from(Scope),
        "at": st.integers(0, 10),
        "address": st.sampled_from(ADDRESSES),
        "repository": st.sampled_from(list(LIES)),
        "ref": st.sampled_from(REFS),
        "deletes": st.booleans(),
        "forces": st.booleans(),
    }
)


def may(password, asked):
    project, workspace = LIES[asked["repository"]]
    return (
        asked["scope"] in expand(password.scopes)
        and (password.expires_on is None or asked["at"] < password.expires_on)
        and not policy.refuse_network(password.limits, asked["address"])
        and not policy.refuse_repository(
            password.limits, repository=asked["repository"], project=project, workspace=workspace
        )
        and not policy.refuse_push(
            password.limits, asked["ref"], deletes=asked["deletes"], forces=asked["forces"]
        )
    )


@given(PASSWORDS, st.lists(PASSWORDS, max_size=6), QUESTIONS)
def test_no_chain_of_app_passwords_comes_to_more_than_its_first(first, wanted, asked):
    chain = [first]
    for child in wanted:
        if not not_wider(chain[-1], child, WHERE):
            chain.append(child)

    assert may(first, asked) or not any(may(link, asked) for link in chain)


@given(PASSWORDS, PASSWORDS)
def test_the_rule_is_an_order(parent, child):
    assert not_wider(parent, parent, WHERE) == []
    if not not_wider(parent, child, WHERE) and not not_wider(child, parent, WHERE):
        assert expand(parent.scopes) == expand(child.scopes)
        assert parent.expires_on == child.expires_on
