import re
from urllib.parse import urlsplit

import msgspec
import pytest
from support.browser import PASSWORD, Browser
from support.mail_server import mail_server
from support.site import serving, settings_in

from bitpail.services import audit, emails, one_time_links, users
from bitpail.store import one_time_links as store

pytestmark = pytest.mark.anyio
PROFILE, EMAILS = "/account/settings/", "/account/settings/emails"


@pytest.fixture
def mails():
    with mail_server() as server:
        yield server


@pytest.fixture
async def server(anyio_backend, settings, mails):
    """One that sends mail."""
    async with serving(msgspec.structs.replace(settings, **mails.settings())) as started:
        yield started


@pytest.fixture
async def silent(anyio_backend, tmp_path, migrated_file):
    """One that sends none, with Ada logged in."""
    async with serving(settings_in(tmp_path / "silent", migrated_file)) as started:
        yield started, await logged_in(started, "ada")


async def logged_in(server, name):
    await server.user(name, password=PASSWORD)
    browser = Browser(server.application)
    await browser.log_in(name, PASSWORD)
    return browser


async def listed(server, name="ada"):
    found = await users.emails(server.site, await users.named(server.site, name))
    return {one.address: (one.is_primary, one.is_confirmed) for one in found}


async def link_in(mails, number=1):
    mail = (await mails.until(number))[-1]
    (address,) = re.findall(r"https://git\.example\.org(/account/\S+)", mail.get_content())
    return mail["To"], address


async def test_an_address_is_confirmed_by_the_link_that_is_mailed_there(server, page, mails):
    added = await page.follow(await page.submit(PROFILE, EMAILS, address=" Ada@Lovelace.example "))
    assert "A mail is on its way" in added.text
    assert (await listed(server))["Ada@Lovelace.example"] == (False, False)
    assert (await Browser(server.application).log_in("ada@lovelace.example", PASSWORD)).status == 401

    to, link = await link_in(mails)
    for _ in range(2):  # a scanner of mails opens links as well
        assert "Ada@Lovelace.example" in (await page.get(link)).text
    done = await page.submit(link, f"{EMAILS}/confirm")

    assert to == "Ada@Lovelace.example"
    assert "Confirmed." in (await page.follow(done)).text
    assert (await listed(server))["Ada@Lovelace.example"] == (False, True)
    assert (await Browser(server.application).log_in("ada@lovelace.example", PASSWORD)).status == 303
    assert (await page.get(link)).status == 422


async def test_a_link_is_of_no_use_to_anybody_else(server, page, mails):
    grace = await logged_in(server, "grace")
    await page.submit(PROFILE, EMAILS, address="new@example.org")
    _, link = await link_in(mails)
    changed = f"{link[:-1]}{'A' if link[-1] != 'A' else 'B'}"

    nobody = await Browser(server.application).get(link)

    assert urlsplit(nobody.headers["location"]).path == "/login"
    assert (await grace.get(link)).status == 422
    assert [(await page.get(each)).status for each in (changed, f"{EMAILS}/confirm", f"{link}%00")] == [
        422
    ] * 3
    assert (await page.get(link)).status == 200
    assert "new@example.org" not in await listed(server, "grace")


async def test_a_link_ends_after_a_day_and_with_its_address(server, ada, page, mails):
    await page.submit(PROFILE, EMAILS, address="one@example.org")
    _, link = await link_in(mails)
    secret = emails.Secret(link.partition("=")[2])
    opened = await page.get(link)
    await page.submit(PROFILE, f"{EMAILS}/remove", address="one@example.org")
    assert (await page.submit(link, f"{EMAILS}/confirm", page=opened)).status == 404

    kept = await emails.claimed(server.site, ada, secret)
    late = msgspec.structs.replace(kept, expires_on=1)
    await store.remove(server.site.db, kept.digest)
    await store.create(server.site.db, late)
    with pytest.raises(one_time_links.Spent):
        await emails.claimed(server.site, ada, secret)
    await one_time_links.forget_expired(server.site)
    assert await store.find(server.site.db, kept.digest) is None


async def test_an_address_that_another_account_has_looks_like_any_other(server, page, mails):
    await server.user("grace")
    shown = []
    for address in ("free@example.com", "grace@example.com"):
        answer = await page.follow(await page.submit(PROFILE, EMAILS, address=address))
        shown.append(answer.text.replace(address, "it"))
        if len(shown) < 2:
            await page.submit(PROFILE, f"{EMAILS}/remove", address=address)

    assert shown[0] == shown[1]
    assert "not confirmed" in shown[0]
    await mails.until(2)
    link = next(mail for mail in mails.mails if mail["To"] == "grace@example.com").get_content()
    (address,) = re.findall(r"https://git\.example\.org(/account/\S+)", link)
    told = await page.submit(address, f"{EMAILS}/confirm")
    assert (told.status, "belongs to another account" in told.text) == (409, True)
    assert (await listed(server, "grace"))["grace@example.com"] == (True, True)


async def test_only_a_confirmed_address_becomes_the_primary_one_and_that_one_stays(server, ada, page, mails):
    for address in ("b@example.org", "c@example.org"):
        await page.submit(PROFILE, EMAILS, address=address)
    await emails.confirm_unseen(server.site, ada, "B@example.org")

    unconfirmed = await page.submit(PROFILE, f"{EMAILS}/primary", address="c@example.org")
    unknown = await page.submit(PROFILE, f"{EMAILS}/primary", address="x@example.org")
    await page.submit(PROFILE, f"{EMAILS}/primary", address="b@example.org")
    stays = await page.submit(PROFILE, f"{EMAILS}/remove", address="b@example.org")
    await page.submit(PROFILE, f"{EMAILS}/remove", address="ada@example.com")

    assert (unconfirmed.status, unknown.status, stays.status) == (422, 404, 422)
    assert await listed(server) == {"b@example.org": (True, True), "c@example.org": (False, False)}
    await mails.until(3)
    (warned,) = [mail for mail in mails.mails if "primary" in mail["Subject"]]
    assert warned["To"] == "ada@example.com"
    assert "goes to b@example.org" in warned.get_content()
    told = [each.kind.value for each in await audit.newest(server.site, audit.Filter(user_id=ada.id))]
    assert [kind for kind in told if kind.startswith("email")] == [
        *("email.removed", "email.made_primary", "email.confirmed", "email.added", "email.added"),
    ]


@pytest.mark.parametrize(
    "address",
    ["", "x", "@", "a b@example.org", "a@b@c", "ada@example.com", "ADA@example.com", "x" * 250 + "@example.org",
     "a\n@example.org", "a\0@example.org", "a\x85@example.org", "a@example.org\r\nBcc: x@example.org"],
)  # fmt: skip
async def test_what_is_no_address_or_ones_own_is_refused(server, page, mails, address):
    answer = await page.submit(PROFILE, EMAILS, address=address)

    assert answer.status == 422
    assert list(await listed(server)) == ["ada@example.com"]
    assert mails.tries == 0


async def test_nobody_fills_a_strangers_mailbox(server, page, mails):
    await page.submit(PROFILE, EMAILS, address="stranger@example.org")
    send = f"{EMAILS}/send"

    answers = [await page.submit(PROFILE, send, address="stranger@example.org") for _ in range(12)]

    assert [answer.status for answer in answers] == [303] * 9 + [422] * 3
    assert "try again in an hour" in answers[-1].text
    await mails.until(10)


async def test_without_mail_an_administrator_confirms_it(silent):
    server, browser = silent

    shown = await browser.follow(await browser.submit(PROFILE, EMAILS, address="new@example.org"))

    assert "an administrator has to confirm the address" in shown.text
    assert await listed(server) == {"ada@example.com": (True, True), "new@example.org": (False, False)}
    await emails.confirm_unseen(server.site, await users.named(server.site, "ada"), "New@example.org")
    assert (await listed(server))["new@example.org"] == (False, True)
