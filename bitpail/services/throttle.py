"""Slowing down whoever guesses, and nobody else.

Counted are different wrong secrets from one address, never an account: a job
that goes on with a revoked or mistyped secret shows the same one each time and
is not slowed, its owner is not locked out, and a right secret is never counted.
One for each worker, in memory, bounded.
"""

import ipaddress
import time
from collections import OrderedDict
from functools import lru_cache
from hashlib import blake2b

from msgspec import Struct

from bitpail.policy.secrets import Secret

FREE_TRIES = 10
"""Different wrong secrets from one address that cost nothing."""
_FORGET_AFTER = 900.0
_LONGEST_WAIT = 900
_MOST_ADDRESSES = 50_000
_MOST_SECRETS = 64
_MOST_RIGHT = 10_000


class _Tries(Struct):
    since: float
    count: int = 0
    blocked_until: float = 0.0
    seen: dict[bytes, None] = {}


class Throttle:
    """The wrong secrets of this worker's clients."""

    def __init__(self, key: bytes, free_tries: int = FREE_TRIES) -> None:
        self._free_tries = free_tries
        self._key = key
        self._by_address: OrderedDict[str, _Tries] = OrderedDict()
        self._right: OrderedDict[bytes, None] = OrderedDict()

    def wrong(self, secret: Secret, address: str) -> int:
        """Count a wrong secret; return how many seconds its address has to wait, 0 if it may go on."""
        now = time.monotonic()
        tries = self._tries(network(address), now)
        fingerprint = self._fingerprint(secret)
        if fingerprint not in tries.seen:
            tries.count += 1
            tries.seen[fingerprint] = None
            if len(tries.seen) > _MOST_SECRETS:
                del tries.seen[next(iter(tries.seen))]
            over = tries.count - self._free_tries
            if over > 0:
                tries.blocked_until = now + min(2 ** min(over, 16), _LONGEST_WAIT)
        return self.wait(secret, address)

    def right(self, secret: Secret) -> None:
        """Remember a secret that was right: it is let through even from an address that guesses."""
        fingerprint = self._fingerprint(secret)
        self._right[fingerprint] = None
        self._right.move_to_end(fingerprint)
        if len(self._right) > _MOST_RIGHT:
            self._right.popitem(last=False)

    def wait(self, secret: Secret, address: str) -> int:
        """Seconds until this address may show this secret again; 0: now."""
        if not self._by_address or self._fingerprint(secret) in self._right:
            return 0
        tries = self._by_address.get(network(address))
        if tries is None:
            return 0
        return max(0, int(tries.blocked_until - time.monotonic() + 0.999))

    def _fingerprint(self, secret: Secret) -> bytes:
        text = secret.reveal().encode("utf-8", "surrogatepass")
        return blake2b(text, key=self._key, digest_size=8, person=b"fingerprint").digest()

    def _tries(self, address: str, now: float) -> _Tries:
        tries = self._by_address.get(address)
        if tries is None or (now - tries.since > _FORGET_AFTER and now > tries.blocked_until):
            tries = _Tries(since=now)
            self._by_address[address] = tries
            if len(self._by_address) > _MOST_ADDRESSES:
                self._by_address.popitem(last=False)
        self._by_address.move_to_end(address)
        return tries


class Allowance:
    """So many times in so many seconds for each address, right or wrong."""

    def __init__(self, times: int, seconds: float) -> None:
        self._times, self._seconds = times, seconds
        self._by_address: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def take(self, address: str) -> bool:
        """Whether there was one left for the address."""
        now, source = time.monotonic(), network(address)
        start, count = self._by_address.pop(source, (now, 0))
        if now - start > self._seconds:
            start, count = now, 0
        self._by_address[source] = (start, count + 1)
        if len(self._by_address) > _MOST_ADDRESSES:
            self._by_address.popitem(last=False)
        return count < self._times


@lru_cache(maxsize=4096)
def network(address: str) -> str:
    """Whom an address belongs to, as far as that can be told: an IPv6 client has a whole /64 to itself."""
    if ":" not in address:
        return address
    try:
        parsed = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    return str(parsed.ipv4_mapped or ipaddress.IPv6Address(int(parsed) >> 64 << 64))
