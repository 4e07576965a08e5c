"""Which jobs of a CI get a short-lived app password, by the ID token that their CI gives them."""

from collections.abc import Mapping
from typing import NewType

from msgspec import Struct

from bitpail.model.app_passwords import AppPassword, AppPasswordId
from bitpail.model.users import User

TrustRuleId = NewType("TrustRuleId", str)


class TrustRule(Struct, frozen=True):
    """``app_password_id`` is the app password whose short-lived secrets it hands out, and no other rule does.

    ``claims`` are patterns by the name of the claim, all of which a token must fit;
    ``lifetime`` is that of a secret, in seconds.
    """

    id: TrustRuleId
    app_password_id: AppPasswordId
    issuer: str
    audience: str
    claims: Mapping[str, str]
    lifetime: int
    created_on: int
    last_used_on: int | None


class Trusted(Struct, frozen=True):
    """A rule with its app password and whose that is."""

    rule: TrustRule
    app_password: AppPassword
    user: User


class TrustUse(Struct, frozen=True):
    """One exchange. ``token`` is a digest of the ID token, by which it is known again.

    ``keep_until`` is when the token has expired in any case.
    """

    token: str
    rule_id: TrustRuleId
    used_on: int
    keep_until: int
    subject: str
    address: str
