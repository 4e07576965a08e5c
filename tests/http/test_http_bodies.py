import asyncio
import gzip
import zlib

import pytest
from starlette.datastructures import Headers

from bitpail.errors import Invalid, TooLarge
from bitpail.http.bodies import Body, ClientGone

pytestmark = pytest.mark.anyio


def body(*pieces, limit=0, encoding=None, gone=False, idle_timeout=5.0):
    waiting = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    waiting.append({"type": "http.disconnect"} if gone else {"type": "http.request", "body": b""})
    messages = iter(waiting)

    async def receive():
        return next(messages)

    return Body(receive, Headers({"content-encoding": encoding} if encoding else {}), limit, idle_timeout)


async def test_a_body_is_read_to_its_end():
    whole = body(b"ab", b"", b"c")

    assert await whole.whole() == b"abc"
    assert whole.finished.is_set()


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZIP"])
@pytest.mark.parametrize("size", [0, 1, 100_000, 3_000_000])
async def test_gzip_is_unpacked_however_it_is_cut(encoding, size):
    content = bytes(range(256)) * (size // 256 + 1)
    packed = gzip.compress(content)

    assert await body(packed, encoding=encoding).whole() == content
    pieces = [packed[at : at + 7] for at in range(0, len(packed), 7)]
    assert await body(*pieces, encoding=encoding).whole() == content


@pytest.mark.parametrize("cut", [0, 5, -9, -1])
async def test_gzip_that_is_cut_is_refused(cut):
    packed = gzip.compress(b"hello" * 100)

    with pytest.raises(Invalid, match="cut short"):
        await body(packed[:cut], encoding="gzip").whole()


@pytest.mark.parametrize("content", [b"plain", zlib.compress(b"x"), b"\x1f\x8b\x08\xff" * 9])
async def test_what_is_not_gzip_is_refused(content):
    with pytest.raises(Invalid):
        await body(content, encoding="gzip").whole()


async def test_something_after_the_gzip_is_refused():
    packed = gzip.compress(b"x")

    for pieces in ([packed + b"y"], [packed, b"y"]):
        with pytest.raises(Invalid):
            await body(*pieces, encoding="gzip").whole()


async def test_a_gzip_bomb_ends_at_the_limit():
    packed = gzip.compress(bytes(500_000_000), 1)
    bomb = body(packed, limit=1_000_000, encoding="gzip")
    total = 0

    async def read():
        nonlocal total
        async for piece in bomb:
            assert len(piece) <= 64 * 1024
            total += len(piece)

    with pytest.raises(TooLarge):
        await read()
    assert total <= 1_000_000


async def test_the_limit_is_of_the_body_unpacked():
    assert await body(b"x" * 10, limit=10).whole() == b"x" * 10
    for encoding, content in [(None, b"x" * 11), ("gzip", gzip.compress(b"x" * 11))]:
        with pytest.raises(TooLarge):
            await body(content, limit=10, encoding=encoding).whole()


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "x" * 1000])
async def test_other_encodings_are_refused(encoding):
    with pytest.raises(Invalid, match="not supported") as refused:
        body(b"", encoding=encoding)
    assert len(refused.value.message) < 200


async def test_a_client_that_leaves_is_noticed():
    with pytest.raises(ClientGone):
        await body(b"half", gone=True).whole()


async def test_a_client_that_says_nothing_is_not_waited_for():
    async def receive():
        await asyncio.Event().wait()

    with pytest.raises(Invalid, match="nothing came"):
        await Body(receive, Headers({}), 0, 0.01).whole()


async def test_gzip_that_unpacks_to_nothing_meets_the_limit_too():
    packer = zlib.compressobj(wbits=31)
    nothing = [packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2000)]

    with pytest.raises(TooLarge):
        await body(*nothing, encoding="gzip", limit=1000).whole()
