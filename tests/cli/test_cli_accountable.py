import asyncio
import json

import pytest
from click.testing import CliRunner
from support.site import serving

from bitpail.cli.main import bitpail
from bitpail.errors import BitpailError


@pytest.fixture
def run(settings):
    def command(*arguments, given="", fails=False):
        done = CliRunner().invoke(bitpail, ["--data", settings.data, *arguments], input=given)
        assert (done.exit_code != 0) == fails, done.output
        if fails:
            assert isinstance(done.exception, BitpailError | SystemExit), done.exception
        return done

    return command


@pytest.fixture
def asked(settings, run):
    """Ada's app password ``ci`` has read a repository once, and was refused her e-mail address."""

    async def ask(auth):
        async with serving(settings) as server:
            await server.client.get("/2.0/repositories/ada/notes", auth=auth)
            answer = await server.client.get("/2.0/user/emails", auth=auth)
        return answer.headers["x-request-id"]

    user = ("user", "create", "ada", "--email", "ada@example.org", "--password-stdin")
    run(*user, given="a long password\n")
    run("repo", "create", "ada/notes")
    made = run(
        *("app-password", "create", "--user", "ada", "--label", "ci", "--json"),
        *("--permission", "repository:write", "--permission", "wiki"),
    )
    secret = json.loads(made.stdout)["secret"]
    return secret, asyncio.run(ask(("ada", secret)))


def test_advice_is_printed_for_all_of_a_users(run, asked):
    (found,) = json.loads(run("app-password", "advise", "--user", "ada", "--json").stdout)
    (soon,) = json.loads(run("app-password", "advise", "--user", "ada", "--after", "0d", "--json").stdout)

    assert (found["label"], found["advice"], found["needed"]) == ("ci", "wait", ["repository"])
    assert soon["advice"] == "narrow"
    assert (
        "ci: it has 3 permissions and has needed 1" in run("app-password", "advise", "--user", "ada").stdout
    )


def test_one_command_makes_the_narrower_one(run, asked):
    command = ("app-password", "replace", "--user", "ada", "--label", "ci", "--grace", "7d", "--json")
    run(*command, "--advised", fails=True)
    run(*command, fails=True)

    done = run(*command, "--advised", "--after", "0d")

    made = json.loads(done.stdout)
    assert (made["label"], made["permissions"]) == ("ci (narrowed)", ["repository"])
    assert made["secret"].startswith("bp_")
    assert "ci works until 20" in done.stderr
    status = json.loads(run(*command, "--status").stdout)
    assert (status["old"]["label"], status["new"]["label"]) == ("ci", "ci (narrowed)")
    assert "goes on as before" in run(*command, "--roll-back").stdout
    assert json.loads(run(*command, "--status").stdout) is None
    run(*command, "--finish", fails=True)


def test_usage_is_switched_off_and_on(run, asked):
    assert "not counted" in run("user", "usage", "ada", "off").stdout
    (found,) = json.loads(run("app-password", "advise", "--user", "ada", "--json").stdout)
    assert (found["advice"], found["needed"]) == ("wait", [])
    assert "is counted" in run("user", "usage", "ada", "on").stdout


def test_the_audit_log_is_listed_filtered_and_exported_without_a_secret(run, asked):
    secret, request = asked
    lines = run("audit", "list", "--jsonl").stdout.splitlines()
    events = [json.loads(line) for line in lines]
    denied = json.loads(
        run(
            "audit", "list", "--user", "ada", "--kind", "app_password.denied", "--since", "7d", "--json"
        ).stdout
    )

    assert [each["kind"] for each in events] == [
        "user.created", "repository.created", "app_password.created", "app_password.used_first", "app_password.denied",
    ]  # fmt: skip
    assert [each["request_id"] for each in denied] == [request]
    assert denied[0]["detail"]["required"] == ["email"]
    assert "'ci'  from 192.0.2.1" in run("audit", "list", "--kind", "app_password.used_first").stdout
    assert run("audit", "list", "--since", "2999-01-01", "--jsonl").stdout == ""
    assert secret not in "".join(lines)
    assert secret[8:-4] not in "".join(lines)
    run("audit", "list", "--user", "nobody", fails=True)


def test_why_replays_a_refusal(run, asked):
    _, request = asked

    text = run("why", request).stdout
    found = json.loads(run("why", request, "--json").stdout)

    assert 'ada with the app password "ci", from 192.0.2.1' in text
    assert "this needs email, it has repository:write, wiki." in text
    assert (found["reason"], found["required"]) == ("scope", ["email"])
    assert found["granted"] == ["repository:write", "wiki"]
    run("why", "0123456789abcdef", fails=True)
