"""``bitpail api-token``, ``access-token``, ``workspace year`` and ``policy year``."""

import json

import pytest

API = ("--user", "ada", "--label", "laptop")
ONE = ("--repository", "ada/notes", "--label", "ci")


@pytest.fixture
def ada(bitpail):
    bitpail.well("repo", "create", "ada/notes")
    return bitpail


def test_an_api_token_is_made_listed_rotated_and_revoked(ada):
    made = ada.json("api-token", "create", *API, "--expires", "30d", "--permission", "read:user:bitbucket")
    rotated = ada.json("api-token", "rotate", *API, "--grace", "1h")
    status = ada.json("api-token", "rotate", *API, "--status")
    ada.well("api-token", "rotate", *API, "--finish")
    (listed,) = ada.json("api-token", "list", "--user", "ada")
    ada.well("api-token", "revoke", *API)

    assert made["secret"].startswith("bpa_")
    assert made["permissions"] == ["read:user:bitbucket"]
    assert rotated["secret"] != made["secret"]
    assert status["old"]["ends_on"]
    assert (listed["kind"], listed["label"], listed["revoked_on"]) == ("api_token", "laptop", None)
    assert ada.json("api-token", "list", "--user", "ada") == []
    assert len(ada.json("api-token", "list", "--user", "ada", "--all")) == 1
    # It is none of the app passwords.
    assert ada.json("app-password", "list", "--user", "ada", "--all") == []


@pytest.mark.parametrize(
    "place",
    [
        ("--repository", "ada/notes"),
        ("--project", "ada/PROJ"),
        ("--workspace", "ada"),
    ],
)
def test_an_access_token_is_made_listed_rotated_and_revoked(ada, place):
    one = (*place, "--label", "ci")
    made = ada.json("access-token", "create", *one, "--permission", "repository:write")
    rotated = ada.json("access-token", "rotate", *one)
    ada.well("access-token", "rotate", *one, "--roll-back")
    (listed,) = ada.json("access-token", "list", *place)
    ada.well("access-token", "revoke", *one)

    assert made["secret"].startswith("bpt_")
    assert rotated["secret"] != made["secret"]
    assert listed["kind"] == {"--repository": "repo", "--project": "project", "--workspace": "workspace"}[
        place[0]
    ] + ("_access_token")
    assert ada.json("access-token", "list", *place) == []
    # Its robot is no account.
    assert "bot/" not in ada.well("user", "list")


def test_a_secret_is_alone_on_standard_output(ada):
    done = ada("access-token", "create", *ONE, "--permission", "repository")

    assert done.worked
    assert done.out.startswith("bpt_")
    assert done.out.count("\n") == 1
    assert "x-token-auth" in done.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("api-token", "create", *API, "--permission", "read:user:bitbucket"), "--expires"),
        (
            ("api-token", "create", *API, "--expires", "2y", "--permission", "read:user:bitbucket"),
            "more than a year",
        ),
        (("api-token", "create", *API, "--expires", "1d", "--permission", "repository"), "not a permission"),
        (("api-token", "revoke", *API), "no API token labelled 'laptop'"),
        (
            ("access-token", "create", "--label", "x", "--permission", "repository"),
            "name one of --repository",
        ),
        (("access-token", "create", *ONE, "--workspace", "ada", "--permission", "repository"), "name one of"),
        (("access-token", "create", *ONE, "--permission", "project"), "not a permission: 'project'"),
        (("access-token", "revoke", *ONE), "no repository access token labelled 'ci'"),
        (("access-token", "list", "--repository", "ada/none"), "none"),
        (("workspace", "year", "ada", "1999"), "not a year: '1999'"),
        (("policy", "year", "strict"), "not a year: 'strict'"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(ada, arguments, told):
    done = ada(*arguments)

    assert not done.worked
    assert told in done.err
    assert "Traceback" not in done.err


def test_the_year_of_the_server_is_a_setting_until_it_is_decided(ada):
    assert ada.json("policy", "year") == {"year": "tolerant"}
    assert ada.json("policy", "year", "strict-2026") == {"year": "strict-2026"}
    assert ada.json("policy", "year") == {"year": "strict-2026"}
    assert ada.json("policy", "year", "server") == {"year": "tolerant"}


def test_a_workspace_has_a_year_of_its_own(ada):
    assert ada.json("workspace", "year", "ada") == {"year": "server"}
    assert ada.json("workspace", "year", "ada", "strict-2022") == {"year": "strict-2022"}
    assert ada.json("workspace", "year", "ada") == {"year": "strict-2022"}
    assert ada.json("workspace", "year", "ada", "server") == {"year": "server"}


def test_permissions_are_listed(ada):
    assert "read:repository:bitbucket" in ada.json("api-token", "permissions")
    table = ada.json("access-token", "permissions")
    assert "project:admin" in table["workspace"]
    assert "project" not in table["repository"]


WHOSE = [("api-token", "--user", "ada"), *(("access-token", *place) for place in (
    ("--repository", "ada/notes"), ("--project", "ada/PROJ"), ("--workspace", "ada"),
))]  # fmt: skip


def created(ada, group, *whose):
    scopes = (
        ("read:repository:bitbucket", "write:repository:bitbucket")
        if group == "api-token"
        else ("repository:write",)
    )
    asked = [part for scope in scopes for part in ("--permission", scope)]
    ada.json(group, "create", *whose, "--label", "ci", "--expires", "30d", *asked)
    return scopes[0].removesuffix(":write")


@pytest.mark.parametrize("whose", WHOSE, ids=lambda whose: whose[1])
def test_a_narrower_token_is_made_told_of_rolled_back_and_finished(ada, whose):
    group, one = whose[0], (*whose[1:], "--label", "ci")
    enough = created(ada, *whose)

    made = ada(group, "replace", *one, "--permission", enough, "--grace", "1h")
    status = ada.json(group, "replace", *one, "--status")
    told = ada.well(group, "replace", *one, "--status")
    kept = ada.well(group, "replace", *one, "--roll-back")
    again = json.loads(ada(group, "replace", *one, "--permission", enough, "--json").out)
    ended = ada.well(group, "replace", *one, "--finish")

    assert made.worked
    assert made.out.startswith("bpa_" if group == "api-token" else "bpt_")
    assert made.out.count("\n") == 1
    assert "ci works until" in made.err
    assert (status["old"]["label"], status["new"]["label"]) == ("ci", "ci (narrowed)")
    assert "ci (narrowed) was never used" in told
    assert "ci goes on as before" in kept
    assert (again["label"], again["permissions"]) == ("ci (narrowed)", [enough])
    assert "revoked ci" in ended
    (left,) = ada.json(group, "list", *whose[1:])
    assert (left["label"], left["permissions"]) == ("ci (narrowed)", [enough])
    assert ada.well("user", "list").count("\n") == 1


@pytest.mark.parametrize("whose", WHOSE, ids=lambda whose: whose[1])
def test_advice_on_tokens_is_printed(ada, whose):
    created(ada, *whose)

    (found,) = ada.json(whose[0], "advise", *whose[1:])

    assert (found["label"], found["advice"], found["needed"]) == ("ci", "wait", [])
    assert "ci: nothing is known of its use" in ada.well(whose[0], "advise", *whose[1:])


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "give one of --advised"),
        (("--advised", "--permission", "repository"), "give one of --advised"),
        (("--finish", "--roll-back"), "give one of --advised"),
        (("--advised",), "nothing narrower is advised for 'ci'"),
        (("--permission", "repository:write"), "fewer permissions than 'ci'"),
        (("--permission", "repository:admin"), "fewer permissions than 'ci'"),
        (("--permission", "read:repository:bitbucket"), "not a permission"),
        (("--permission", "account"), "not a permission"),
        (("--permission", ""), "not a permission"),
        (("--permission", "repository", "--grace", "100d"), "the grace must be"),
        (("--permission", "repository", "--grace", "soon"), "soon"),
        (("--advised", "--after", "soon"), "soon"),
        (("--finish",), "no replacement of 'ci' is under way"),
        (("--roll-back",), "no replacement of 'ci' is under way"),
    ],
)
def test_what_is_no_narrower_token_is_said_and_nothing_is_made(ada, options, told):
    created(ada, "access-token", "--repository", "ada/notes")

    done = ada("access-token", "replace", *ONE, *options)

    assert not done.worked
    assert told in done.err
    assert "Traceback" not in done.err
    assert len(ada.json("access-token", "list", "--repository", "ada/notes", "--all")) == 1


def test_a_token_that_is_not_there_is_not_replaced(ada):
    created(ada, "access-token", "--repository", "ada/notes")
    for asked in (
        ("api-token", "replace", *API, "--advised"),
        ("access-token", "replace", "--workspace", "ada", "--label", "ci", "--advised"),
        ("access-token", "replace", "--repository", "ada/notes", "--label", "other", "--advised"),
        ("access-token", "replace", "--label", "ci", "--advised"),
    ):
        assert not ada(*asked).worked


@pytest.mark.parametrize(
    ("flag", "place", "what"),
    [
        ("--repository", "ada/notes", "repository access token"),
        ("--project", "ada/PROJ", "project access token"),
        ("--workspace", "ada", "workspace access token"),
    ],
)
def test_people_read_of_a_robot_by_its_token_and_place(ada, tmp_path, flag, place, what):
    made = ada.json("access-token", "create", flag, place, "--label", "ci", "--permission", "repository")
    ada.json("app-password", "create", "--user", "ada", "--label", "mine", "--permission", "repository")
    (tmp_path / "log").write_text(made["secret"])

    log = ada.well("audit", "list", "--kind", "app_password.created").splitlines()
    scan = ada("app-password", "scan", str(tmp_path / "log"))
    ada.well("policy", "set", "--network", "192.0.2.0/24")
    check = ada("policy", "check")

    assert f'  {what} "ci" of {place}  from command line' in log[0]
    assert "  ada 'mine'  from command line" in log[1]
    assert scan.out == f'{tmp_path}/log:1: {what} "ci" of {place}\n'
    mine, its = check.out.splitlines()
    assert mine.startswith('app password "mine" of ada: ')
    assert its.startswith(f'{what} "ci" of {place}: ')
    assert "bot/" not in "".join(log) + scan.seen + check.seen
    (listed,) = [one for one in json.loads(ada("policy", "check", "--json").out) if one["place"]]
    assert (listed["place"], listed["what"], listed["label"]) == (place, what, "ci")
