"""Mails as people read them: plain text out of templates, and headers that nobody else can write.

A template is a file in ``mails``; its first line is the subject. What is put
into it is one line without control characters, and never an app password. Links
start with ``public_url``, whatever host a request came for.
"""

import unicodedata
from datetime import UTC, datetime
from email import policy
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bitpail.errors import Invalid, Unavailable
from bitpail.policy import names
from bitpail.policy.secrets import scrub
from bitpail.services.site import Site

if TYPE_CHECKING:
    from jinja2 import Environment

_POLICY = policy.SMTP.clone(cte_type="7bit")
# They turn the text after them around: a name must not do that to our words.
_TURNING = {*range(0x202A, 0x202F), *range(0x2066, 0x206A)}


def is_on(site: Site) -> bool:
    """Whether mail can be sent at all."""
    return bool(site.settings.smtp_host)


def link(site: Site, path: str) -> str:
    """The address of a page, for a mail; ``path`` starts with a slash."""
    return site.settings.public_url.rstrip("/") + path


async def send(site: Site, to: str, template: str, **values: Any) -> bool:
    """Queue a mail; False without an SMTP server, or when too many wait. Raises Invalid for a bad address.

    ``template`` names a file without its ending. It also knows ``host`` and ``url``, those of this server.
    """
    return is_on(site) and site.outbox.put(_message(site, to, template, values))


async def deliver(site: Site, to: str, template: str, **values: Any) -> None:
    """Hand a mail to the SMTP server at once, for who has the time; raises NotSent, Unavailable, Invalid."""
    if not is_on(site):
        raise Unavailable("no mail is sent: smtp_host is not set")
    await site.outbox.hand_over(_message(site, to, template, values))


def _message(site: Site, to: str, template: str, values: dict[str, Any]) -> EmailMessage:
    host = urlsplit(site.settings.public_url).hostname or ""
    text = _templates().get_template(f"{template}.txt").render(host=host, url=link(site, "/"), **values)
    subject, _, body = text.partition("\n")
    message = EmailMessage(_POLICY)
    message["From"] = Address("Bitpail", addr_spec=site.settings.mail_from)
    message["To"] = _recipient(to)
    message["Subject"] = _one_line(subject)
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = make_msgid(domain=site.settings.mail_from.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body.lstrip("\n"), cte="quoted-printable")
    return message


def _recipient(address: str) -> Address:
    try:
        return Address(addr_spec=names.check_email(address))
    except (HeaderParseError, ValueError, IndexError):
        raise Invalid(f"not an address that mail can be sent to: {address!r}") from None


@lru_cache(maxsize=1)
def _templates() -> "Environment":
    # The command line, which seldom sends a mail, need not pay for the import.
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - see above

    return Environment(
        loader=PackageLoader("bitpail.services", "mails"),
        autoescape=False,  # noqa: S701 - plain text
        undefined=StrictUndefined,
        finalize=_one_line,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _one_line(value: Any) -> str:
    kept = (" " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} else c for c in str(value))
    text = "".join(c for c in kept if unicodedata.category(c) != "Cs" and ord(c) not in _TURNING)
    return scrub(" ".join(text.split()))
