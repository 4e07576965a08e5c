"""What is about to end for a user's app passwords: for the head of every page, so it reads little, and by key."""

from msgspec import Struct

from bitpail.model.app_passwords import AppPassword
from bitpail.model.brownouts import Brownout
from bitpail.model.users import User
from bitpail.policy.brownouts import upcoming
from bitpail.policy.site_policy import breaks
from bitpail.services import site_policy, years
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import app_passwords as store

SOON = 7 * 86_400_000_000
"""Microseconds before its expiry from which on an owner is told of it."""


class Upcoming(Struct, frozen=True):
    """``expiring`` expire soon; ``narrowed`` will lose something to the policy, at ``narrowed_on``.

    ``brownout`` is the next window in which those that there are won't work.
    """

    expiring: list[AppPassword]
    narrowed: list[AppPassword]
    narrowed_on: int
    brownout: Brownout | None = None


async def of_user(site: Site, user: User) -> Upcoming:
    """What the owner is told now."""
    at = now()
    expiring = await store.expiring(site.db, user.id, at, at + SOON)
    brownout = await _brownout(site, user, at)
    policy = await site_policy.current(site)
    if policy.existing_from is None or policy.existing_from <= at:
        return Upcoming(expiring, [], 0, brownout)
    narrowed = [
        one
        for one in await store.of_user(site.db, user.id)
        if (one.expires_on is None or one.expires_on > policy.existing_from)
        and breaks(policy, one, existing=True)
    ]
    return Upcoming(expiring, narrowed, policy.existing_from, brownout)


async def _brownout(site: Site, user: User, at: int) -> Brownout | None:
    """The next one, if it is soon and there is an app password that it concerns."""
    coming = upcoming((await years.rules(site)).brownouts, at)
    if not coming or coming[0].starts_on > at + SOON or not await store.of_user(site.db, user.id):
        return None
    return coming[0]
