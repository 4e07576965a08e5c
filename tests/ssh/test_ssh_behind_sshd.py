"""OpenSSH's own sshd lets people in, by its AuthorizedKeysCommand; everything behind it is ours."""

import os
import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from support.clients import is_intact, refs
from support.processes import eventually, family, gits
from support.ssh import end_by_the_api, keys_of, put_access_key, put_user_key, take_user_key
from support.sshd import MISSING, Visitor, can_run, running

from bitpail.testing import Bitpail

pytestmark = pytest.mark.skipif(not can_run(), reason=MISSING)

GREETING = "authenticated via ssh key.\n\nYou can use git to connect to Bitbucket. Shell access is disabled\n"


@pytest.fixture(scope="module")
def server():
    with Bitpail.started(ssh_sshd="on", ssh_listen="", last_use_interval=1) as server:
        server.user("ada")
        yield server


@pytest.fixture(scope="module")
def sshd(server, tmp_path_factory):
    with running(tmp_path_factory.mktemp("sshd") / "place", server.settings.data_path) as sshd:
        yield sshd


@pytest.fixture
def ada(server, sshd, tmp_path):
    """Ada, with a new key and a new repository."""
    person = Visitor(tmp_path / "ada", sshd)
    for key in keys_of(server, "ada"):
        take_user_key(server, "ada", key.id)
    put_user_key(server, type("P", (), {"username": "ada"}), person.public_key())
    person.name = f"ada/r{uuid.uuid4().hex[:12]}"
    server.repository(person.name, files={"readme.txt": "hello\n"})
    return person


def _command(server, fingerprint, line=None, given=b"", **variables):
    """The forced command by hand, as sshd would start it."""
    bitpail = str(Path(sys.prefix) / "bin/bitpail")
    environment = {"PATH": os.environ["PATH"], **variables}
    if line is not None:
        environment["SSH_ORIGINAL_COMMAND"] = line
    return subprocess.run(
        [bitpail, "--data", str(server.settings.data_path), "ssh", "command", f"SHA256:{fingerprint}"],
        env=environment, input=given, capture_output=True, timeout=60,
    )  # fmt: skip


def test_clone_fetch_push_and_the_wiki(server, ada):
    clone = ada.home / "clone"
    traced = ada.git("clone", ada.url(ada.name), str(clone), GIT_TRACE_PACKET="1")
    assert traced.worked, traced.err
    assert "version 2" in traced.err
    made = ada.commit(clone)
    ada.well("push", "origin", "HEAD:main", at=clone)
    assert refs(server.directory(ada.name))["refs/heads/main"] == made

    ada.well("clone", "--depth=1", ada.url(ada.name), str(ada.home / "shallow"))
    assert ada.well("rev-list", "--count", "HEAD", at=ada.home / "shallow") == "1"
    wiki = ada.home / "wiki"
    ada.well("clone", ada.url(ada.name, tail="/wiki"), str(wiki))
    ada.commit(wiki)
    ada.well("push", "origin", "HEAD:main", at=wiki)
    assert is_intact(server.directory(ada.name))


def test_the_greeting_and_its_status(ada):
    done = ada.ssh()

    assert (done.status, done.out) == (0, GREETING)


def test_a_refusal_is_told_with_its_status(server, sshd, ada, tmp_path):
    machine = Visitor(tmp_path / "machine", sshd)
    put_access_key(server, machine.public_key(), repository=ada.name)
    clone = machine.home / "clone"
    machine.well("clone", machine.url(ada.name), str(clone))
    machine.commit(clone)

    refused = machine.git("push", "origin", "HEAD:main", at=clone)
    unseen = ada.ssh("git-upload-pack 'grace/nothing.git'")
    shell = ada.ssh("rm -rf /")

    assert refused.err.startswith("repository access denied. access via a deployment key is read-only.")
    assert (unseen.status, unseen.err.splitlines()[0]) == (1, "conq: repository does not exist.")
    assert (shell.status, shell.out) == (1, "")
    assert "Shell access is disabled" in shell.err


def test_a_key_that_is_nobody_s_or_was_removed_is_not_let_in(server, sshd, ada, tmp_path):
    stranger = Visitor(tmp_path / "stranger", sshd)
    assert "Permission denied (publickey)" in stranger.ssh().err
    assert ada.ssh().worked

    take_user_key(server, "ada", keys_of(server, "ada")[0].id)

    assert "Permission denied (publickey)" in ada.ssh().err


def test_a_key_that_ends_by_the_api_is_not_let_in_any_more(server, sshd, ada):
    key = keys_of(server, "ada")[0]
    end_by_the_api(server, "ada", key.id, 600)
    assert ada.ssh().worked

    end_by_the_api(server, "ada", key.id, 1.5)

    assert eventually(lambda: "Permission denied (publickey)" in ada.ssh().err)
    # What sshd had let in before asks again for each command.
    late = _command(server, key.fingerprint, f"git-upload-pack '{ada.name}.git'")
    assert late.returncode != 0


def test_there_is_no_terminal_and_no_forwarding(ada):
    forwarded = ada.ssh(options=("-o", "ExitOnForwardFailure=yes", "-R", "0:127.0.0.1:1"))
    terminal = ada.ssh(options=("-tt",))

    assert not forwarded.worked
    assert "PTY allocation request failed" in terminal.err


def test_a_key_that_is_only_offered_is_not_noted_as_used(server, ada):
    (key,) = keys_of(server, "ada")
    line = ada.public_key().split()
    asked = subprocess.run(
        [str(Path(sys.prefix) / "bin/bitpail"), "--data", str(server.settings.data_path),
         "ssh", "authorized-keys", *line[:2]],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert asked.stdout.startswith('restrict,command="')
    assert asked.stdout.endswith(f" {line[0]} {line[1]}\n")
    assert f"SHA256:{key.fingerprint}" in asked.stdout
    assert keys_of(server, "ada")[0].last_used_on is None

    assert ada.ssh().worked
    assert eventually(lambda: keys_of(server, "ada")[0].last_used_on is not None)
    assert keys_of(server, "ada")[0].last_used_address == "127.0.0.1"
    (logged,) = [line for line in server.log.splitlines() if '"method":"SSH"' in line][-1:]
    assert '"address":"127.0.0.1"' in logged
    assert '"user":"ada"' in logged


@pytest.mark.parametrize(
    "arguments", [("ssh-ed25519", "not base64"), ("a b", "AAAA"), ("-t", "AAAA"), ("", "")]
)
def test_what_is_no_key_gets_an_error_and_no_line(server, arguments):
    command = [str(Path(sys.prefix) / "bin/bitpail"), "--data", str(server.settings.data_path)]
    done = subprocess.run(
        [*command, "ssh", "authorized-keys", "--", *arguments], capture_output=True, text=True, timeout=60
    )

    assert (done.returncode != 0, done.stdout) == (True, "")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "line",
    [
        "", " ", "git-upload-pack", "git-upload-pack '../../etc'", "git-upload-pack --help", "sh -c 'id'",
        "git-upload-pack 'ada/x.git'; id", "git-upload-pack " + "a" * 100_000, "git-upload-pack '", b"\xff\xfe".decode("utf-8", "surrogateescape"),
        "git-upload-pack -- -x/y.git", "git-receive-pack 'ada/../ada'",
    ],
)  # fmt: skip
def test_hostile_command_lines_are_refused_in_words(server, ada, line):
    (key,) = keys_of(server, "ada")

    done = _command(server, key.fingerprint, line)

    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.strip()
    assert b"Traceback" not in done.stderr


def test_a_fingerprint_that_opens_nothing_is_refused_by_the_command_too(server):
    done = _command(server, "A" * 43, "git-upload-pack 'ada/x.git'")

    assert (done.returncode, done.stdout) == (1, b"")
    assert b"no longer in force" in done.stderr


def test_what_is_neither_pipe_nor_socket_ends_at_once(server, ada, tmp_path):
    (key,) = keys_of(server, "ada")
    file = tmp_path / "file"
    file.touch()
    command = [str(Path(sys.prefix) / "bin/bitpail"), "--data", str(server.settings.data_path)]
    with file.open("r+b") as both:
        done = subprocess.run(
            [*command, "ssh", "command", key.fingerprint], stdin=both, stdout=both, stderr=both, timeout=60
        )

    assert done.returncode == 1


def test_twenty_clones_at_once(server, ada):
    def clone(number):
        ada.well("clone", "--quiet", ada.url(ada.name), str(ada.home / f"clone{number}"))

    with ThreadPoolExecutor(20) as pool:
        assert len(list(pool.map(clone, range(20)))) == 20


def _commands(fingerprint):
    """What sshd has started for that key."""
    found = psutil.process_iter(["cmdline"])
    return [one for one in found if (one.info["cmdline"] or [])[-2:] == ["command", f"SHA256:{fingerprint}"]]


@pytest.mark.parametrize("victim", ["command", "client"])
def test_whoever_dies_in_the_middle_leaves_no_git_behind(server, ada, victim):
    (key,) = keys_of(server, "ada")
    fingerprint = key.fingerprint
    with ada.pipe(f"git-upload-pack '{ada.name}.git'") as pipe:
        assert eventually(lambda: len(_commands(fingerprint)) == 1)
        assert pipe.stdout.read(4)

        if victim == "client":
            pipe.kill()
        else:
            _commands(fingerprint)[0].kill()

        assert eventually(lambda: not _commands(fingerprint))
        assert eventually(lambda: not gits(server.process.pid))
        pipe.kill()
    assert ada.ssh().worked


def test_nobody_else_may_ask(server):
    door = server.settings.data_path / "ssh/door"
    assert door.stat().st_mode & 0o777 == 0o600
    assert door.parent.stat().st_mode & 0o777 == 0o700


def test_a_server_that_is_not_there_is_said_to_be_so(tmp_path):
    done = subprocess.run(
        [str(Path(sys.prefix) / "bin/bitpail"), "--data", str(tmp_path), "ssh", "authorized-keys", "ssh-ed25519", "AAAA"],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip

    assert (done.returncode, done.stdout) == (1, "")
    assert "ssh_sshd" in done.stderr


def test_a_killed_server_ends_its_clients_and_the_next_one_takes_its_place(sshd, tmp_path):
    with Bitpail.started(ssh_sshd="on", ssh_listen="") as server:
        server.user("ada")
        server.repository("ada/code", files={"a.txt": "a\n"})
        with running(tmp_path / "place", server.settings.data_path) as mine:
            ada = Visitor(tmp_path / "ada", mine)
            put_user_key(server, type("P", (), {"username": "ada"}), ada.public_key())
            with ada.pipe("git-upload-pack 'ada/code.git'") as pipe:
                assert pipe.stdout.read(4)
                for process in family(server.process.pid):
                    process.kill()
                assert pipe.wait(60) != 0
            server.process.wait()
            assert "Permission denied" in ada.ssh().err

            server.start()
            assert ada.ssh().out == GREETING
