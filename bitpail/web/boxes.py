"""The boxes of the create forms: which are ticked, which locked because implied.

Of app passwords in their two columns and one of our own; of access tokens those that they can have; of API
tokens by what they are about.
"""

from collections.abc import Collection, Iterable

from msgspec import Struct

from bitpail.model.scopes import AnyScope, ApiScope, Scope
from bitpail.policy.scopes import IMPLIES, expand, in_form_order, minimal

_Column = tuple[tuple[str, tuple[tuple[str, AnyScope], ...]], ...]

_LEFT: _Column = (
    ("Account", (("Email", Scope.EMAIL), ("Read", Scope.ACCOUNT), ("Write", Scope.ACCOUNT_WRITE))),
    ("Workspace membership", (("Read", Scope.TEAM), ("Write", Scope.TEAM_WRITE))),
    (
        "Projects",
        (("Read", Scope.PROJECT), ("Write", Scope.PROJECT_WRITE), ("Admin", Scope.PROJECT_ADMIN)),
    ),
    (
        "Repositories",
        (
            ("Read", Scope.REPOSITORY),
            ("Write", Scope.REPOSITORY_WRITE),
            ("Admin", Scope.REPOSITORY_ADMIN),
            ("Delete", Scope.REPOSITORY_DELETE),
        ),
    ),
    ("Pull requests", (("Read", Scope.PULLREQUEST), ("Write", Scope.PULLREQUEST_WRITE))),
)
_RIGHT: _Column = (
    ("Issues", (("Read", Scope.ISSUE), ("Write", Scope.ISSUE_WRITE))),
    ("Wikis", (("Read and write", Scope.WIKI),)),
    ("Snippets", (("Read", Scope.SNIPPET), ("Write", Scope.SNIPPET_WRITE))),
    ("Webhooks", (("Read and write", Scope.WEBHOOK),)),
    (
        "Pipelines",
        (
            ("Read", Scope.PIPELINE),
            ("Write", Scope.PIPELINE_WRITE),
            ("Edit variables", Scope.PIPELINE_VARIABLE),
        ),
    ),
    ("Runners", (("Read", Scope.RUNNER), ("Write", Scope.RUNNER_WRITE))),
)
# No boxes of Bitbucket's: they stand apart, and open our own API alone.
_OWN: _Column = (
    (
        "Bitpail",
        (("Manage app passwords", Scope.APP_PASSWORD_WRITE), ("Administer this server", Scope.SITE_ADMIN)),
    ),
)

_ABOUT = {
    "repository": "Repositories",
    "pullrequest": "Pull requests",
    "project": "Projects",
    "workspace": "Workspaces",
    "user": "User data",
    "pipeline": "Pipelines",
    "runner": "Runners",
    "issue": "Issues",
    "webhook": "Webhooks",
    "snippet": "Snippets",
    "ssh-key": "SSH keys",
    "gpg-key": "GPG keys",
    "permission": "Permissions",
}
_API: _Column = tuple(
    (
        group,
        tuple(
            (scope.value.partition(":")[0].title(), scope)
            for scope in ApiScope
            if scope.value.split(":")[1] == about
        ),
    )
    for about, group in _ABOUT.items()
)

NAMES: dict[AnyScope, str] = {
    scope: f"{group}: {name}" for group, boxes in (*_LEFT, *_RIGHT, *_OWN, *_API) for name, scope in boxes
}
"""What people call each permission."""


class Box(Struct, frozen=True):
    """One box of the form. ``implies`` is for the script that ticks while one looks."""

    scope: AnyScope
    name: str
    ticked: bool
    locked: bool
    implies: str


class Group(Struct, frozen=True):
    """The boxes under one heading."""

    name: str
    boxes: list[Box]


_HALF = 6


def columns(chosen: Iterable[AnyScope]) -> list[list[Group]]:
    """The form of app passwords: two columns and our own, with these permissions chosen."""
    return _columns((_LEFT, _RIGHT, _OWN), chosen, NAMES)


def columns_of(grantable: Collection[AnyScope], chosen: Iterable[AnyScope]) -> list[list[Group]]:
    """The same for what can have these only."""
    return _columns((_LEFT, _RIGHT, _API[:_HALF], _API[_HALF:]), chosen, grantable)


def _columns(
    every: Iterable[_Column], chosen: Iterable[AnyScope], grantable: Collection[AnyScope]
) -> list[list[Group]]:
    wanted = minimal(chosen)
    covered = expand(wanted)
    found = [
        [
            Group(group, [_box(scope, name, wanted, covered) for name, scope in boxes if scope in grantable])
            for group, boxes in column
        ]
        for column in every
    ]
    shown = [[group for group in column if group.boxes] for column in found]
    return [column for column in shown if column]


def _box(scope: AnyScope, name: str, wanted: tuple[AnyScope, ...], covered: frozenset[AnyScope]) -> Box:
    return Box(
        scope,
        name,
        ticked=scope in covered,
        locked=scope in covered and scope not in wanted,
        implies=" ".join(in_form_order(IMPLIES[scope] - {scope})),
    )
