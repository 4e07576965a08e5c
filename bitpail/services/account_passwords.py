"""Account passwords: hashing, checking, and recognising one where an app password belongs.

argon2id takes some 20 ms and 19 MiB, so it runs in a thread, two at a time.
Recognising is for the message alone: an account password never opens Git or
the API. It tells whoever presents it that it is right, so it is throttled like
a log-in.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from bitpail.errors import Invalid, Unavailable
from bitpail.model.access import Client
from bitpail.model.users import User
from bitpail.policy.secrets import Secret
from bitpail.services.site import Site
from bitpail.store import users

# OWASP's second choice for argon2id: 19 MiB, two passes, one lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_AT_ONCE = 2
_SHORTEST = 8
_LONGEST = 1024
_MOST_WAITING = 100

_running = 0
_hashing = ThreadPoolExecutor(_AT_ONCE, "argon2")
_waiting = 0


async def hash_password(password: Secret) -> str:
    """The digest to store; raise Invalid if the password is too short or too long."""
    length = len(password.reveal())
    if not _SHORTEST <= length <= _LONGEST:
        raise Invalid(f"an account password has {_SHORTEST} to {_LONGEST} characters")
    return await asyncio.to_thread(_HASHER.hash, password.reveal().encode("utf-8", "surrogatepass"))


async def owner(site: Site, name: str, password: Secret) -> tuple[User | None, bool]:
    """Whose name it is, a username or confirmed e-mail address, and whether the password opens the account.

    The caller throttles, and never tells which of the two was wrong.

    Raises Unavailable when too many wait for their turn.
    """
    global _waiting  # noqa: PLW0603 - one count for this worker
    if _waiting >= _MOST_WAITING:
        raise Unavailable("too many are logging in at once: try again in a moment")
    find = users.with_password_by_email if "@" in name else users.with_password
    found = await find(site.db, name.strip()) if "\0" not in name else None
    user, digest = found or (None, None)
    _waiting += 1
    try:
        # The same work for an unknown name: the time must not tell which names exist.
        right = await asyncio.get_running_loop().run_in_executor(
            _hashing, _verify, digest or _decoy(), Secret(password.reveal()[: _LONGEST + 1])
        )
    finally:
        _waiting -= 1
    return user, right and digest is not None and user is not None and user.is_active


async def recognises(site: Site, username: str, secret: Secret, client: Client) -> bool:
    """Whether this is the account password of that user; False too when asked too often."""
    global _running  # noqa: PLW0603 - one count for this worker
    if _running >= _AT_ONCE or not site.recognitions.take(client.address) or len(secret.reveal()) > _LONGEST:
        return False
    found = await users.with_password(site.db, username)
    digest = found[1] if found else None
    _running += 1
    try:
        # The same work for an unknown name: the time must not tell which names exist.
        right = await asyncio.to_thread(_verify, digest or _decoy(), secret)
    finally:
        _running -= 1
    return right and digest is not None


def _verify(digest: str, secret: Secret) -> bool:
    try:
        return _HASHER.verify(digest, secret.reveal().encode("utf-8", "surrogatepass"))
    except (VerificationError, InvalidHashError):
        return False


_decoys: list[str] = []


def _decoy() -> str:
    if not _decoys:
        _decoys.append(_HASHER.hash(b"nobody's password"))
    return _decoys[0]
