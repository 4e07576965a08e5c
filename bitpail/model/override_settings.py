"""Settings that a repository takes from its project, unless it overrides them."""

from msgspec import Struct

from bitpail.model.branching_models import BranchingModel

MERGE_STRATEGIES = (
    *("merge_commit", "squash", "fast_forward"),
    *("squash_fast_forward", "rebase_fast_forward", "rebase_merge"),
)
"""In Bitbucket's order; the first is the default."""


class Overrides(Struct, frozen=True, omit_defaults=True):
    """What the repository says for itself; the rest is its project's."""

    default_merge_strategy: bool = False
    branching_model: bool = False


class ProjectSettings(Struct, frozen=True, omit_defaults=True):
    """None: nobody has said anything. Stored as JSON."""

    branching_model: BranchingModel | None = None
    default_merge_strategy: str | None = None


class RepositorySettings(Struct, frozen=True, omit_defaults=True):
    """The same of a repository. What is not overridden is kept for when it is. Stored as JSON."""

    override_settings: Overrides = Overrides()
    branching_model: BranchingModel | None = None
    default_merge_strategy: str | None = None
