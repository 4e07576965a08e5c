import asyncio

import msgspec
import pytest
from support.rows import a_user, a_workspace, unused_id

from bitpail.errors import Conflict
from bitpail.model.oauth_consumers import Consumer, ConsumerId
from bitpail.model.oauth_grants import (
    Code,
    DeviceCode,
    DeviceState,
    Grant,
    GrantId,
    GrantType,
    Token,
    TokenUse,
)
from bitpail.model.scopes import Scope
from bitpail.store import oauth_consumers, oauth_device_codes, oauth_grants

pytestmark = pytest.mark.anyio
SCOPES = (Scope.ACCOUNT, Scope.REPOSITORY)


async def a_consumer(db, workspace, owner, name="Bot", **changes):
    made = Consumer(
        ConsumerId(unused_id()), workspace.id, f"key of {name}", "n0nce", name, "what it does",
        "https://app.example.org/cb", "https://app.example.org", SCOPES, False, owner.id, 7,
    )  # fmt: skip
    made = msgspec.structs.replace(made, **changes)
    await oauth_consumers.create(db, made, "l00k1")
    return made


async def a_grant(db, consumer, user, kind=GrantType.AUTHORIZATION_CODE, ends_on=99):
    made = Grant(GrantId(unused_id()), consumer.id, user.id, kind, SCOPES, 7, ends_on)
    await oauth_grants.create(db, made)
    return made


async def a_token(db, grant, lookup="acces", *, is_refresh=False, expires_on=99):
    made = Token(lookup, grant.id, is_refresh, b"digest", 1, SCOPES, 7, expires_on)
    await oauth_grants.add_token(db, made)
    return made


@pytest.fixture
async def ada(db):
    return await a_user(db, "ada")


@pytest.fixture
async def team(db, ada):
    return await a_workspace(db, "team", owner=ada)


@pytest.fixture
async def bot(db, team, ada):
    return await a_consumer(db, team, ada)


async def test_a_consumer_is_found_changed_given_another_secret_and_removed(db, team, ada, bot):
    grace = await a_user(db, "grace")
    changed = msgspec.structs.replace(
        bot, name="Other", description="", callback_url="c", url="", scopes=(Scope.WIKI,), is_public=True
    )

    assert await oauth_consumers.by_key(db, bot.key) == (bot, "team")
    assert await oauth_consumers.by_id(db, bot.id) == (bot, "team")
    assert await oauth_consumers.by_key(db, "nothing") is None
    assert await oauth_consumers.change(db, changed)
    renewed = msgspec.structs.replace(bot, nonce="new", owner_id=grace.id, acts_until=9)
    assert await oauth_consumers.set_secret(db, renewed, "newer")
    changed = msgspec.structs.replace(changed, nonce="new", owner_id=grace.id, acts_until=9)
    assert await oauth_consumers.of_workspace(db, team.id) == [changed]
    assert await oauth_consumers.remove(db, bot.id)
    assert not await oauth_consumers.remove(db, bot.id)
    assert not await oauth_consumers.change(db, changed)
    assert not await oauth_consumers.set_secret(db, renewed, "xxxxx")


async def test_secrets_that_act_too_long_are_given_an_end(db, team, ada, bot):
    sooner = await a_consumer(db, team, ada, "Sooner", acts_until=20)
    later = await a_consumer(db, team, ada, "Later", acts_until=40)

    changed = await oauth_consumers.narrow(db, 30)

    assert changed == 2
    assert await oauth_consumers.narrow(db, 30) == 0
    found = {one.id: one.acts_until for one in await oauth_consumers.of_workspace(db, team.id)}
    assert found == {bot.id: 30, sooner.id: 20, later.id: 30}


async def test_what_was_allowed_too_long_is_given_an_end_some_at_a_time(db, ada, bot):
    async def grant(number, kind=GrantType.AUTHORIZATION_CODE, **more):
        made = Grant(GrantId(unused_id()), bot.id, ada.id, kind, SCOPES, ends_on=99, **more)
        await oauth_grants.create(db, made)
        await a_token(db, made, f"tok{number:02}")

    await grant(1, created_on=7)
    await grant(2, created_on=7, latest_end=50)
    await grant(3, created_on=7, latest_end=20)
    await grant(4, created_on=10, latest_end=50)
    await grant(5, created_on=7, revoked_on=8)
    await grant(6, GrantType.CLIENT_CREDENTIALS, created_on=7)
    await grant(7, GrantType.JWT, created_on=7)
    await grant(8, GrantType.DEVICE_CODE, created_on=9)

    changed = [await oauth_grants.narrow(db, 10, 30, 2) for _ in range(3)]

    assert changed == [2, 1, 0]
    ends = [(await oauth_grants.token(db, f"tok{number:02}")).grant.latest_end for number in range(1, 9)]
    assert ends == [30, 30, 20, 50, None, None, None, 30]


async def test_names_are_unique_in_a_workspace_and_keys_everywhere(db, team, ada, bot):
    other = await a_workspace(db, "other", owner=ada)
    await a_consumer(db, other, ada, key="another")

    with pytest.raises(Conflict):
        await a_consumer(db, team, ada, key="a third")
    with pytest.raises(Conflict):
        await a_consumer(db, other, ada, name="New", key=bot.key)


async def test_a_consent_is_kept_widened_and_forgotten_with_all_that_came_of_it(db, ada, team, bot):
    await oauth_grants.put_consent(db, ada.id, bot.id, (Scope.ACCOUNT,), 5)
    await oauth_grants.put_consent(db, ada.id, bot.id, SCOPES, 6)
    grant = await a_grant(db, bot, ada)
    await oauth_grants.touch(db, [TokenUse(grant.id, 40, "192.0.2.1", "git")])
    await oauth_grants.touch(db, [TokenUse(grant.id, 30, "192.0.2.2", "old")])
    await oauth_grants.add_code(db, Code("code1", b"d", 1, bot.id, ada.id, "", SCOPES, "", 99))

    (app,) = await oauth_grants.connected(db, ada.id)
    assert (app.consumer, app.workspace, app.scopes, app.since, app.last_used_on) == (
        bot,
        "team",
        SCOPES,
        6,
        40,
    )
    assert await oauth_grants.consent(db, ada.id, bot.id) == SCOPES
    assert await oauth_grants.forget(db, ada.id, bot.id, 50)
    assert not await oauth_grants.forget(db, ada.id, bot.id, 51)
    assert await oauth_grants.consent(db, ada.id, bot.id) is None
    assert await oauth_grants.code(db, "code1") is None
    await a_token(db, grant)
    found = await oauth_grants.token(db, "acces")
    assert found is not None
    assert (found.grant.revoked_on, found.grant.last_used_address) == (50, "192.0.2.1")


async def test_a_code_is_used_once(db, ada, bot):
    code = Code("code1", b"digest", 1, bot.id, ada.id, "https://a", SCOPES, "challenge", 99)
    await oauth_grants.add_code(db, code)
    first, second = await a_grant(db, bot, ada), await a_grant(db, bot, ada)

    assert await oauth_grants.code(db, "code1") == code
    assert await oauth_grants.use_code(db, "code1", first.id)
    assert not await oauth_grants.use_code(db, "code1", second.id)
    assert await oauth_grants.code(db, "code1") == msgspec.structs.replace(code, grant_id=first.id)
    assert await oauth_grants.code(db, "other") is None


async def test_of_many_who_use_a_code_or_a_refresh_token_at_once_one_has_it(db, ada, bot):
    await oauth_grants.add_code(db, Code("code1", b"d", 1, bot.id, ada.id, "", SCOPES, "", 99))
    await a_token(db, await a_grant(db, bot, ada), "fresh", is_refresh=True)

    async def exchange():
        async with db.transaction() as transaction:
            grant = await a_grant(transaction, bot, ada)
            first = await oauth_grants.use_code(transaction, "code1", grant.id)
            return first, await oauth_grants.use_refresh(transaction, "fresh", 20)

    won = await asyncio.gather(*(exchange() for _ in range(6)))

    assert [sum(each) for each in zip(*won, strict=True)] == [1, 1]


async def test_a_token_comes_with_all_that_it_depends_on_and_a_refresh_token_is_used_once(db, ada, bot):
    grant = await a_grant(db, bot, ada)
    token = await a_token(db, grant, "fresh", is_refresh=True)

    found = await oauth_grants.token(db, "fresh")

    assert found is not None
    assert (found.token, found.grant, found.consumer, found.user, found.rules) == (
        token,
        grant,
        bot,
        ada,
        None,
    )
    assert await oauth_grants.use_refresh(db, "fresh", 20)
    assert not await oauth_grants.use_refresh(db, "fresh", 21)
    assert await oauth_grants.revoke(db, grant.id, 22)
    assert not await oauth_grants.revoke(db, grant.id, 23)
    found = await oauth_grants.token(db, "fresh")
    assert found is not None
    assert (found.token.used_on, found.grant.revoked_on) == (20, 22)
    assert await oauth_grants.remove_token(db, "fresh")
    assert not await oauth_grants.remove_token(db, "fresh")


async def test_what_an_app_opens_by_itself_ends_alone(db, ada, bot):
    grants = {kind: await a_grant(db, bot, ada, kind) for kind in GrantType}
    for number, grant in enumerate(grants.values()):
        await a_token(db, grant, f"token{number}")

    await oauth_grants.revoke_own(db, bot.id, 33)

    ended = set()
    for number, kind in enumerate(grants):
        found = await oauth_grants.token(db, f"token{number}")
        assert found is not None
        if found.grant.revoked_on:
            ended.add(kind)
    assert ended == {GrantType.CLIENT_CREDENTIALS, GrantType.JWT}


async def test_an_assertion_is_taken_once(db):
    assert await oauth_grants.take_assertion(db, "digest", 50)
    assert not await oauth_grants.take_assertion(db, "digest", 60)
    assert await oauth_grants.take_assertion(db, "other", 50)


async def test_a_device_is_found_by_either_code_decided_once_and_used_once(db, ada, bot):
    device = DeviceCode("dev01", b"digest", 1, "WDJBMJHT", bot.id, SCOPES, 7, 99, 5, 0)
    await oauth_device_codes.create(db, device)

    with pytest.raises(Conflict):
        await oauth_device_codes.create(db, msgspec.structs.replace(device, lookup="dev02"))
    assert await oauth_device_codes.by_lookup(db, "dev01") == device
    assert await oauth_device_codes.by_user_code(db, "WDJBMJHT") == device
    assert await oauth_device_codes.by_user_code(db, "other") is None
    assert not await oauth_device_codes.use(db, "dev01")
    await oauth_device_codes.polled(db, "dev01", 20, 10)
    assert await oauth_device_codes.decide(db, "dev01", DeviceState.ALLOWED, ada.id)
    assert not await oauth_device_codes.decide(db, "dev01", DeviceState.DENIED, ada.id)
    assert await oauth_device_codes.use(db, "dev01")
    assert not await oauth_device_codes.use(db, "dev01")
    assert await oauth_device_codes.by_lookup(db, "dev01") == msgspec.structs.replace(
        device, polled_on=20, poll_every=10, state=DeviceState.USED, user_id=ada.id
    )


async def test_what_has_expired_is_forgotten(db, ada, bot):
    old, new = [await a_grant(db, bot, ada, ends_on=at) for at in (10, 11)]
    longer = await a_grant(db, bot, ada, ends_on=10)
    await oauth_grants.prolong(db, longer.id, 30)
    await a_token(db, old, "old", expires_on=10)
    await a_token(db, new, "old 2", expires_on=10)
    await a_token(db, new, "new", expires_on=11)
    await oauth_grants.add_code(db, Code("old", b"d", 1, bot.id, ada.id, "", SCOPES, "", 10))
    await oauth_grants.add_code(db, Code("new", b"d", 1, bot.id, ada.id, "", SCOPES, "", 11))
    await oauth_grants.take_assertion(db, "old", 10)
    for lookup, user_code, ends in (("old", "A", 10), ("new", "B", 11)):
        await oauth_device_codes.create(
            db, DeviceCode(lookup, b"d", 1, user_code, bot.id, SCOPES, 1, ends, 5, 0)
        )

    await oauth_grants.sweep(db, 10)

    assert await oauth_grants.token(db, "old") is None
    assert await oauth_grants.token(db, "old 2") is None
    assert await oauth_grants.token(db, "new") is not None
    assert [await oauth_grants.code(db, name) is None for name in ("old", "new")] == [True, False]
    assert [await oauth_device_codes.by_lookup(db, name) is None for name in ("old", "new")] == [True, False]
    assert await oauth_grants.take_assertion(db, "old", 99)
    for grant, is_left in ((old, False), (new, True), (longer, True)):
        assert await oauth_grants.revoke(db, grant.id, 40) is is_left


async def test_an_app_takes_everything_along(db, ada, bot):
    grant = await a_grant(db, bot, ada)
    await a_token(db, grant)
    await oauth_grants.put_consent(db, ada.id, bot.id, SCOPES, 5)

    await oauth_consumers.remove(db, bot.id)

    assert await oauth_grants.token(db, "acces") is None
    assert await oauth_grants.connected(db, ada.id) == []
