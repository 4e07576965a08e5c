"""People with real clients, and a server that speaks HTTPS."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.clients import Person
from support.place import Place
from support.refusals import Scene

from bitpail.testing import Bitpail


@pytest.fixture
def person(tmp_path) -> Person:
    """Somebody at a shell, with nothing in the home directory yet."""
    return Person(tmp_path / "home")


@pytest.fixture(scope="session")
def certificate(tmp_path_factory) -> tuple[Path, Path]:
    """A self-signed certificate for this machine, with its key."""
    place = tmp_path_factory.mktemp("tls")
    made, key = place / "certificate.pem", place / "key.pem"
    subprocess.run(
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
            ),
            *("-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"),
            *("-out", str(made), "-keyout", str(key)),
        ],
        check=True,
        capture_output=True,
    )
    return made, key


@pytest.fixture(scope="session")
def https_server(certificate) -> Iterator[Bitpail]:
    made, key = certificate
    with Bitpail.started(tls_certificate=str(made), tls_key=str(key)) as server:
        yield server


@pytest.fixture
def https(https_server) -> Bitpail:
    """An empty server that speaks HTTPS with that certificate."""
    https_server.reset()
    return https_server


@pytest.fixture(params=["http", "https"])
def served(request, tmp_path):
    """A server and a person who trusts it."""
    if request.param == "http":
        return request.getfixturevalue("bitpail"), Person(tmp_path / "home")
    certificate, _key = request.getfixturevalue("certificate")
    return request.getfixturevalue("https"), Person(tmp_path / "home", certificate)


@pytest.fixture(params=["repository", "wiki"])
def place(request, served):
    server, person = served
    return Place(server, person, wiki=request.param == "wiki")


@pytest.fixture
def notes(bitpail, person):
    return Place(bitpail, person, wiki=False)


@pytest.fixture
def scene(bitpail, person):
    return Scene(bitpail, person)
