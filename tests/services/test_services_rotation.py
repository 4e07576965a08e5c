"""Rotation with overlap, on both databases: two secrets at most, never none, and nobody notices."""

import asyncio
import os

import msgspec
import pytest
from support import narrower
from support import postgresql as postgresql_server
from support.narrower import KINDS
from support.site import serving, settings_in

from bitpail.errors import Conflict, Invalid, NotFound
from bitpail.model.access import Client
from bitpail.policy.secrets import Secret
from bitpail.services import advice, app_passwords, replacements
from bitpail.services.authentication import Credential, Reason, Unauthenticated, authenticate
from bitpail.services.managing import Managing

pytestmark = pytest.mark.anyio

CLIENT = Client("192.0.2.1", "test")


@pytest.fixture(scope="session")
def postgresql():
    if postgresql_server.find_programs() is None:
        if os.environ.get("CI") == "true":
            pytest.fail(postgresql_server.MISSING)
        pytest.skip(postgresql_server.MISSING)
    with postgresql_server.running() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request, tmp_path, migrated_file):
    if request.param == "sqlite":
        yield settings_in(tmp_path / "data", migrated_file)
        return
    with request.getfixturevalue("postgresql").database() as url:
        made = settings_in(tmp_path / "data", migrated_file)
        yield msgspec.structs.replace(made, database=url, postgresql_pool=4)


@pytest.fixture
async def server(anyio_backend, settings):
    async with serving(settings) as started:
        yield started


class Held:
    """Ada's app password with the secrets it has had."""

    def __init__(self, server, ada, made, secret):
        self.server, self.site, self.ada, self.label = server, server.site, ada, made.label
        self.secret = secret

    async def rotate(self, grace=3600):
        _, secret = await app_passwords.rotate(self.site, self.ada, self.label, grace)
        return secret.reveal()

    async def finish(self):
        await app_passwords.finish_rotation(self.site, self.ada, self.label)

    async def roll_back(self):
        await app_passwords.roll_back_rotation(self.site, self.ada, self.label)

    async def under_way(self):
        return await app_passwords.rotation(self.site, self.ada, self.label)

    async def heard(self, secret):
        try:
            await authenticate(self.site, Credential("ada", Secret(secret)), CLIENT)
        except Unauthenticated as refused:
            return refused.reason
        return "in"

    async def asks(self, secret):
        return (await self.server.client.get("/2.0/user", auth=("ada", secret))).status


@pytest.fixture
async def held(server, ada):
    made, (_, secret) = await server.app_password(ada, "account")
    return Held(server, ada, made, secret)


async def test_both_secrets_work_until_the_grace_is_over(held, monkeypatch):
    new = await held.rotate(grace=3600)

    assert new != held.secret
    assert [await held.heard(held.secret), await held.heard(new)] == ["in", "in"]
    from bitpail.services import authentication

    later = authentication.now() + 3601 * 1_000_000
    monkeypatch.setattr(authentication, "now", lambda: later)
    assert [await held.heard(held.secret), await held.heard(new)] == [Reason.ROTATED, "in"]


async def test_with_no_grace_the_old_secret_ends_at_once(held):
    new = await held.rotate(grace=0)

    assert [await held.heard(held.secret), await held.heard(new)] == [Reason.ROTATED, "in"]
    assert await held.under_way() is None


async def test_a_rotation_can_be_finished_early(held):
    new = await held.rotate()

    await held.finish()

    assert [await held.heard(held.secret), await held.heard(new)] == [Reason.ROTATED, "in"]
    with pytest.raises(NotFound):
        await held.finish()
    with pytest.raises(NotFound):
        await held.roll_back()
    newer = await held.rotate()
    assert [await held.heard(new), await held.heard(newer)] == ["in", "in"]


async def test_a_rotation_can_be_rolled_back(held):
    new = await held.rotate()

    await held.roll_back()

    assert [await held.heard(held.secret), await held.heard(new)] == ["in", Reason.WRONG]
    with pytest.raises(NotFound):
        await held.roll_back()
    newer = await held.rotate()
    assert [await held.heard(held.secret), await held.heard(newer)] == ["in", "in"]


async def test_while_one_rotation_is_under_way_there_is_no_second(held):
    new = await held.rotate()

    with pytest.raises(Conflict):
        await held.rotate()

    assert [await held.heard(held.secret), await held.heard(new)] == ["in", "in"]


@pytest.mark.parametrize("grace", [0, 3600])
async def test_of_concurrent_rotations_one_wins(held, grace):
    outcomes = await asyncio.gather(*(held.rotate(grace) for _ in range(8)), return_exceptions=True)

    won = [outcome for outcome in outcomes if isinstance(outcome, str)]
    if grace:
        assert len(won) == 1
    assert won
    assert all(isinstance(outcome, str | Conflict) for outcome in outcomes)
    # With no grace they may follow each other; one secret is left in any case.
    assert [await held.heard(secret) for secret in won].count("in") == 1
    assert await held.heard(held.secret) == ("in" if grace else Reason.ROTATED)


@pytest.mark.parametrize("times", range(5))
async def test_finishing_and_rolling_back_at_once_leaves_one_secret(held, times):
    new = await held.rotate()

    await asyncio.gather(
        *(act() for act in (held.finish, held.roll_back, held.finish, held.roll_back)), return_exceptions=True
    )

    assert [await held.heard(held.secret), await held.heard(new)].count("in") == 1
    assert await held.under_way() is None


async def test_the_old_secret_is_never_punished(held):
    new = await held.rotate(grace=0)

    heard = {await held.heard(held.secret) for _ in range(500)}

    assert heard == {Reason.ROTATED}
    assert await held.heard(new) == "in"
    answer = await held.server.client.get("/2.0/user", auth=("ada", held.secret))
    assert answer.status == 401
    assert answer.json()["error"]["detail"] == (
        f'This secret of the app password "{held.label}" was replaced by another one.'
    )


async def test_it_is_told_when_and_from_where_the_old_secret_was_last_used(held):
    new = await held.rotate()
    await held.heard(new)
    before = await held.under_way()
    await held.heard(held.secret)

    after = await held.under_way()

    assert before.old.last_used_on is None
    assert after.old.last_used_on is not None
    assert (after.old.last_used_address, after.old.last_used_client) == ("192.0.2.1", "test")
    assert after.new.last_used_on is not None


async def test_no_request_fails_during_rotations(held):
    """Clients that take the new secret up late, within the grace, and one that never stops asking."""
    current = [held.secret]
    statuses = []
    done = asyncio.Event()
    rounds = [0] * 6

    async def client(number):
        while not done.is_set():
            # The secret as it was when the request was made ready; it may be an old one by now.
            secret = current[0]
            await asyncio.sleep(0.001)
            statuses.append(await held.asks(secret))
            rounds[number] += 1

    async def everybody_has_asked():
        # What each was about to send is answered, and what it made ready after that.
        seen = list(rounds)
        while any(now < before + 2 for now, before in zip(rounds, seen, strict=True)):
            assert not any(one.done() for one in clients)
            await asyncio.sleep(0.001)

    clients = [asyncio.create_task(client(number)) for number in range(6)]
    for turn in range(6):
        new = await held.rotate()
        await everybody_has_asked()
        if turn % 3 == 2:
            await held.roll_back()
        else:
            current[0] = new
            await everybody_has_asked()
            await held.finish()
    done.set()
    await asyncio.gather(*clients)

    assert len(statuses) > 50
    assert set(statuses) == {200}


async def test_revoking_ends_both_secrets(held):
    new = await held.rotate()

    await app_passwords.revoke(held.site, held.ada, held.label)

    assert [await held.heard(held.secret), await held.heard(new)] == [Reason.REVOKED, Reason.REVOKED]
    with pytest.raises(NotFound):
        await held.rotate()


async def test_what_has_expired_gets_no_new_secret(server, ada, monkeypatch):
    wanted = app_passwords.Wanted(label="brief", permissions=("account",), lifetime=3600)
    made, secret = await app_passwords.create(server.site, ada, wanted)
    brief = Held(server, ada, made, secret.reveal())

    with monkeypatch.context() as later:
        later.setattr(app_passwords, "now", lambda: made.expires_on)
        with pytest.raises(Invalid, match="'brief' has expired: create a new one"):
            await brief.rotate()

    assert await brief.under_way() is None
    assert await brief.heard(brief.secret) == "in"


@pytest.mark.parametrize("grace", [-1, app_passwords.LONGEST_GRACE + 1])
async def test_a_grace_has_bounds(held, grace):
    with pytest.raises(Invalid):
        await held.rotate(grace)

    assert await held.under_way() is None


@pytest.mark.parametrize("lifetime", [0, -5, app_passwords.LONGEST_LIFETIME + 1, 10**18])
async def test_an_expiry_has_bounds(held, lifetime):
    wanted = app_passwords.Wanted(label="late", permissions=("account",), lifetime=lifetime)

    with pytest.raises(Invalid):
        await app_passwords.create(held.site, held.ada, wanted)


@pytest.mark.parametrize("kind", KINDS[1:])
async def test_a_narrower_token_is_made_beside_one_whose_label_is_taken(server, ada, kind):
    """On both databases a label that is taken undoes what was begun, and nothing else."""
    await server.workspace("team", ada)
    await server.repository("team", "code")
    ci = await narrower.held(server, ada, kind)
    taken = await narrower.held(server, ada, kind, label="ci (narrowed)")

    done = await advice.replace_as_advised(server.site, *ci.which, 3600, Managing(kind=kind))
    await replacements.roll_back(server.site, *ci.which, Managing(kind=kind))
    again = await advice.replace_as_advised(server.site, *ci.which, 3600, Managing(kind=kind))
    await replacements.finish(server.site, *ci.which, Managing(kind=kind))

    assert done.new.label == again.new.label == "ci (narrowed 2)"
    secrets = (ci.secret, done.secret.reveal(), again.secret.reveal(), taken.secret)
    assert [await ci.asks(server, secret) for secret in secrets] == [401, 401, 200, 200]
