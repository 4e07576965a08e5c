"""A user's e-mail addresses: added, confirmed by a link that is mailed there, made primary, removed.

Nothing here tells whether another account has an address: only who has opened
the link, and so reads that mailbox, hears of it.
"""

import time
from collections import OrderedDict
from contextlib import suppress
from datetime import UTC, datetime

from bitpail.errors import Conflict, Invalid, NotFound
from bitpail.model.audit import Kind
from bitpail.model.one_time_links import OneTimeLink, Purpose
from bitpail.model.users import Email, User
from bitpail.policy import names
from bitpail.policy.secrets import Secret
from bitpail.services import audit, mail, one_time_links
from bitpail.services.site import Site
from bitpail.store import emails as store
from bitpail.store import users
from bitpail.store.database import Connection

CONFIRM = "/account/settings/emails/confirm"
"""The page of the link; its secret part is ``?link=``."""
_LASTS = 86_400
_MOST_CONFIRMED = 100
_MOST_CLAIMED = 10
_MAILS = 10
_WINDOW = 3600.0
_MOST_USERS = 10_000

_sent: OrderedDict[str, tuple[float, int]] = OrderedDict()


async def add(site: Site, user: User, address: str) -> bool:
    """Add an address, not confirmed yet; True if a link was mailed there. Raises Invalid or Conflict."""
    address = names.check_text(names.check_email(address.strip()), "e-mail address", 254)
    mine = await users.emails(site.db, user.id)
    if any(_same(one, address) for one in mine):
        raise Conflict("you have this address already")
    claimed = sum(not one.is_confirmed for one in mine)
    if claimed >= _MOST_CLAIMED or len(mine) - claimed >= _MOST_CONFIRMED:
        raise Invalid("there are many addresses already: confirm or remove some first")
    async with site.db.transaction() as db:
        await store.claim(db, user.id, address)
        await audit.record(db, Kind.EMAIL_ADDED, user=user, address=address)
        secret = await _link(site, db, user, address)
    return await _mail_link(site, user, address, secret)


async def send_again(site: Site, user: User, address: str) -> bool:
    """Another link to an address that is not confirmed; True if one was mailed. Raises NotFound or Invalid."""
    found = await _one(site, user, address)
    if found.is_confirmed:
        raise Invalid("this address is confirmed already")
    async with site.db.transaction() as db:
        secret = await _link(site, db, user, found.address)
    return await _mail_link(site, user, found.address, secret)


async def _link(site: Site, db: Connection, user: User, address: str) -> Secret | None:
    if not mail.is_on(site):
        return None
    _count_mail(user)
    return await one_time_links.make(site, db, Purpose.CONFIRM_EMAIL, user.id, lasts=_LASTS, detail=address)


async def _mail_link(site: Site, user: User, address: str, secret: Secret | None) -> bool:
    if secret is None:
        return False
    until = datetime.fromtimestamp(time.time() + _LASTS, UTC)
    return await mail.send(
        site,
        address,
        "confirm-email",
        name=user.display_name,
        link=mail.link(site, f"{CONFIRM}?link={secret.reveal()}"),
        until=f"{until:%Y-%m-%d %H:%M} UTC",
    )


def _count_mail(user: User) -> None:
    """Nobody can fill a stranger's mailbox with our links. Raises Invalid."""
    since, count = _sent.get(user.id, (time.monotonic(), 0))
    if time.monotonic() - since > _WINDOW:
        since, count = time.monotonic(), 0
    if count >= _MAILS:
        raise Invalid("too many links were sent: try again in an hour")
    _sent[user.id] = (since, count + 1)
    if len(_sent) > _MOST_USERS:
        _sent.popitem(last=False)


async def claimed(site: Site, user: User, secret: Secret) -> OneTimeLink:
    """The link that a user has opened; its ``detail`` is the address. Raises Spent."""
    link = await one_time_links.find(site, Purpose.CONFIRM_EMAIL, secret)
    # A link that somebody else has mailed me must not tie my address to their account.
    if link.user_id != user.id:
        raise one_time_links.Spent
    return link


async def confirm(site: Site, user: User, secret: Secret) -> str:
    """Confirm the address of a link and use it up; return it. Raises Spent or Conflict."""
    link = await claimed(site, user, secret)
    address = link.detail or ""
    async with site.db.transaction() as db:
        await one_time_links.use_up(db, link)
        await _confirm(db, user, address)
    return address


async def confirm_unseen(site: Site, user: User, address: str) -> None:
    """Confirm an address on an administrator's word; raises NotFound or Conflict."""
    async with site.db.transaction() as db:
        await _confirm(db, user, address)


async def _confirm(db: Connection, user: User, address: str) -> None:
    try:
        if not await store.confirm(db, user.id, address):
            raise NotFound(f"{user.username} has no address {address!r}")
    except Conflict:
        raise Conflict(f"the address {address!r} belongs to another account") from None
    await audit.record(db, Kind.EMAIL_CONFIRMED, user=user, address=address)


async def make_primary(site: Site, user: User, address: str) -> None:
    """Make a confirmed address the primary one, and tell the old one by mail; raises NotFound or Invalid."""
    found = await _one(site, user, address)
    if not found.is_confirmed:
        raise Invalid("this address is not confirmed yet")
    async with site.db.transaction() as db:
        before = (await users.emails(db, user.id))[0]
        await store.make_primary(db, user.id, found.address)
        await audit.record(db, Kind.EMAIL_MADE_PRIMARY, user=user, address=found.address)
    if before.is_confirmed and not _same(before, found.address):
        await _tell_the_old_one(site, user, before.address, found.address)


async def _tell_the_old_one(site: Site, user: User, old: str, new: str) -> None:
    """Whoever has got into an account must not quietly have its mail sent elsewhere."""
    # What the mail is about is done: that it cannot be sent undoes nothing.
    with suppress(Invalid):
        await mail.send(
            site,
            old,
            "primary-email-changed",
            name=user.display_name,
            username=user.username,
            address=new,
            link=mail.link(site, "/account/settings/activity/"),
        )


async def remove(site: Site, user: User, address: str) -> None:
    """Forget an address; raises NotFound, or Invalid for the primary one."""
    found = await _one(site, user, address)
    async with site.db.transaction() as db:
        if not await store.remove(db, user.id, found.address):
            raise Invalid("the primary address stays: make another one primary first")
        await audit.record(db, Kind.EMAIL_REMOVED, user=user, address=found.address)


async def _one(site: Site, user: User, address: str) -> Email:
    for one in await users.emails(site.db, user.id):
        if _same(one, address):
            return one
    raise NotFound("you have no such address")


def _same(email: Email, address: str) -> bool:
    return email.address.lower() == address.lower()
