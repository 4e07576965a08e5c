"""The ``bitpail`` fixture. The server starts once for a test session; each test finds it empty.

Pytest imports this file in every run on a machine where Bitpail is installed,
so what costs time is imported only when a test asks for the fixture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bitpail.testing.server import Bitpail


@pytest.fixture(scope="session")
def bitpail_server() -> Iterator[Bitpail]:
    """The one server of this session; ask for ``bitpail`` instead."""
    from bitpail.testing.server import Bitpail  # noqa: PLC0415 - see above

    with Bitpail.started() as server:
        yield server


@pytest.fixture
def bitpail(bitpail_server: Bitpail) -> Bitpail:
    """A running server with no user, no repository and no app password yet."""
    bitpail_server.reset()
    return bitpail_server
