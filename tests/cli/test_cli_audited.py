"""What administrators do to places at the command line is in the audit log too, by nobody and from nowhere."""

import json

import pytest

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBnUbTHcbmiFJuQk8ZCUxmUkA1yBxWsdSCd3hqmcXX9p ci"


def deeds(bitpail, *options):
    """Kind and detail of each, without UUIDs."""
    found = [json.loads(line) for line in bitpail.well("audit", "list", "--jsonl", *options).splitlines()]
    assert all(
        (one["username"], one["address"]) == ("", "") for one in found if one["kind"] != "user.created"
    )
    return [(one["kind"], _named(one["detail"])) for one in found if one["kind"] != "user.created"]


def _named(detail):
    return {name: value for name, value in detail.items() if not name.endswith("_uuid")}


@pytest.fixture
def acme(bitpail):
    new = ("user", "create", "grace", "--email", "grace@example.org", "--password-stdin")
    bitpail.well(*new, given="long enough\n")
    bitpail.well("workspace", "create", "acme", "--owner", "ada")
    return bitpail


def test_workspaces_groups_and_projects(acme):
    acme.well("workspace", "join", "acme", "grace", "--repositories", "read")
    acme.well("group", "create", "acme/devs")
    acme.well("group", "add", "acme/devs", "grace")
    acme.well("project", "create", "acme/LIB")
    acme.well("project", "grant", "acme/LIB", "devs", "write", "--group")
    acme.well("project", "grant", "acme/LIB", "devs", "none", "--group")
    acme.well("project", "grant", "acme/LIB", "devs", "none", "--group")
    acme.well("group", "remove", "acme/devs", "grace")
    acme.well("group", "delete", "acme/devs")
    acme.well("workspace", "leave", "acme", "grace")

    at, lib = {"workspace": "acme"}, {"project": "acme/LIB"}
    devs = {"group": "devs"}
    granted = {**lib, "whom": "group devs", "permission": "write"}
    belongs = {**at, "whom": "grace", "role": "member", "repositories": "read"}
    assert deeds(acme, "--place", "acme") == [
        ("workspace.created", {**at, "is_private": True, "owner": "ada"}),
        ("member.added", belongs),
        ("group.created", {**at, **devs}),
        ("group.member_added", {**at, **devs, "whom": "grace"}),
        ("project.created", {**lib, "is_private": True}),
        ("permission.granted", {**granted, "before": "none"}),
        ("permission.revoked", granted),
        ("group.member_removed", {**at, **devs, "whom": "grace"}),
        ("group.deleted", {**at, **devs}),
        ("member.removed", belongs),
    ]


def test_repositories_of_all_origins_grants_keys_and_an_end(acme, tmp_path, git):
    git.commit("first")
    (tmp_path / "ci.pub").write_text(KEY)
    acme.well("repo", "create", "acme/code", "--public")
    acme.well("repo", "import", str(git.path), "acme/copy")
    acme.well("repo", "adopt", str(git.path), "acme/there")
    acme.well("repo", "adopt", str(git.path), "acme/there")
    acme.well("repo", "fork", "acme/copy", "ada/mine")
    acme.well("repo", "grant", "acme/code", "grace", "write")
    acme.well("repo", "grant", "acme/code", "grace", "none")
    acme.well("access-key", "add", str(tmp_path / "ci.pub"), "--repository", "acme/code")
    acme.well("access-key", "remove", _fingerprint(acme), "--repository", "acme/code")
    acme.well("repo", "delete", "acme/code", "--yes")

    code, private = {"repository": "acme/code"}, {"is_private": True}
    granted = {**code, "whom": "grace", "permission": "write"}
    found = deeds(acme)[1:]
    assert [kind for kind, _ in found] == [
        *("repository.created", "repository.imported", "repository.adopted", "repository.forked"),
        *("permission.granted", "permission.revoked", "access_key.added", "access_key.removed"),
        "repository.deleted",
    ]
    told = [detail for _, detail in found]
    assert told[0] == {**code, "is_private": False}
    assert told[1] == {"repository": "acme/copy", "source": str(git.path), **private}
    assert told[2] == {"repository": "acme/there", "directory": str(git.path), **private}
    assert told[3] == {"repository": "ada/mine", "fork_of": "acme/copy", **private}
    assert told[4:6] == [{**granted, "before": "none"}, granted]
    assert told[6] == told[7]
    assert told[8] == code
    assert [kind for kind, _ in deeds(acme, "--place", "ada/mine")] == ["repository.forked"]


def _fingerprint(bitpail):
    (added,) = deeds(bitpail, "--kind", "access_key.added")
    return added[1]["fingerprint"]


def test_a_line_for_people_has_kind_and_place(acme):
    shown = acme.well("audit", "list", "--place", "acme")

    assert "workspace.created" in shown
    assert "from command line" in shown
    assert '"workspace":"acme"' in shown
