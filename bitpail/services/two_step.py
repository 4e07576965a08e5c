"""Two-step verification: a code of an authenticator after the account password, or a recovery code.

The authenticator's secret is computed from the key file and a nonce of the
user's, so that the database alone is not enough to compute a code. A code works
once. Wrong codes are counted per user, since only somebody who knows the account
password gets as far; a recovery code works meanwhile.
"""

import base64
import secrets
import time
from collections import OrderedDict
from hashlib import blake2b
from hmac import compare_digest
from typing import Any

import pyotp

from bitpail.errors import Invalid
from bitpail.model.audit import Kind
from bitpail.model.users import User
from bitpail.policy.secrets import Secret
from bitpail.services import audit, keys, notices
from bitpail.services.site import Site
from bitpail.store import two_step as store

RECOVERY_CODES = 10
_STEP = 30
_TRIES = 5
_WINDOW = 300.0
_MOST_USERS = 10_000
_NONCE_BYTES = 16
_RECOVERY_BYTES = 10
_RECOVERY_LENGTH = 16

_wrong: OrderedDict[str, tuple[float, int]] = OrderedDict()


class WrongCode(Invalid):
    """The code is wrong, was used before, or too many wrong ones came before it."""


def new_nonce() -> str:
    """What a new secret is computed from."""
    return secrets.token_hex(_NONCE_BYTES)


def secret(site: Site, user: User, nonce: str) -> Secret:
    """The secret of the authenticator, in base32. Raises Invalid if the nonce is none of ours."""
    if len(nonce) != 2 * _NONCE_BYTES or not nonce.isalnum() or not nonce.isascii():
        raise Invalid("not a nonce")
    key = keys.derive(site.keys, b"two-step verification")
    digest = blake2b(f"{user.id} {nonce}".encode(), key=key, digest_size=20).digest()
    return Secret(base64.b32encode(digest).decode())


def address(site: Site, user: User, nonce: str, host: str) -> Secret:
    """The ``otpauth:`` address that an authenticator reads from the QR code."""
    totp = pyotp.TOTP(secret(site, user, nonce).reveal())
    return Secret(totp.provisioning_uri(name=user.username, issuer_name=f"Bitpail {host}"))


async def is_on(site: Site, user: User) -> bool:
    """Whether this user needs a code to log in."""
    return await store.nonce(site.db, user.id) is not None


async def switch_on(site: Site, user: User, nonce: str, code: str) -> list[str]:
    """Ask for a code from now on; return the recovery codes, to be shown once. Raises WrongCode."""
    await _check_code(site, user, nonce, _bare(code))
    codes = _new_codes()
    async with site.db.transaction() as db:
        await store.set_nonce(db, user.id, nonce)
        await store.put_codes(db, user.id, [_digest(site, user, one) for one in codes])
        await audit.record(db, Kind.USER_TWO_STEP_ON, user=user)
    return codes


async def switch_off(site: Site, user: User, **detail: Any) -> None:
    """Ask for no code any more; ``detail`` goes into the audit log."""
    async with site.db.transaction() as db:
        await store.set_nonce(db, user.id, None)
        await store.put_codes(db, user.id, [])
        await audit.record(db, Kind.USER_TWO_STEP_OFF, user=user, **detail)
    await notices.tell(site, user, "two-step-off")


async def renew_codes(site: Site, user: User) -> list[str]:
    """New recovery codes instead of the old ones, to be shown once."""
    codes = _new_codes()
    async with site.db.transaction() as db:
        await store.put_codes(db, user.id, [_digest(site, user, one) for one in codes])
    return codes


async def codes_left(site: Site, user: User) -> int:
    """How many recovery codes were not used yet."""
    return await store.count_codes(site.db, user.id)


async def check(site: Site, user: User, code: str) -> None:
    """Take a code of the authenticator or a recovery code; raises WrongCode."""
    nonce = await store.nonce(site.db, user.id)
    if nonce is None:
        return
    code = _bare(code)
    if len(code) == _RECOVERY_LENGTH and await store.use_code(site.db, user.id, _digest(site, user, code)):
        return
    await _check_code(site, user, nonce, code)


async def _check_code(site: Site, user: User, nonce: str, code: str) -> None:
    since, count = _wrong.get(user.id, (time.monotonic(), 0))
    if time.monotonic() - since > _WINDOW:
        since, count = time.monotonic(), 0
    if count >= _TRIES:
        raise WrongCode("too many wrong codes: wait five minutes, or use a recovery code")
    totp = pyotp.TOTP(secret(site, user, nonce).reveal())
    now = int(time.time()) // _STEP
    # The step before and the one after: clocks differ, and typing takes time.
    for step in (now, now - 1, now + 1):
        right = compare_digest(totp.generate_otp(step).encode(), code.encode())
        if right and await store.use_step(site.db, user.id, step):
            _wrong.pop(user.id, None)
            return
    _wrong[user.id] = (since, count + 1)
    if len(_wrong) > _MOST_USERS:
        _wrong.popitem(last=False)
    raise WrongCode("that code is wrong, or it was used already")


def _new_codes() -> list[str]:
    texts = [
        base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower() for _ in range(RECOVERY_CODES)
    ]
    return ["-".join(text[at : at + 4] for at in range(0, len(text), 4)) for text in texts]


def _bare(code: str) -> str:
    return "".join(code.split()).replace("-", "").lower()


def _digest(site: Site, user: User, code: str) -> str:
    key = keys.derive(site.keys, b"recovery codes")
    return blake2b(f"{user.id} {_bare(code)}".encode(), key=key, digest_size=32).hexdigest()
