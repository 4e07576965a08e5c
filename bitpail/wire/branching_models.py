"""Branching models in the API's words: as they hold, and as they were said."""

from typing import Any

from bitpail.model.branching_models import BranchingModel, Part
from bitpail.wire.links import Link
from bitpail.wire.text import clean


def in_repository(
    kind: str,
    itself: Link,
    model: BranchingModel,
    main_branch: str | None,
    *,
    development: dict[str, Any] | None,
    production: dict[str, Any] | None,
) -> dict[str, Any]:
    """What holds in a repository, with its two branches as objects if they are there."""
    return {
        "type": kind,
        "development": _playing(model.development, main_branch, development),
        **(
            {"production": _playing(model.production, main_branch, production)}
            if model.production.enabled
            else {}
        ),
        "branch_types": _enabled(model),
        "links": {"self": itself},
    }


def of_project(itself: Link, model: BranchingModel) -> dict[str, Any]:
    """What a project hands down: names of branches, which need not be anywhere."""
    return {
        "type": "project_branching_model",
        "development": _named(model.development),
        **({"production": _named(model.production)} if model.production.enabled else {}),
        "branch_types": _enabled(model),
        "links": {"self": itself},
    }


def settings(itself: Link, model: BranchingModel, valid: tuple[bool, bool] | None) -> dict[str, Any]:
    """All that was said; ``valid`` is whether either branch exists, None where there is no repository."""
    has_development, has_production = valid or (None, None)
    return {
        "type": "branching_model_settings",
        "development": {**_valid(has_development), **_named(model.development)},
        "production": {
            **_valid(has_production),
            **_named(model.production),
            "enabled": model.production.enabled,
        },
        "branch_types": [
            {"kind": one.kind.value, "enabled": one.enabled, "prefix": clean(one.prefix)}
            for one in model.branch_types
        ],
        # A word and no boolean, as documented.
        "default_branch_deletion": "true" if model.default_branch_deletion else "false",
        "links": {"self": itself},
    }


def _playing(part: Part, main_branch: str | None, branch: dict[str, Any] | None) -> dict[str, Any]:
    name = part.branch(main_branch)
    return {
        "name": None if name is None else clean(name),
        **({"branch": branch} if branch is not None else {}),
        "use_mainbranch": part.use_mainbranch,
    }


def _named(part: Part) -> dict[str, Any]:
    return {
        "name": None if part.name is None else clean(part.name),
        "use_mainbranch": part.use_mainbranch,
    }


def _valid(exists: bool | None) -> dict[str, bool]:  # noqa: FBT001  # a value that is shown
    return {} if exists is None else {"is_valid": exists}


def _enabled(model: BranchingModel) -> list[dict[str, str]]:
    return [
        {"kind": one.kind.value, "prefix": clean(one.prefix)} for one in model.branch_types if one.enabled
    ]
