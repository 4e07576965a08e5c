"""A real SMTP server on a free port of this machine, in a thread of its own; it keeps what it takes."""

import asyncio
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult
from anyio.from_thread import start_blocking_portal

USER, PASSWORD = "bitpail", "a-password-of-the-mail-server"


class MailServer:
    """``answer`` is what it says to a mail, after ``delay`` seconds and when ``go`` is set."""

    def __init__(self) -> None:
        self.port = 0
        self.envelopes: list[Any] = []
        self.tries = 0
        self.answer = "250 OK"
        self.delay = 0.0
        self.go = threading.Event()
        self.go.set()
        self.log_ins: list[bytes] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd has it so
        self.tries += 1
        await asyncio.sleep(self.delay)
        while not self.go.is_set():
            await asyncio.sleep(0.01)
        if self.answer.startswith("250"):
            self.envelopes.append(envelope)
        return self.answer

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        self.log_ins.append(data.login)
        right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        # One that repeats what it was told, as no server should.
        message = None if right else f"535 no such {data.password.decode()}"
        return AuthResult(success=right, handled=False, message=message)

    @property
    def mails(self) -> list[EmailMessage]:
        return [
            message_from_bytes(one.content.replace(b"\r\n", b"\n"), policy=policy.default)
            for one in self.envelopes
        ]

    @property
    def subjects(self) -> list[str]:
        return [str(mail["Subject"]).strip() for mail in self.mails]  # folded before its first word

    def settings(self, **more: Any) -> dict[str, Any]:
        """Those that have Bitpail use this server."""
        return {
            "smtp_host": "localhost",
            "smtp_port": self.port,
            "smtp_security": "none",
            "mail_from": "bitpail@git.example.org",
            "public_url": "https://git.example.org",
            **more,
        }

    async def until(self, number: int) -> list[EmailMessage]:
        """The mails, once there are so many."""
        async with asyncio.timeout(60):
            while len(self.envelopes) < number:
                await asyncio.sleep(0.01)
        return self.mails


def certificate(directory: Path) -> tuple[Path, Path]:
    """A certificate for localhost, which nobody trusts unasked, and its key."""
    made, key = directory / "mail.pem", directory / "mail.key"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(key), "-out", str(made)]
    subprocess.run([*command.split(), *name, *files], check=True, capture_output=True)
    return made, key


@contextmanager
def mail_server(
    tls: tuple[Path, Path] | None = None, *, from_first_byte: bool = False
) -> Iterator[MailServer]:
    """Running for as long as the block. With a certificate it wants STARTTLS and a log-in, or TLS at once."""
    kept, context = MailServer(), None
    options: dict[str, Any] = {"enable_SMTPUTF8": False, "timeout": 5}
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        if not from_first_byte:
            options |= {"tls_context": context, "require_starttls": True}
            options |= {"auth_required": True, "authenticator": kept.authenticate}

    async def start() -> asyncio.Server:
        loop = asyncio.get_running_loop()
        made = partial(SMTP, kept, hostname="localhost", loop=loop, **options)
        return await loop.create_server(made, "127.0.0.1", 0, ssl=context if from_first_byte else None)

    async def stop(server: asyncio.Server) -> None:
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            if "_handle_client" in str(task.get_coro()):
                task.cancel()

    with start_blocking_portal() as portal:
        server = portal.call(start)
        kept.port = server.sockets[0].getsockname()[1]
        try:
            yield kept
        finally:
            portal.call(stop, server)
