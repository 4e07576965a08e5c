"""Groups and what is granted to them, on the command line."""

import pytest


@pytest.fixture
def acme(bitpail):
    """A workspace with a project and a repository in it, and Grace, who is a member."""
    bitpail.well(
        *("user", "create", "grace", "--email", "grace@example.org", "--password-stdin"),
        given="long enough\n",
    )
    bitpail.well("workspace", "create", "acme", "--owner", "ada")
    bitpail.well("workspace", "join", "acme", "grace")
    bitpail.well("project", "create", "acme/LIB")
    bitpail.well("repo", "create", "acme/code", "--project", "LIB")
    return bitpail


def test_a_group_is_made_filled_listed_emptied_and_deleted(acme):
    assert acme.well("group", "create", "acme/devs", "--title", "Developers") == "created group acme/devs\n"
    assert acme.well("group", "add", "acme/devs", "grace") == "grace is in acme/devs\n"
    acme.well("group", "add", "acme/devs", "grace")
    acme.well("group", "add", "acme/devs", "ada")

    assert acme.json("group", "list", "acme") == [
        {"slug": "devs", "name": "Developers", "members": ["ada", "grace"]}
    ]
    assert acme.well("group", "list", "acme").split() == ["devs", "ada,", "grace"]
    assert acme.well("group", "remove", "acme/devs", "grace") == "grace is no longer in acme/devs\n"
    assert acme.json("group", "list", "acme")[0]["members"] == ["ada"]
    assert acme.well("group", "delete", "acme/devs") == "deleted group acme/devs\n"
    assert acme.json("group", "list", "acme") == []


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["create", "acme"], "name a group as WORKSPACE/GROUP, not 'acme'"),
        (["create", "acme/-x"], "not a group slug: '-x'"),
        (["create", "acme/a b"], "not a group slug: 'a b'"),
        (["create", "acme/devs"], "the group 'devs' exists already in 'acme'"),
        (["create", "none/devs"], "no workspace 'none'"),
        (["add", "acme/none", "grace"], "no group 'none' in workspace 'acme'"),
        (["add", "acme/devs", "nobody"], "nobody"),
        (["add", "acme/devs", "eve"], "eve is no member of acme"),
        (["remove", "acme/devs", "ada"], "ada is not in the group 'devs'"),
        (["delete", "acme/none"], "no group 'none' in workspace 'acme'"),
        (["list", "none"], "no workspace 'none'"),
    ],
)
def test_what_is_wrong_is_said(acme, words, reason):
    acme.well("group", "create", "acme/devs")
    acme.well(
        *("user", "create", "eve", "--email", "eve@example.org", "--password-stdin"), given="long enough\n"
    )

    done = acme("group", *words)

    assert (done.status, done.out) == (1, "")
    assert reason in done.err


def test_permissions_are_granted_to_users_and_groups_on_repositories_and_projects(acme):
    acme.well("group", "create", "acme/devs")

    said = [
        acme.well("repo", "grant", "acme/code", "grace", "read"),
        acme.well("repo", "grant", "acme/code", "devs", "write", "--group"),
        acme.well("project", "grant", "acme/LIB", "grace", "create-repo"),
        acme.well("project", "grant", "acme/LIB", "devs", "admin", "--group"),
        acme.well("project", "grant", "acme/LIB", "devs", "none", "--group"),
    ]

    assert said[1] == "devs has write on acme/code\n"
    assert said[2] == "grace has create-repo on the project acme/LIB\n"
    assert "no group 'none'" in acme("repo", "grant", "acme/code", "none", "read", "--group").err
    assert "no project 'NONE'" in acme("project", "grant", "acme/NONE", "grace", "read").err
    # The command line's own words for permissions: repositories know no create-repo.
    assert acme("repo", "grant", "acme/code", "grace", "create-repo").status != 0


def test_the_last_owner_stays(acme):
    for words in (["leave", "acme", "ada"], ["join", "acme", "ada", "--role", "member"]):
        done = acme("workspace", *words)
        assert (done.status, "ada is the last owner of acme" in done.err) == (1, True)

    assert acme.json("workspace", "members", "acme")[0] == {
        "username": "ada", "role": "owner", "repositories": "none"
    }  # fmt: skip
