"""The life of an app password: made, listed, revoked. The secret is returned once, and not kept."""

import uuid
from collections.abc import Iterable

from bitpail.errors import Conflict, Invalid, NotFound
from bitpail.model.app_passwords import AppPassword, AppPasswordId
from bitpail.model.scopes import Scope
from bitpail.model.users import User
from bitpail.policy import names, scopes, secrets
from bitpail.policy.secrets import Secret
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import app_passwords as store


async def create(
    site: Site, user: User, label: str, permissions: Iterable[str]
) -> tuple[AppPassword, Secret]:
    """A new app password and its secret; raises Invalid or Conflict (the label is in use)."""
    granted = scopes.minimal(parse_scopes(permissions))
    if not granted:
        raise Invalid("an app password needs at least one permission")
    secret = await _unused(site)
    number = site.keys.newest
    app_password = AppPassword(
        id=AppPasswordId(str(uuid.uuid4())),
        user_id=user.id,
        label=names.check_label(label),
        scopes=granted,
        created_on=now(),
        revoked_on=None,
        last_used_on=None,
        last_used_address=None,
        last_used_client=None,
    )
    digest = secrets.digest(secret, site.keys.app_passwords[number])
    try:
        await store.create(site.db, app_password, secrets.lookup_name(secret), digest, number)
    except Conflict:
        raise Conflict(f"{user.username} has an app password labelled {label!r} already") from None
    return app_password, secret


async def _unused(site: Site) -> Secret:
    """A new secret whose look-up name is free: it is short, so two can meet."""
    while True:
        secret = secrets.generate()
        if await store.by_lookup(site.db, secrets.lookup_name(secret)) is None:
            return secret


def parse_scopes(permissions: Iterable[str]) -> list[Scope]:
    """Scopes by name; raises Invalid, naming what is not one."""
    found = []
    for name in permissions:
        try:
            found.append(Scope(name))
        except ValueError:
            raise Invalid(f"not a permission: {name!r} (one of: {', '.join(Scope)})") from None
    return found


async def of_user(site: Site, user: User, *, include_revoked: bool = False) -> list[AppPassword]:
    """All of a user's, oldest first."""
    await site.last_uses.flush()
    return await store.of_user(site.db, user.id, include_revoked=include_revoked)


async def revoke(site: Site, user: User, label: str) -> AppPassword:
    """End one; the next request that presents it is refused. Raises NotFound."""
    app_password = await store.by_label(site.db, user.id, label)
    if app_password is None or not await store.revoke(site.db, app_password.id, now()):
        raise NotFound(f"{user.username} has no app password labelled {label!r}")
    return app_password
