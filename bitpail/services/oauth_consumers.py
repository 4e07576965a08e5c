"""The life of an OAuth consumer: registered in a workspace, changed, given a new secret, removed.

Its secret is computed from the key file and a nonce, and compared; it is not kept.
An app that proves itself by a JWT signs with its secret, which no digest could
check; so the database alone can neither show one nor check one, as with app
passwords. Whoever is shown a secret is whom the app stands for when it acts for
nobody else: so no other owner of the workspace ever holds a key to one's account.
"""

import secrets as random
import string
import unicodedata
import uuid
from hashlib import blake2b
from typing import Any

import msgspec
from msgspec import Struct

from bitpail.errors import Conflict, Invalid, NotFound
from bitpail.model.audit import Kind
from bitpail.model.oauth_consumers import Consumer, ConsumerId
from bitpail.model.scopes import Scope
from bitpail.model.users import User, UserId
from bitpail.model.workspaces import Workspace
from bitpail.policy import names, oauth_scopes, redirect_uris, secrets
from bitpail.policy.scopes import expand, in_form_order
from bitpail.policy.secrets import Family, Secret
from bitpail.services import audit, keys, site_policy
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import oauth_consumers as store
from bitpail.store import oauth_grants, users

_KEY_LENGTH = 18
_NONCE_BYTES = 16
_LONGEST_NAME = 100
_LONGEST_DESCRIPTION = 1000
_BATCH = 500
_LETTERS = string.ascii_letters + string.digits
MOST_OF_A_WORKSPACE = 200
"""Consumers of one workspace: their page shows all."""


class Wanted(Struct, frozen=True, kw_only=True):
    """What an app is to be, in its owner's own words. ``permissions`` are names of scopes."""

    name: str
    callback_url: str
    permissions: tuple[str, ...]
    description: str = ""
    url: str = ""
    is_public: bool = False


async def create(site: Site, workspace: Workspace, wanted: Wanted, *, by: User) -> tuple[Consumer, Secret]:
    """A new one and its secret, to be shown once. Raises Invalid, or Conflict for a name in use."""
    consumer = _described(
        Consumer(
            id=ConsumerId(str(uuid.uuid4())),
            workspace_id=workspace.id,
            key="".join(random.choice(_LETTERS) for _ in range(_KEY_LENGTH)),
            nonce=_new_nonce(),
            name="",
            description="",
            callback_url="",
            url="",
            scopes=(),
            is_public=False,
            owner_id=by.id,
            created_on=(created := now()),
            acts_until=site_policy.latest(await site_policy.current(site), created),
        ),
        wanted,
    )
    if len(await store.of_workspace(site.db, workspace.id)) >= MOST_OF_A_WORKSPACE:
        raise Invalid(f"a workspace has at most {MOST_OF_A_WORKSPACE} OAuth consumers")
    await _check_policy(site, consumer)
    try:
        async with site.db.transaction() as db:
            await store.create(db, consumer, _lookup(site, consumer))
            await audit.record(db, Kind.OAUTH_CONSUMER_ADDED, user=by, **_told(consumer))
    except Conflict:
        raise _taken(consumer) from None
    return consumer, secret(site, consumer)


async def change(site: Site, consumer: Consumer, wanted: Wanted, *, by: User) -> Consumer:
    """Another name, callback URL or other permissions; raises Invalid, Conflict or NotFound.

    Fewer permissions narrow every token at once; more are asked of each person anew.
    """
    changed = _described(consumer, wanted)
    await _check_policy(site, changed)
    try:
        async with site.db.transaction() as db:
            if not await store.change(db, changed):
                raise _missing()
            if changed.is_public and not consumer.is_public:
                # It can keep no secret any more, so nothing that only its secret opened goes on.
                await oauth_grants.revoke_own(db, consumer.id, now())
            await audit.record(db, Kind.OAUTH_CONSUMER_CHANGED, user=by, **_told(changed))
    except Conflict:
        raise _taken(changed) from None
    return changed


async def make_secret(site: Site, consumer: Consumer, *, by: User) -> tuple[Consumer, Secret]:
    """A new secret instead of the old one, which ends at once with what it opened by itself. Raises NotFound."""
    changed = msgspec.structs.replace(
        consumer,
        nonce=_new_nonce(),
        owner_id=by.id,
        secret_ended_on=None,
        acts_until=site_policy.latest(await site_policy.current(site), now()),
    )
    async with site.db.transaction() as db:
        if not await store.set_secret(db, changed, _lookup(site, changed)):
            raise _missing()
        await oauth_grants.revoke_own(db, consumer.id, now())
        await audit.record(db, Kind.OAUTH_CONSUMER_SECRET_MADE, user=by, **_told(consumer))
    return changed, secret(site, changed)


async def end_secret(site: Site, consumer: Consumer, workspace: str) -> bool:
    """End a secret that was found elsewhere, with what it opened by itself; False if it had ended.

    Nobody is shown another one: until an owner of the workspace makes it, the app gets no tokens. What people
    have allowed it stays, since the secret alone opens nothing of theirs; a refresh token is worth
    nothing without it.
    """
    after = msgspec.structs.replace(consumer, nonce=_new_nonce())
    owner = await stands_for(site, consumer)
    async with site.db.transaction() as db:
        if not await store.end_secret(db, consumer, after.nonce, _lookup(site, after), now()):
            return False
        await oauth_grants.revoke_own(db, consumer.id, now())
        await audit.record(
            db, Kind.OAUTH_CONSUMER_SECRET_LEAKED, user=owner, workspace=workspace, **_told(consumer)
        )
    return True


async def by_secret(site: Site, shown: Secret) -> tuple[Consumer, str] | None:
    """Whose secret it is, with the slug of the workspace; None: of no app. It costs one look-up."""
    if secrets.family_of(shown) is not Family.CONSUMER_SECRET:
        return None
    await _keep_lookups(site)
    for consumer, workspace in await store.by_lookup(site.db, secrets.lookup_name(shown)):
        if secret(site, consumer) == shown:
            return consumer, workspace
    return None


async def _keep_lookups(site: Site) -> None:
    # Once, of those that were registered before the public part was kept: it takes the key file to know it.
    while found := await store.without_lookup(site.db, _BATCH):
        async with site.db.transaction() as db:
            for consumer in found:
                await store.set_lookup(db, consumer, _lookup(site, consumer))


async def remove(site: Site, consumer: Consumer, *, by: User | None) -> None:
    """Take it away with every token it was given; raises NotFound."""
    async with site.db.transaction() as db:
        if not await store.remove(db, consumer.id):
            raise _missing()
        await audit.record(db, Kind.OAUTH_CONSUMER_REMOVED, user=by, **_told(consumer))


async def of_workspace(site: Site, workspace: Workspace) -> list[Consumer]:
    """All of a workspace's, by name."""
    return await store.of_workspace(site.db, workspace.id)


async def one(site: Site, workspace: Workspace, wanted: str) -> Consumer:
    """One of a workspace's by its id, key or name; raises NotFound."""
    for consumer in await of_workspace(site, workspace):
        if wanted in {consumer.id, consumer.key, consumer.name}:
            return consumer
    raise _missing()


async def owners(site: Site, consumers: list[Consumer]) -> dict[UserId, User]:
    """Whom they stand for, as far as those accounts are there."""
    return await users.by_ids(site.db, {one.owner_id for one in consumers if one.owner_id})


async def stands_for(site: Site, consumer: Consumer) -> User | None:
    """Who was shown its secret; None if that account is gone."""
    return await users.by_id(site.db, consumer.owner_id) if consumer.owner_id else None


async def permissions(site: Site, consumer: Consumer) -> tuple[Scope, ...]:
    """What it may be granted now: what it was registered with, without what the administrators forbid."""
    policy = await site_policy.current(site)
    return oauth_scopes.without(consumer.scopes, policy.forbidden)


async def _check_policy(site: Site, consumer: Consumer) -> None:
    left = await permissions(site, consumer)
    refused = expand(consumer.scopes) - expand(left)
    if refused:
        names = ", ".join(in_form_order(refused))
        raise Invalid(f"the policy of this server forbids it: these permissions may not be granted: {names}")


def _lookup(site: Site, consumer: Consumer) -> str:
    return secrets.lookup_name(secret(site, consumer))


def secret(site: Site, consumer: Consumer) -> Secret:
    """Its secret. Call this to compare, to check a signature, or to show it once."""
    key = keys.derive(site.keys, b"oauth consumer secret")
    text = f"{consumer.id} {consumer.nonce}".encode()
    return secrets.computed(Family.CONSUMER_SECRET, blake2b(text, key=key, digest_size=48).digest())


def _described(consumer: Consumer, wanted: Wanted) -> Consumer:
    name = names.check_text(wanted.name.strip(), "name", _LONGEST_NAME)
    if not name:
        raise Invalid("an app needs a name")
    if any(unicodedata.category(letter) == "Cf" for letter in name):
        # People decide by it: it must read as it is written.
        raise Invalid("the name of an app has no invisible characters")
    uri = redirect_uris.check_registered(wanted.callback_url.strip(), is_public=wanted.is_public)
    url = wanted.url.strip()
    if url and not redirect_uris.parse(url).is_web:
        raise Invalid("the URL of an app begins with https:// or http://")
    return msgspec.structs.replace(
        consumer,
        name=name,
        description=names.check_text(
            wanted.description.strip(), "description", _LONGEST_DESCRIPTION, multiline=True
        ),
        callback_url=uri.text,
        url=url,
        scopes=oauth_scopes.check_permissions(wanted.permissions),
        is_public=wanted.is_public,
    )


def _new_nonce() -> str:
    return random.token_hex(_NONCE_BYTES)


def _told(consumer: Consumer) -> dict[str, Any]:
    return {"label": consumer.name, "key": consumer.key, "consumer": consumer.id}


def _missing() -> NotFound:
    return NotFound("there is no such OAuth consumer")


def _taken(consumer: Consumer) -> Conflict:
    return Conflict(f"the workspace has an OAuth consumer called {consumer.name!r} already")
