"""Which branches play a part in a repository, and what those of each kind begin with."""

from enum import StrEnum

from msgspec import Struct


class BranchType(StrEnum):
    """The part that a branch plays, by Bitbucket's words."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"
    RELEASE = "release"
    HOTFIX = "hotfix"
    FEATURE = "feature"
    BUGFIX = "bugfix"


PREFIXED = (BranchType.RELEASE, BranchType.HOTFIX, BranchType.FEATURE, BranchType.BUGFIX)
"""Those that a branch is of by how its name begins."""


class Part(Struct, frozen=True):
    """The development or the production branch: the main one, or the one of that name.

    ``name`` is None for the main branch, and while nothing was said.
    """

    name: str | None = None
    use_mainbranch: bool = False
    enabled: bool = True

    def branch(self, main_branch: str | None) -> str | None:
        """The branch that plays it, by its short name; whether it exists is another question."""
        return main_branch if self.use_mainbranch else self.name


class Prefix(Struct, frozen=True):
    """How the branches of one kind begin."""

    kind: BranchType
    prefix: str
    enabled: bool = True


class BranchingModel(Struct, frozen=True):
    """``branch_types`` has one of each kind. ``default_branch_deletion`` is what merges offer."""

    development: Part = Part(use_mainbranch=True)
    production: Part = Part(enabled=False)
    branch_types: tuple[Prefix, ...] = tuple(Prefix(kind, f"{kind}/") for kind in PREFIXED)
    default_branch_deletion: bool = False


DEFAULT = BranchingModel()
"""What holds until somebody says otherwise."""
