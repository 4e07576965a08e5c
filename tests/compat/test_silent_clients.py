"""Whoever stops in the middle, sends nothing or reads nothing is told where that is possible, and holds up nobody."""

import base64
import os
import socket
from contextlib import ExitStack, suppress
from urllib.parse import urlsplit

import pytest
from support.clients import is_intact, refs
from support.processes import eventually, gits

from bitpail.testing import Bitpail
from bitpail.wire.packet_lines import FLUSH, encode

CROWD = 50


class Wire:
    """One connection of a client that does as it likes."""

    def __init__(self, server, secret):
        self._secret = secret
        parts = urlsplit(server.url)
        self._host = parts.netloc
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=120)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def begin(self, service, length, body=b""):
        login = base64.b64encode(f"ada:{self._secret}".encode()).decode()
        head = (
            f"POST /ada/code.git/git-{service}-pack HTTP/1.1\r\nHost: {self._host}\r\nAuthorization: Basic {login}\r\n"
            f"Content-Type: application/x-git-{service}-pack-request\r\nGit-Protocol: version=2\r\n"
            f"Content-Length: {length}\r\n\r\n"
        )
        self.socket.sendall(head.encode() + body)

    def rest(self):
        answer = b""
        while piece := self.socket.recv(1 << 16):
            answer += piece
        return answer


@pytest.fixture(scope="module")
def impatient():
    with Bitpail.started(idle_timeout=1) as server:
        secret = server.app_password(server.user("ada"), "repository:write")
        server.repository("ada/code", files={"a.txt": "a\n"})
        yield server, secret


@pytest.mark.parametrize("service", ["upload", "receive"])
@pytest.mark.parametrize("sent", [b"", b"0", b"003", b"zzzz", encode(b"command=fetch\n")])
def test_a_client_that_falls_silent_is_told_and_dropped(impatient, service, sent):
    with Wire(*impatient) as client:
        client.begin(service, 5000, sent)
        answer = client.rest()

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.lower().count(b"connection: close") == 1


def test_a_push_without_any_commands_is_over_at_once_whatever_it_promised(impatient):
    with Wire(*impatient) as client:
        client.begin("receive", 5000, FLUSH)
        answer = client.rest()

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.lower().count(b"connection: close") == 1


def test_clients_that_neither_read_nor_send_hold_up_nobody(person):
    """50 that clone and read nothing, 50 that push a byte now and then; everybody else is served by the one worker."""
    with Bitpail.started(git_processes_per_user=2 * CROWD, git_processes_per_repository=2 * CROWD,
                         git_processes=2 * CROWD + 5, clone_cache_size=0) as server:  # fmt: skip
        ada, grace = server.user("ada"), server.user("grace")
        server.repository("ada/code", files={"large.bin": os.urandom(16 << 20)})
        server.repository("ada/other", public=True, files={"a.txt": "a\n"})
        secret = server.app_password(ada, "repository:write")
        tip = refs(server.directory("ada/code"))["refs/heads/main"]
        wanted = (
            encode(b"command=fetch\n")
            + b"0001"
            + encode(f"want {tip}\n".encode())
            + encode(b"done\n")
            + FLUSH
        )
        command = encode(f"{'0' * 40} {tip} refs/heads/x\0report-status\n".encode()) + FLUSH
        with ExitStack() as stack:
            readers = [stack.enter_context(Wire(server, secret)) for _ in range(CROWD)]
            for client in readers:
                client.begin("upload", len(wanted), wanted)
            writers = [stack.enter_context(Wire(server, secret)) for _ in range(CROWD)]
            for client in writers:
                client.begin("receive", 1 << 20, command[:50])
            assert eventually(lambda: len(gits(server.process.pid)) >= 2 * CROWD, 60)

            for round_ in range(3):
                for client in writers:
                    client.socket.sendall(command[50 + round_ : 51 + round_])
                person.well("clone", "--quiet", server.git_url("ada/other"), f"clone-{round_}")
                url = server.git_url("ada/other", "grace", server.app_password(grace, "account"))
                assert "403" in person.git("push", url, "HEAD:x", at=person.home / f"clone-{round_}").err
        assert eventually(lambda: not gits(server.process.pid), 30)
        assert is_intact(server.directory("ada/code"))
        assert set(refs(server.directory("ada/code"))) == {"refs/heads/main"}


def test_names_without_end_are_refused_before_they_fill_the_memory(person):
    with Bitpail.started(git_request_limit=1 << 20) as server:
        secret = server.app_password(server.user("ada"), "repository:write")
        server.repository("ada/code")
        zero, one = "0" * 40, "1" * 40
        lines = b"".join(encode(f"{zero} {one} refs/heads/{number}".encode()) for number in range(2000))
        with Wire(server, secret) as client:
            client.begin("receive", 1 << 40)
            assert sends_without_end(client, lines) < 1 << 30
        assert eventually(lambda: '"status":413' in server.log)
        assert eventually(lambda: not gits(server.process.pid))


def sends_without_end(client, lines):
    """How many bytes went out until the other side hung up."""
    sent = 0
    with suppress(OSError):
        while sent < 1 << 30:
            client.socket.sendall(lines)
            sent += len(lines)
    return sent
