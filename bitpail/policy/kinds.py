"""What each kind of credential may be made with: which scopes, and for how long.

Source: section 11 of what is known of the vendor. An app password and an API token may have
all of their vocabulary.
"""

from bitpail.errors import Invalid
from bitpail.model.credentials import CredentialKind
from bitpail.model.scopes import AnyScope, ApiScope, Scope

_K, _S = CredentialKind, Scope

_OF_REPOSITORIES = (
    *(_S.REPOSITORY, _S.REPOSITORY_WRITE, _S.REPOSITORY_ADMIN, _S.REPOSITORY_DELETE),
    *(_S.PULLREQUEST, _S.PULLREQUEST_WRITE, _S.WEBHOOK),
    *(_S.PIPELINE, _S.PIPELINE_WRITE, _S.PIPELINE_VARIABLE, _S.RUNNER, _S.RUNNER_WRITE),
)
_OF_PROJECTS = (_S.PROJECT, *_OF_REPOSITORIES)

GRANTABLE: dict[CredentialKind, tuple[AnyScope, ...]] = {
    _K.APP_PASSWORD: tuple(Scope),
    _K.API_TOKEN: tuple(ApiScope),
    _K.REPOSITORY_ACCESS_TOKEN: _OF_REPOSITORIES,
    _K.PROJECT_ACCESS_TOKEN: _OF_PROJECTS,
    _K.WORKSPACE_ACCESS_TOKEN: (_S.ACCOUNT, _S.PROJECT_ADMIN, *_OF_PROJECTS),
}
"""The scopes of each kind that people make by themselves."""

LONGEST_OF_API_TOKENS = 366 * 24 * 3600
"""Seconds: a year, in one with a leap day."""


def scope(kind: CredentialKind, name: str) -> AnyScope:
    """A scope of a kind by its name. Raises Invalid, naming those there are."""
    found = next((one for one in GRANTABLE[kind] if one.value == name), None)
    if found is None:
        names = ", ".join(GRANTABLE[kind])
        raise Invalid(f"not a permission: {name!r} (one of: {names})")
    return found


def check_lifetime(kind: CredentialKind, lifetime: int | None) -> None:
    """Raise Invalid unless one of a kind may live for so many seconds; None: until it is revoked."""
    if kind is not _K.API_TOKEN:
        return
    if lifetime is None:
        raise Invalid("an API token has to expire: within a year")
    if lifetime > LONGEST_OF_API_TOKENS:
        raise Invalid("an API token can't live for more than a year")


def a(kind: CredentialKind) -> str:
    """Its words with their article."""
    return with_article(kind.words)


def with_article(words: str) -> str:
    """What something is called, after "a" or "an"."""
    return f"{'an' if words[0] in 'aeioAEIO' else 'a'} {words}"
