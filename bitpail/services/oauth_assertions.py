"""A JWT by which an app proves itself: ``urn:bitbucket:oauth2:jwt``, as Connect apps make one.

Signed by HS256 with the app's secret; ``iss`` is its key. One is good for one
token and for an hour at most, at this server alone.
"""

import time
from hashlib import sha256
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from bitpail.errors import Invalid
from bitpail.model.oauth_consumers import Consumer
from bitpail.services import oauth_consumers
from bitpail.services.site import Site
from bitpail.store import oauth_grants

_ALGORITHMS = ["HS256"]
_LONGEST = 8 * 1024
_LEEWAY = 60
"""Seconds by which clocks may differ."""
_LONGEST_LIFE = 3600
_SECOND = 1_000_000


class InvalidAssertion(Invalid):
    """It proves nothing; the message says why, and holds nothing of it."""


class _Claims(Struct):
    """What is read of the claims; everything else is ignored (RFC 7519, section 4)."""

    iss: str
    exp: float
    iat: float | None = None
    nbf: float | None = None
    aud: str | list[str] | None = None
    sub: str | None = None
    qsh: str | None = None


def issuer(text: str) -> str:
    """Who says that they have signed it: the key of an app. Nothing is proved yet. Raises InvalidAssertion."""
    from joserfc import jws  # noqa: PLC0415 - most servers never see one
    from joserfc.errors import JoseError  # noqa: PLC0415

    if len(text) > _LONGEST or not text.isascii():
        raise InvalidAssertion("it is too long, or no JWT")
    try:
        return _claims(jws.extract_compact(text.encode()).payload).iss
    except (JoseError, ValueError):
        raise InvalidAssertion("it is no JWT") from None


async def check(site: Site, consumer: Consumer, text: str, audience: str) -> None:
    """Take it once. ``audience`` is the address of the token endpoint. Raises InvalidAssertion."""
    from joserfc import jws  # noqa: PLC0415 - see above
    from joserfc.errors import JoseError  # noqa: PLC0415
    from joserfc.jwk import OctKey  # noqa: PLC0415

    key = OctKey.import_key(oauth_consumers.secret(site, consumer).reveal())
    try:
        signed = jws.deserialize_compact(text.encode(), key, algorithms=_ALGORITHMS)
    except (JoseError, ValueError):
        raise InvalidAssertion("it is not signed by HS256 with the app's secret") from None
    claims = _claims(signed.payload)
    _check_claims(claims, consumer, audience, time.time())
    ends = int((claims.exp + _LEEWAY) * _SECOND)
    # Of what is signed: its signature can be written in more ways than one.
    digest = sha256(text.rpartition(".")[0].encode()).hexdigest()
    if not await oauth_grants.take_assertion(site.db, digest, ends):
        raise InvalidAssertion("it was shown before: make a new one for each token")


def _check_claims(claims: _Claims, consumer: Consumer, audience: str, at: float) -> None:
    if claims.iss != consumer.key:
        raise InvalidAssertion("its iss is not the app's key")
    if claims.sub is not None and claims.sub != consumer.key:
        raise InvalidAssertion("its sub is not the app's key")
    if claims.exp <= at - _LEEWAY:
        raise InvalidAssertion("it has expired")
    if claims.exp > at + _LONGEST_LIFE + _LEEWAY:
        raise InvalidAssertion("its exp is more than an hour away")
    if any(begins is not None and begins > at + _LEEWAY for begins in (claims.iat, claims.nbf)):
        raise InvalidAssertion("it begins in the future")
    site = urlsplit(audience)
    named = [claims.aud] if isinstance(claims.aud, str) else claims.aud
    if named is not None and not {audience, f"{site.scheme}://{site.netloc}", consumer.key} & set(named):
        raise InvalidAssertion("its aud is not this server")
    # Connect's digest of the request it was made for.
    if claims.qsh is not None and claims.qsh != sha256(f"POST&{site.path}&".encode()).hexdigest():
        raise InvalidAssertion("its qsh is that of another request")


def _claims(payload: bytes) -> _Claims:
    try:
        return msgspec.json.decode(payload, type=_Claims)
    except (ValueError, RecursionError):
        raise InvalidAssertion("its claims are not iss and exp at least") from None
