import pytest
from support.rows import a_user, an_app_password

from bitpail.model.one_time_links import OneTimeLink, Purpose
from bitpail.store import app_passwords, one_time_links, users

pytestmark = pytest.mark.anyio


async def test_users_are_found_by_any_part_of_a_name_or_address_with_every_sign_as_it_is(db):
    for name in ("ada", "grace", "g_h"):
        await a_user(db, name)

    async def found(text, skipped=0, most=9):
        return [one.username for one in await users.matching(db, text, skipped=skipped, most=most)]

    assert await found("") == ["ada", "g_h", "grace"]
    assert await found("", skipped=1, most=1) == ["g_h"]
    assert await found("RACE@") == ["grace"]
    assert await found("_") == ["g_h"]
    assert await found("%") == await found("\\") == []


async def test_another_administrator_is_one_who_is_active_and_somebody_else(db):
    assert not await users.is_any(db)
    ada, grace = await a_user(db, "ada", is_admin=True), await a_user(db, "grace")
    assert await users.is_any(db)
    assert not await users.is_other_administrator(db, ada.id)
    await users.set_admin(db, grace.id, True)
    assert await users.is_other_administrator(db, ada.id)
    await users.set_active(db, grace.id, False)
    assert not await users.is_other_administrator(db, ada.id)


async def test_links_of_one_purpose_and_one_user_are_forgotten_together(db):
    ada = await a_user(db, "ada")
    for digest, purpose, user_id in (
        ("1", Purpose.SET_PASSWORD, ada.id),
        ("2", Purpose.CONFIRM_EMAIL, ada.id),
        ("3", Purpose.SET_UP, None),
    ):
        await one_time_links.create(db, OneTimeLink(digest, purpose, user_id, 9, None))

    async def left():
        return [digest for digest in "123" if await one_time_links.find(db, digest)]

    await one_time_links.remove_all(db, Purpose.SET_PASSWORD, ada.id)
    assert await left() == ["2", "3"]
    await one_time_links.remove_all(db, Purpose.SET_UP, None)
    assert await left() == ["2"]


async def test_an_app_password_is_changed_only_from_what_it_was(db):
    ada = await a_user(db, "ada")
    made = await an_app_password(db, ada)
    later = type(made)(
        *[getattr(made, name) for name in made.__struct_fields__[:6]], 99, None, None, None, None
    )

    assert await app_passwords.change(db, made, later)
    assert not await app_passwords.change(db, made, later)
    assert (await app_passwords.by_id(db, ada.id, made.id)).expires_on == 99
