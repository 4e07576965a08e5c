"""Mails on their way to the SMTP server: a bounded queue of one worker, a few tries each.

Nothing that is asked of the server waits for a mail, or fails with one. What
is still queued when a worker stops gets one more try and a few seconds. No
mail server is trusted before it has shown its certificate, unless the settings
say ``none``; then it is shown no password either.
"""

import asyncio
from collections.abc import Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog

from bitpail.errors import BitpailError
from bitpail.policy.secrets import scrub
from bitpail.settings import Settings

log = structlog.get_logger()

_WAITS = (5.0, 60.0, 600.0)
_MOST = 1000
_AT_ONCE = 2
_ANSWER = 20.0
_WHOLE = 60.0
_LAST_WORDS = 5.0
_PORTS = {"none": 25, "starttls": 587, "tls": 465}


class NotSent(BitpailError):
    """The mail server did not take a mail.

    ``again``: trying later may help. ``reached``: the server works; it is this mail that it does not take.
    """

    def __init__(self, message: str, *, again: bool, reached: bool) -> None:
        super().__init__(message)
        self.again = again
        self.reached = reached


class Outbox:
    """The queue of one worker. ``waits`` are seconds between the tries of one mail."""

    def __init__(self, settings: Settings, waits: Sequence[float] = _WAITS, most: int = _MOST) -> None:
        self._settings = settings
        self._waits = waits
        self._most = most
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._stopping = asyncio.Event()
        self._queued: set[asyncio.Task[None]] = set()

    def put(self, message: EmailMessage) -> bool:
        """Have a mail sent; False if too many wait already."""
        if len(self._queued) >= self._most or self._stopping.is_set():
            log.warning("mail.queue_full", message_id=message["Message-ID"])
            return False
        task = asyncio.create_task(self._try_some_times(message))
        self._queued.add(task)
        task.add_done_callback(self._queued.discard)
        return True

    async def close(self) -> None:
        """Try once more what waits, for a few seconds."""
        self._stopping.set()
        if not self._queued:
            return
        _, late = await asyncio.wait(self._queued, timeout=_LAST_WORDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        if late:
            log.warning("mail.lost", count=len(late), reason="the server was stopped")

    async def _try_some_times(self, message: EmailMessage) -> None:
        message_id = message["Message-ID"]
        for wait in (*self._waits, None):
            stopping = self._stopping.is_set()
            try:
                async with self._turn:
                    await self.hand_over(message)
            except NotSent as error:
                if wait is None or stopping or not error.again:
                    log.warning("mail.lost", message_id=message_id, reason=error.message)
                    return
                log.warning("mail.delayed", message_id=message_id, reason=error.message, seconds=wait)
                await self._sleep(wait)
            else:
                log.info("mail.sent", message_id=message_id)
                return

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return

    async def hand_over(self, message: EmailMessage) -> None:
        """Give a mail to the SMTP server, once and now; raises NotSent."""
        # Only who sends mail pays for the import.
        import aiosmtplib  # noqa: PLC0415 - see above

        try:
            async with asyncio.timeout(_WHOLE):
                await aiosmtplib.send(message, **self._how())
        except aiosmtplib.SMTPAuthenticationError as error:
            # What it answers may repeat what it was sent: the password.
            raise NotSent(
                f"the mail server refuses smtp_user and smtp_password ({error.code})",
                again=False,
                reached=False,
            ) from None
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _not_taken(error.recipients[0]) from None
        except (aiosmtplib.SMTPRecipientRefused, aiosmtplib.SMTPDataError) as error:
            raise _not_taken(error) from None
        except aiosmtplib.SMTPNotSupported:
            reason = "the mail server does not take it: the address has letters that it does not know"
            raise NotSent(reason, again=False, reached=True) from None
        except TimeoutError:  # aiosmtplib's own too
            raise NotSent("the mail server does not answer in time", again=True, reached=False) from None
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            reason = scrub(str(error))[:200]
            raise NotSent(f"no mail server: {reason}", again=True, reached=False) from None

    def _how(self) -> dict[str, Any]:
        its = self._settings
        return {
            "hostname": its.smtp_host,
            "port": its.smtp_port or _PORTS[its.smtp_security],
            "use_tls": its.smtp_security == "tls",
            "start_tls": its.smtp_security == "starttls",
            "username": its.smtp_user or None,
            "password": self._password(),
            # Or the library asks the name service who we are, and may wait for it.
            "local_hostname": urlsplit(its.public_url).hostname,
            "timeout": _ANSWER,
        }

    def _password(self) -> str | None:
        if not self._settings.smtp_password_file:
            return self._settings.smtp_password or None
        with Path(self._settings.smtp_password_file).open() as file:
            return file.readline().rstrip("\r\n")


def _not_taken(error: Any) -> NotSent:
    reason = scrub(f"{error.code} {error.message}")[:200]
    return NotSent(f"the mail server does not take it: {reason}", again=error.code < 500, reached=True)
