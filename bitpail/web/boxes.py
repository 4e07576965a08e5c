"""The boxes of the create form, in its two columns and one of our own: which are ticked, which locked because implied."""

from collections.abc import Iterable

from msgspec import Struct

from bitpail.model.scopes import Scope
from bitpail.policy.scopes import IMPLIES, expand, in_form_order, minimal

_LEFT = (
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
_RIGHT = (
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
_OWN = (
    (
        "Bitpail",
        (("Manage app passwords", Scope.APP_PASSWORD_WRITE), ("Administer this server", Scope.SITE_ADMIN)),
    ),
)

NAMES = {scope: f"{group}: {name}" for group, boxes in (*_LEFT, *_RIGHT, *_OWN) for name, scope in boxes}
"""What people call each permission."""


class Box(Struct, frozen=True):
    """One box of the form. ``implies`` is for the script that ticks while one looks."""

    scope: Scope
    name: str
    ticked: bool
    locked: bool
    implies: str


class Group(Struct, frozen=True):
    """The boxes under one heading."""

    name: str
    boxes: list[Box]


def columns(chosen: Iterable[Scope]) -> list[list[Group]]:
    """The form's two columns and our own with these permissions chosen."""
    wanted = minimal(chosen)
    covered = expand(wanted)
    return [
        [
            Group(
                group,
                [
                    Box(
                        scope,
                        name,
                        ticked=scope in covered,
                        locked=scope in covered and scope not in wanted,
                        implies=" ".join(in_form_order(IMPLIES[scope] - {scope})),
                    )
                    for name, scope in boxes
                ],
            )
            for group, boxes in column
        ]
        for column in (_LEFT, _RIGHT, _OWN)
    ]
