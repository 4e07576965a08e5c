"""What each app password was needed for: read back, and switched on or off by its owner."""

from bitpail.model.app_passwords import AppPassword, AppPasswordId
from bitpail.model.usage import Usage
from bitpail.model.users import User
from bitpail.policy.advice import WINDOW, Watched
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import usage as store

_DAY = 86_400_000_000


async def watched(site: Site, user: User) -> dict[AppPasswordId, Watched]:
    """What each of a user's app passwords has needed of late."""
    await site.usage.flush()
    return await store.watched(site.db, user.id, now() // _DAY - WINDOW)


async def of_app_password(site: Site, app_password: AppPassword, days: int = WINDOW) -> list[Usage]:
    """Its counts of the last days, by day: for a chart and a table."""
    await site.usage.flush()
    return await store.of_app_password(site.db, app_password.id, now() // _DAY - days)
