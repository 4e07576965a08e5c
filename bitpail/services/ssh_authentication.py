"""A key that was proved becomes an actor, or nobody.

Asked with a fingerprint, once before the proof to tell whether it is worth
giving and then for each command, so that a key that was removed or has expired
opens nothing more, whatever connection is still there.
"""

from bitpail.model.access import Actor, Client
from bitpail.model.scopes import Scope
from bitpail.model.ssh_keys import SshKeyUse
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import access_keys, ssh_keys

_CLIENT_LENGTH = 200
_PERSON = frozenset({Scope.REPOSITORY, Scope.REPOSITORY_WRITE, Scope.WIKI})
_MACHINE = frozenset({Scope.REPOSITORY, Scope.WIKI})


async def actor_of(site: Site, fingerprint: str, client: Client) -> Actor | None:
    """Whoever the key of that SHA-256 (base64, no padding) stands for; None unless it is in force."""
    found = await ssh_keys.by_fingerprint(site.db, fingerprint)
    if found is not None:
        key, user = found
        return None if key.has_expired(now()) or not user.is_active else Actor(user, None, _PERSON, client)
    if await access_keys.exists(site.db, fingerprint):
        return Actor(None, None, _MACHINE, client, access_key=fingerprint)
    return None


async def note_use(site: Site, fingerprint: str, client: Client) -> None:
    """Remember that a person's key was used; of access keys each use of a repository is remembered."""
    found = await ssh_keys.by_fingerprint(site.db, fingerprint)
    if found is not None:
        key = found[0]
        site.ssh_key_uses.put(key.id, use_of(key.id, client))


def use_of(key_id: str, client: Client) -> SshKeyUse:
    """One use, now. ``key_id`` is that of a person's key or of an access key."""
    # A database takes no NUL and no lone surrogate.
    agent = client.agent[:_CLIENT_LENGTH].replace("\0", "").encode("utf-8", "replace").decode()
    return SshKeyUse(key_id, now(), client.address, agent)  # type: ignore[arg-type]  # ids of both tables are texts
