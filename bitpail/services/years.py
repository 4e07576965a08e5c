"""Which year it is: whose rules credentials keep, on the server and in a workspace.

What administrators decided for the server comes with each secret, in the statement that finds it, and
counts from the next request on; before that the setting does. A workspace's own is beside it: who comes
there has to be taken by both.
"""

from collections.abc import Callable
from functools import lru_cache

import msgspec
from msgspec import Struct

from bitpail.errors import Invalid
from bitpail.model.app_passwords import StoredSecret
from bitpail.model.audit import Kind
from bitpail.model.brownouts import Brownout
from bitpail.model.credentials import Year
from bitpail.model.users import User
from bitpail.model.workspaces import Workspace
from bitpail.policy.brownouts import running
from bitpail.policy.user_names import GONE_BY_2026
from bitpail.services import audit
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import app_passwords, policies, workspaces


class Rules(Struct, frozen=True, omit_defaults=True):
    """What administrators decided, as it is kept. ``year`` is None: what the setting says.

    ``brownouts`` are the windows in which app passwords are off, by their beginning.
    """

    year: Year | None = None
    brownouts: tuple[Brownout, ...] = ()


_NOTHING = Rules()


def of_server(site: Site, stored: StoredSecret) -> Year:
    """The year of the server for whoever presents a secret."""
    return _parsed(stored.rules).year or Year(site.settings.year)


def is_off(stored: StoredSecret, at: int) -> bool:
    """Whether the secret's kind is switched off by a brownout that runs."""
    if stored.app_password.kind not in GONE_BY_2026:
        return False
    return running(_parsed(stored.rules).brownouts, at) is not None


async def change_brownouts(
    site: Site, change: Callable[[tuple[Brownout, ...]], tuple[Brownout, ...]], *, by: str = ""
) -> tuple[Brownout, ...]:
    """Decide on the calendar of brownouts; ``change`` gets the one in force. Raises what it raises."""
    async with site.db.transaction() as db:
        before = _parsed(await policies.get(db, app_passwords.RULES))
        after = msgspec.structs.replace(before, brownouts=change(before.brownouts))
        if after != before:
            await policies.put(db, app_passwords.RULES, msgspec.json.encode(after).decode(), now())
            windows = [
                [one.starts_on, one.ends_on, one.note] for one in after.brownouts if one.ends_on > now()
            ]
            await audit.record(db, Kind.BROWNOUTS_CHANGED, windows=windows, by=by)
    return after.brownouts


async def rules(site: Site) -> Rules:
    """What administrators decided."""
    return _parsed(await policies.get(site.db, app_passwords.RULES))


async def current(site: Site) -> Year:
    """The year of the server."""
    return (await rules(site)).year or Year(site.settings.year)


async def put(site: Site, year: Year | None, *, by: str = "") -> None:
    """Decide on the year of the server; None: what the setting says. ``by`` is whose doing it is."""
    async with site.db.transaction() as db:
        before = _parsed(await policies.get(db, app_passwords.RULES))
        if before.year is year:
            return
        after = msgspec.structs.replace(before, year=year)
        await policies.put(db, app_passwords.RULES, msgspec.json.encode(after).decode(), now())
        await audit.record(db, Kind.YEAR_CHANGED, year=year.value if year else "", by=by)


async def put_in_workspace(
    site: Site, workspace: Workspace, year: Year | None, *, by: User | None = None
) -> None:
    """Decide on the year of a workspace; None: no more than the server's."""
    async with site.db.transaction() as db:
        await workspaces.set_year(db, workspace.id, year)
        await workspaces.set_updated(db, workspace.id, now())
        await audit.record(
            db, Kind.YEAR_CHANGED, user=by, workspace=workspace.slug, year=year.value if year else ""
        )


def parse(text: str) -> Year | None:
    """A year by name; ``server`` is None. Raises Invalid."""
    if text == "server":
        return None
    try:
        return Year(text)
    except ValueError:
        raise Invalid(f"not a year: {text!r} (one of: {', '.join(Year)}, server)") from None


@lru_cache(maxsize=16)
def _parsed(text: str | None) -> Rules:
    return msgspec.json.decode(text, type=Rules) if text else _NOTHING
