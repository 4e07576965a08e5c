"""Trust rules by command line."""

import pytest

CREATE = ("trust-rule", "create", "--user", "ada", "--label", "ci", "--permission", "repository")


def test_a_rule_is_made_listed_and_removed(bitpail):
    made = bitpail.json(
        *CREATE, "--issuer", "github", "--claim", "repository=acme/site", "--claim", "ref=refs/heads/*",
        "--audience", "https://git.example.org", "--lifetime", "5m", "--branch", "bot/*",
    )  # fmt: skip

    assert made["issuer"] == "https://token.actions.githubusercontent.com"
    assert made["claims"] == {"repository": "acme/site", "ref": "refs/heads/*"}
    assert made["lifetime"] == 300
    (listed,) = bitpail.json("trust-rule", "list", "--user", "ada")
    assert listed["label"] == "ci"
    assert listed["app_password"]["limits"]["branches"] == ["refs/heads/bot/*"]
    assert "repository=acme/site, ref=refs/heads/*  (never used)" in bitpail.well(
        "trust-rule", "list", "--user", "ada"
    )
    assert bitpail.json("trust-rule", "uses", "--user", "ada", "--label", "ci") == []
    assert bitpail.well("trust-rule", "remove", "--user", "ada", "--label", "ci") == "removed ci\n"
    assert bitpail.json("trust-rule", "list", "--user", "ada") == []


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        (("--issuer", "github"), 2, "--claim"),
        (("--claim", "a=b"), 2, "--issuer"),
        (("--issuer", "github", "--claim", "repository"), 1, "NAME=PATTERN"),
        (("--issuer", "github", "--claim", "repository=*", "--audience", "x"), 1, "whose jobs"),
        (("--issuer", "nobody", "--claim", "a=b", "--audience", "x"), 1, "not an issuer"),
        (("--issuer", "http://ci.example.org", "--claim", "a=b", "--audience", "x"), 1, "private_issuers"),
        (("--issuer", "github", "--claim", "repository=a/b"), 1, "audience"),
        (
            ("--issuer", "github", "--claim", "repository=a/b", "--audience", "x", "--lifetime", "2h"),
            1,
            "minutes",
        ),
    ],
    ids=range(8),
)
def test_what_is_wrong_is_said(bitpail, options, status, words):
    done = bitpail(*CREATE, *options)

    assert done.status == status
    assert words in done.err


def test_a_token_is_tried_from_standard_input(bitpail):
    bitpail.well(*CREATE, "--issuer", "github", "--claim", "repository=acme/site", "--audience", "x")

    nonsense = bitpail("trust-rule", "try", "--user", "ada", given="nonsense\n")
    other = bitpail("trust-rule", "try", "--user", "ada", given="e30.eyJpc3MiOiJodHRwczovL3gub3JnIn0.x")

    assert nonsense.status == other.status == 1
    assert "no ID token" in nonsense.err
    assert "its issuer is 'https://x.org'" in other.out
