"""Secrets that their holders narrowed: proved by the public key that is kept beside the digest of an app password's.

Only public halves are in the database, each under a tag made with the key that lies outside it: so
the database alone still makes no credential, not even for whoever may write to it.
"""

from collections.abc import Iterable
from hashlib import blake2b
from hmac import compare_digest

import msgspec

from bitpail.model.app_passwords import StoredSecret
from bitpail.model.credentials import CredentialKind
from bitpail.model.repositories import RepositoryId
from bitpail.policy import attenuation
from bitpail.policy.attenuation import Narrowing
from bitpail.policy.secrets import Secret
from bitpail.services.site import Site
from bitpail.store import app_passwords, repositories

_KEY = 32
_TAG = 32
# Any key: what is looked up in vain takes as long as what is found, and is wrong whoever signed it.
_NOBODY = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
MOST_REPOSITORIES = 32
"""Different ones that a secret may name, each of which costs a look-up."""


async def look_up(site: Site, secret: Secret) -> StoredSecret | None:
    """The row of the secret that it was made of, with what is left of its app password; None if it is not right."""
    narrowed = attenuation.parse(secret)
    if narrowed is None:
        return None
    stored = await app_passwords.by_lookup(site.db, narrowed.lookup)
    root = _root(site, narrowed.lookup, stored)
    if not attenuation.is_proved(narrowed, root or _NOBODY) or root is None or stored is None:
        return None
    places = await _places(site, narrowed.narrowings)
    left = attenuation.left_of(stored.app_password, narrowed.narrowings, places)
    left = msgspec.structs.replace(left, kind=CredentialKind.NARROWED)
    return msgspec.structs.replace(stored, app_password=left, narrowed=narrowed.digest)


def kept_key(site: Site, secret: Secret, lookup: str, key_number: int) -> bytes:
    """What is written down of an app password's secret: its public key, and our tag on it."""
    public = attenuation.public_key(secret)
    return public + _tag(site, lookup, public, key_number)


def _root(site: Site, lookup: str, stored: StoredSecret | None) -> bytes | None:
    if stored is None or stored.public_key is None or stored.key_number not in site.keys.app_passwords:
        return None
    public, tag = stored.public_key[:_KEY], stored.public_key[_KEY:]
    return public if compare_digest(tag, _tag(site, lookup, public, stored.key_number)) else None


def _tag(site: Site, lookup: str, public: bytes, key_number: int) -> bytes:
    key = site.keys.app_passwords[key_number]
    return blake2b(lookup.encode() + public, key=key, digest_size=_TAG, person=b"public key").digest()


async def _places(site: Site, narrowings: Iterable[Narrowing]) -> dict[str, RepositoryId]:
    """The repositories by the names that they have now; those that are not there are left out."""
    names = list(dict.fromkeys(name for one in narrowings for name in one.repositories))
    found = {}
    for name in names[:MOST_REPOSITORIES]:
        workspace, _, slug = name.partition("/")
        located = await repositories.find(site.db, workspace, slug, None)
        if located is not None:
            found[name] = located.repository.id
    return found
