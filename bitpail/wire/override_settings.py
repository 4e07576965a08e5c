"""What a repository overrides, in the API's words."""

from typing import Any

from bitpail.model.override_settings import Overrides


def state(overrides: Overrides) -> dict[str, Any]:
    """The object of ``override-settings``."""
    return {"type": "repository_inheritance_state", "override_settings": flags(overrides)}


def flags(overrides: Overrides) -> dict[str, bool]:
    """The member of a repository: true for what its project has no say in."""
    return {
        "default_merge_strategy": overrides.default_merge_strategy,
        "branching_model": overrides.branching_model,
    }
