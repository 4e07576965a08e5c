"""The policy for existing app passwords, links, and the first start, by command line."""

import json
import subprocess
import sys
import time

import pytest

from bitpail.testing.terminal import at_terminal


def test_a_day_is_announced_kept_and_taken_back(bitpail):
    bitpail("app-password", "create", "--user", "ada", "--label", "ci", "--permission", "wiki")
    assert not bitpail("policy", "set", "--forbid", "wiki", "--existing-from", "12h").worked
    assert not bitpail("policy", "set", "--forbid", "wiki", "--existing-from", "2000-01-01").worked
    assert not bitpail("policy", "set", "--forbid", "wiki", "--existing-from", "soon").worked

    bitpail.well("policy", "set", "--forbid", "wiki", "--existing-from", "3d")
    announced = bitpail.json("policy", "show")["existing_from"]
    assert abs(announced / 1_000_000 - time.time() - 3 * 86400) < 600
    bitpail.well("policy", "set", "--forbid", "wiki", "--forbid", "email")
    assert bitpail.json("policy", "show")["existing_from"] == announced
    assert "will be narrowed on 20" in bitpail.well("policy", "show")
    checked = bitpail("policy", "check")
    assert checked.status == 1
    assert '"ci" of ada: these permissions may not be granted: wiki -> it ends' in checked.out
    assert bitpail.well("policy", "apply") == "0 app passwords narrowed\n"
    bitpail.well("policy", "set", "--forbid", "wiki", "--existing-from", "never")
    assert "go on as they are" in bitpail.well("policy", "show")
    assert "->" not in bitpail("policy", "check").out


def test_a_link_to_set_a_password_and_who_administers(bitpail):
    made = bitpail("user", "reset-link", "ada")
    assert made.out.startswith("/password?link=")
    assert "public_url" in made.err
    shown = json.loads(
        bitpail("user", "reset-link", "ada", "--json", BITPAIL_PUBLIC_URL="https://git.example.org").out
    )
    assert shown["link"].startswith("https://git.example.org/password?link=")
    assert shown["mailed"] is False
    assert not bitpail("user", "reset-link", "nobody").worked
    for command in (("disable", "ada"), ("administrator", "ada", "off")):
        refused = bitpail("user", *command)
        assert not refused.worked
        assert "last administrator" in refused.err
    assert "there is a user already" in bitpail("set-up-link").err
    assert "link=" not in bitpail.well("audit", "list")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_serve_prints_one_set_up_link_on_a_terminal_and_none_in_a_log(empty, workers, tmp_path):
    empty.well("init")
    command = [sys.executable, "-m", "bitpail", "serve", "--listen", "127.0.0.1:0", "--workers", workers]

    session = at_terminal(command, [], cwd=tmp_path, environment=empty.environment, until="startup complete")

    links = [line for line in session.screen.splitlines() if "/setup?link=" in line]
    assert len(links) == 1, session.screen
    assert links[0].startswith("bitpail: http://127.0.0.1:")


def test_where_standard_error_is_a_log_a_command_prints_the_link(empty):
    empty.well("init")
    process = subprocess.Popen(
        [sys.executable, "-m", "bitpail", "serve", "--listen", "127.0.0.1:0"],
        env=empty.environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    told = [process.stderr.readline()]
    while told[-1] and "set-up-link" not in told[-1]:
        told.append(process.stderr.readline())
    process.terminate()
    told.append(process.communicate(timeout=60)[1])

    assert "'bitpail set-up-link' prints a link" in told[-2]
    assert "link=" not in "".join(told)
    assert empty("set-up-link").out.startswith("/setup?link=")
