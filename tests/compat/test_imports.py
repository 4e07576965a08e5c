"""Importing over TLS and IPv6, by the git of this machine."""

import asyncio
import socket

import pytest

from bitpail.errors import GitError
from bitpail.git import imports
from bitpail.policy.destinations import parse
from bitpail.services.imports import reason
from bitpail.testing import Bitpail


def imported(url, addresses, path):
    destination, _ = parse(url)
    work = imports.from_url(destination, addresses, None, path, lambda _: None, limit=0, timeout=60)
    asyncio.run(work)


def test_a_server_whose_certificate_nobody_vouches_for_is_not_believed(https, tmp_path):
    ada = https.user("ada")
    https.workspace("acme", ada)
    https.repository("acme/open", public=True, files={"README.md": "# Open\n"})

    with pytest.raises(GitError) as refused:
        imported(f"{https.url}/acme/open.git", ["127.0.0.1"], tmp_path / "a.git")

    assert "certificate" in reason(refused.value, has_credential=False)
    assert list(tmp_path.iterdir()) == []


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as one:
            one.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_a_server_is_reached_over_ipv6(tmp_path):
    with Bitpail.started(listen="[::1]:0") as server:
        ada = server.user("ada")
        server.workspace("acme", ada)
        server.repository("acme/open", public=True, files={"README.md": "# Open\n"})
        port = server.url.rpartition(":")[2]

        imported(f"http://[::1]:{port}/acme/open.git", ["::1"], tmp_path / "a.git")
        imported(f"http://nowhere.invalid:{port}/acme/open.git", ["::1"], tmp_path / "b.git")

    assert (tmp_path / "a.git/HEAD").exists()
    assert (tmp_path / "b.git/HEAD").exists()
