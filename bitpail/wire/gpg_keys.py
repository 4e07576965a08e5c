"""OpenPGP keys of people, in the API's words."""

from typing import Any

from bitpail.model.gpg_keys import GpgKey, Subkey
from bitpail.model.users import User
from bitpail.wire import users
from bitpail.wire.dates import instant
from bitpail.wire.links import Links
from bitpail.wire.text import clean

_TYPE = "GPG_account_key"


def key(
    links: Links, user: User, one: GpgKey, *, with_key: bool = False, with_subkeys: bool = False
) -> dict[str, Any]:
    """One key; the block itself and the subkeys are there for who asks for them. It lacks ``last_used``."""
    found = one.certificate
    shown = {
        "type": _TYPE,
        "owner": users.embedded(links, user),
        "name": clean(one.name),
        **_facts(found.primary, None),
        "added_on": instant(one.added_on),
        "links": {"self": links.gpg_key(user, one.fingerprint)},
    }
    if with_key:
        shown["key"] = found.text
    if with_subkeys:
        shown["subkeys"] = [
            {"type": _TYPE, **_facts(subkey, one.fingerprint), "added_on": instant(one.added_on)}
            for subkey in found.subkeys
        ]
    return shown


def _facts(one: Subkey, parent: str | None) -> dict[str, Any]:
    return {
        "key_id": one.key_id,
        "fingerprint": one.fingerprint,
        "parent_fingerprint": parent,
        "created_on": instant(one.created_on),
        "expires_on": None if one.expires_on is None else instant(one.expires_on),
    }
