import pytest
from support.rows import a_user

from bitpail.model.avatars import Avatar
from bitpail.store import avatars

pytestmark = pytest.mark.anyio


async def test_a_user_has_one_picture_or_none(db):
    ada, grace = await a_user(db, "ada"), await a_user(db, "grace")
    first, second = (Avatar(ada.id, "image/webp", bytes([0, at, 255]), at) for at in (1, 2))

    await avatars.put(db, first)
    await avatars.put(db, second)

    assert await avatars.of_user(db, ada.id) == second
    assert await avatars.of_user(db, grace.id) is None
    assert not await avatars.remove(db, grace.id)
    assert await avatars.remove(db, ada.id)
    assert await avatars.of_user(db, ada.id) is None
