"""Templates into pages. Everything put into one is escaped unless it is markup made here."""

import asyncio
import re
from datetime import UTC, datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from bitpail.model.users import User
from bitpail.policy.secrets import scrub
from bitpail.services import notices
from bitpail.web import static_files
from bitpail.web.boxes import NAMES
from bitpail.web.browsers import browser_name
from bitpail.web.request import TOKEN, WebRequest
from bitpail.wire.links import Links
from bitpail.wire.markup import markdown
from bitpail.wire.text import clean

_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_MOMENT = 16_384

_SETTINGS = (
    ("/account/settings/", "Profile"),
    ("/account/settings/app-passwords/", "App passwords"),
    ("/account/settings/api-tokens/", "API tokens"),
    ("/account/settings/app-authorizations/", "Connected apps"),
    ("/account/settings/trust-rules/", "Trust rules"),
    ("/account/settings/denials/", "Refusals"),
    ("/account/settings/ssh-keys/", "SSH keys"),
    ("/account/settings/two-step/", "Two-step verification"),
    ("/account/settings/password/", "Account password"),
    ("/account/settings/sessions/", "Sessions"),
    ("/account/settings/activity/", "Activity"),
)

_ADMINISTRATION = (
    ("/admin/", "Overview"),
    ("/admin/users/", "Users"),
    ("/admin/policy/", "Policy"),
    ("/admin/brownouts/", "Brownouts"),
    ("/admin/year/", "Which year"),
    ("/admin/audit/", "Audit log"),
)


def render(request: WebRequest, template: str, status_code: int = 200, **values: Any) -> HTMLResponse:
    """A page."""
    text = _environment.get_template(template).render(
        user=request.logged_in.user if request.logged_in else None,
        form_token=request.form_token,
        token_name=TOKEN,
        path=request.call.raw_path.decode("ascii", "replace").rstrip("/") + "/",
        settings=_SETTINGS,
        administration=_ADMINISTRATION,
        upcoming=request.upcoming,
        **values,
    )
    response = HTMLResponse(text, status_code)
    # A cookie is for who is shown a form; at an address that means nothing nobody is.
    if request.form_token in text:
        request.greet(response)
    return response


async def rendered(text: str) -> Markup:
    """Markdown that somebody wrote, as HTML that can do nothing; in a thread if others would wait for it."""
    shown = clean(text)
    made = markdown(shown) if len(shown) < _MOMENT else await asyncio.to_thread(markdown, shown)
    # It was sanitised where it was made.
    return Markup(made)  # noqa: S704


def _sentence(message: str) -> str:
    """An error's message as a sentence for people, without anything secret that was typed into it."""
    text = shown(scrub(message))
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!")) else ".")


def moment(microseconds: int, *, only_day: bool = False) -> Markup:
    """A time: in UTC, which the script puts into the reader's zone; the exact one on hover."""
    at = datetime.fromtimestamp(microseconds / 1_000_000, UTC)
    if only_day:
        return Markup('<time title="{}">{}</time>').format(
            f"{at:%Y-%m-%d %H:%M:%S} UTC", f"{at.day} {at:%b %Y}"
        )
    return Markup('<time datetime="{}" title="{}">{} UTC</time>').format(
        at.isoformat(timespec="seconds"), f"{at:%Y-%m-%d %H:%M:%S} UTC", f"{at.day} {at:%b %Y, %H:%M}"
    )


def _sendable(text: str) -> str:
    """What Git holds as bytes, as a field can hold it and a form sends it."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def shown(text: str) -> str:
    """The same as a page can show it: with what would turn the direction of the text around it made to be seen."""
    text = _sendable(text)
    return text if text.isascii() else _TURNING.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


def _size(count: int) -> str:
    """Bytes for people: in units of 1,000."""
    if count < 1000:
        return f"{count} {'byte' if count == 1 else 'bytes'}"
    unit, amount = "kB", count / 1000
    for larger in ("MB", "GB"):
        if amount < 999.5:  # what is rounded to 1,000 is one of the next
            break
        unit, amount = larger, amount / 1000
    return f"{amount:.1f} {unit}" if amount < 10 else f"{amount:,.0f} {unit}"


def _avatar(user: User) -> str:
    """Where the picture of a user is; the API names the same address."""
    return Links(api="", web="", ssh="").user_avatar(user)["href"]


_environment = Environment(
    loader=PackageLoader("bitpail.web"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters["browser_name"] = browser_name
_environment.filters["sentence"] = _sentence
_environment.filters["moment"] = moment
_environment.filters["size"] = _size
_environment.filters["sendable"] = _sendable
_environment.filters["shown"] = shown
_environment.globals["avatar"] = _avatar
_environment.globals["static"] = static_files.address
_environment.globals["credential_page"] = notices.page
_environment.globals["permission_name"] = NAMES.__getitem__
