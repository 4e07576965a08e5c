"""Which kind of credential is taken under which user name, at which door, in which year: one table.

Sources: sections 2, 3.2 and 5 of what is known of the vendor. Facts come in, a verdict goes out.
"""

from enum import Enum

from bitpail.model.credentials import CredentialKind, Door, Presented, UserName, Year

_K, _N = CredentialKind, UserName


class Verdict(Enum):
    """What becomes of a right secret."""

    TAKEN = "taken"
    WRONG_NAME = "wrong name"
    UNKNOWN = "unknown kind"
    GONE = "gone"


_ACCESS_TOKENS = (_K.REPOSITORY_ACCESS_TOKEN, _K.PROJECT_ACCESS_TOKEN, _K.WORKSPACE_ACCESS_TOKEN)
_OF_2022 = frozenset({_K.APP_PASSWORD, _K.NARROWED, _K.OAUTH_ACCESS_TOKEN, *_ACCESS_TOKENS})
"""API tokens came in 2025."""
GONE_BY_2026 = frozenset({_K.APP_PASSWORD, _K.NARROWED})
"""A narrowed app password is one: it goes with them."""

_BEARER = {Door.REST: frozenset({_N.BEARER}), Door.GIT: frozenset({_N.ACCESS_TOKEN})}
_BOTH = frozenset({_N.BEARER, _N.ACCESS_TOKEN})
_ANY_OF_API_TOKENS = frozenset({_N.USERNAME, _N.EMAIL, _N.API_TOKEN, _N.BEARER})

STRICT: dict[CredentialKind, dict[Door, frozenset[UserName]]] = {
    _K.APP_PASSWORD: {door: frozenset({_N.USERNAME}) for door in Door},
    # Nobody else has them: they are taken as widely as they are meant to be used.
    _K.NARROWED: {door: frozenset({_N.USERNAME, _N.BEARER}) for door in Door},
    _K.API_TOKEN: {
        Door.REST: frozenset({_N.EMAIL}),
        Door.GIT: frozenset({_N.USERNAME, _N.API_TOKEN}),
    },
    _K.OAUTH_ACCESS_TOKEN: _BEARER,
    **dict.fromkeys(_ACCESS_TOKENS, _BEARER),
}
"""The names of each kind by the letter."""

TOLERANT: dict[CredentialKind, frozenset[UserName]] = {
    # An e-mail address was never one of its names: remote URLs with one are refused since 2022.
    _K.APP_PASSWORD: frozenset({_N.USERNAME}),
    _K.NARROWED: frozenset({_N.USERNAME, _N.BEARER}),
    _K.API_TOKEN: _ANY_OF_API_TOKENS,
    _K.OAUTH_ACCESS_TOKEN: _BOTH,
    **dict.fromkeys(_ACCESS_TOKENS, _BOTH),
}
"""All names that a kind has anywhere, at every door."""


def form(name: str | None) -> UserName:
    """Which form a user name has; None is a Bearer header, which has none."""
    if name is None:
        return _N.BEARER
    if name == _N.ACCESS_TOKEN.value:
        return _N.ACCESS_TOKEN
    if name == _N.API_TOKEN.value:
        return _N.API_TOKEN
    return _N.EMAIL if "@" in name else _N.USERNAME


def judge(how: Presented, year: Year) -> Verdict:
    """What becomes of a right secret that is presented like this; its kind comes before its name."""
    if year is Year.STRICT_2022 and how.kind not in _OF_2022:
        return Verdict.UNKNOWN
    if year is Year.STRICT_2026 and how.kind in GONE_BY_2026:
        return Verdict.GONE
    names = TOLERANT[how.kind] if year is Year.TOLERANT else STRICT[how.kind][how.door]
    return Verdict.TAKEN if how.name in names else Verdict.WRONG_NAME


def names_in_words(how: Presented) -> list[str]:
    """Under which names a kind is taken at a door by the letter, for people."""
    names = STRICT[how.kind][how.door]
    return [_IN_WORDS[name] for name in UserName if name in names]


def in_words(name: UserName) -> str:
    """A form of a user name, for people."""
    return _IN_WORDS[name]


_IN_WORDS = {
    _N.USERNAME: "your username",
    _N.EMAIL: "your e-mail address",
    _N.ACCESS_TOKEN: "x-token-auth as user name",
    _N.API_TOKEN: "x-bitbucket-api-token-auth as user name",
    _N.BEARER: "a Bearer header",
}
