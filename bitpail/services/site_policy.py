"""The administrators' policy for app passwords: kept, asked when one is made, and held against those there are.

Those that were made before a policy go on working. They are listed with what
each would become, and are narrowed from the announced moment on, so that nobody
is cut off by surprise.
"""

import asyncio
from datetime import UTC, datetime
from functools import lru_cache

import msgspec
from msgspec import Struct

from bitpail.errors import Invalid
from bitpail.model.app_passwords import AppPassword
from bitpail.model.audit import Kind
from bitpail.model.site_policy import NO_POLICY, SitePolicy
from bitpail.model.users import UserId
from bitpail.policy import limits as policy_limits
from bitpail.policy import site_policy
from bitpail.services import audit
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import app_passwords, oauth_consumers, oauth_grants, policies, robots, users
from bitpail.store.database import Connection

SHORTEST_NOTICE = 24 * 3600
"""Seconds between announcing that existing ones are narrowed, and doing it.

A day: whoever set it can read the list and tell the owners, and what runs every
night has shown itself once more among the last uses.
"""

_APPLIED = "app_passwords applied"
_BATCH = 100
_SECOND = 1_000_000
_LATEST = 4_102_444_800 * _SECOND  # the year 2100


class Breach(Struct, frozen=True):
    """An app password that works and breaks the policy.

    ``what`` is its kind in words; an access token has a ``place``, and the user is its robot, whom nobody knows by name.
    ``becomes`` says what the day of the policy takes from it; empty: nothing, it goes on as it is.
    """

    username: str
    label: str
    reasons: list[str]
    becomes: list[str]
    what: str
    place: str = ""

    @property
    def whose(self) -> str:
        """The name of its user, or of the place of an access token."""
        return self.place or self.username


async def current(site: Site) -> SitePolicy:
    """The policy in force."""
    return parsed(await policies.get(site.db, policies.SITE))


@lru_cache(maxsize=16)
def parsed(text: str | None) -> SitePolicy:
    """The policy from the text in which it is kept; None: nothing was decided."""
    return msgspec.json.decode(text, type=SitePolicy) if text else NO_POLICY


latest = site_policy.latest
"""The one decision about lifetimes."""


async def put(site: Site, policy: SitePolicy, *, by: str = "") -> SitePolicy:
    """Replace the policy; ``by`` is whose doing it is. Raises Invalid."""
    policy = checked(policy)
    async with site.db.transaction() as db:
        before = parsed(await policies.get(db, policies.SITE))
        if policy == before:
            return policy
        check_notice(policy)
        await policies.put(db, policies.SITE, msgspec.json.encode(policy).decode(), now())
        await audit.record(db, Kind.POLICY_CHANGED, policy=msgspec.to_builtins(policy), by=by)
    return policy


def checked(policy: SitePolicy) -> SitePolicy:
    """The policy with its networks in their usual form; raises Invalid."""
    if policy.longest_lifetime is not None and policy.longest_lifetime <= 0:
        raise Invalid("the longest lifetime must be more than nothing")
    networks = tuple(policy_limits.check_network(text) for text in policy.networks)
    return msgspec.structs.replace(policy, networks=networks)


def check_notice(policy: SitePolicy) -> None:
    """Raise Invalid unless existing ones are left the shortest notice."""
    if policy.existing_from is None:
        return
    if policy.existing_from < now() + SHORTEST_NOTICE * _SECOND:
        at = datetime.fromtimestamp(max(policy.existing_from, 0) // _SECOND, UTC)
        raise Invalid(
            f"existing app passwords can't be held to a changed policy from {at:%Y-%m-%d %H:%M} UTC on: "
            "name a moment at least a day from now, or never"
        )
    if policy.existing_from > _LATEST:
        raise Invalid("existing app passwords can't be held to a policy only after the year 2100: say never")


async def enforce(site: Site, made: AppPassword) -> None:
    """Raise Invalid unless the policy lets an app password be made."""
    broken = site_policy.breaks(await current(site), made)
    if broken:
        raise Invalid(f"the policy of this server: {'; '.join(broken)}")


async def breaches(site: Site, policy: SitePolicy | None = None) -> list[Breach]:
    """Those that work and break the policy in force, or one that is only thought of."""
    wanted = policy or await current(site)
    found = await _breaking(site, wanted)
    known = await robots.by_ids(site.db, {made.user_id for _, made in found if made.kind.is_robot})
    return [
        Breach(
            username,
            made.label,
            site_policy.breaks(wanted, made, existing=True),
            site_policy.loses(made, site_policy.narrowed(wanted, made)),
            made.kind.words,
            known[made.user_id].place if made.user_id in known else "",
        )
        for username, made in found
    ]


class Apps(Struct, frozen=True):
    """What the day of a policy gives an end, at ``latest_end``: what people have allowed apps, and secrets of apps."""

    latest_end: int
    allowed_by_people: int
    secrets: int


async def apps_bound(site: Site, policy: SitePolicy) -> Apps | None:
    """The same of a policy that is only thought of; None: it gives nothing an end that there is already."""
    end = latest(policy, policy.existing_from) if policy.existing_from is not None else None
    if end is None:
        return None
    allowed = await oauth_grants.count_beyond(site.db, now(), end)
    return Apps(end, allowed, await oauth_consumers.count_beyond(site.db, end))


async def _breaking(site: Site, policy: SitePolicy) -> list[tuple[str, AppPassword]]:
    found = []
    for place, (username, made) in enumerate(await app_passwords.living(site.db, now())):
        if place % _BATCH == 0:
            # Of a large server's many thousands, judging takes long enough to be felt.
            await asyncio.sleep(0)
        if site_policy.breaks(policy, made, existing=True):
            found.append((username, made))
    return found


async def apply_due(site: Site) -> int:
    """Narrow those that break the policy, if its day has come; return how many.

    Safe to repeat, and to be cut off: what is done is done, the rest is found again.
    """
    text = await policies.get(site.db, policies.SITE)
    policy = parsed(text)
    if text is None or policy.existing_from is None or policy.existing_from > now():
        return 0
    # Whatever was made since the policy keeps it: once applied, there is nothing to look for.
    if await policies.get(site.db, _APPLIED) == text:
        return 0
    found = await _breaking(site, policy)
    count = 0
    for start in range(0, len(found), _BATCH):
        async with site.db.transaction() as db:
            if await policies.get(db, policies.SITE) != text:
                return count
            for _, made in found[start : start + _BATCH]:
                count += await _narrow(db, policy, made)
    end = latest(policy, policy.existing_from)
    while end is not None:
        async with site.db.transaction() as db:
            if await policies.get(db, policies.SITE) != text:
                return count
            if not (narrowed := await _narrow_apps(db, policy.existing_from, end)):
                break
            count += narrowed
    await policies.put(site.db, _APPLIED, text, now())
    return count


async def _narrow_apps(db: Connection, existing_from: int, end: int) -> int:
    """Give some of what people have allowed apps an end, and what secrets of apps open by themselves; 0: all have one."""
    grants = await oauth_grants.narrow(db, existing_from, end, _BATCH)
    consumers = await oauth_consumers.narrow(db, end)
    if grants or consumers:
        await audit.record(
            db, Kind.POLICY_APPLIED_TO_APPS, allowed_by_people=grants, secrets=consumers, latest_end=end
        )
    return grants + consumers


async def _narrow(db: Connection, policy: SitePolicy, listed: AppPassword) -> bool:
    made = await app_passwords.by_id(db, listed.user_id, listed.id)
    if made is None or made.revoked_on is not None:
        return False
    after = site_policy.narrowed(policy, made)
    if after == made:
        return False
    # Another worker does the same at the same time: whoever changes the row tells of it.
    if after is None:
        changed = await app_passwords.revoke(db, made.id, now())
    else:
        changed = await app_passwords.change(db, made, after)
    if changed:
        await audit.record(
            db,
            Kind.APP_PASSWORD_NARROWED if after else Kind.APP_PASSWORD_REVOKED,
            user=await users.by_id(db, UserId(made.user_id)),
            app_password=made,
            policy=site_policy.breaks(policy, made, existing=True),
            lost=site_policy.loses(made, after),
        )
    return changed
