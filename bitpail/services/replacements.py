"""An app password, or one of its kin, that is replaced by a narrower one: both work until the old one's grace is over.

Which one replaces which is what the audit log tells. If the end of the old one
was moved since, nothing is under way any more: rolling that back could undo
what somebody else has decided.
"""

import msgspec
from msgspec import Struct

from bitpail.errors import Invalid, NotFound
from bitpail.model.app_passwords import AppPassword
from bitpail.model.audit import Kind
from bitpail.model.users import User
from bitpail.policy.site_policy import breaks
from bitpail.services import app_passwords, audit, site_policy
from bitpail.services.clock import now
from bitpail.services.managing import OWN_APP_PASSWORDS, Managing
from bitpail.services.site import Site
from bitpail.store import app_passwords as store
from bitpail.store import audit as events
from bitpail.store.database import Connection


class UnderWay(Struct, frozen=True):
    """``old`` works until its ``expires_on``; rolled back, until ``before`` (None: until it is revoked)."""

    old: AppPassword
    new: AppPassword
    before: int | None

    @property
    def as_before(self) -> AppPassword:
        """The old one as it was, and is again when this is rolled back."""
        return msgspec.structs.replace(self.old, expires_on=self.before)


class _Detail(Struct, frozen=True):
    """What is read back of an event; it tells ``replaced_by`` and ``grace`` too."""

    by_id: str
    ends_on: int
    before: int | None


async def record(db: Connection, user: User, under_way: UnderWay, grace: int, by: str = "") -> None:
    """Write down what begins, in the transaction in which it does; ``by`` somebody else, if so."""
    old, new = under_way.old, under_way.new
    read_back = _Detail(by_id=new.id, ends_on=old.expires_on or 0, before=under_way.before)
    told = {"replaced_by": new.label, "grace": grace, **msgspec.to_builtins(read_back)}
    await audit.record(db, Kind.APP_PASSWORD_REPLACED, user=user, app_password=old, by=by, **told)


async def of(site: Site, user: User, old: AppPassword) -> UnderWay | None:
    """The replacement of an app password that is under way, with the last uses of both."""
    if old.revoked_on is not None or old.expires_on is None or old.expires_on <= now():
        return None
    last = await events.last_of_two(
        site.db, old.id, Kind.APP_PASSWORD_REPLACED, Kind.APP_PASSWORD_REPLACEMENT_ROLLED_BACK
    )
    if last is None or last.kind is not Kind.APP_PASSWORD_REPLACED:
        return None
    detail = msgspec.json.decode(last.detail, type=_Detail)
    new = await store.by_id(site.db, user.id, detail.by_id)
    if new is None or new.revoked_on is not None or detail.ends_on != old.expires_on:
        return None
    return UnderWay(old, new, detail.before)


async def labelled(site: Site, user: User, label: str, how: Managing = OWN_APP_PASSWORDS) -> UnderWay:
    """The same by the label of the old one. Raises NotFound if none is under way."""
    await site.last_uses.flush()
    found = await of(site, user, await app_passwords.labelled(site, user, label, how))
    if found is None:
        raise _not_replaced(label)
    await how.may(found.new)
    return found


async def finish(site: Site, user: User, label: str, how: Managing = OWN_APP_PASSWORDS) -> UnderWay:
    """Revoke the old one now. Raises NotFound if no replacement is under way."""
    found = await labelled(site, user, label, how)
    async with site.db.transaction() as db:
        if not await store.revoke(db, found.old.id, now()):
            raise _not_replaced(label)
        told = {"replaced_by": found.new.label}
        await audit.record(
            db, Kind.APP_PASSWORD_REVOKED, user=user, app_password=found.old, by=how.whose, **told
        )
    return found


async def roll_back(site: Site, user: User, label: str, how: Managing = OWN_APP_PASSWORDS) -> UnderWay:
    """Revoke the new one; the old one goes on as it was before. Raises NotFound, or Invalid for the policy."""
    found = await labelled(site, user, label, how)
    # The old one gets its end back, which may be later than that of what asks for it.
    await how.may(found.as_before)
    await _refuse_to_undo_the_policy(site, found)
    async with site.db.transaction() as db:
        # First, so that of two who end it differently the second one finds nothing to do.
        if not await store.change(db, found.old, found.as_before):
            raise _not_replaced(label)
        await store.revoke(db, found.new.id, now())
        rolled_back, told = Kind.APP_PASSWORD_REPLACEMENT_ROLLED_BACK, {"replaced_by": found.new.label}
        await audit.record(db, rolled_back, user=user, app_password=found.old, by=how.whose, **told)
        revoked = Kind.APP_PASSWORD_REVOKED
        await audit.record(db, revoked, user=user, app_password=found.new, by=how.whose, rolled_back=True)
    return found


async def _refuse_to_undo_the_policy(site: Site, found: UnderWay) -> None:
    policy = await site_policy.current(site)
    if policy.existing_from is None or policy.existing_from > now():
        return
    # The end it has now may be all that keeps the policy from narrowing it.
    broken = breaks(policy, found.as_before, existing=True)
    if broken:
        raise Invalid(f"the policy of this server: {'; '.join(broken)}")


def _not_replaced(label: str) -> NotFound:
    return NotFound(f"no replacement of {label!r} is under way")
