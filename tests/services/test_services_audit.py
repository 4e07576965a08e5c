import json

import msgspec
import pytest

from bitpail.model.audit import Kind
from bitpail.policy import secrets
from bitpail.services import app_passwords, audit, denials, users
from bitpail.services.app_passwords import Wanted
from bitpail.services.audit import Filter

pytestmark = pytest.mark.anyio


async def log(server, **wanted):
    await server.application._site.behind.flush()
    return [each async for each in audit.every(server.site, Filter(**wanted))]


async def kinds(server, **wanted):
    return [each.kind for each in await log(server, **wanted)]


async def test_the_life_of_an_app_password_is_told_in_order(server, ada):
    site = server.site
    made, secret = await app_passwords.create(site, ada, Wanted(label="ci", permissions=("account",)))
    for _ in range(3):
        await server.client.get("/2.0/user", auth=("ada", secret.reveal()))
    await server.application._site.behind.flush()
    await app_passwords.rotate(site, ada, "ci", 60)
    await app_passwords.roll_back_rotation(site, ada, "ci")
    await app_passwords.rotate(site, ada, "ci", 60)
    await app_passwords.finish_rotation(site, ada, "ci")
    await app_passwords.revoke(site, ada, "ci")
    await users.set_active(site, "ada", active=False)

    told = await log(server, user_id=ada.id)

    assert [each.kind.partition(".")[2] for each in told] == [
        *("created", "created", "used_first", "rotated", "rotation_rolled_back", "rotated"),
        *("rotation_finished", "revoked", "disabled"),
    ]
    assert {each.label for each in told if each.app_password_id == made.id} == {"ci"}
    first = told[2]
    assert (first.address, len(first.request_id)) == ("192.0.2.1", 16)
    assert told[0].address == ""


async def test_a_label_that_is_taken_leaves_no_event(server, ada):
    await app_passwords.create(server.site, ada, Wanted(label="ci", permissions=("wiki",)))
    with pytest.raises(Exception, match="already"):
        await app_passwords.create(server.site, ada, Wanted(label="ci", permissions=("wiki",)))

    assert (await kinds(server)).count(Kind.APP_PASSWORD_CREATED) == 1


async def test_expiry_is_noticed_once_and_refusals_are_one_line_an_hour(server, ada):
    made, secret = await app_passwords.create(
        server.site, ada, Wanted(label="ci", permissions=("wiki",), lifetime=3600)
    )
    auth = ("ada", secret.reveal())
    for _ in range(3):
        assert (await server.client.get("/2.0/user", auth=auth)).status == 403
        await server.application._site.behind.flush()
    from bitpail.store import app_passwords as store

    await store.change(server.site.db, made, msgspec.structs.replace(made, expires_on=1))
    for _ in range(3):
        assert (await server.client.get("/2.0/user", auth=auth)).status == 401
        await server.application._site.behind.flush()

    found = await kinds(server)
    assert found.count(Kind.APP_PASSWORD_EXPIRED) == 1
    assert found.count(Kind.APP_PASSWORD_DENIED) <= 4  # two reasons, and the hour may end in between
    assert found.count(Kind.APP_PASSWORD_USED_FIRST) == 1


async def test_a_secret_in_an_event_or_an_address_is_blotted_out(server, ada):
    auth = await server.auth(ada, "wiki")
    other = secrets.generate().reveal()
    await server.client.get(f"/2.0/repositories/ada/{other}", auth=auth)
    await server.client.get(f"/2.0/user?x={auth[1]}", auth=auth)
    audit.note(server.site, Kind.LOG_IN_FAILED, name=f"ada {other}\0")
    told = await log(server)
    kept = await denials.of_user(server.site, ada)

    assert kept
    text = json.dumps([audit.shown(each) for each in told]) + repr(kept)
    assert auth[1] not in text
    assert other not in text
    assert auth[1][10:30] not in text
    await server.site.behind.flush()
    for path in server.settings.data_path.glob("bitpail.sqlite3*"):
        content = path.read_bytes()
        assert other.encode() not in content
        assert auth[1].encode() not in content
        assert auth[1][8:30].encode() not in content


async def test_the_newest_come_in_pages(server, ada):
    for number in range(5):
        audit.note(server.site, Kind.LOGGED_IN, user=ada, number=number)

    first = await audit.newest(server.site, Filter(kind=Kind.LOGGED_IN), limit=3)
    rest = await audit.newest(
        server.site, Filter(kind=Kind.LOGGED_IN), before=audit.place_of(first[-1]), limit=3
    )

    assert (len(first), len(rest)) == (3, 2)
    assert {audit.shown(each)["detail"]["number"] for each in (*first, *rest)} == set(range(5))


async def test_a_flood_of_refusals_is_bounded(server, ada):
    for number in range(1500):
        server.site.audit.put(str(number), None)
    assert len(server.site.audit._gathered) == 1000
    server.site.audit._gathered.clear()
