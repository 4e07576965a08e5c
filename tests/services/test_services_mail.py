import asyncio
import logging
import time

import msgspec
import pytest
from support.mail_server import PASSWORD, USER, certificate, mail_server

from bitpail.errors import ConfigurationError, Invalid, Unavailable
from bitpail.services import mail, outbox
from bitpail.services.outbox import NotSent, Outbox
from bitpail.services.site import open_site
from bitpail.settings import Settings, load, masked

pytestmark = pytest.mark.anyio
logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # aiosmtpd tells of each test that fails on purpose
ADA = "ada@example.org"
LINK = {"link": "https://git.example.org/x", "until": "noon"}


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
async def posting(anyio_backend, settings):
    """A site whose mails go to a server of the test's."""
    sites = []

    async def opened(server, **more):
        site = await open_site(msgspec.structs.replace(settings, **server.settings(**more)))
        sites.append(site)
        return msgspec.structs.replace(site, outbox=Outbox(site.settings, waits=(0.01, 0.01), most=3))

    yield opened
    for site in sites:
        await site.close()


async def test_a_mail_says_what_it_is_and_that_no_person_wrote_it(posting):
    with mail_server() as server:
        site = await posting(server)
        assert await mail.send(site, ADA, "confirm-email", name="Ada", **LINK)
        (sent,) = await server.until(1)

    assert (sent["From"], sent["To"]) == ("Bitpail <bitpail@git.example.org>", ADA)
    assert sent["Subject"] == "Confirm your e-mail address for git.example.org"
    assert (sent["Auto-Submitted"], sent.get_content_type()) == ("auto-generated", "text/plain")
    assert sent["Date"].datetime.timestamp() == pytest.approx(time.time(), abs=600)
    assert sent["Message-ID"].endswith("@git.example.org>")
    assert sent.get_content().startswith("Hello Ada,\n")
    assert "\nhttps://git.example.org/x\n" in sent.get_content()
    assert (server.envelopes[0].mail_from, server.envelopes[0].rcpt_tos) == ("bitpail@git.example.org", [ADA])


async def test_no_name_writes_a_header_or_a_line_and_no_app_password_is_told(posting):
    secret = "bp_" + "a" * 36
    label = f"ci\r\nBcc: eve@example.org\r\n\r\nvisit\u2028evil\u202e.example {secret}\udc80"
    with mail_server() as server:
        site = await posting(server)
        for name in ("Ada\r\nBcc: eve@example.org", "Åda Łøvelace 愛達"):
            values = {
                "name": name,
                "what": "app password",
                "label": label,
                "place": "",
                "at": "noon",
                "link": LINK["link"],
            }
            assert await mail.send(site, ADA, "app-password-leaked", **values)
        mails = await server.until(2)

    assert sorted(one.get_content().splitlines()[0] for one in mails) == [
        "Hello Ada Bcc: eve@example.org,", "Hello Åda Łøvelace 愛達,",
    ]  # fmt: skip
    subject = (
        'Your app password "ci Bcc: eve@example.org visit evil.example ***" on git.example.org was revoked'
    )
    for one in mails:
        assert (one["Bcc"], one["Subject"]) == (None, subject)
        assert secret not in one.as_string()
    assert {tuple(envelope.rcpt_tos) for envelope in server.envelopes} == {(ADA,)}


@pytest.mark.parametrize(
    "address",
    ["", "ada", "a@b\r\nBcc: c@d.org", "a@b.org,c@d.org", "<a@b.org>", "Ada <a@b.org>", "@", "a@b\0c"],
)
async def test_what_is_no_single_address_gets_no_mail(posting, address):
    with mail_server() as server:
        with pytest.raises(Invalid):
            await mail.send(await posting(server), address, "test")

        assert server.tries == 0


async def test_an_address_that_the_mail_server_cannot_write_is_that_mails_own_fault(posting):
    with mail_server() as server:
        with pytest.raises(NotSent, match="does not take it") as refused:
            await mail.deliver(await posting(server), "ada@exämple.org", "test")

        assert (refused.value.again, refused.value.reached, server.tries) == (False, True, 0)


async def test_without_a_mail_server_nothing_is_sent(server):
    assert not await mail.send(server.site, ADA, "test")
    with pytest.raises(Unavailable, match="smtp_host is not set"):
        await mail.deliver(server.site, ADA, "test")


async def test_starttls_wants_a_certificate_that_is_trusted_and_then_the_password(
    posting, tls, monkeypatch, tmp_path
):
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")
    with mail_server(tls) as server:
        secured = {"smtp_security": "starttls", "smtp_user": USER}
        right = await posting(server, smtp_password=PASSWORD, **secured)
        from_file = await posting(server, smtp_password_file=str(file), **secured)
        wrong = await posting(server, smtp_password="not-the-password", **secured)

        with pytest.raises(NotSent, match="CERTIFICATE_VERIFY_FAILED") as untrusted:
            await mail.deliver(right, ADA, "test")
        assert (server.log_ins, untrusted.value.reached) == ([], False)

        monkeypatch.setenv("SSL_CERT_FILE", str(tls[0]))
        await mail.deliver(right, ADA, "test")
        await mail.deliver(from_file, ADA, "test")
        with pytest.raises(NotSent, match=r"refuses smtp_user and smtp_password \(535\)") as refused:
            await mail.deliver(wrong, ADA, "test")

    # This server repeats the password in its answer.
    assert "not-the-password" not in refused.value.message
    assert (len(server.mails), refused.value.again) == (2, False)


async def test_tls_from_the_first_byte(posting, tls, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(tls[0]))
    with mail_server(tls, from_first_byte=True) as server:
        await mail.deliver(await posting(server, smtp_security="tls"), ADA, "test")

        assert server.subjects == ["A test mail from git.example.org"]


async def test_a_server_without_starttls_gets_no_mail_when_it_is_asked_for(posting):
    with mail_server() as server:
        with pytest.raises(NotSent, match="STARTTLS"):
            await mail.deliver(await posting(server, smtp_security="starttls"), ADA, "test")

        assert server.tries == 0


@pytest.mark.parametrize(("answer", "tries"), [("451 later", 3), ("550 never", 1)])
async def test_a_mail_is_tried_a_few_times_unless_the_answer_is_final(posting, answer, tries):
    with mail_server() as server:
        server.answer = answer
        site = await posting(server)
        assert await mail.send(site, ADA, "test")
        while site.outbox._queued:
            await asyncio.sleep(0.01)

        assert (server.tries, server.mails) == (tries, [])


async def test_a_slow_mail_server_delays_nobody_and_a_full_queue_says_so(posting, monkeypatch):
    monkeypatch.setattr(outbox, "_LAST_WORDS", 60)
    with mail_server() as server:
        server.go.clear()
        site = await posting(server)
        queued = [await mail.send(site, ADA, "test") for _ in range(4)]
        taken = len(server.mails)
        # A stop waits for them, some seconds at most.
        closing = asyncio.create_task(site.outbox.close())
        server.go.set()
        await closing

    assert queued == [True, True, True, False]
    assert taken == 0
    assert len(server.mails) == 3


async def test_a_stop_does_not_wait_for_a_mail_server_that_is_away(posting):
    with mail_server() as server:
        site = await posting(server)
    slow = Outbox(site.settings, waits=(600,))
    assert await mail.send(msgspec.structs.replace(site, outbox=slow), ADA, "test")
    await asyncio.sleep(0.2)  # the first try fails; the second is minutes away

    async with asyncio.timeout(60):
        await slow.close()

    assert slow._queued == set()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"public_url": ""}, "needs public_url"),
        ({"mail_from": ""}, "needs mail_from"),
        ({"mail_from": "Ada <ada@example.org>"}, "needs mail_from"),
        ({"mail_from": "a@b.org\r\nBcc: c@d.org"}, "needs mail_from"),
        ({"smtp_port": 65536}, "smtp_port must be"),
        ({"smtp_security": "ssl"}, "smtp_security must be one of"),
        ({"smtp_security": "none", "smtp_user": "x", "smtp_password": "y"}, "must not travel readable"),
        ({"smtp_user": "x"}, "goes together"),
        ({"smtp_password": "y"}, "goes together"),
        ({"smtp_user": "x", "smtp_password": "y", "smtp_password_file": "z"}, "not both"),
    ],
)
def test_settings_of_mail_that_cannot_work_are_refused(wrong, says):
    given = {"smtp_host": "mail.example.org", "mail_from": "a@b.org", "public_url": "https://git.example.org"}

    with pytest.raises(ConfigurationError, match=says):
        load(given | wrong)


def test_the_password_of_the_mail_server_is_masked():
    settings = Settings(smtp_password="a secret thing")

    assert masked(settings)["smtp_password"] == "***"
    assert "a secret thing" not in str(masked(settings))
