"""OAuth's JSON, in Bitbucket's words where it has its own: ``scopes`` beside ``scope``, ``state`` for the grant."""

import re
from typing import Any

from bitpail.model.oauth_grants import GrantType, StoredToken
from bitpail.model.scopes import BITBUCKET, Scope

AUTHORIZE = "/site/oauth2/authorize"
TOKEN = "/site/oauth2/access_token"  # noqa: S105 - an address
REVOKE = "/site/oauth2/revoke"
INTROSPECT = "/site/oauth2/introspect"
DEVICE_AUTHORIZATION = "/site/oauth2/device_authorization"
DEVICE = "/login/device"
METADATA = "/.well-known/oauth-authorization-server"

OF_PUBLIC = (
    'Cannot use client_credentials with a consumer marked as "public". '
    "It can keep no secret, so nobody knows who asks."
)
"""As recorded, quotation marks and all."""

_OTHERS = re.compile(r"[^ !#-\[\]-~]")


def token(
    *, access: str, refresh: str, scopes: tuple[Scope, ...], grant_type: GrantType, lasts: int
) -> dict[str, Any]:
    """The answer that holds tokens, its members in the order of recordings, and RFC 6749's ``scope``."""
    listed = _listed(scopes)
    return {
        "scopes": listed,
        "access_token": access,
        "expires_in": lasts,
        "token_type": "bearer",
        "state": grant_type.value,
        "refresh_token": refresh,
        "scope": listed,
    }


def introspection(found: StoredToken | None, issuer: str, scopes: tuple[Scope, ...]) -> dict[str, Any]:
    """RFC 7662, section 2.2. Of a token that opens nothing not a word more is said."""
    if found is None:
        return {"active": False}
    return {
        "active": True,
        "scope": _listed(scopes),
        "client_id": found.consumer.key,
        "username": found.user.username,
        "token_type": "refresh_token" if found.token.is_refresh else "bearer",
        "exp": found.ends_on // 1_000_000,
        "iat": found.token.created_on // 1_000_000,
        "sub": f"{{{found.user.id}}}",
        "iss": issuer,
    }


def device(*, device_code: str, user_code: str, issuer: str, lasts: int, poll_every: int) -> dict[str, Any]:
    """RFC 8628, section 3.2."""
    address = f"{issuer}{DEVICE}"
    return {
        "device_code": device_code,
        "user_code": user_code,
        "verification_uri": address,
        "verification_uri_complete": f"{address}?user_code={user_code}",
        "expires_in": lasts,
        "interval": poll_every,
    }


def metadata(issuer: str) -> dict[str, Any]:
    """What a client finds out by itself: RFC 8414, section 2."""
    methods = ["client_secret_basic", "client_secret_post"]
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}{AUTHORIZE}",
        "token_endpoint": f"{issuer}{TOKEN}",
        "revocation_endpoint": f"{issuer}{REVOKE}",
        "introspection_endpoint": f"{issuer}{INTROSPECT}",
        "device_authorization_endpoint": f"{issuer}{DEVICE_AUTHORIZATION}",
        "scopes_supported": [scope.value for scope in BITBUCKET],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [grant.value for grant in GrantType],
        "token_endpoint_auth_methods_supported": [*methods, "none"],
        "revocation_endpoint_auth_methods_supported": [*methods, "none"],
        "introspection_endpoint_auth_methods_supported": methods,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
    }


def error(word: str, description: str) -> dict[str, Any]:
    """RFC 6749, section 5.2; the envelope of the API is not OAuth's."""
    told = description if description == OF_PUBLIC else described(description)
    return {"error": word, "error_description": told}


def described(text: str) -> str:
    """A text in the characters that an ``error_description`` may have (RFC 6749, sections 4.1.2.1 and 5.2)."""
    return _OTHERS.sub("?", text.replace('"', "'"))


def _listed(scopes: tuple[Scope, ...]) -> str:
    return " ".join(scope.value for scope in scopes)
