"""Somebody with an SSH key and the real OpenSSH client, at a running server."""

from urllib.parse import urlsplit

import pytest
from support.clients import Person
from support.ssh import SshPerson, put_user_key

__all__ = ["Person"]


@pytest.fixture
def ada(bitpail, tmp_path) -> SshPerson:
    """Ada, who has a repository with a commit and an SSH key on her account."""
    ada = bitpail.user("ada")
    bitpail.repository("ada/notes", files={"readme.txt": "hello\n"})
    person = SshPerson(tmp_path / "ada", bitpail)
    put_user_key(bitpail, ada, person.public_key())
    return person


@pytest.fixture
def address(bitpail):
    parts = urlsplit(bitpail.ssh_url)
    return parts.hostname, parts.port
