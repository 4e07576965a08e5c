"""What operations ask for, by name: a scope, a permission, and whether anonymity will do.

One line for each combination that the contract knows. A test holds the scopes of
every route against the contract.
"""

from msgspec.structs import replace

from bitpail.model.access import Need
from bitpail.model.permissions import Permission
from bitpail.model.scopes import Scope

PUBLIC = Need()

ACCOUNT = Need((frozenset({Scope.ACCOUNT}),), signed_in=True)
ACCOUNT_WRITE = Need((frozenset({Scope.ACCOUNT_WRITE}),), signed_in=True)
EMAIL = Need((frozenset({Scope.EMAIL}),), signed_in=True)

OWN_PERMISSIONS = Need((frozenset({Scope.ACCOUNT, Scope.REPOSITORY}),), signed_in=True, people=True)
PERMISSIONS_OF_WORKSPACE = Need((frozenset({Scope.ACCOUNT}),), Permission.ADMIN, signed_in=True, people=True)
PERMISSIONS_OF_REPOSITORY = Need(
    (frozenset({Scope.REPOSITORY}),), Permission.ADMIN, signed_in=True, people=True
)
WORKSPACE_MEMBERS = Need((frozenset({Scope.ACCOUNT}),), Permission.READ, signed_in=True)
WORKSPACE_PERMISSIONS = replace(WORKSPACE_MEMBERS, people=True)
PROJECTS = Need((frozenset({Scope.PROJECT}),), Permission.READ)
CREATE_PROJECT = Need((frozenset({Scope.PROJECT_ADMIN}),), Permission.ADMIN, signed_in=True)
ADMINISTER_PROJECT = CREATE_PROJECT
GRANT_ON_PROJECT = replace(ADMINISTER_PROJECT, people=True)
"""Access tokens neither ask for permissions nor change them, and have nothing to do with keys."""
PROJECT_KEYS = Need(
    (frozenset({Scope.PROJECT, Scope.PROJECT_ADMIN}),), Permission.ADMIN, signed_in=True, people=True
)
READ_PROJECT_RULES = Need((frozenset({Scope.PROJECT_ADMIN}),), Permission.READ, signed_in=True)
"""What a project hands down: the contract asks for the scope to run it, not for the permission."""

READ = Need((frozenset({Scope.REPOSITORY}),), Permission.READ)
TELL = Need((frozenset({Scope.REPOSITORY}),), Permission.WRITE, signed_in=True)
"""To say something of a commit: the contract asks for the scope to read, we for more than being let in (choice)."""
COMMENT = Need((frozenset({Scope.REPOSITORY}),), Permission.READ, signed_in=True)
"""The same: whoever may read may say something, on a public repository everybody who is signed in."""
APPROVE = Need((frozenset({Scope.REPOSITORY_WRITE}),), Permission.READ, signed_in=True, granted=True)
"""By the vendor's text: that everybody may read a public repository lets nobody approve."""

ANYBODY = Need((), Permission.READ)
KEEP = Need((), Permission.WRITE, signed_in=True)
KEEP_OWN = Need((), signed_in=True)
"""The contract asks for no scope of who keeps a property."""

PIPELINES = Need((frozenset({Scope.PIPELINE}),), Permission.READ)
RUN_PIPELINES = Need((frozenset({Scope.PIPELINE}),), Permission.ADMIN, signed_in=True)

SEARCH = Need((frozenset({Scope.REPOSITORY}),), Permission.READ, signed_in=True)
"""Whoever searches is known, so that searches can take turns (choice)."""

WRITE = Need((frozenset({Scope.REPOSITORY_WRITE}),), Permission.WRITE, signed_in=True)
KEYS = Need(
    (frozenset({Scope.REPOSITORY, Scope.REPOSITORY_ADMIN}),), Permission.ADMIN, signed_in=True, people=True
)
ADMINISTER = Need((frozenset({Scope.REPOSITORY_ADMIN}),), Permission.ADMIN, signed_in=True)
GRANT = replace(ADMINISTER, people=True)
READ_PULL_REQUESTS = Need((frozenset({Scope.PULLREQUEST}),), Permission.READ)
CREATE_REPOSITORY = Need((frozenset({Scope.REPOSITORY_ADMIN}),), Permission.WRITE, signed_in=True)
FORK = Need((frozenset({Scope.REPOSITORY_WRITE}),), Permission.READ, signed_in=True)
FORK_INTO = Need((frozenset({Scope.REPOSITORY_WRITE}),), Permission.WRITE, signed_in=True)
"""Of the workspace, beside ``FORK`` of the repository."""
MOVE_REPOSITORY = CREATE_REPOSITORY
"""Into the project that a change of a repository names."""

DELETE = Need((frozenset({Scope.REPOSITORY_DELETE}),), Permission.ADMIN, signed_in=True)

REPOSITORY = "/2.0/repositories/{workspace}/{repo_slug}"
"""Where the operations on one repository begin."""

PROJECT = "/2.0/workspaces/{workspace}/projects/{project_key}"
"""And those on one project."""
