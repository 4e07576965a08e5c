"""The JSON of trust rules, in our own API."""

from datetime import datetime

from msgspec import Struct

from bitpail.wire.own_api import AppPassword, Wanted


class TrustRule(Struct, kw_only=True):
    """Jobs whose ID token has these claims get a secret of the app password; `lifetime` is its seconds."""

    label: str
    issuer: str
    audience: str
    claims: dict[str, str]
    lifetime: int
    app_password: AppPassword
    created_on: datetime
    last_used_on: datetime | None


class ToTrust(Wanted, kw_only=True, forbid_unknown_fields=True):
    """A rule as it shall be. `issuer` is an address, or github, gitlab, bitbucket:WORKSPACE; `*` in a claim stands for
    anything. Without `audience` it is the address of this server. `expires` is of the rule, `lifetime` of a secret.
    """

    issuer: str
    claims: dict[str, str]
    audience: str = ""
    lifetime: str = "15m"


class TrustUse(Struct, kw_only=True):
    """One exchange of an ID token; `subject` is whom the token was about."""

    used_on: datetime
    subject: str
    address: str


class IdToken(Struct, kw_only=True, forbid_unknown_fields=True):
    """An ID token to be held against the rules. It stays as good as it was."""

    token: str


class Tried(Struct, kw_only=True):
    """A rule held against an ID token; `misfit` says why it does not fit, null if it does."""

    label: str
    misfit: str | None
