"""The 25 permissions of an app password, by their API scope names.

Source: the create form of Bitbucket Cloud, one box and one scope each. What a
scope implies is a rule and lives in ``policy/scopes.py``.
"""

from enum import StrEnum


class Scope(StrEnum):
    """One box of the create form; declared in the order of the form."""

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
