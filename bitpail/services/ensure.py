"""An app password as it should be: made if there is none, left alone if it is so, replaced only when told to."""

from typing import Literal

from msgspec import Struct

from bitpail.model.app_passwords import AppPassword
from bitpail.model.audit import Kind
from bitpail.model.users import User
from bitpail.policy.secrets import Secret
from bitpail.services import app_passwords, audit
from bitpail.services.app_passwords import Wanted
from bitpail.services.clock import now
from bitpail.services.managing import Guard, Managing, any_of_them
from bitpail.services.site import Site
from bitpail.store import app_passwords as store


class Ensured(Struct, frozen=True):
    """What there was to do. ``secret`` is set if one was made; ``differences`` says what is not as wanted."""

    state: Literal["created", "present", "replaced", "different"]
    app_password: AppPassword
    secret: Secret | None = None
    differences: tuple[str, ...] = ()


async def ensure(
    site: Site, user: User, wanted: Wanted, may: Guard = any_of_them, *, replace: bool = False
) -> Ensured:
    """Bring about the app password of that label. Raises as ``app_passwords.create`` does."""
    found = await store.by_label(site.db, user.id, wanted.label)
    if found is None:
        made, secret = await app_passwords.create(site, user, wanted, Managing(may=may))
        return Ensured("created", made, secret)
    asked = await app_passwords.described(site, user, wanted)
    await may(found)
    await may(asked)
    differences = tuple(_differences(found, asked))
    if not differences:
        return Ensured("present", found)
    if not replace:
        return Ensured("different", found, None, differences)
    async with site.db.transaction() as db:
        # By the row, not by the label: of two who replace it at once the second finds it taken.
        await store.revoke(db, found.id, now())
        await audit.record(db, Kind.APP_PASSWORD_REPLACED, user=user, app_password=found)
        secret = await app_passwords.add(site, db, user, asked)
    return Ensured("replaced", asked, secret, differences)


def _differences(found: AppPassword, asked: AppPassword) -> list[str]:
    differences = []
    if set(found.scopes) != set(asked.scopes):
        differences.append(f"it has {', '.join(found.scopes)}, not {', '.join(asked.scopes)}")
    for field in asked.limits.__struct_fields__:
        has, wants = getattr(found.limits, field), getattr(asked.limits, field)
        if has != wants and (isinstance(has, bool) or set(has) != set(wants)):
            differences.append(f"its limit {field!r} is another one")
    if found.expires_on is not None and found.expires_on <= now():
        differences.append("it has expired")
    elif found.expires_on != asked.expires_on and not _sooner(found, asked):
        differences.append("it expires " + ("later than wanted" if asked.expires_on else "and should not"))
    return differences


def _sooner(found: AppPassword, asked: AppPassword) -> bool:
    # A span is counted from today each time: what was made with it before ends sooner, and is right.
    return bool(asked.expires_on and found.expires_on and found.expires_on <= asked.expires_on)
