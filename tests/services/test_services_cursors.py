import os
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bitpail.errors import Invalid
from bitpail.git.history import Walk
from bitpail.model.repositories import RepositoryId
from bitpail.services import cursors
from bitpail.services.cursors import forget_old, seal, unseal

pytestmark = pytest.mark.anyio

HERE, THERE = RepositoryId("a" * 36), RepositoryId("b" * 36)


def hashes(count):
    return tuple(sha256(str(number).encode()).hexdigest()[:40] for number in range(count))


SHORT = Walk(hashes(2), offset=30, frontier=hashes(3), floor=5)
LONG = Walk(hashes(2), offset=30, frontier=hashes(500), floor=5)


@pytest.fixture
async def site(server):
    return server.site


def kept(site):
    directory = site.settings.data_path / "cursors"
    return sorted(directory.iterdir()) if directory.exists() else []


@pytest.mark.parametrize("walk", [SHORT, LONG, Walk(())])
async def test_a_cursor_brings_the_position_back(site, walk):
    cursor = seal(site, HERE, walk)

    assert unseal(site, HERE, cursor) == walk
    assert len(cursor) < 2100
    assert cursor.replace("-", "").replace("_", "").isalnum()


async def test_another_repository_s_cursor_is_refused(site):
    for walk in (SHORT, LONG):
        with pytest.raises(Invalid):
            unseal(site, THERE, seal(site, HERE, walk))


async def test_another_site_s_cursor_is_refused(site):
    other = msgspec.structs.replace(site, keys=msgspec.structs.replace(site.keys, cursors=bytes(range(32))))

    with pytest.raises(Invalid):
        unseal(site, HERE, seal(other, HERE, SHORT))


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 10_000), bit=st.integers(0, 7), long=st.booleans())
async def test_no_bit_of_it_may_change(site, at, bit, long):
    cursor = seal(site, HERE, LONG if long else SHORT)
    raw = bytearray(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    raw[at % len(raw)] ^= 1 << bit

    with pytest.raises(Invalid):
        unseal(site, HERE, urlsafe_b64encode(bytes(raw)).rstrip(b"=").decode())


@given(text=st.text(max_size=80))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_text_of_somebody_else_is_one(site, text):
    with pytest.raises(Invalid):
        unseal(site, HERE, text)


async def test_only_long_ones_are_kept_in_a_file_that_nobody_else_reads(site):
    seal(site, HERE, SHORT)
    assert kept(site) == []

    assert seal(site, HERE, LONG) == seal(site, HERE, LONG)

    (file,) = kept(site)
    assert file.parent.stat().st_mode & 0o777 == 0o700


async def test_a_file_that_was_swept_has_expired(site):
    cursor = seal(site, HERE, LONG)
    await forget_old(site)
    assert unseal(site, HERE, cursor) == LONG

    old = time.time() - cursors._KEPT_FOR - 60
    os.utime(kept(site)[0], (old, old))
    await forget_old(site)

    assert kept(site) == []
    with pytest.raises(Invalid, match="expired"):
        unseal(site, HERE, cursor)


async def test_a_listing_that_is_made_again_is_kept_from_then_on(site):
    seal(site, HERE, LONG)
    old = time.time() - cursors._KEPT_FOR - 60
    os.utime(kept(site)[0], (old, old))

    cursor = seal(site, HERE, LONG)
    await forget_old(site)

    assert unseal(site, HERE, cursor) == LONG


async def test_sweeping_without_cursors_is_fine(site):
    await forget_old(site)

    assert kept(site) == []


async def test_a_file_that_was_cut_is_no_position(site):
    cursor = seal(site, HERE, LONG)
    (file,) = kept(site)
    file.write_bytes(file.read_bytes()[:100])

    with pytest.raises(Invalid):
        unseal(site, HERE, cursor)
