import subprocess

import msgspec
import pytest
from support.browser import PASSWORD, Browser, Page

from bitpail.model.access import Client
from bitpail.services import ssh_keys, users
from bitpail.services.clock import now
from bitpail.store import ssh_keys as store

pytestmark = pytest.mark.anyio
PAGE = "/account/settings/ssh-keys/"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("key") / "id_ed25519"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ada@laptop", "-f", path], check=True
    )
    printed = subprocess.run(["ssh-keygen", "-lf", path], capture_output=True, text=True, check=True)
    return path.read_text(), path.with_suffix(".pub").read_text(), printed.stdout.split()[1]


async def test_a_key_is_added_shown_with_its_fingerprint_and_removed_after_a_question(page, made):
    _, line, fingerprint = made

    shown = await page.follow(await page.submit(PAGE, key=line))

    assert "Added." in shown.text
    assert all(text in shown.text for text in (fingerprint, "<h2>ada@laptop</h2>", "ssh-ed25519", "never"))
    (remove,) = [link for link in Page(shown.text).links if link.endswith("/remove")]
    assert fingerprint in (await page.get(remove)).text
    gone = await page.follow(await page.submit(remove))
    assert "There is none yet." in gone.text


async def test_its_last_use_is_shown_with_when_where_and_what(server, ada, page, made):
    key = await ssh_keys.add(server.site, ada, made[1])
    ssh_keys.used(server.site, key, Client("198.51.100.7", "OpenSSH\0_9.2 \udcff" + "x" * 500))
    await server.site.behind.flush()

    shown = await page.get(PAGE)

    assert "from <code>198.51.100.7</code> with OpenSSH_9.2 ?xxx" in shown.text


async def test_a_private_key_is_refused_and_not_shown_again(page, made):
    private = made[0]

    answer = await page.submit(PAGE, key=private, label="mine")

    assert answer.status == 422
    assert "This is a private key" in answer.text
    assert private.splitlines()[1] not in answer.text
    assert 'value="mine"' in answer.text


async def test_a_key_opens_one_account_and_nobody_is_told_which(server, ada, page, made):
    grace = await server.user("grace", password=PASSWORD)
    key = await ssh_keys.add(server.site, ada, made[1])
    again = await page.submit(PAGE, key=made[1])
    browser = Browser(server.application)
    await browser.log_in("grace", PASSWORD)

    taken = await browser.submit(PAGE, key=made[1])

    assert "You have added this key already" in again.text
    assert taken.status == 422
    assert ">This key is in use already; a key opens one account only.<" in taken.text
    assert (await browser.get(f"{PAGE}{key.id}/remove")).status == 404
    forged = [("form_token", dict(Page(taken.text).forms[0].fields)["form_token"])]
    assert (await browser.ask("POST", f"{PAGE}{key.id}/remove", fields=forged)).status == 404
    assert await ssh_keys.of_user(server.site, ada) == [key]
    assert await ssh_keys.of_user(server.site, grace) == []


async def test_the_key_of_a_switched_off_account_opens_nothing(server, ada, made):
    key = await ssh_keys.add(server.site, ada, made[1])
    assert await ssh_keys.presented(server.site, key.fingerprint) == (key, ada)

    await users.set_active(server.site, "ada", active=False)

    assert await ssh_keys.presented(server.site, key.fingerprint) is None
    assert await ssh_keys.presented(server.site, "") is None


@pytest.mark.parametrize("label", ["<script>alert(1)</script>", "  ", "é" * 255])
async def test_a_label_is_text(page, made, label):
    shown = await page.follow(await page.submit(PAGE, key=made[1], label=label))

    assert "<script>alert" not in shown.text
    assert Page(shown.text).inline == []


@pytest.mark.parametrize("label", ["x" * 256, "a\0b", "bp_" + "0" * 36])
async def test_a_label_that_can_not_be_one_is_refused(server, ada, page, made, label):
    assert (await page.submit(PAGE, key=made[1], label=label)).status == 422
    assert await ssh_keys.of_user(server.site, ada) == []


async def test_a_key_that_has_expired_says_so(server, ada, page, made):
    key = await ssh_keys.add(server.site, ada, made[1])
    ends = now() - 1_000_000
    await store.change(server.site.db, msgspec.structs.replace(key, expires_on=ends))

    over = (await page.get(PAGE)).text
    await store.change(server.site.db, msgspec.structs.replace(key, expires_on=ends + 86_400_000_000))
    to_come = (await page.get(PAGE)).text

    assert '<span class="badge off">expired</span>' in over
    assert "<dt>Expired</dt>" in over
    assert "badge off" not in to_come
    assert "<dt>Expires</dt>" in to_come
