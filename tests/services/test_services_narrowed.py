"""Narrowed secrets and what is kept of them: proved by what the database has, and never made of it."""

import msgspec
import pytest
from sqlalchemy import Text, bindparam, select, update

from bitpail.model.access import Client
from bitpail.model.audit import Filter, Kind
from bitpail.model.credentials import CredentialKind, Door
from bitpail.model.repositories import RepositoryId
from bitpail.model.scopes import Scope
from bitpail.policy import attenuation, secrets
from bitpail.policy.attenuation import Narrowing, narrow
from bitpail.policy.secrets import Secret
from bitpail.services import app_passwords, audit, leaks, narrowed, usage, users
from bitpail.services.authentication import Credential, Reason, Unauthenticated, authenticate
from bitpail.services.clock import now
from bitpail.store import app_passwords as store
from bitpail.store.tables import app_password_secrets as rows

pytestmark = pytest.mark.anyio

HERE = Client("192.0.2.1", "a test")
READ = Narrowing(repositories=("ada/notes",), read_only=True)
_lookup = rows.c.lookup == bindparam("wanted", type_=Text)


@pytest.fixture
async def site(server):
    return server.site


@pytest.fixture
async def notes(server, ada):
    return await server.repository("ada", "notes")


@pytest.fixture
async def parent(server, ada):
    made, auth = await server.app_password(ada, "repository:write", "account")
    return made, Secret(auth[1])


async def shows(site, secret, username="ada", **more):
    return await authenticate(site, Credential(username, secret), HERE, **more)


async def refused(site, secret, username="ada"):
    with pytest.raises(Unauthenticated) as error:
        await shows(site, secret, username)
    return error.value


async def test_it_stands_for_its_app_password_with_what_is_left(site, ada, notes, parent):
    made, secret = parent
    soon = now() // 1_000_000 + 60
    child = narrow(narrow(secret, READ), Narrowing(permissions=("repository",), until=soon))

    for username, door in (("ada", Door.REST), ("ADA", Door.GIT), (None, Door.REST), (None, Door.GIT)):
        actor = await shows(site, child, username, door=door)

        assert (actor.user, actor.app_password.id, actor.app_password.label) == (ada, made.id, made.label)
        assert actor.kind is CredentialKind.NARROWED
        assert actor.scopes == {Scope.REPOSITORY}
        assert actor.app_password.expires_on == soon * 1_000_000
        first, second = actor.app_password.limits.also
        assert (first.repositories, first.read_only, second.repositories) == ((notes.id,), True, ())
        assert actor.narrowed == attenuation.parse(child).digest


async def test_names_are_of_now_and_may_be_ids(server, site, notes, parent):
    _, secret = parent
    by_id = narrow(secret, Narrowing(repositories=(f"ada/{{{notes.id}}}",)))
    gone = narrow(secret, Narrowing(repositories=("ada/gone",)))

    assert (await shows(site, by_id)).app_password.limits.also[0].repositories == (notes.id,)
    assert (await shows(site, gone)).app_password.limits.also[0].repositories == (RepositoryId(""),)
    await server.repository("ada", "gone")
    assert (await shows(site, gone)).app_password.limits.also[0].repositories != (RepositoryId(""),)


async def test_it_ends_when_its_app_password_is_revoked(site, ada, parent):
    made, secret = parent
    child = narrow(secret, READ)
    await shows(site, child)

    await app_passwords.revoke(site, ada, made.label)

    error = await refused(site, child)
    assert (error.reason, error.narrowed) == (Reason.REVOKED, attenuation.parse(child).digest)


async def test_it_ends_with_the_very_secret_that_it_was_made_of(site, ada, parent):
    made, secret = parent
    child = narrow(secret, READ)
    _, new = await app_passwords.rotate(site, ada, made.label, 3600)
    await shows(site, child)

    await app_passwords.finish_rotation(site, ada, made.label)

    assert (await refused(site, child)).reason is Reason.ROTATED
    assert await shows(site, narrow(new, READ))


async def test_a_new_secret_that_is_taken_back_takes_along_what_was_made_of_it(site, ada, parent):
    made, _ = parent
    _, new = await app_passwords.rotate(site, ada, made.label, 3600)
    child = narrow(new, READ)
    await shows(site, child)

    await app_passwords.roll_back_rotation(site, ada, made.label)

    assert (await refused(site, child)).reason is Reason.WRONG


async def test_it_ends_by_itself_and_its_app_password_goes_on(site, ada, parent):
    made, secret = parent
    child = narrow(secret, Narrowing(until=now() // 1_000_000))

    error = await refused(site, child)

    assert error.reason is Reason.EXPIRED
    assert error.told == f'The narrowed app password "{made.label}" has expired.'
    assert await shows(site, secret)
    events = [one async for one in audit.every(site, Filter(kind=Kind.APP_PASSWORD_EXPIRED))]
    assert events == []


async def test_nobody_shows_it_whose_account_is_off_and_under_no_other_name(site, parent):
    _, secret = parent
    child = narrow(secret, READ)

    assert (await refused(site, child, "eve")).reason is Reason.WRONG
    assert (await refused(site, child, "ada@example.com")).reason is Reason.EMAIL
    await users.set_active(site, "ada", active=False)
    assert (await refused(site, child)).reason is Reason.WRONG


async def test_only_app_passwords_are_narrowed(server, site, ada):
    made = secrets.generate(secrets.Family.API_TOKEN)

    with pytest.raises(attenuation.Invalid):
        narrow(made, READ)


async def test_forged_ones_are_wrong_and_cost_what_right_ones_cost(site, parent, monkeypatch):
    _, secret = parent
    right = attenuation.parse(narrow(secret, READ))
    other = secrets.generate()
    theirs = attenuation.parse(narrow(other, READ))
    # The blocks of a secret that somebody has made up, under the look-up name of Ada's.
    forged = Secret(attenuation._text(right.lookup, theirs.blocks, theirs.last_key))
    work = []
    for place, name in ((attenuation, "is_proved"), (narrowed.app_passwords, "by_lookup")):
        real = getattr(place, name)
        monkeypatch.setattr(
            place, name, lambda *given, real=real, name=name: work.append(name) or real(*given)
        )

    assert (await refused(site, forged)).reason is Reason.WRONG
    assert (await refused(site, narrow(other, READ))).reason is Reason.WRONG
    assert work == ["by_lookup", "is_proved"] * 2
    assert (await refused(site, Secret(forged.reveal()[:-1]))).reason is Reason.WRONG
    assert len(work) == 4


async def test_the_database_alone_makes_none(site, ada, parent):
    """The attack: whoever may read and write every row, and has not the key file, puts a key of their own there."""
    _, secret = parent
    lookup = secrets.lookup_name(secret)
    stored = await store.by_lookup(site.db, lookup)
    assert secret.reveal().encode() not in stored.public_key
    own = secrets.generate()
    forged = attenuation.parse(narrow(own, READ))
    child = Secret(attenuation._text(lookup, forged.blocks, forged.last_key))
    other = await store.by_lookup(site.db, secrets.lookup_name(await _another(site, ada)))

    for planted in (
        attenuation.public_key(own),
        attenuation.public_key(own) + bytes(32),
        attenuation.public_key(own) + stored.public_key[32:],
        attenuation.public_key(own) + other.public_key[32:],
        attenuation.public_key(own) + stored.digest,
        b"",
        None,
    ):
        await site.db.run(
            update(rows).where(_lookup).values(public_key=bindparam("key")), wanted=lookup, key=planted
        )
        assert (await refused(site, child)).reason is Reason.WRONG
    # Not even the right key of another secret, with its tag.
    await site.db.run(
        update(rows).where(_lookup).values(public_key=bindparam("key")), wanted=lookup, key=other.public_key
    )
    assert (await refused(site, child)).reason is Reason.WRONG


async def _another(site, ada):
    _, secret = await app_passwords.create(
        site, ada, app_passwords.Wanted(label="another", permissions=("account",))
    )
    return secret


async def test_a_key_under_a_key_of_ours_that_is_gone_proves_nothing(site, parent):
    _, secret = parent
    child = narrow(secret, READ)
    renewed = msgspec.structs.replace(site.keys, app_passwords={2: bytes(range(32))})

    assert await shows(site, child)
    assert (await refused(msgspec.structs.replace(site, keys=renewed), child)).reason is Reason.WRONG


async def test_one_of_before_there_were_any_is_narrowed_after_its_next_use(site, parent):
    _, secret = parent
    lookup = secrets.lookup_name(secret)
    await site.db.run(
        update(rows).where(_lookup).values(public_key=bindparam("key")), wanted=lookup, key=None
    )
    child = narrow(secret, READ)
    assert (await refused(site, child)).reason is Reason.WRONG

    await shows(site, secret)
    await site.behind.flush()

    assert await shows(site, child)


async def test_uses_are_counted_for_the_app_password(server, site, ada, notes, parent):
    made, secret = parent
    child = narrow(secret, READ)

    answer = await server.client.get("/2.0/repositories/ada/notes", auth=("ada", child.reveal()))
    refusal = await server.client.get("/2.0/user", auth=("ada", child.reveal()))

    assert (answer.status, refusal.status) == (200, 200)
    await server.client.get("/2.0/repositories/ada/gone", auth=("ada", child.reveal()))
    server_site = server.application._site
    await server_site.behind.flush()
    used = await usage.of_app_password(site, ada, made)
    assert {row.repository for row in used} >= {"ada/notes"}
    found = await store.secrets_of(site.db, made.id)
    assert found[0].last_used_address == "192.0.2.1"


async def test_a_live_one_is_known_to_the_push_guard_and_ends_all_when_it_is_reported(site, ada, parent):
    made, secret = parent
    child = narrow(secret, READ)
    over = narrow(secret, Narrowing(until=1))

    assert (await leaks.live(site, child)).app_password.id == made.id
    assert await leaks.live(site, over) is None
    assert await leaks.reported(site, child, "192.0.2.9") == 0

    assert (await refused(site, secret)).reason is Reason.REVOKED
    assert (await refused(site, child)).reason is Reason.REVOKED


async def test_nothing_of_it_is_written_down(server, site, notes, parent):
    _, secret = parent
    child = narrow(secret, READ)
    for path in ("/2.0/repositories/ada/notes", "/2.0/repositories/ada/gone", f"/{child.reveal()}"):
        await server.client.get(path, auth=("ada", child.reveal()))
    await server.application._site.behind.flush()

    for table in store._secrets.metadata.sorted_tables:
        for row in await site.db.all(select(*table.c)):
            assert child.reveal() not in repr(row)
            assert child.reveal()[60:100] not in repr(row)
