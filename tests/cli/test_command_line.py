"""The command line, run as people and scripts run it."""

import json
import sys

import pytest
from support.clients import Person, refs

from bitpail.policy import secrets


def test_init_makes_a_directory_that_nobody_else_can_read_and_may_be_repeated(empty):
    first = empty.well("init")
    keys = (empty.data / "keys.json").read_bytes()

    again = empty.well("init")

    assert str(empty.data) in first
    assert "keys: made now" in first
    assert "keys: kept as they are" in again
    assert (empty.data / "keys.json").read_bytes() == keys
    assert empty.data.stat().st_mode & 0o777 == 0o700
    assert (empty.data / "keys.json").stat().st_mode & 0o777 == 0o600


def test_a_data_directory_may_be_named_before_the_command(empty, tmp_path):
    empty.well("--data", str(tmp_path / "other"), "init")

    assert (tmp_path / "other" / "keys.json").exists()
    assert not empty.data.exists()


def test_what_was_not_made_yet_is_said_with_what_to_do(empty):
    done = empty("user", "list")

    assert done.status == 1
    assert done.out == ""
    assert done.err == f"bitpail: no keys in {empty.data}: run 'bitpail init' first\n"


def test_a_user_is_made_with_a_password_from_standard_input(empty):
    empty.well("init")

    said = empty.well(
        *("user", "create", "ada", "--email", "ada@example.org", "--admin", "--password-stdin"),
        given="correct horse battery\n",
    )

    assert said == "created user ada with the workspace ada\n"
    (ada,) = empty.json("user", "list")
    assert (ada["username"], ada["is_admin"], ada["is_active"]) == ("ada", True, True)
    assert not any(b"correct horse" in path.read_bytes() for path in empty.data.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("", "there is no password on standard input"),
        ("short\n", "an account password has 8 to 1024 characters"),
    ],
)
def test_a_password_that_is_none_is_refused(bitpail, given, reason):
    done = bitpail("user", "create", "grace", "--email", "grace@example.org", "--password-stdin", given=given)

    assert (done.status, done.out, done.err) == (1, "", f"bitpail: {reason}\n")
    assert len(bitpail.json("user", "list")) == 1


def test_a_password_is_asked_for_twice_at_a_terminal(bitpail, tmp_path):
    person = Person(tmp_path / "home")
    person.environment |= bitpail.environment
    line = f"{sys.executable} -m bitpail user create grace --email grace@example.org"

    session = person.types(line, "long enough", "long enough", prompts={0: "Account password:", 1: "Repeat"})

    assert session.status == 0, session.screen
    assert "long enough" not in session.screen
    assert {one["username"] for one in bitpail.json("user", "list")} == {"ada", "grace"}


def test_a_workspace_a_project_and_repositories_are_made(bitpail):
    bitpail.well("workspace", "create", "acme", "--owner", "ada")
    bitpail.well("project", "create", "acme/WEB")

    bitpail.well("repo", "create", "acme/notes")
    bitpail.well("repo", "create", "acme/site", "--public", "--project", "WEB")

    made = {one["full_name"]: (one["is_private"], one["project"]) for one in bitpail.json("repo", "list")}
    assert made == {"acme/notes": (True, "PROJ"), "acme/site": (False, "WEB")}


def test_an_import_brings_all_branches_and_tags(bitpail, tmp_path):
    person = Person(tmp_path / "home")
    source = person.home / "source"
    person.well("init", "--quiet", "--initial-branch=trunk", str(source))
    person.commit(source)
    person.well("branch", "feature/one", at=source)
    person.well("tag", "--annotate", "--message", "First", "v1", at=source)
    person.well("update-ref", "refs/notes/commits", "HEAD", at=source)

    bitpail.well("repo", "import", str(source), "ada/copy")

    (directory,) = (bitpail.data / "repositories").glob("*/*.git")
    brought = {
        name: value for name, value in refs(source / ".git").items() if not name.startswith("refs/notes/")
    }
    assert refs(directory) == brought
    assert (directory / "HEAD").read_text() == "ref: refs/heads/trunk\n"


def test_an_import_that_fails_leaves_nothing(bitpail, tmp_path):
    done = bitpail("repo", "import", str(tmp_path / "missing"), "ada/copy")

    assert done.status == 1
    assert done.err.startswith("bitpail: ")
    assert bitpail.json("repo", "list") == []
    assert not list((bitpail.data / "repositories").glob("*/*"))


def test_a_directory_is_adopted_where_it_lies_and_twice_is_no_error(bitpail, tmp_path):
    person = Person(tmp_path / "home")
    person.well("init", "--quiet", "--bare", "my notes.git")
    directory = person.home / "my notes.git"

    for _ in range(2):
        bitpail.well("repo", "adopt", str(directory), "ada/notes")

    (one,) = bitpail.json("repo", "list")
    assert (one["full_name"], one["directory"]) == ("ada/notes", str(directory))
    assert not list((bitpail.data / "repositories").glob("*/*"))


def test_a_repository_is_deleted_when_its_name_was_typed_or_with_yes(bitpail):
    bitpail.well("repo", "create", "ada/notes")

    kept = bitpail("repo", "delete", "ada/notes", given="ada/other\n")
    assert kept.status == 1
    assert len(bitpail.json("repo", "list")) == 1

    bitpail.well("repo", "delete", "ada/notes", "--yes")
    assert bitpail.json("repo", "list") == []


def test_an_app_password_is_made_listed_and_revoked(bitpail):
    made = bitpail.json(
        *("app-password", "create", "--user", "ada", "--label", "laptop"),
        *("--permission", "repository:write", "--permission", "wiki"),
    )
    secret = made.pop("secret")

    assert made == {"username": "ada", "label": "laptop", "permissions": ["repository:write", "wiki"]}
    assert secrets.PATTERN.fullmatch(secret)
    assert secret not in bitpail.well("app-password", "list", "--user", "ada")
    (listed,) = bitpail.json("app-password", "list", "--user", "ada")
    assert (listed["label"], listed["permissions"]) == ("laptop", ["repository:write", "wiki"])
    assert secret not in json.dumps(listed)

    assert bitpail.well("app-password", "revoke", "--user", "ada", "--label", "laptop") == "revoked laptop\n"
    assert bitpail.json("app-password", "list", "--user", "ada") == []
    (revoked,) = bitpail.json("app-password", "list", "--user", "ada", "--all")
    assert revoked["revoked_on"] is not None


def test_for_people_the_secret_stands_alone_on_standard_output(bitpail):
    done = bitpail("app-password", "create", "--user", "ada", "--label", "ci", "--permission", "repository")

    assert done.worked
    assert secrets.PATTERN.fullmatch(done.out.strip())
    assert "the only time it is shown" in done.err
    assert done.out.strip() not in done.err


REFUSED = [
    (
        ["app-password", "create", "--user", "ada", "--label", "x", "--permission", "everything"],
        "not a permission: 'everything'",
    ),
    (["app-password", "create", "--user", "nobody", "--label", "x", "--permission", "wiki"], "nobody"),
    (
        ["app-password", "create", "--user", "ada", "--label", " ", "--permission", "wiki"],
        "the label is empty",
    ),
    (["app-password", "revoke", "--user", "ada", "--label", "missing"], "no app password labelled 'missing'"),
    (["repo", "create", "notes"], "name a repository as WORKSPACE/REPOSITORY, not 'notes'"),
    (["repo", "create", "nowhere/notes"], "nowhere"),
    (["repo", "create", "ada/not valid"], "not a repository slug: 'not valid'"),
    (["repo", "create", "ada/notes", "--project", "NONE"], "no project 'NONE'"),
    (["repo", "adopt", "/nonexistent", "ada/notes"], "not a git repository: '/nonexistent'"),
    (["repo", "delete", "ada/missing", "--yes"], "no repository ada/missing"),
    (["workspace", "create", "login", "--owner", "ada"], "the name 'login' is reserved"),
    (["user", "disable", "nobody"], "nobody"),
]


@pytest.mark.parametrize(
    ("arguments", "reason"), REFUSED, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_what_is_refused_ends_with_1_and_a_line_on_standard_error(bitpail, arguments, reason):
    done = bitpail(*arguments)

    assert done.status == 1
    assert done.out == ""
    assert done.err.startswith("bitpail: ")
    assert reason in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["repo", "create"],
        ["user", "create", "x"],
        ["serve", "--workers", "many"],
        ["init", "--force"],
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_ends_with_2(empty, arguments):
    done = empty(*arguments)

    assert done.status == 2
    assert done.out == ""
    assert "Error:" in done.err
