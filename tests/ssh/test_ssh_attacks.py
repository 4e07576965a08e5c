"""What a client of one's own making may try that OpenSSH's would not send."""

import asyncio
import stat

import asyncssh
import pytest
from support.processes import gits


def _connect(address, key):
    return asyncssh.connect(*address, username="git", client_keys=[key], known_hosts=None, config=None)


def _offered(ada):
    """Ada's public key, which anybody can read, in hands that cannot sign with it."""
    key, stranger = asyncssh.read_private_key(str(ada.key)), asyncssh.generate_private_key("ssh-ed25519")
    key.sign = stranger.sign
    return key


def test_a_public_key_with_a_strangers_signature_opens_nothing(ada, address):
    async def attempt():
        with pytest.raises(asyncssh.PermissionDenied):
            await _connect(address, _offered(ada))

    asyncio.run(attempt())


@pytest.mark.parametrize(
    "line",
    [
        b"git-upload-pack 'ada/notes.git\0'",
        b"git-upload-pack\0 'ada/notes.git'",
        b"git-upload-pack 'ada/\xff\xfe.git'",
        b"git-upload-pack '--help'",
        b"git-upload-pack 'ada/notes.git' && id",
        b"git-upload-pack ada/notes.git\ngit-receive-pack ada/notes.git",
        b"git-upload-pack '" + b"a/" * 100_000 + b"'",
    ],
    ids=["nul", "nul in the command", "not utf-8", "option", "two commands", "two lines", "over-long"],
)
def test_a_command_line_that_ssh_itself_would_not_send_starts_nothing(bitpail, ada, address, line):
    async def attempt():
        async with _connect(address, asyncssh.read_private_key(str(ada.key))) as connection:
            try:
                # latin-1 writes each character as the byte that is meant.
                process = await connection.create_process(line.decode("latin-1"), encoding="latin-1")
            except asyncssh.ChannelOpenError:
                return "", 1
            out, _ = await process.communicate()
            return out, process.exit_status

    def started():
        # Readers of repositories are kept for a while, and what is searched for code is read at any time.
        return {one for one in gits(bitpail.process.pid) if "cat-file" not in one.cmdline()}

    before = started()

    out, status = asyncio.run(asyncio.wait_for(attempt(), 60))

    assert out == ""
    assert status != 0
    assert started() <= before
    assert ada.ssh().worked


def test_host_keys_are_for_the_servers_user_alone(bitpail, ada):
    keys = sorted(path for path in (bitpail.settings.data_path / "ssh").iterdir() if path.suffix != ".pub")

    assert len(keys) == 3
    assert {stat.S_IMODE(path.stat().st_mode) for path in keys} == {0o600}
