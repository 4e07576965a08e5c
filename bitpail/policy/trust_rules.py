"""Which ID token fits which trust rule, and which rules are too wide to be kept.

Claims of a token whose signature was right come in, a sentence or nothing goes out.
Nothing here fetches a key or looks anything up.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from bitpail.errors import Invalid
from bitpail.model.trust_rules import TrustRule
from bitpail.policy.limits import matches

SKEW = 60
"""Seconds by which the clock of an issuer may differ from ours."""
LONGEST_TOKEN = 24 * 3600
"""Seconds for which an ID token may be good: so long it is remembered, to be refused the second time."""
DEFAULT_LIFETIME = 15 * 60
LONGEST_LIFETIME = 60 * 60
"""Seconds, of the secrets that a rule hands out."""

_MOST_CLAIMS = 20
_LONGEST_VALUE = 500
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_./:-]{0,99}")
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~{}%:/+-]*)?")
_AUDIENCE = re.compile(r"[A-Za-z0-9:/._~{}@%+,=-]{1,500}")
_REGISTERED = frozenset({"iss", "aud", "exp", "nbf", "iat", "jti"})


class Issuer(Struct, frozen=True):
    """Somebody's CI. ``owners`` are the claims that say whose job it is, one of which a rule must name.

    ``url`` is the beginning of the issuer's address.
    """

    title: str
    url: str
    owners: tuple[str, ...]
    example: str


ISSUERS = {
    "github": Issuer(
        "GitHub Actions",
        "https://token.actions.githubusercontent.com",
        ("repository", "repository_id", "repository_owner", "repository_owner_id", "sub"),
        "repository=acme/site",
    ),
    "gitlab": Issuer(
        "GitLab CI",
        "https://gitlab.com",
        ("project_path", "project_id", "namespace_path", "namespace_id", "sub"),
        "project_path=acme/site",
    ),
    "bitbucket": Issuer(
        "Bitbucket Pipelines",
        "https://api.bitbucket.org/2.0/workspaces/",
        ("repositoryUuid", "workspaceUuid", "sub"),
        "repositoryUuid={...}",
    ),
}
"""By the name that a command takes; the address of Bitbucket's has the workspace in it."""


def issuer_url(text: str) -> str:
    """The address of an issuer, by its name here or as it stands in its tokens; raises Invalid."""
    name, _, workspace = text.partition(":")
    if name == "bitbucket" and re.fullmatch(r"[a-z0-9_.{}-]{1,100}", workspace):
        return f"{ISSUERS[name].url}{workspace}/pipelines-config/identity/oidc"
    if text in ISSUERS and text != "bitbucket":
        return ISSUERS[text].url
    if not is_address(text):
        raise Invalid(
            f"not an issuer: {text[:200]!r} (an address like https://gitlab.example.org, or github, gitlab, "
            "bitbucket:WORKSPACE)"
        )
    return text


def is_address(text: str) -> bool:
    """Whether a text is an HTTP address without user, query and fragment, as issuers and their keys have."""
    try:
        parts = urlsplit(text)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    if parts.scheme not in {"https", "http"} or not has_host or len(text) > _LONGEST_VALUE:
        return False
    return _ADDRESS.fullmatch(text) is not None


def known(issuer: str) -> Issuer | None:
    """What is known of an issuer, by its address."""
    for one in ISSUERS.values():
        if issuer == one.url or (one.url.endswith("/") and issuer.startswith(one.url)):
            return one
    return None


def check_claims(issuer: str, claims: Mapping[str, str]) -> None:
    """Raises Invalid for claims that let jobs of strangers in, or that no token can have."""
    if len(claims) > _MOST_CLAIMS:
        raise Invalid(f"a rule names at most {_MOST_CLAIMS} claims")
    for name, pattern in claims.items():
        if not _NAME.fullmatch(name) or name in _REGISTERED:
            raise Invalid(f"not a claim that a rule can name: {name!r}")
        if not pattern or len(pattern) > _LONGEST_VALUE or not pattern.isprintable():
            raise Invalid(f"not a value of the claim {name}: {pattern!r}")
    one = known(issuer)
    # Everybody's jobs come from the same issuer: what says whose they are must be said.
    owners = [name for name in claims if one is None or name in one.owners]
    if not any(_is_somebody(claims[name]) for name in owners):
        names = f"one of {', '.join(one.owners)}" if one else "a claim"
        raise Invalid(
            f"a rule must say whose jobs it trusts: give {names}, with no * before the first /"
            + (f", like {one.example}" if one else "")
        )


def check_audience(audience: str) -> str:
    """The audience as it stands in a token; raises Invalid. It is shown in commands, so it has no quotes."""
    if not _AUDIENCE.fullmatch(audience):
        raise Invalid(
            "say for which audience the ID tokens are made: letters, digits and :/._~{}@%+,=- alone, "
            "like the address of this server"
        )
    return audience


def _is_somebody(pattern: str) -> bool:
    before, star, _ = pattern.partition("*")
    return not star or before.find("/") > 0


def check_times(claims: Mapping[str, Any], at: float) -> int:
    """The moment at which a token expires, in seconds since 1970; raises Invalid if it is not good at ``at``."""
    expires, begins, issued = (_moment(claims, name) for name in ("exp", "nbf", "iat"))
    if expires is None:
        raise Invalid("the ID token does not say when it expires")
    if expires + SKEW <= at:
        raise Invalid("the ID token has expired")
    if expires > at + LONGEST_TOKEN + SKEW:
        raise Invalid("the ID token is good for more than a day")
    if (begins is not None and begins - SKEW > at) or (issued is not None and issued - SKEW > at):
        raise Invalid("the ID token is not good yet: one of the clocks is wrong")
    return int(expires)


def _moment(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**40:
        raise Invalid(f"the claim {name} of the ID token is no moment")
    return value


def misfit(rule: TrustRule, claims: Mapping[str, Any]) -> str | None:
    """Why a token of the rule's issuer does not fit it; None if it does."""
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if rule.audience not in audiences:
        return f"its audience is {_shown(audience)}, not {rule.audience!r}"
    for name, pattern in rule.claims.items():
        value = _text(claims.get(name))
        if value is None or not matches(pattern, value):
            return f"its {name} is {_shown(claims.get(name))}, not {pattern!r}"
    return None


def _text(value: Any) -> str | None:
    """A claim as it is compared: only what is one value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int) else None


def _shown(value: Any) -> str:
    return "missing" if value is None else repr(value)[:200]
