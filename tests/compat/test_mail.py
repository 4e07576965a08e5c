"""Mails of a real server to a real SMTP server, over STARTTLS: what happened, and what is going to expire."""

import asyncio

import pytest
from sqlalchemy import update
from support.mail_server import PASSWORD, USER, certificate, mail_server
from support.shell import Shell

from bitpail.services.clock import now
from bitpail.store.tables import app_passwords
from bitpail.testing import Bitpail

SOON = 30 * 3600


@pytest.fixture
def post(tmp_path, monkeypatch):
    tls = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tls[0]))
    with mail_server(tls) as server:
        yield server


def settings_of(post):
    return post.settings(smtp_security="starttls", smtp_user=USER, smtp_password=PASSWORD)


def commands(bitpail, **more):
    """The command line with the settings that this server has."""
    shell = Shell(bitpail.settings.data)
    shell.environment |= bitpail._environment() | more
    return shell


def test_one_mail_from_two_workers_and_one_again_after_a_restart_only_when_it_is_due(post, person):
    with Bitpail.started(workers=2, **settings_of(post)) as server:
        ada = server.user("ada")
        server.app_password(ada, "wiki", label="nightly build")
        moved = update(app_passwords).values(
            created_on=now() - 90 * 86_400_000_000, expires_on=now() + SOON * 1_000_000
        )
        server.do(lambda site: site.db.run(moved))
        for _ in range(2):
            server.stop()
            server.start()
            asyncio.run(post.until(1))
        log = server.log

    (mail,) = post.mails
    assert mail["Subject"] == 'Your app password "nightly build" on git.example.org expires soon'
    assert PASSWORD not in log


def test_the_owner_hears_of_a_push_and_of_a_new_password_even_while_the_server_stops(post, person):
    with Bitpail.started(**settings_of(post)) as server:
        ada = server.user("ada")
        server.repository("ada/notes", files={"README.md": "# Notes\n"})
        secret = server.app_password(ada, "repository:write", label="ci")
        person.well("clone", "--quiet", server.git_url("ada/notes", "ada", secret), "clone")
        person.commit(person.home / "clone", "deploy.sh", f"TOKEN={secret}\n")
        for _ in range(3):
            pushed = person.git("push", "origin", "HEAD:main", at=person.home / "clone")
            assert "holds a live app password" in pushed.err
        post.delay = 1
        server.stop()

        bitpail = commands(server)
        post.delay = 0
        bitpail.well("user", "password", "ada", "--password-stdin", given="correct horse battery\n")
        assert bitpail.well("mail", "test", "grace@example.org").endswith(
            "took a mail to grace@example.org\n"
        )
        shown = bitpail.well("config") + bitpail.well("config", "--json")
        log = server.log

    assert post.subjects == [
        'Your app password "ci" was in a push to git.example.org',
        "The password of your account on git.example.org was changed",
        "A test mail from git.example.org",
    ]
    assert [str(mail["To"]) for mail in post.mails] == ["ada@example.org"] * 2 + ["grace@example.org"]
    assert f"{server.settings.public_url}/account/settings/app-passwords/" in post.mails[0].get_content()
    assert "the command line of the server" in post.mails[1].get_content()
    for text in (log, shown, *(mail.as_string() for mail in post.mails)):
        assert secret not in text
        assert PASSWORD not in text
    assert "***" in shown


def test_a_test_mail_says_why_it_was_not_sent(post):
    with Bitpail.started() as plain, Bitpail.started(**settings_of(post)) as server:
        off = commands(plain)("mail", "test", "ada@example.org")
        wrong = commands(server, BITPAIL_SMTP_PASSWORD="not-it")("mail", "test", "ada@example.org")
        nobody = commands(server)("mail", "test", "-x\r\n@")
        untrusted = commands(server, SSL_CERT_FILE="/dev/null")("mail", "test", "ada@example.org")

    assert (off.status, off.err) == (1, "bitpail: no mail is sent: smtp_host is not set\n")
    assert (wrong.status, wrong.err) == (
        1, "bitpail: the mail server refuses smtp_user and smtp_password (535)\n",
    )  # fmt: skip
    assert nobody.status == 2
    assert (untrusted.status, "certificate verify failed" in untrusted.err) == (1, True)
    assert post.mails == []
