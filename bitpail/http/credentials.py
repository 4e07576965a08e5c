"""A credential from the headers of a request. It only takes apart; services judge."""

from base64 import b64decode
from binascii import Error

from starlette.datastructures import Headers

from bitpail.errors import BitpailError
from bitpail.policy.secrets import Secret
from bitpail.services.authentication import Credential

CHALLENGE = 'Basic realm="Bitbucket.org HTTP"'
"""The realm that clients of Bitbucket know; credential helpers store by host, not by realm."""
BEARER_CHALLENGE = 'Bearer realm="Bitbucket.org HTTP", error="invalid_token"'
"""RFC 6750, section 3: for whoever has shown a Bearer token that opens nothing, and no password."""

_LONGEST = 8 * 1024


class MalformedCredential(BitpailError):
    """There is an Authorization header, but no secret in it."""


def credential(headers: Headers) -> Credential | None:
    """What an Authorization header presents; None without one. Raises MalformedCredential.

    RFC 7617, Basic: base64 of UTF-8 text, the name up to the first colon. RFC 6750, Bearer: a secret
    without a name; what else stands there is no secret of ours, and is refused as a wrong one.
    """
    presented = headers.getlist("authorization")
    if not presented:
        return None
    if len(presented) > 1 or len(presented[0]) > _LONGEST:
        raise MalformedCredential("more than one Authorization header, or one far too long")
    scheme, _, encoded = presented[0].partition(" ")
    if scheme.lower() == "bearer":
        return Credential(None, Secret(encoded.strip()))
    if scheme.lower() != "basic":
        raise MalformedCredential("not a Basic Authorization header")
    try:
        text = b64decode(encoded.strip().encode("ascii"), validate=True).decode()
    except (Error, ValueError):
        raise MalformedCredential("the Authorization header is not base64 of UTF-8 text") from None
    username, colon, secret = text.partition(":")
    if not colon:
        raise MalformedCredential("the Authorization header holds no colon")
    return Credential(username, Secret(secret))
