"""Commands that Bitbucket has nothing like: scan, ensure, presets, policy; by their exit status and output."""

import json
import sys
from pathlib import Path

import pytest
from support.clients import Done

from bitpail import __file__ as package
from bitpail import settings as bitpail_settings
from bitpail.model.scopes import Scope
from bitpail.policy.presets import PRESETS
from bitpail.policy.scopes import expand, minimal
from bitpail.policy.secrets import generate

_CODE = str(Path(package).parents[1])


@pytest.fixture
def run(bitpail, person):
    """Run ``bitpail`` against the data of the running server."""

    def command(*arguments, given=b"") -> Done:
        # The code under test, wherever another one is installed.
        environment = bitpail_settings.as_environment(bitpail.settings) | {"PYTHONPATH": _CODE}
        return person.run(sys.executable, "-m", "bitpail", *arguments, given=given, **environment)

    return command


@pytest.fixture
def ada(bitpail):
    return bitpail.user("ada")


@pytest.fixture
def secret(bitpail, ada):
    return bitpail.app_password(ada, "repository", label="ci")


def test_scan_finds_live_ones_in_all_files_below_a_directory(run, bitpail, ada, secret, tmp_path):
    revoked = bitpail.app_password(ada, "repository", label="old")
    bitpail.revoke(ada, "old")
    logs = tmp_path / "logs" / "deep"
    logs.mkdir(parents=True)
    (logs / "build.log").write_text(f"one\ntwo https://ada:{secret}@host/\n")
    (logs / "binary").write_bytes(b"\0\xff" * 900_000 + secret.encode() + b"\n" * 3)
    (logs / "fine.txt").write_text(f"{revoked}\n{generate().reveal()}\n{secret[:-1]}\n")
    (logs / "loop").symlink_to(tmp_path)

    done = run("app-password", "scan", str(tmp_path / "logs"))
    listed = run("app-password", "scan", str(tmp_path / "logs"), "--json")

    assert done.status == listed.status == 1
    assert sorted(done.out.splitlines()) == [
        f'{logs}/binary:1: app password "ci" of ada',
        f'{logs}/build.log:2: app password "ci" of ada',
    ]
    assert {(leak["file"], leak["line"]) for leak in json.loads(listed.out)["leaks"]} == {
        (f"{logs}/binary", 1),
        (f"{logs}/build.log", 2),
    }
    assert secret not in done.seen + listed.seen


def test_scan_reads_standard_input_and_says_nothing_where_nothing_is(run, secret, tmp_path):
    (tmp_path / "fine.txt").write_text(generate().reveal())

    piped = run("app-password", "scan", "-", given=b"x\n" * 100_000 + secret.encode())
    fine = run("app-password", "scan", str(tmp_path / "fine.txt"))
    missing = run("app-password", "scan", str(tmp_path / "missing"))

    assert (piped.status, piped.out) == (1, 'standard input:100001: app password "ci" of ada\n')
    assert (fine.status, fine.seen) == (0, "")
    assert (missing.status, missing.out) == (1, "")
    assert "no file or directory" in missing.err


def ensure(run, *more):
    done = run("app-password", "ensure", "--user", "ada", "--label", "tf", "--json", *more)
    return done.status, json.loads(done.out)


def test_ensure_makes_one_once(run, ada):
    wanted = ("--permission", "repository", "--expires", "30d", "--network", "192.0.2.1", "--branch", "bot/*")

    made, again = ensure(run, *wanted), ensure(run, *wanted)

    assert (made[0], made[1]["state"]) == (0, "created")
    assert made[1]["secret"].startswith("bp_")
    assert (again[0], again[1]["state"], again[1]["secret"]) == (0, "present", None)


def test_ensure_says_what_differs_and_changes_nothing_unless_told_to(run, bitpail, ada):
    made = ensure(run, "--permission", "repository")[1]["secret"]
    other = ("--permission", "repository:write", "--no-force", "--expires", "1d")

    status, told = ensure(run, *other)

    assert (status, told["state"], told["secret"]) == (1, "different", None)
    assert told["differences"] == [
        "it has repository, not repository:write",
        "its limit 'no_force' is another one",
        "it expires later than wanted",
    ]
    assert ensure(run, "--permission", "repository")[1]["state"] == "present"

    status, replaced = ensure(run, *other, "--replace")
    assert (status, replaced["state"]) == (0, "replaced")
    assert replaced["secret"] not in {None, made}
    assert ensure(run, *other)[1]["state"] == "present"


def test_ensure_goes_by_meaning_not_by_spelling(run, ada):
    ensure(run, "--permission", "repository:write", "--network", "192.0.2.7/24", "--network", "::1")

    status, told = ensure(
        *(run, "--permission", "repository", "--permission", "repository:write"),
        *("--network", "::1/128", "--network", "192.0.2.0/24"),
    )

    assert (status, told["state"]) == (0, "present")


def test_a_preset_is_a_set_of_permissions_each_with_a_reason(run, ada):
    listed = json.loads(run("app-password", "presets", "--json").out)

    assert set(listed) == {
        *("sourcetree", "git-credential-manager", "jenkins", "renovate", "terraform", "backup"),
        *("clone-only", "wiki-only"),
    }
    for name, preset in PRESETS.items():
        assert listed[name]["permissions"] == {
            str(reason.permission): reason.why for reason in preset.reasons
        }
        assert all(reason.why for reason in preset.reasons)
        made = run(*("app-password", "create", "--user", "ada", "--label", name, "--preset", name, "--json"))
        assert set(json.loads(made.out)["permissions"]) == set(minimal(preset.permissions))
    assert expand(PRESETS["clone-only"].permissions) == {Scope.REPOSITORY}
    assert expand(PRESETS["wiki-only"].permissions) == {Scope.WIKI}
    assert "clones and fetches" in run("app-password", "presets").out


def test_create_wants_a_permission_or_a_preset_that_exists(run, ada):
    without = run("app-password", "create", "--user", "ada", "--label", "x")
    unknown = run("app-password", "create", "--user", "ada", "--label", "x", "--preset", "nothing")

    assert without.status == 2
    assert unknown.status == 1
    assert "clone-only" in unknown.err


def test_a_policy_rules_what_is_made_from_now_on_and_lists_the_rest(run, bitpail, person, ada, secret):
    assert "no policy" in run("policy", "show").out
    assert run("policy", "check").status == 0

    done = run(
        *("policy", "set", "--longest-lifetime", "90d", "--forbid", "repository:delete", "--places"),
        *("--network", "10.0.0.0/8", "--json"),
    )
    refused = run(
        "app-password", "create", "--user", "ada", "--label", "new", "--permission", "repository:delete"
    )
    bitpail.repository("ada/notes")
    allowed = run(
        *("app-password", "create", "--user", "ada", "--label", "new", "--permission", "repository"),
        *("--expires", "90d", "--repository", "ada/notes", "--network", "10.1.0.0/16"),
    )
    checked, listed = run("policy", "check"), run("policy", "check", "--json")

    assert json.loads(done.out) == json.loads(run("policy", "show", "--json").out)
    assert refused.status == 1
    for rule in (
        "expire within 90 days",
        "repository:delete",
        "inside 10.0.0.0/8",
        "limited to repositories",
    ):
        assert rule in refused.err
    assert allowed.worked, allowed.seen
    assert checked.status == listed.status == 1
    assert checked.out.startswith('app password "ci" of ada: it must expire within 90 days')
    assert [breach["label"] for breach in json.loads(listed.out)] == ["ci"]
    # What was made before goes on working.
    assert person.api(f"{bitpail.api}/repositories/ada", "--user", f"ada:{secret}")[0] == 200
    cleared = run("policy", "set")
    assert (cleared.status, run("policy", "check").status) == (0, 0)
