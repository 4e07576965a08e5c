"""What a need is in the scopes of API tokens, which imply nothing: no ``write:`` includes its ``read:``.

An operation of the contract has its own (``wire/api_scopes.txt``); every other need is translated by the
table here. What it doesn't translate stays in the words of app passwords, which no API token holds.
"""

from collections.abc import Iterable
from functools import lru_cache

from bitpail.model.access import Need
from bitpail.model.credentials import CredentialKind
from bitpail.model.scopes import AnyScope, Scope
from bitpail.model.scopes import ApiScope as A
from bitpail.model.scopes import Scope as S

Alternatives = tuple[frozenset[AnyScope], ...]

TRANSLATED: dict[S, A] = {
    S.EMAIL: A.READ_USER,
    S.ACCOUNT: A.READ_USER,
    S.ACCOUNT_WRITE: A.WRITE_USER,
    S.TEAM: A.READ_WORKSPACE,
    S.TEAM_WRITE: A.ADMIN_WORKSPACE,
    S.PROJECT: A.READ_PROJECT,
    S.PROJECT_WRITE: A.ADMIN_PROJECT,
    S.PROJECT_ADMIN: A.ADMIN_PROJECT,
    S.REPOSITORY: A.READ_REPOSITORY,
    S.REPOSITORY_WRITE: A.WRITE_REPOSITORY,
    S.REPOSITORY_ADMIN: A.ADMIN_REPOSITORY,
    S.REPOSITORY_DELETE: A.DELETE_REPOSITORY,
    S.PULLREQUEST: A.READ_PULLREQUEST,
    S.PULLREQUEST_WRITE: A.WRITE_PULLREQUEST,
    S.ISSUE: A.READ_ISSUE,
    S.ISSUE_WRITE: A.WRITE_ISSUE,
    S.SNIPPET: A.READ_SNIPPET,
    S.SNIPPET_WRITE: A.WRITE_SNIPPET,
    S.WEBHOOK: A.WRITE_WEBHOOK,
    S.PIPELINE: A.READ_PIPELINE,
    S.PIPELINE_WRITE: A.WRITE_PIPELINE,
    S.PIPELINE_VARIABLE: A.ADMIN_PIPELINE,
    S.RUNNER: A.READ_RUNNER,
    S.RUNNER_WRITE: A.WRITE_RUNNER,
}
"""The vendor's pairs, as its operations have them in the contract. Our own permissions have none."""

BEYOND: dict[S, frozenset[A]] = {
    S.ACCOUNT: frozenset({A.READ_SSH_KEY, A.READ_GPG_KEY}),
    S.ACCOUNT_WRITE: frozenset({A.WRITE_SSH_KEY, A.DELETE_SSH_KEY, A.WRITE_GPG_KEY, A.DELETE_GPG_KEY}),
    S.REPOSITORY_ADMIN: frozenset({A.WRITE_PERMISSION, A.DELETE_PERMISSION}),
    S.PROJECT_ADMIN: frozenset({A.WRITE_PERMISSION, A.DELETE_PERMISSION}),
    S.ISSUE_WRITE: frozenset({A.DELETE_ISSUE}),
    S.SNIPPET_WRITE: frozenset({A.DELETE_SNIPPET}),
    S.WEBHOOK: frozenset({A.READ_WEBHOOK, A.DELETE_WEBHOOK}),
}
"""What else of theirs opens what a permission opens: who forbids the one forbids these too."""


def with_theirs(scopes: Iterable[AnyScope]) -> frozenset[AnyScope]:
    """Permissions, with all scopes of API tokens that open the same."""
    found = set(scopes)
    for one in scopes:
        if isinstance(one, Scope):
            found |= {TRANSLATED[one]} if one in TRANSLATED else set()
            found |= BEYOND.get(one, frozenset())
    return frozenset(found)


WIKI: dict[bool, A] = {False: A.READ_REPOSITORY, True: A.WRITE_REPOSITORY}
"""There is no scope of wikis in the vendor's dialog: they go with the code, by whether they are written (choice)."""


def asked(need: Need, kind: CredentialKind | None) -> Alternatives:
    """The alternatives of a need in the vocabulary of who asks; None is who has no credential of ours."""
    if kind is not CredentialKind.API_TOKEN:
        return need.scopes
    return need.api_scopes if need.api_scopes is not None else _translated(need)


@lru_cache(maxsize=1024)
def _translated(need: Need) -> Alternatives:
    writes = need.permission > need.permission.READ
    return tuple(frozenset(_one(scope, writes=writes) for scope in needed) for needed in need.scopes)


def _one(scope: AnyScope, *, writes: bool) -> AnyScope:
    if scope is S.WIKI:
        return WIKI[writes]
    return TRANSLATED.get(scope, scope) if isinstance(scope, Scope) else scope
