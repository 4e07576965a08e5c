"""The commands around the server itself: settings, config, doctor, serve."""

import json
import socket

import pytest
from support.clients import Person

WRONG_SETTINGS = [
    ({"BITPAIL_LISTENN": "x"}, "unknown variable BITPAIL_LISTENN (did you mean listen?)"),
    ({"BITPAIL_WORKERS": "many"}, "BITPAIL_WORKERS must be a whole number, not 'many'"),
    ({"BITPAIL_WORKERS": "0"}, "workers"),
    ({"BITPAIL_LISTEN": "7990"}, "listen must be HOST:PORT, not '7990'"),
    ({"BITPAIL_TLS_KEY": "key.pem"}, "tls_certificate and tls_key go together"),
    ({"BITPAIL_TRUSTED_PROXIES": "everybody"}, "trusted_proxies: not a network: 'everybody'"),
    ({"BITPAIL_DATABASE": "mysql://db"}, "database must be a postgresql:// URL"),
    ({"BITPAIL_CONFIG": "/nonexistent.toml"}, "settings file '/nonexistent.toml'"),
]


@pytest.mark.parametrize(("environment", "reason"), WRONG_SETTINGS, ids=lambda value: str(value)[:40])
@pytest.mark.parametrize("command", ["serve", "config"])
def test_a_setting_that_is_unknown_or_wrong_is_refused_by_name(bitpail, command, environment, reason):
    done = bitpail(command, **environment)

    assert (done.status, done.out) == (1, "")
    assert reason in done.err


def test_an_unknown_key_of_a_settings_file_is_refused_by_name(bitpail, tmp_path):
    (tmp_path / "bitpail.toml").write_text('listen = "127.0.0.1:0"\nport = 80\n')

    done = bitpail("--config", str(tmp_path / "bitpail.toml"), "config")

    assert done.status == 1
    assert "unknown key 'port'" in done.err


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://bitpail:tiger@db.example.org/bitpail",
        "postgresql://db.example.org/bitpail?user=b&password=tiger",
    ],
)
def test_config_prints_the_settings_in_force_without_the_password_of_the_database(bitpail, url):
    for arguments in (["config"], ["config", "--json"]):
        shown = bitpail.well(*arguments, BITPAIL_DATABASE=url, BITPAIL_WORKERS="3")

        assert "tiger" not in shown
        assert "db.example.org" in shown
    assert json.loads(shown)["workers"] == 3


def test_a_database_that_does_not_answer_is_said_without_its_password(bitpail):
    done = bitpail("user", "list", BITPAIL_DATABASE="postgresql://bitpail:tiger@127.0.0.1:1/bitpail")

    assert done.status == 1
    assert done.err.startswith("bitpail: ")
    assert "tiger" not in done.seen


def test_doctor_finds_a_healthy_installation_well(bitpail):
    bitpail.well("repo", "create", "ada/notes")

    shown = bitpail.well("doctor")

    assert all(line.startswith("ok ") for line in shown.splitlines()), shown
    assert "repository ada/notes" in shown
    assert all(finding["well"] for finding in bitpail.json("doctor"))


def test_doctor_says_what_is_wrong_and_what_to_do(bitpail, tmp_path):
    person = Person(tmp_path / "home")
    person.well("init", "--quiet", "--bare", "notes.git")
    bitpail.well("repo", "adopt", str(person.home / "notes.git"), "ada/notes")
    (person.home / "notes.git").rename(person.home / "moved.git")
    bitpail.data.chmod(0o755)

    done = bitpail("doctor")

    assert done.status == 1
    assert f"run chmod 700 {bitpail.data}" in done.out
    assert "WRONG repository ada/notes" in done.out
    assert "ok    keys" in done.out


def test_a_key_file_that_others_can_read_stops_everything(bitpail):
    (bitpail.data / "keys.json").chmod(0o644)

    for command in (["user", "list"], ["serve"]):
        done = bitpail(*command)

        assert done.status == 1
        assert "can be read by others: run chmod 600" in done.err


def test_serving_where_somebody_serves_already_is_said_in_a_line(bitpail):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        done = bitpail("serve", "--listen", f"127.0.0.1:{taken.getsockname()[1]}")

    assert done.status == 1
    assert "in use" in done.err


def test_each_command_explains_itself(empty):
    done = empty("--help")

    assert done.worked
    for command in ("serve", "init", "config", "doctor", "user", "workspace", "repo", "app-password"):
        assert command in done.out
    assert "Exit status" in done.out
