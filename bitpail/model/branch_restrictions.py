"""What may not be done to branches, and by whom nevertheless."""

from enum import StrEnum

from msgspec import Struct

from bitpail.model.branching_models import BranchType
from bitpail.model.groups import GroupId
from bitpail.model.repositories import RepositoryId
from bitpail.model.users import UserId


class Kind(StrEnum):
    """What is restricted: pushes first, then what is looked at when a pull request is merged."""

    PUSH = "push"
    DELETE = "delete"
    FORCE = "force"
    RESTRICT_MERGES = "restrict_merges"
    TASKS_COMPLETED = "require_tasks_to_be_completed"
    APPROVALS = "require_approvals_to_merge"
    REVIEW_GROUP_APPROVALS = "require_review_group_approvals_to_merge"
    DEFAULT_REVIEWER_APPROVALS = "require_default_reviewer_approvals_to_merge"
    NO_CHANGES_REQUESTED = "require_no_changes_requested"
    PASSING_BUILDS = "require_passing_builds_to_merge"
    COMMITS_BEHIND = "require_commits_behind"
    RESET_APPROVALS = "reset_pullrequest_approvals_on_change"
    SMART_RESET_APPROVALS = "smart_reset_pullrequest_approvals"
    RESET_CHANGES_REQUESTED = "reset_pullrequest_changes_requested_on_change"
    DEPENDENCIES_MERGED = "require_all_dependencies_merged"
    ENFORCE_MERGE_CHECKS = "enforce_merge_checks"
    AUTO_MERGE = "allow_auto_merge_when_builds_pass"
    COMMENTS_RESOLVED = "require_all_comments_resolved"


OF_PUSHES = frozenset({Kind.PUSH, Kind.DELETE, Kind.FORCE})
"""Judged whenever a branch moves."""

WITH_EXCEPTIONS = frozenset({Kind.PUSH, Kind.RESTRICT_MERGES})
"""Those that some users and groups may be excepted from."""

LEAST_VALUE = {
    Kind.APPROVALS: 1,
    Kind.REVIEW_GROUP_APPROVALS: 1,
    Kind.DEFAULT_REVIEWER_APPROVALS: 1,
    Kind.PASSING_BUILDS: 1,
    Kind.COMMITS_BEHIND: 0,
}
"""Those that have a number, and the least that says something."""


class MatchKind(StrEnum):
    """How a restriction finds its branches."""

    GLOB = "glob"
    BRANCHING_MODEL = "branching_model"


class Rule(Struct, frozen=True, omit_defaults=True):
    """The part of a restriction that no column has. Stored as JSON.

    ``branch_type`` is set when the branching model finds the branches, and the pattern
    is empty then. ``users`` and ``groups`` are excepted.
    """

    branch_type: BranchType | None = None
    value: int | None = None
    users: tuple[UserId, ...] = ()
    groups: tuple[GroupId, ...] = ()


class Restriction(Struct, frozen=True):
    """``number`` counts from 1 in each repository."""

    repository_id: RepositoryId
    number: int
    kind: Kind
    pattern: str
    rule: Rule

    @property
    def match_kind(self) -> MatchKind:
        """How it finds its branches."""
        return MatchKind.GLOB if self.rule.branch_type is None else MatchKind.BRANCHING_MODEL
