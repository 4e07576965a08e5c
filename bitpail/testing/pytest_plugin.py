"""The ``bitpail`` fixture. The server starts once for a test session; each test finds it empty."""

from collections.abc import Iterator

import pytest

from bitpail.testing.server import Bitpail


@pytest.fixture(scope="session")
def bitpail_server() -> Iterator[Bitpail]:
    """The one server of this session; ask for ``bitpail`` instead."""
    with Bitpail.started() as server:
        yield server


@pytest.fixture
def bitpail(bitpail_server: Bitpail) -> Bitpail:
    """A running server with no user, no repository and no app password yet."""
    bitpail_server.reset()
    return bitpail_server
