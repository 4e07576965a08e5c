"""Whoever stops in the middle of a request is told, and the connection ends."""

import base64
import socket
from urllib.parse import urlsplit

import pytest

from bitpail.testing import Bitpail


@pytest.mark.parametrize("service", ["upload", "receive"])
def test_a_client_that_falls_silent_is_dropped(service):
    with Bitpail.started(idle_timeout=1) as server:
        secret = server.app_password(server.user("ada"), "repository:write")
        server.repository("ada/code", files={"a.txt": "a\n"})
        login, parts = base64.b64encode(f"ada:{secret}".encode()).decode(), urlsplit(server.url)
        head = (
            f"POST /ada/code.git/git-{service}-pack HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Basic {login}\r\n"
            f"Content-Type: application/x-git-{service}-pack-request\r\nContent-Length: 5000\r\n\r\n0"
        )
        with socket.create_connection((parts.hostname, parts.port), timeout=20) as client:
            client.sendall(head.encode())
            answer = b""
            while piece := client.recv(1 << 16):
                answer += piece

        assert answer.lower().count(b"connection: close") == 1
