"""The apps that somebody has connected with their account, and how one is disconnected again."""

from bitpail.errors import NotFound
from bitpail.model.audit import Kind
from bitpail.model.oauth_consumers import ConsumerId
from bitpail.model.oauth_grants import ConnectedApp
from bitpail.model.users import User
from bitpail.services import audit
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import oauth_grants as store


async def of_user(site: Site, user: User) -> list[ConnectedApp]:
    """What somebody has allowed, by the names of the apps."""
    await site.oauth_uses.flush()
    return await store.connected(site.db, user.id)


async def one(site: Site, user: User, consumer_id: str) -> ConnectedApp:
    """One of them; raises NotFound."""
    for app in await of_user(site, user):
        if app.consumer.id == consumer_id:
            return app
    raise NotFound("no such app is connected with this account")


async def forget(site: Site, user: User, consumer_id: str) -> None:
    """Take back all that an app was allowed: its tokens end at once, and it has to ask anew. Raises NotFound."""
    app = await one(site, user, consumer_id)
    async with site.db.transaction() as db:
        if await store.forget(db, user.id, ConsumerId(consumer_id), now()):
            await audit.record(
                db, Kind.OAUTH_APP_FORGOTTEN, user=user, label=app.consumer.name, key=app.consumer.key
            )


async def sweep(site: Site) -> None:
    """Forget codes, tokens and whole grants that have expired."""
    await store.sweep(site.db, now())
