"""What a client is told before it fetches or pushes: over HTTP, in the words of git's own front end."""

import subprocess
from base64 import b64encode
from urllib.request import Request, urlopen

import pytest

from bitpail.git.environment import environment, executable
from bitpail.testing import Bitpail
from bitpail.wire.packet_lines import FLUSH, encode

_POSTED = "application/x-git-upload-pack-request"


class Notes:
    """A repository with what its server and git say of it."""

    def __init__(self, server: Bitpail) -> None:
        ada = server.user("ada")
        server.workspace("acme", ada)
        server.repository("acme/notes", files={"README.md": "# Notes\n"})
        self._url = server.git_url("acme/notes")
        secret = server.app_password(ada, "repository:write")
        self._authorization = "Basic " + b64encode(f"ada:{secret}".encode()).decode()
        self.directory = server.directory("acme/notes")

    def git(self, *arguments: str, protocol: str = "", stdin: bytes = b"") -> bytes:
        """What git says, as the server would start it."""
        env = environment([], {"GIT_PROTOCOL": protocol})
        command = [executable(), *arguments, str(self.directory)]
        return subprocess.run(command, env=env, input=stdin, capture_output=True, check=True).stdout

    def change(self, *arguments: str) -> None:
        """Let somebody with access to the machine do something."""
        subprocess.run(
            [executable(), f"--git-dir={self.directory}", *arguments], env=environment([], {}), check=True
        )

    def asked(self, path: str, protocol: str, body: bytes | None = None) -> bytes:
        """The server's answer."""
        headers = {"Authorization": self._authorization, "Git-Protocol": protocol}
        if body is not None:
            headers["Content-Type"] = _POSTED
        with urlopen(Request(f"{self._url}/{path}", body, headers)) as response:
            content: bytes = response.read()
        return content


@pytest.fixture
def notes(bitpail: Bitpail) -> Notes:
    return Notes(bitpail)


@pytest.mark.parametrize("protocol", ["", "version=1", "version=2", "version=1:version=2:x=Y!", "version=3"])
@pytest.mark.parametrize("service", ["upload-pack", "receive-pack"])
def test_discovery_is_what_git_s_own_front_end_says(notes, service, protocol):
    is_v2 = "version=2" in protocol and service == "upload-pack"
    header = b"" if is_v2 else encode(f"# service=git-{service}\n".encode()) + FLUSH
    for _ in range(2):
        told = notes.asked(f"info/refs?service=git-{service}", protocol)
        said = notes.git(service, "--stateless-rpc", "--advertise-refs", protocol=protocol)
        assert told == header + said

        notes.change("update-ref", "refs/heads/new", "main")


@pytest.mark.parametrize("change", [("update-ref", "refs/heads/new", "main"), ("pack-refs", "--all")])
def test_a_list_of_refs_is_git_s_own_whoever_changed_them_meanwhile(notes, change):
    lines = [b"command=ls-refs\n", b"agent=git/2.39.5", b"object-format=sha1"]
    arguments = [b"peel\n", b"symrefs\n", b"unborn\n", b"ref-prefix refs/heads/\n", b"ref-prefix HEAD\n"]
    body = b"".join(map(encode, lines)) + b"0001" + b"".join(map(encode, arguments)) + FLUSH
    for _ in range(2):
        said = notes.git("upload-pack", "--stateless-rpc", protocol="version=2", stdin=body)
        assert notes.asked("git-upload-pack", "version=2", body) == said

        notes.change(*change)
