"""What owners are told by mail without having asked: what they may not have done themselves, and what expires.

It goes to the primary address, once that is confirmed. It is told after the
fact is written, and never undoes it.

That an app password expires is told 7 days and 1 day before, counted by whole
days in UTC so that what expires on one day is in one mail. One that lives for
no more than a day longer than the notice gets none: whoever made it knows.
"""

import time
from collections import OrderedDict
from datetime import UTC, datetime
from typing import Any

import structlog

from bitpail.errors import BitpailError
from bitpail.model.app_passwords import AppPassword
from bitpail.model.credentials import CredentialKind
from bitpail.model.users import User
from bitpail.services import mail, origin
from bitpail.services.clock import now
from bitpail.services.outbox import NotSent
from bitpail.services.site import Site
from bitpail.store import notices as store
from bitpail.store import users
from bitpail.store.notices import Due

log = structlog.get_logger()

DAYS = (1, 7)
"""How many days before the expiry, the shortest first."""

APP_PASSWORDS = "/account/settings/app-passwords/"
_API_TOKENS = "/account/settings/api-tokens/"
_APPS = "/account/settings/app-authorizations/"

_DAY = 86_400_000_000
_PAGE = 1000
_HOUR = 3600.0
_MOST_TOLD = 10_000

_told: OrderedDict[str, float] = OrderedDict()


def page(kind: CredentialKind, one: str = "") -> str:
    """The page of a person's credentials, or of one by its id; of an access token the front page: it is a place's.

    Of the token of an app that of all apps: it has no page of its own.
    """
    if kind.is_robot:
        return "/"
    if kind is CredentialKind.OAUTH_ACCESS_TOKEN:
        return _APPS
    return (_API_TOKENS if kind is CredentialKind.API_TOKEN else APP_PASSWORDS) + one


async def owner(site: Site, user: User, credential: AppPassword) -> User | None:
    """Who is told of a credential: whose it is, or who made the one of a robot; None: nobody."""
    if not user.is_robot:
        return user
    return await users.by_id(site.db, credential.created_by) if credential.created_by else None


async def tell(site: Site, user: User, template: str, *, once: str = "", **values: Any) -> None:
    """Tell a user what has happened; what goes wrong is logged, never raised.

    With ``once`` each worker sends at most one such mail an hour. Templates also
    know ``name``, ``username``, ``at``, and ``origin``, the address it came from.
    """
    if not mail.is_on(site) or (once and _was_told(f"{template} {once}")):
        return
    came_from = origin.current().client.address
    values |= {
        "name": user.display_name,
        "username": user.username,
        "at": _moment(now()),
        "origin": f"the address {came_from}" if came_from else "the command line of the server",
    }
    try:
        addresses = await users.emails(site.db, user.id)
        for email in addresses:
            if email.is_primary and email.is_confirmed:
                await mail.send(site, email.address, template, **values)
    except BitpailError as error:
        log.warning("notice.not_sent", template=template, user=user.username, reason=error.message)


def _was_told(key: str) -> bool:
    at = time.monotonic()
    if at - _told.get(key, -_HOUR) < _HOUR:
        return True
    _told[key] = at
    _told.move_to_end(key)
    if len(_told) > _MOST_TOLD:
        _told.popitem(last=False)
    return False


async def before_expiry(site: Site) -> None:
    """Tell owners of what expires soon, each once whichever worker does it.

    It is claimed before it is sent: after a crash in between nobody is told.
    Stops when the mail server is away; what it doesn't take now is tried again next time.
    """
    if not mail.is_on(site):
        return
    await site.last_uses.flush()
    for found in (await _by_owner(site)).values():
        try:
            await _tell_owner(site, found)
        except BitpailError as error:
            log.warning("notice.not_sent", user=found[0].user.username, reason=error.message)
            if isinstance(error, NotSent) and not error.reached:
                return


async def _by_owner(site: Site) -> dict[str, list[Due]]:
    found: list[Due] = []
    after = ""
    while (end := await store.page_end(site.db, after, _PAGE)) is not None:
        since = now()
        today = since // _DAY
        for days in DAYS:
            life, until = (days + 1) * _DAY, (today + days + 1) * _DAY
            found += await store.due(site.db, (after, end), days=days, since=since, until=until, life=life)
            # Told a day before, nobody needs the notice of a week as well.
            since = until
        after = end
    owners: dict[str, list[Due]] = {}
    for one in sorted(found, key=lambda due: due.expires_on):
        owners.setdefault(one.user.id, []).append(one)
    return owners


async def _tell_owner(site: Site, found: list[Due]) -> None:
    async with site.db.transaction() as db:
        claimed = await store.claim(db, found, now())
    if not claimed:
        return
    passwords = [_shown(site, one) for one in claimed]
    user, address = claimed[0].user, claimed[0].address
    try:
        await mail.deliver(
            site, address, "app-password-expiring", name=user.display_name, passwords=passwords
        )
    except BaseException as error:
        # Stopped half-way it may have gone out: told twice is better than never.
        if not isinstance(error, NotSent) or error.again:
            async with site.db.transaction() as db:
                await store.release(db, claimed)
        raise


def _shown(site: Site, one: Due) -> dict[str, str]:
    used = "never"
    if one.last_used_on is not None:
        used = f"{_moment(one.last_used_on)}, from {one.last_used_address}, by {one.last_used_client}"
    return {
        "label": one.label,
        "expires": _moment(one.expires_on),
        "used": used,
        "what": one.kind.words,
        "link": mail.link(site, page(one.kind, one.id)),
    }


def _moment(microseconds: int) -> str:
    return datetime.fromtimestamp(microseconds // 1_000_000, UTC).strftime("%-d %B %Y, %H:%M UTC")
