"""The permissions of an app password, by their API scope names: Bitbucket's 25, and our own; and those of API tokens.

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


class ApiScope(StrEnum):
    """The scopes of API tokens, as the contract has them: each stands for itself and implies nothing.

    Declared in the order in which they are offered: by the groups of the vendor's dialog.
    """

    READ_REPOSITORY = "read:repository:bitbucket"
    WRITE_REPOSITORY = "write:repository:bitbucket"
    ADMIN_REPOSITORY = "admin:repository:bitbucket"
    DELETE_REPOSITORY = "delete:repository:bitbucket"
    READ_PULLREQUEST = "read:pullrequest:bitbucket"
    WRITE_PULLREQUEST = "write:pullrequest:bitbucket"
    READ_PROJECT = "read:project:bitbucket"
    ADMIN_PROJECT = "admin:project:bitbucket"
    READ_WORKSPACE = "read:workspace:bitbucket"
    ADMIN_WORKSPACE = "admin:workspace:bitbucket"
    READ_USER = "read:user:bitbucket"
    WRITE_USER = "write:user:bitbucket"
    READ_PIPELINE = "read:pipeline:bitbucket"
    WRITE_PIPELINE = "write:pipeline:bitbucket"
    ADMIN_PIPELINE = "admin:pipeline:bitbucket"
    READ_RUNNER = "read:runner:bitbucket"
    WRITE_RUNNER = "write:runner:bitbucket"
    READ_ISSUE = "read:issue:bitbucket"
    WRITE_ISSUE = "write:issue:bitbucket"
    DELETE_ISSUE = "delete:issue:bitbucket"
    READ_WEBHOOK = "read:webhook:bitbucket"
    WRITE_WEBHOOK = "write:webhook:bitbucket"
    DELETE_WEBHOOK = "delete:webhook:bitbucket"
    READ_SNIPPET = "read:snippet:bitbucket"
    WRITE_SNIPPET = "write:snippet:bitbucket"
    DELETE_SNIPPET = "delete:snippet:bitbucket"
    READ_SSH_KEY = "read:ssh-key:bitbucket"
    WRITE_SSH_KEY = "write:ssh-key:bitbucket"
    DELETE_SSH_KEY = "delete:ssh-key:bitbucket"
    READ_GPG_KEY = "read:gpg-key:bitbucket"
    WRITE_GPG_KEY = "write:gpg-key:bitbucket"
    DELETE_GPG_KEY = "delete:gpg-key:bitbucket"
    WRITE_PERMISSION = "write:permission:bitbucket"
    DELETE_PERMISSION = "delete:permission:bitbucket"


AnyScope = Scope | ApiScope
"""A scope of either vocabulary. No credential has some of both."""
NAMED: dict[str, AnyScope] = {scope.value: scope for scope in (*Scope, *ApiScope)}
"""Each of both by its name."""
