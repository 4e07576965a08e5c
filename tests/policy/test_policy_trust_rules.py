"""Which ID tokens a trust rule takes, and which rules are refused since they would take strangers'."""

import pytest

from bitpail.errors import Invalid
from bitpail.model.app_passwords import AppPasswordId
from bitpail.model.trust_rules import TrustRule, TrustRuleId
from bitpail.policy.trust_rules import (
    LONGEST_TOKEN,
    SKEW,
    check_claims,
    check_times,
    is_address,
    issuer_url,
    misfit,
)

GITHUB = "https://token.actions.githubusercontent.com"
OWN = "https://gitlab.example.org"
AT = 1_900_000_000


def rule(**claims):
    return TrustRule(TrustRuleId("1"), AppPasswordId("1"), OWN, "git", claims, 900, 0, None)


@pytest.mark.parametrize(
    ("given", "issuer"),
    [
        ("github", GITHUB),
        ("gitlab", "https://gitlab.com"),
        (
            "bitbucket:acme",
            "https://api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc",
        ),
        (OWN, OWN),
        ("https://git.example.org/a/b", "https://git.example.org/a/b"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_an_issuer_is_given_by_name_or_address(given, issuer):
    assert issuer_url(given) == issuer


@pytest.mark.parametrize(
    "given",
    [
        *("", "bitbucket", "bitbucket:", "bitbucket:a/b", "GitHub", "ftp://x.org", "https://", "//x.org"),
        *(
            "https://ada@x.org",
            "https://ada:x@x.org",
            "https://x.org?a",
            "https://x.org#a",
            "https://x.org /a",
        ),
        *(
            "https://x.org\n",
            "https://ä.org",
            "javascript:x",
            "file:///etc/passwd",
            "https://[",
            "https://x:0",
        ),
        *("https://x.org/\0", "https://x.org/" + "x" * 500, "https://x.org:99999"),
    ],
)
def test_what_is_no_issuer_is_refused(given):
    with pytest.raises(Invalid):
        issuer_url(given)
    assert not is_address(given)


@pytest.mark.parametrize(
    ("issuer", "claims"),
    [
        (GITHUB, {"repository": "acme/site"}),
        (GITHUB, {"repository": "acme/*", "ref": "refs/heads/main"}),
        (GITHUB, {"repository_owner_id": "42"}),
        (GITHUB, {"sub": "repo:acme/site:*"}),
        ("https://gitlab.com", {"namespace_path": "acme"}),
        ("https://gitlab.com", {"sub": "project_path:acme/site:ref_type:branch:ref:*"}),
        (
            f"{'https://api.bitbucket.org/2.0/workspaces/'}acme/pipelines-config/identity/oidc",
            {"sub": "{1}:{2}"},
        ),
        (OWN, {"ref": "main"}),
    ],
)
def test_a_rule_that_says_whose_jobs_it_trusts_is_kept(issuer, claims):
    check_claims(issuer, claims)


@pytest.mark.parametrize(
    ("issuer", "claims"),
    [
        (GITHUB, {}),
        (OWN, {}),
        (GITHUB, {"repository": "*"}),
        (GITHUB, {"repository": "*/site"}),
        (GITHUB, {"repository": "a*/site"}),
        (GITHUB, {"repository": "/*"}),
        (GITHUB, {"sub": "repo:*"}),
        (GITHUB, {"ref": "refs/heads/main"}),
        (GITHUB, {"environment": "production", "actor": "ada"}),
        ("https://gitlab.com", {"ref": "main"}),
        (OWN, {"ref": "*"}),
        (OWN, {"iss": OWN}),
        (OWN, {"aud": "x"}),
        (OWN, {"ref": ""}),
        (OWN, {"ref": "a\nb"}),
        (OWN, {"re f": "x"}),
        (OWN, {"ref": "x" * 501}),
        (OWN, {f"claim{number}": "x" for number in range(21)}),
    ],
    ids=range(18),
)
def test_a_rule_that_would_trust_strangers_is_not(issuer, claims):
    with pytest.raises(Invalid):
        check_claims(issuer, claims)


@pytest.mark.parametrize(
    ("claims", "token"),
    [
        ({}, {"aud": "git"}),
        ({}, {"aud": ["else", "git"]}),
        ({"ref": "refs/heads/*"}, {"aud": "git", "ref": "refs/heads/x/y"}),
        ({"id": "7", "protected": "true"}, {"aud": "git", "id": 7, "protected": True}),
    ],
)
def test_a_token_that_says_what_the_rule_wants_fits(claims, token):
    assert misfit(rule(**claims), token) is None


@pytest.mark.parametrize(
    ("claims", "token", "named"),
    [
        ({}, {}, "audience"),
        ({}, {"aud": "gi"}, "audience"),
        ({}, {"aud": []}, "audience"),
        ({}, {"aud": {"git": 1}}, "audience"),
        ({"ref": "main"}, {"aud": "git"}, "ref"),
        ({"ref": "main"}, {"aud": "git", "ref": "mainly"}, "ref"),
        ({"ref": "main"}, {"aud": "git", "ref": "Main"}, "ref"),
        ({"ref": "main"}, {"aud": "git", "ref": ["main"]}, "ref"),
        ({"ref": "main"}, {"aud": "git", "ref": {"main": 1}}, "ref"),
        ({"ref": "*"}, {"aud": "git", "ref": None}, "ref"),
        ({"id": "1"}, {"aud": "git", "id": True}, "id"),
        ({"id": "1"}, {"aud": "git", "id": 1.0}, "id"),
        ({"ref": "acme/*"}, {"aud": "git", "ref": "acme-evil/x"}, "ref"),
        ({"a": "x", "b": "y"}, {"aud": "git", "a": "x", "b": "z"}, "b"),
    ],
)
def test_a_token_that_lacks_anything_does_not_and_is_told_what(claims, token, named):
    assert misfit(rule(**claims), token).startswith(f"its {named} is")


def test_a_token_is_good_from_its_beginning_to_its_end_give_or_take_a_minute():
    assert check_times({"exp": AT + 10, "nbf": AT - 10, "iat": AT - 10}, AT) == AT + 10
    assert check_times({"exp": AT - SKEW + 1}, AT)
    assert check_times({"exp": AT + 10, "nbf": AT + SKEW, "iat": AT + SKEW}, AT)
    assert check_times({"exp": AT + LONGEST_TOKEN}, AT)


@pytest.mark.parametrize(
    "times",
    [
        {},
        {"exp": None},
        {"exp": AT - SKEW},
        {"exp": AT - SKEW - 1},
        {"exp": AT + 10, "nbf": AT + SKEW + 1},
        {"exp": AT + 10, "iat": AT + SKEW + 1},
        {"exp": AT + LONGEST_TOKEN + SKEW + 1},
        {"exp": str(AT + 10)},
        {"exp": True},
        {"exp": -1},
        {"exp": 2**60},
        {"exp": float("inf")},
        {"exp": float("nan")},
        {"exp": AT + 10, "nbf": "soon"},
        {"exp": [AT + 10]},
    ],
    ids=range(15),
)
def test_at_any_other_time_it_is_not(times):
    with pytest.raises(Invalid):
        check_times(times, AT)
