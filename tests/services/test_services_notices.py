import asyncio

import msgspec
import pytest
from sqlalchemy import bindparam, select, update
from support.mail_server import mail_server
from support.site import serving

from bitpail.model.access import Client
from bitpail.model.app_passwords import Use
from bitpail.policy.secrets import Secret, generate
from bitpail.services import app_passwords, leaks, notices, sessions, two_step, users
from bitpail.services.app_passwords import Wanted
from bitpail.services.chores import Chore, run
from bitpail.services.clock import now
from bitpail.services.site import open_site
from bitpail.store import app_passwords as store
from bitpail.store import notices as notices_store
from bitpail.store.tables import app_password_notices, emails
from bitpail.store.tables import app_passwords as table

pytestmark = pytest.mark.anyio
DAY = 86_400
_created = (
    update(table)
    .where(table.c.id == bindparam("wanted"))
    .values(created_on=bindparam("made"), expires_on=bindparam("ends"))
)
_unconfirm = update(emails).values(is_confirmed=0)
_all = select(app_password_notices.c.app_password_id, app_password_notices.c.days)


@pytest.fixture
def post():
    with mail_server() as server:
        yield server


@pytest.fixture
async def mailing(anyio_backend, settings, post):
    """The application has no mail server, and so does no chore of its own meanwhile; the test's site has one."""
    async with serving(settings) as started:
        plain, started.settings = started.site, msgspec.structs.replace(settings, **post.settings())
        started.site = await open_site(started.settings)
        yield started
        await started.site.close()
        started.site = plain


async def expiring(server, user, label, *, within, life):
    """An app password that expires at the noon that is so many days from today, and lives so many days."""
    made, secret = await app_passwords.create(server.site, user, Wanted(label=label, permissions=("wiki",)))
    ends = (now() // (DAY * 1_000_000) + within) * DAY * 1_000_000 + DAY * 500_000
    await server.site.db.run(_created, wanted=made.id, made=int(ends - life * DAY * 1_000_000), ends=ends)
    return made, secret


async def told(server, post, number):
    await notices.before_expiry(server.site)
    assert len(post.envelopes) == number
    return post.mails[-1].get_content() if number else ""


async def test_an_owner_is_told_once_a_week_and_once_a_day_before(mailing, post):
    ada = await mailing.user()
    made, secret = await expiring(mailing, ada, "ci", within=8, life=90)
    await told(mailing, post, 0)

    await expiring_again(mailing, made, 7)
    text = await told(mailing, post, 1)
    assert post.subjects == ['Your app password "ci" on git.example.org expires soon']
    assert '"ci"\n' in text
    assert "last used: never" in text
    assert f"https://git.example.org/account/settings/app-passwords/{made.id}\n" in text
    await told(mailing, post, 1)
    await expiring_again(mailing, made, 2)
    await told(mailing, post, 1)

    await store.touch(mailing.site.db, [Use(made.id, "none", now(), "192.0.2.7", "git/2.47")])
    await expiring_again(mailing, made, 1)
    assert "UTC, from 192.0.2.7, by git/2.47\n" in await told(mailing, post, 2)
    await told(mailing, post, 2)
    assert secret.reveal() not in text


async def expiring_again(server, made, within):
    ends = (now() // (DAY * 1_000_000) + within) * DAY * 1_000_000 + DAY * 500_000
    await server.site.db.run(_created, wanted=made.id, made=ends - 90 * DAY * 1_000_000, ends=ends)


async def test_several_are_in_one_mail_for_each_owner(mailing, post):
    ada, bob = await mailing.user(), await mailing.user("bob")
    for user, label, within in ((ada, "one", 1), (ada, "two", 7), (ada, "three", 5), (bob, "four", 7)):
        await expiring(mailing, user, label, within=within, life=90)

    await told(mailing, post, 2)

    assert {one["To"]: str(one["Subject"]) for one in post.mails} == {
        "ada@example.com": "3 of your app passwords on git.example.org expire soon",
        "bob@example.com": 'Your app password "four" on git.example.org expires soon',
    }


async def test_whom_nobody_tells(mailing, post):
    ada, off = await mailing.user(), await mailing.user("off")
    for label, within, life in (("short", 1, 1.9), ("week", 7, 7.9), ("gone", 1, 90)):
        await expiring(mailing, ada, label, within=within, life=life)
    await app_passwords.revoke(mailing.site, ada, "gone")
    await app_passwords.create(mailing.site, ada, Wanted(label="forever", permissions=("wiki",)))
    await expiring(mailing, ada, "past", within=-1, life=90)
    await expiring(mailing, off, "off", within=1, life=90)
    await users.set_active(mailing.site, "off", active=False)

    await told(mailing, post, 0)

    await expiring(mailing, ada, "unconfirmed", within=1, life=90)
    await mailing.site.db.run(_unconfirm)
    await told(mailing, post, 0)


async def test_two_workers_tell_once(mailing, post):
    for name in ("ada", "bob", "carol"):
        user = await mailing.user(name)
        for label in ("one", "two"):
            await expiring(mailing, user, label, within=7, life=90)
    other = await open_site(mailing.settings)

    await asyncio.gather(*(notices.before_expiry(site) for site in (mailing.site, other, mailing.site)))
    await other.close()

    assert sorted(str(one["To"]) for one in post.mails) == [
        "ada@example.com", "bob@example.com", "carol@example.com",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "tries", "later"), [("451 later", 3, 3), ("550 nobody here", 3, 0), ("421 closing", 3, 3)]
)
async def test_what_the_mail_server_does_not_take_is_tried_next_time_unless_it_never_will(
    mailing, post, answer, tries, later
):
    for name in ("ada", "bob", "carol"):
        await expiring(mailing, await mailing.user(name), "ci", within=7, life=90)
    post.answer = answer
    await told(mailing, post, 0)
    assert post.tries == tries

    post.answer = "250 OK"
    await told(mailing, post, later)


async def test_one_try_is_enough_when_the_mail_server_is_away(mailing, post, monkeypatch):
    for name in ("ada", "bob"):
        await expiring(mailing, await mailing.user(name), "ci", within=7, life=90)
    tried = []
    hand_over = mailing.site.outbox.hand_over

    async def counted(message):
        tried.append(message["To"])
        await hand_over(message)

    monkeypatch.setattr(mailing.site.outbox, "hand_over", counted)
    monkeypatch.setattr(
        mailing.site.outbox, "_settings", msgspec.structs.replace(mailing.settings, smtp_port=1)
    )
    await told(mailing, post, 0)

    assert len(tried) == 1
    assert await mailing.site.db.all(_all) == []


async def test_all_pages_are_looked_through(mailing, post, monkeypatch):
    monkeypatch.setattr(notices, "_PAGE", 2)
    ada = await mailing.user()
    for number in range(5):
        await expiring(mailing, ada, f"number {number}", within=7, life=90)

    assert "number 0" in await told(mailing, post, 1)
    assert post.subjects == ["5 of your app passwords on git.example.org expire soon"]
    assert await notices_store.page_end(mailing.site.db, "zzz", 2) is None


async def test_what_somebody_else_may_have_done_is_told(mailing, post):
    password, new = Secret("correct horse battery"), Secret("another horse battery")
    ada = await mailing.user(password=password.reveal())
    _, secret = await expiring(mailing, ada, "ci", within=30, life=90)
    site = mailing.site

    await sessions.change_password(site, ada, password, new, Client("192.0.2.9", "a browser"))
    await users.set_password(site, "ada", password)
    await two_step.switch_off(site, ada)
    await leaks.reported(site, secret, "192.0.2.5")
    await leaks.reported(site, secret, "192.0.2.5")
    await leaks.reported(site, generate(), "192.0.2.5")
    key = {"label": "laptop", "fingerprint": "SHA256:abc", "link": "https://git.example.org/"}
    await notices.tell(site, ada, "ssh-key-added", **key)
    values = {
        "label": "ci",
        "what": "app password",
        "place": "",
        "repository": "ada/notes",
        "link": "https://git.example.org/",
    }
    for _ in range(3):
        await notices.tell(site, ada, "app-password-pushed", once=f"{ada.id} test", **values)
    await post.until(6)
    await asyncio.sleep(0.1)

    assert sorted(post.subjects) == [
        "An SSH key was added to your account on git.example.org",
        "The password of your account on git.example.org was changed",
        "The password of your account on git.example.org was changed",
        "Two-step verification on git.example.org was switched off",
        'Your app password "ci" on git.example.org was revoked',
        'Your app password "ci" was in a push to git.example.org',
    ]
    everything = "".join(one.as_string() for one in post.mails)
    for hidden in (secret, password, new):
        assert hidden.reveal() not in everything


async def test_a_chore_that_fails_ends_no_other_and_is_done_again(server):
    done = []

    async def fails(site):
        done.append("fails")
        raise ZeroDivisionError

    async def works(site):
        done.append("works")

    chores = asyncio.create_task(run(server.site, [Chore("a", 0, fails), Chore("b", 0, works)]))
    async with asyncio.timeout(30):
        while len(done) < 4:
            await asyncio.sleep(0.01)
    chores.cancel()
    await asyncio.gather(chores, return_exceptions=True)

    assert done[:4] == ["fails", "works", "fails", "works"]
