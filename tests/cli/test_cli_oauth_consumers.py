"""OAuth consumers on the command line."""

import pytest

CALLBACK = "https://app.example.org/callback"
CREATE = (
    *("oauth-consumer", "create", "ada", "--user", "ada", "--name", "Deploy bot"),
    *("--callback-url", CALLBACK, "--permission", "account", "--permission", "repository:write"),
)


def test_an_app_is_registered_listed_given_a_new_secret_and_deleted(bitpail):
    key, secret = (line.split()[1] for line in bitpail.well(*CREATE).splitlines())
    (listed,) = bitpail.json("oauth-consumer", "list", "ada")
    line = bitpail.well("oauth-consumer", "list", "ada")
    rotated = bitpail.well("oauth-consumer", "rotate", "ada", key, "--user", "ada").split()[1]

    assert (listed["key"], listed["stands_for"], listed["is_public"]) == (key, "ada", False)
    assert listed["permissions"] == ["account", "repository:write"]
    assert secret.startswith("bps_")
    assert rotated.startswith("bps_")
    assert rotated != secret
    assert line.split()[:2] == [key, "confidential"]
    assert "bps_" not in line
    assert bitpail.well("oauth-consumer", "revoke", "ada", "Deploy bot") == "deleted Deploy bot\n"
    assert bitpail.json("oauth-consumer", "list", "ada") == []


def test_a_public_one_says_so_and_everything_comes_as_json(bitpail):
    made = bitpail.json(
        *("oauth-consumer", "create", "ada", "--user", "ada", "--name", "Phone", "--public"),
        *("--callback-url", "org.example.phone:/cb", "--permission", "repository"),
    )

    assert made["is_public"] is True
    assert made["secret"].startswith("bps_")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ((*CREATE[:-1], "nothing"), "there is no scope 'nothing'"),
        ((*CREATE[:-1], "bitpail:site:admin"), "there is no scope"),
        ((*CREATE, "--public", "--callback-url", "http://app.example.org/"), "by https"),
        (("oauth-consumer", "list", "nowhere"), "no workspace 'nowhere'"),
        (("oauth-consumer", "revoke", "ada", "nothing"), "there is no such OAuth consumer"),
        (("oauth-consumer", "rotate", "ada", "nothing", "--user", "ada"), "there is no such OAuth consumer"),
    ],
)
def test_what_is_wrong_is_said(bitpail, words, reason):
    done = bitpail(*words)

    assert done.status == 1
    assert reason in done.err
