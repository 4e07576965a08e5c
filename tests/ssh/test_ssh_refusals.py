"""Who is not let in, and what is not there."""

import asyncio
import socket

import asyncssh
import pytest
from support.processes import eventually
from support.ssh import SshPerson, end_by_the_api, keys_of, put_access_key, put_user_key

from bitpail.errors import Conflict
from bitpail.model.credentials import Year
from bitpail.services import years
from bitpail.services.clock import now

GREETING = "authenticated via ssh key.\n\nYou can use git to connect to Bitbucket. Shell access is disabled\n"


def test_ssh_without_a_command_greets_and_ends_well(ada):
    done = ada.ssh()

    assert (done.status, done.out) == (0, GREETING)


def test_host_key_info_prints_the_keys_that_the_client_saw(bitpail, ada):
    done = ada.ssh("host_key_info")
    known = (ada.home / "known_hosts").read_text()

    assert done.status == 0
    assert [line.split()[0] for line in done.out.splitlines()] == [
        "ssh-ed25519",
        "ecdsa-sha2-nistp256",
        "ssh-rsa",
    ]
    assert done.out.splitlines()[0].split()[1] in known


@pytest.mark.parametrize("user", ["root", "ada", "Git", "git "])
def test_the_user_is_git_and_no_other(ada, user):
    assert "Permission denied (publickey)" in ada.ssh(user=user).err


def test_a_key_of_nobody_is_refused(bitpail, ada, tmp_path):
    stranger = SshPerson(tmp_path / "stranger", bitpail)

    assert "Permission denied (publickey)" in stranger.ssh().err


@pytest.mark.parametrize("ended", ["expired", "disabled"])
def test_a_key_that_has_expired_or_whose_user_is_disabled_is_refused(bitpail, tmp_path, ended):
    grace, person = SshPerson(tmp_path / "grace", bitpail), bitpail.user("grace")
    put_user_key(bitpail, person, grace.public_key(), expires_on=now() - 1 if ended == "expired" else None)
    if ended == "disabled":
        bitpail.disable(person)

    assert "Permission denied (publickey)" in grace.ssh().err


def test_a_key_that_ends_by_the_api_opens_nothing_more(bitpail, tmp_path):
    grace, person = SshPerson(tmp_path / "grace", bitpail), bitpail.user("grace")
    key_id = put_user_key(bitpail, person, grace.public_key())
    end_by_the_api(bitpail, "grace", key_id, 600)
    assert grace.ssh().worked

    end_by_the_api(bitpail, "grace", key_id, 1.5)

    assert eventually(lambda: "Permission denied (publickey)" in grace.ssh().err)


def test_an_rsa_key_signs_with_sha_2_and_not_with_sha_1(bitpail, tmp_path):
    grace = SshPerson(tmp_path / "grace", bitpail, "-t", "rsa", "-b", "2048")
    put_user_key(bitpail, bitpail.user("grace"), grace.public_key())

    assert grace.ssh().out == GREETING
    assert not grace.ssh(options=("-o", "PubkeyAcceptedAlgorithms=ssh-rsa")).worked


REFUSED = [
    "bash",
    "ls -l",
    "sh -c id",
    "scp -t .",
    "git",
    "git-shell",
    "git-upload-packs 'ada/notes'",
    "'",
    "",
    "git-upload-pack",
    "git-upload-pack 'ada'",
    "git-upload-pack 'ada/notes' extra",
    "git-upload-pack --timeout=1 'ada/notes'",
    "git-upload-pack '--upload-pack=id'",
    "git-upload-pack '../ada/notes'",
    "git-upload-pack 'ada/../ada/notes'",
    "git-upload-pack '/etc/passwd'",
    "git-upload-pack 'ada/notes/wiki/..'",
    "git-upload-pack 'ada/notes\x01'",
    "git-upload-pack '-x/notes'",
    "git-upload-pack 'ada/" + "n" * 5000 + "'",
    "git-upload-pack 'ada/notes'; id",
    "git-upload-archive 'ada/notes'",
    "git-upload-pack $(id)",
    "git-receive-pack '~root/x'",
    'git-upload-pack "ada/it\'s"',
]


@pytest.mark.parametrize(
    "line", [line for line in REFUSED if line], ids=lambda line: line[:40].replace("\x01", "^A")
)
def test_no_other_command_and_no_trick_with_a_path_does_anything(ada, line):
    done = ada.ssh(line)

    assert (done.status, done.out) == (1, "")
    assert "uid=" not in done.err
    assert "root:" not in done.err


@pytest.mark.parametrize(
    "line",
    [
        "git-upload-pack 'ada/notes'",
        "git upload-pack 'ada/notes.git'",
        "git-upload-pack '/ada/notes.git/'",
        "git-upload-pack ada/notes.git",
        "git-upload-pack '~/ada/notes'",
        "git-upload-pack 'ADA/notes'",
    ],
)
def test_a_path_may_be_written_in_some_ways(ada, line):
    done = ada.ssh(line, given=b"0000")

    assert done.status == (1 if "ADA" in line else 0) or "ADA" in line
    assert "ADA" in line or "refs/heads/main" in done.out


async def _connected(address, person, **more):
    return await asyncssh.connect(
        *address, username="git", client_keys=[str(person.key)], known_hosts=None, config=None, **more
    )


def test_there_is_no_terminal_no_forwarding_no_sftp_and_no_second_chance(ada, address):
    async def everything():
        async with await _connected(address, ada) as connection:
            with pytest.raises(asyncssh.ChannelOpenError):
                await connection.open_connection("127.0.0.1", 22)
            with pytest.raises(asyncssh.ChannelOpenError):
                await connection.open_unix_connection("/run/x.sock")
            with pytest.raises(asyncssh.ChannelListenError):
                await connection.forward_remote_port("127.0.0.1", 0, "127.0.0.1", 1)
            with pytest.raises(asyncssh.ChannelOpenError):
                await connection.start_sftp_client()
            with pytest.raises(asyncssh.ChannelOpenError):
                await connection.create_process(term_type="xterm")
            # One that isn't UTF-8 isn't looked at.
            with pytest.raises((asyncssh.ChannelOpenError, UnicodeError)):
                await connection.run("git-upload-pack 'ada/\udcff'", encoding=None)

    asyncio.run(everything())


def test_a_key_that_is_offered_and_not_proved_was_not_used(bitpail, ada, address):
    async def offer():
        key = asyncssh.read_private_key(str(ada.key))
        key.sign = lambda *_: b"\0\0\0\x0bssh-ed25519\0\0\0\x40" + bytes(64)
        with pytest.raises(asyncssh.PermissionDenied):
            await asyncssh.connect(*address, username="git", client_keys=[key], known_hosts=None, config=None)

    asyncio.run(offer())
    assert keys_of(bitpail, "ada")[0].last_used_on is None

    ada.ssh()

    # Written within the interval of last uses.
    assert eventually(lambda: keys_of(bitpail, "ada")[0].last_used_on is not None)


def test_passwords_are_not_asked_for(ada):
    done = ada.ssh(
        options=("-o", "PreferredAuthentications=password,keyboard-interactive", "-o", "BatchMode=no")
    )

    assert "Permission denied (publickey)" in done.err


def test_a_key_is_a_persons_or_a_machines(bitpail, ada):
    with pytest.raises(Conflict, match="a person's"):
        put_access_key(bitpail, ada.public_key(), repository="ada/notes")


def test_garbage_instead_of_a_handshake_is_hung_up_on(address, ada):
    with socket.create_connection(address, 5) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        connection.settimeout(60)
        said = b""
        while piece := connection.recv(4096):
            said += piece

    assert said.startswith(b"SSH-2.0-")
    assert ada.ssh().worked


@pytest.mark.parametrize("year", Year)
def test_the_year_is_no_matter_of_keys(bitpail, ada, year):
    bitpail.do(lambda site: years.put(site, year))

    cloned = ada.git("clone", f"{bitpail.ssh_url}/ada/notes.git", str(ada.home / "notes"))

    assert cloned.worked, cloned.seen
