from collections.abc import AsyncIterator

import pytest

from bitpail.git.objects import Objects


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
async def objects(anyio_backend) -> AsyncIterator[Objects]:
    made = Objects()
    yield made
    await made.close()
