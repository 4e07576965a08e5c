"""Which scope implies which: one table, as data, with its sources.

Everything that asks what a credential covers asks here. Sources: [N] the
vendor's narrative on scopes; [F] a picture of the create form, which ticks and
locks what is implied; [R] inferred from a recorded 403, which lists a broad
credential by the top of each chain only; [P] inferred from the pattern of the
others.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import TypeVar

from bitpail.model.scopes import OWN, AnyScope, ApiScope
from bitpail.model.scopes import Scope as S

_S = TypeVar("_S", bound=AnyScope)

DIRECTLY_IMPLIES: dict[S, frozenset[S]] = {
    S.ACCOUNT: frozenset({S.EMAIL}),  # [F]
    S.ACCOUNT_WRITE: frozenset({S.ACCOUNT}),  # [R]
    S.TEAM_WRITE: frozenset({S.TEAM}),  # [P]
    S.PROJECT: frozenset({S.REPOSITORY}),  # [N] [F]
    # [N] says "explicitly not project, not repository:write"; the deprecated
    # project:write is not described, so it implies nothing either.
    S.PROJECT_WRITE: frozenset(),
    S.PROJECT_ADMIN: frozenset(),  # [N]
    S.REPOSITORY_WRITE: frozenset({S.REPOSITORY}),  # [N]
    S.REPOSITORY_ADMIN: frozenset(),  # [N]: not repository, not repository:write
    S.REPOSITORY_DELETE: frozenset(),
    S.PULLREQUEST: frozenset({S.REPOSITORY}),  # [N]
    S.PULLREQUEST_WRITE: frozenset({S.PULLREQUEST, S.REPOSITORY_WRITE}),  # [N]
    S.ISSUE_WRITE: frozenset({S.ISSUE}),  # [N]
    S.SNIPPET_WRITE: frozenset({S.SNIPPET}),  # [N]
    S.PIPELINE_WRITE: frozenset({S.PIPELINE}),  # [R]
    S.PIPELINE_VARIABLE: frozenset({S.PIPELINE_WRITE}),  # [R]
    S.RUNNER_WRITE: frozenset({S.RUNNER}),  # [R]
    # email, team, repository, issue, wiki, snippet, webhook, pipeline and
    # runner imply nothing: they are not listed. Neither are our own, which open
    # nothing of Bitbucket's.
}


def _closure(scope: S) -> frozenset[S]:
    below = DIRECTLY_IMPLIES.get(scope, frozenset())
    return frozenset({scope}).union(*(_closure(implied) for implied in below))


IMPLIES: dict[AnyScope, frozenset[AnyScope]] = {
    **{scope: _closure(scope) for scope in S},
    # [N]: those of API tokens imply nothing, ``write:`` does not include ``read:``.
    **{scope: frozenset({scope}) for scope in ApiScope},
}
"""Each scope with all that it covers, itself included."""

_ORDER: dict[AnyScope, int] = {scope: place for place, scope in enumerate((*S, *ApiScope))}


@lru_cache(maxsize=4096)
def expand(granted: tuple[AnyScope, ...]) -> frozenset[AnyScope]:
    """Everything that the granted scopes cover."""
    return frozenset().union(*(IMPLIES[scope] for scope in granted))


def minimal(scopes: Iterable[_S]) -> tuple[_S, ...]:
    """The scopes that no other one of them implies, in the order of the create form.

    ``granted`` in an answer has this form in recordings.
    """
    wanted = set(scopes)
    implied = {low for high in wanted for low in IMPLIES[high] if low is not high}
    return tuple(sorted(wanted - implied, key=_ORDER.__getitem__))


def covers(held: frozenset[AnyScope], alternatives: tuple[frozenset[AnyScope], ...]) -> bool:
    """Whether one of the alternatives is held whole; no alternative asks for nothing."""
    if not alternatives:
        return True
    return any(needed <= held for needed in alternatives)


def of_bitbucket(scopes: Iterable[_S]) -> tuple[_S, ...]:
    """The scopes without our own: what a client of Bitbucket's API may hear."""
    return tuple(scope for scope in scopes if scope not in OWN)


def in_form_order(scopes: Iterable[_S]) -> tuple[_S, ...]:
    """The scopes in the order of the create form."""
    return tuple(sorted(scopes, key=_ORDER.__getitem__))
