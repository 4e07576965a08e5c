"""Who signs ID tokens: their keys, fetched and kept, and whether a token is theirs.

Only an issuer that a trust rule names is ever asked. Algorithms are ours to choose, never the
token's: each goes with one kind of key. Nothing in a token's header is fetched or believed.
"""

import asyncio
import time
import warnings
from base64 import urlsafe_b64decode
from binascii import Error
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from bitpail.errors import Invalid
from bitpail.policy.trust_rules import is_address
from bitpail.services.outbound import Fetcher, Unreachable

# A fifth of a second to import, which only whoever checks a token should pay.
if TYPE_CHECKING:
    from joserfc.jwk import Key

LONGEST = 16 * 1024
"""Characters of a token."""
_FRESH = 3600.0
_STALE = 24 * 3600.0
_AGAIN = 60.0
_LONGEST_AGAIN = 600.0
_MOST_DOUBLED = 10
_MOST_ISSUERS = 500
_MOST_KEPT = 2000
_MOST_KEYS = 50
_SMALLEST_RSA = 2048
_KINDS = {"RS256": ("RSA", ""), "ES256": ("EC", "P-256"), "EdDSA": ("OKP", "Ed25519")}
_WELL_KNOWN = "/.well-known/openid-configuration"


class _Header(Struct):
    alg: str
    kid: str | None = None
    crit: Any = None
    b64: Any = None


class _Payload(Struct):
    iss: str


class _Discovery(Struct):
    issuer: str
    jwks_uri: str


class _KeySet(Struct):
    keys: list[dict[str, Any]]


class _Kept(Struct):
    """``tried`` is when they were asked for last, right or wrong; both in seconds of a clock that only goes on.

    ``vain`` is how often in turn that was in vain after the first time.
    """

    keys: "list[tuple[str | None, str, Key]]"
    fetched: float
    tried: float
    vain: int = 0
    failed: str = ""

    @property
    def again(self) -> float:
        """Seconds for which they aren't asked for anew."""
        return min(_AGAIN * (1 << min(self.vain, _MOST_DOUBLED)), _LONGEST_AGAIN)


class Issuers:
    """The keys of this worker."""

    def __init__(self, private: tuple[str, ...]) -> None:
        self._private = frozenset(private)
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._locks: dict[str, asyncio.Lock] = {}
        self._fetcher = Fetcher()

    def may_be_asked(self, issuer: str) -> bool:
        """Whether an issuer's address is one that can be asked at all, before its name is looked up."""
        return issuer.startswith("https://") or issuer in self._private

    async def verify(self, token: str, issuer: str, line: str = "") -> dict[str, Any]:
        """The claims of a token that ``issuer`` has signed, with nothing else about them checked.

        ``line`` is as of ``Fetcher.get``. Raises Invalid, and Unreachable if its keys can't be had.
        """
        header = _header(token)
        if header.alg not in _KINDS:
            raise Invalid(f"the ID token is signed with {header.alg[:20]!r}, not one of {', '.join(_KINDS)}")
        if header.crit is not None or header.b64 is not None:
            raise Invalid("the header of the ID token asks for what is not understood")
        key = await self._key(issuer, line, header)
        claims = _claims(token, key, header.alg)
        if claims.get("iss") != issuer:
            raise Invalid("the ID token is another issuer's")
        return claims

    async def _key(self, issuer: str, line: str, header: _Header) -> "Key":
        found = _chosen(await self._keys(issuer, line, wanted=False), header)
        if found is None:
            found = _chosen(await self._keys(issuer, line, wanted=True), header)
        if found is None:
            raise Invalid("the ID token is signed with a key that its issuer does not publish")
        return found

    async def _keys(self, issuer: str, line: str, *, wanted: bool) -> "list[tuple[str | None, str, Key]]":
        """``wanted``: one that is not among them was asked for, so they may have changed."""
        lock = self._locks.setdefault(issuer, asyncio.Lock())
        async with lock:
            kept, at = self._kept.get(issuer), time.monotonic()
            if kept is not None:
                self._kept.move_to_end(issuer)
                age = at - kept.fetched
                is_good = age < _FRESH and not wanted
                # Whoever makes up key after key must not make us ask as often.
                if is_good or (at - kept.tried < kept.again and age < _STALE):
                    if kept.failed:
                        raise Unreachable(kept.failed)
                    return kept.keys
            return await self._renewed(issuer, line, kept, at)

    async def _renewed(
        self, issuer: str, line: str, kept: _Kept | None, at: float
    ) -> "list[tuple[str | None, str, Key]]":
        try:
            keys = await self._fetched(issuer, line)
        except Unreachable as error:
            vain = kept.vain + 1 if kept is not None else 0
            if kept is None or kept.failed or at - kept.fetched > _STALE:
                # What failed is tried again no sooner than what was right.
                self._keep(issuer, _Kept([], at - _FRESH, at, vain, error.message))
                raise
            kept.tried, kept.vain = at, vain
            return kept.keys
        self._keep(issuer, _Kept(keys, at, at))
        return keys

    def _keep(self, issuer: str, kept: _Kept) -> None:
        self._kept[issuer] = kept
        self._kept.move_to_end(issuer)
        # Those that nobody has needed for longest go first: many of one user's don't push out everybody's.
        while (
            len(self._kept) > _MOST_ISSUERS or sum(len(one.keys) for one in self._kept.values()) > _MOST_KEPT
        ):
            oldest, _ = self._kept.popitem(last=False)
            self._locks.pop(oldest, None)

    async def _fetched(self, issuer: str, line: str) -> "list[tuple[str | None, str, Key]]":
        is_private = issuer in self._private
        try:
            url = issuer.rstrip("/") + _WELL_KNOWN
            content = await self._fetcher.get(url, is_private=is_private, line=line)
            found = msgspec.json.decode(content, type=_Discovery)
            if found.issuer != issuer:
                raise Unreachable(f"{url} is about another issuer")
            if not is_address(found.jwks_uri):
                raise Unreachable(f"{url} names no address of keys")
            content = await self._fetcher.get(found.jwks_uri, is_private=is_private, line=line)
            listed = msgspec.json.decode(content, type=_KeySet).keys
        except (ValueError, RecursionError):
            raise Unreachable(f"{issuer} does not answer as issuers do") from None
        usable = [_usable(one) for one in listed[:_MOST_KEYS]]
        return [one for one in usable if one is not None]


def issuer_of(token: str) -> str:
    """Whose a token says it is; nothing of it is proved. Raises Invalid."""
    try:
        return msgspec.json.decode(_part(token, 1), type=_Payload).iss
    except (ValueError, RecursionError):
        raise _no_token() from None


def signed_part(token: str) -> str:
    """What its signature is of: of one token there is one, however the signature is written."""
    return token.rpartition(".")[0]


def _header(token: str) -> _Header:
    try:
        return msgspec.json.decode(_part(token, 0), type=_Header)
    except (ValueError, RecursionError):
        raise _no_token() from None


def _part(token: str, which: int) -> bytes:
    parts = token.split(".")
    if len(token) > LONGEST or len(parts) != 3 or not token.isascii():
        raise _no_token()
    try:
        return urlsafe_b64decode(parts[which] + "=" * (-len(parts[which]) % 4))
    except (Error, ValueError):
        raise _no_token() from None


def _no_token() -> Invalid:
    return Invalid(
        "this is no ID token: three parts of base 64 with dots between, of which the first two are JSON"
    )


def _usable(jwk: dict[str, Any]) -> "tuple[str | None, str, Key] | None":
    """The ``kid``, the algorithm and the key of one that signs as we accept it; None of any other."""
    from joserfc.errors import JoseError  # noqa: PLC0415 - see above
    from joserfc.jwk import import_key  # noqa: PLC0415

    kind = (jwk.get("kty"), jwk.get("crv", ""))
    alg = next((name for name, of in _KINDS.items() if of == kind), None)
    # RFC 9864 gives EdDSA with this curve a name of its own. In a tuple: a document may have a list here.
    names = (alg, "Ed25519") if alg == "EdDSA" else (alg,)
    if alg is None or jwk.get("use", "sig") != "sig" or jwk.get("alg", alg) not in names:
        return None
    try:
        if alg == "RS256" and 6 * len(jwk["n"]) < _SMALLEST_RSA:
            return None
        key = import_key({name: jwk[name] for name in ("kty", "crv", "n", "e", "x", "y") if name in jwk})
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    kid = jwk.get("kid")
    return (kid if isinstance(kid, str) else None), alg, key


def _chosen(keys: "list[tuple[str | None, str, Key]]", header: _Header) -> "Key | None":
    fitting = [key for kid, alg, key in keys if alg == header.alg and header.kid in (None, kid)]
    # Without a name there must be no choice.
    return fitting[0] if len(fitting) == 1 or (fitting and header.kid is not None) else None


def _claims(token: str, key: "Key", alg: str) -> dict[str, Any]:
    from joserfc import jws  # noqa: PLC0415 - see above
    from joserfc.errors import JoseError, SecurityWarning  # noqa: PLC0415

    try:
        with warnings.catch_warnings():
            # The name EdDSA is of old, and what issuers write.
            warnings.simplefilter("ignore", SecurityWarning)
            payload = jws.deserialize_compact(token, key, algorithms=[alg]).payload
        claims = msgspec.json.decode(payload or b"")
    except (JoseError, ValueError, TypeError, RecursionError):
        raise Invalid("the signature of the ID token is wrong") from None
    if not isinstance(claims, dict):
        raise _no_token()
    return claims
