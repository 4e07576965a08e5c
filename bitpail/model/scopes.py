"""The permissions of an app password, by their API scope names: Bitbucket's 25, and our own.

Source of the 25: the create form of Bitbucket Cloud, one box and one scope each.
Our own open our own API and nothing else. What a scope implies is a rule and
lives in ``policy/scopes.py``.
"""

from enum import StrEnum


class Scope(StrEnum):
    """One box of the create form; declared in the order of the form, our own after the others."""

    EMAIL = "email"
    ACCOUNT = "account"
    ACCOUNT_WRITE = "account:write"
    TEAM = "team"
    TEAM_WRITE = "team:write"
    PROJECT = "project"
    PROJECT_WRITE = "project:write"
    PROJECT_ADMIN = "project:admin"
    REPOSITORY = "repository"
    REPOSITORY_WRITE = "repository:write"
    REPOSITORY_ADMIN = "repository:admin"
    REPOSITORY_DELETE = "repository:delete"
    PULLREQUEST = "pullrequest"
    PULLREQUEST_WRITE = "pullrequest:write"
    ISSUE = "issue"
    ISSUE_WRITE = "issue:write"
    WIKI = "wiki"
    SNIPPET = "snippet"
    SNIPPET_WRITE = "snippet:write"
    WEBHOOK = "webhook"
    PIPELINE = "pipeline"
    PIPELINE_WRITE = "pipeline:write"
    PIPELINE_VARIABLE = "pipeline:variable"
    RUNNER = "runner"
    RUNNER_WRITE = "runner:write"
    APP_PASSWORD_WRITE = "bitpail:app-password:write"  # noqa: S105 - the name of a permission
    SITE_ADMIN = "bitpail:site:admin"


OWN = frozenset({Scope.APP_PASSWORD_WRITE, Scope.SITE_ADMIN})
"""Ours alone: clients of Bitbucket's API and of Git never hear of them."""
BITBUCKET = tuple(scope for scope in Scope if scope not in OWN)
"""The 25, in the order of the form."""
