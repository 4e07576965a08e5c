"""Branching models: what holds in a repository or a project, and who changes it."""

from collections.abc import Sequence

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from bitpail.errors import Invalid
from bitpail.git import refs as git_refs
from bitpail.model.access import Access
from bitpail.model.branching_models import DEFAULT, BranchingModel, BranchType, Part, Prefix
from bitpail.model.projects import Project
from bitpail.policy import branching_models as policy
from bitpail.services import override_settings, place_events, refs
from bitpail.services.refs import RefsPage
from bitpail.services.repositories import directory, hold
from bitpail.services.site import Site
from bitpail.store import override_settings as store


class WantedPart(Struct, frozen=True):
    """What a client says of the development or the production branch; what is unset stays."""

    name: str | UnsetType | None = UNSET
    use_mainbranch: bool | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


class WantedPrefix(Struct, frozen=True):
    """The same of the branches of one kind."""

    kind: BranchType
    prefix: str | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


class Wanted(Struct, frozen=True):
    """What a client says of a model; None leaves it as it is."""

    development: WantedPart | None = None
    production: WantedPart | None = None
    branch_types: Sequence[WantedPrefix] = ()
    default_branch_deletion: bool | None = None


class Applied(Struct, frozen=True):
    """A model beside what is in the repository: the name of its main branch, and the two branches if they exist."""

    model: BranchingModel
    main_branch: str | None
    development: RefsPage | None
    production: RefsPage | None


class Configured(Struct, frozen=True):
    """A model as it was said; the flags are whether the branches exist, and true for the main one."""

    model: BranchingModel
    has_development: bool
    has_production: bool


async def applied(site: Site, access: Access) -> Applied:
    """The model that holds, with its branches."""
    model = await override_settings.branching_model(site, access)
    main_branch = git_refs.main_branch(await directory(site, access))
    return Applied(
        model,
        main_branch,
        await _branch(site, access, model.development.branch(main_branch)),
        await _branch(site, access, model.production.branch(main_branch)),
    )


async def _branch(site: Site, access: Access, name: str | None) -> RefsPage | None:
    return await refs.find(site, access, refs.BRANCHES, name) if name else None


async def configured(site: Site, access: Access) -> Configured:
    """The model that holds, as it was said."""
    return _configured(await override_settings.branching_model(site, access), await _branches(site, access))


def _configured(model: BranchingModel, branches: frozenset[str]) -> Configured:
    return Configured(model, _exists(model.development, branches), _exists(model.production, branches))


def _exists(part: Part, branches: frozenset[str]) -> bool:
    return part.use_mainbranch or part.name in branches


async def change(site: Site, access: Access, wanted: Wanted) -> Configured:
    """Change the model of a repository, which overrides its project's from then on; raises Invalid."""
    branches = await _branches(site, access)
    async with site.db.transaction() as db:
        await hold(db, access.repository)
        own, inherited = await store.of_repository(db, access.repository.id, access.project.id)
        before = override_settings.holding_model(own, inherited)
        model = _changed(before, wanted)
        if wanted.development is not None:
            _check_exists("development", model.development, branches)
        if wanted.production is not None and model.production.enabled:
            _check_exists("production", model.production, branches)
        own = replace(
            own,
            branching_model=model,
            override_settings=replace(own.override_settings, branching_model=True),
        )
        await store.put_repository(db, access.repository.id, own)
        await place_events.branching_model_changed(db, access.repository, before, model)
    return _configured(model, branches)


async def of_project(site: Site, project: Project) -> BranchingModel:
    """What the repositories of a project inherit."""
    return (await store.of_project(site.db, project.id)).branching_model or DEFAULT


async def change_project(site: Site, project: Project, wanted: Wanted) -> BranchingModel:
    """Change it; raises Invalid."""
    async with site.db.transaction() as db:
        settings = await store.of_project(db, project.id)
        before = settings.branching_model or DEFAULT
        model = _changed(before, wanted)
        await store.put_project(db, project.id, replace(settings, branching_model=model))
        await place_events.branching_model_changed(db, project, before, model)
    return model


def _changed(before: BranchingModel, wanted: Wanted) -> BranchingModel:
    model = replace(
        before,
        development=_part(before.development, wanted.development),
        production=_part(before.production, wanted.production),
        branch_types=_prefixes(before.branch_types, wanted.branch_types),
        default_branch_deletion=before.default_branch_deletion
        if wanted.default_branch_deletion is None
        else wanted.default_branch_deletion,
    )
    if wanted.development is not None:
        policy.check_part("development", model.development)
    if wanted.production is not None:
        policy.check_part("production", model.production)
    policy.check_prefixes(model.branch_types)
    return model


def _part(before: Part, wanted: WantedPart | None) -> Part:
    if wanted is None:
        return before
    use_mainbranch = before.use_mainbranch if wanted.use_mainbranch is UNSET else wanted.use_mainbranch
    # Whoever asks for the main branch means it, whichever was named before.
    name = None if use_mainbranch else before.name
    return Part(
        name if wanted.name is UNSET else wanted.name,
        use_mainbranch,
        before.enabled if wanted.enabled is UNSET else wanted.enabled,
    )


def _prefixes(before: tuple[Prefix, ...], wanted: Sequence[WantedPrefix]) -> tuple[Prefix, ...]:
    said = {one.kind: one for one in wanted}
    if len(said) != len(wanted):
        text = "each kind may come once"
        raise Invalid(f"branch_types: {text}", {"branch_types": [text]})
    return tuple(_prefix(one, said[one.kind]) if one.kind in said else one for one in before)


def _prefix(before: Prefix, wanted: WantedPrefix) -> Prefix:
    return Prefix(
        before.kind,
        before.prefix if wanted.prefix is UNSET else wanted.prefix,
        before.enabled if wanted.enabled is UNSET else wanted.enabled,
    )


def _check_exists(which: str, part: Part, branches: frozenset[str]) -> None:
    if not _exists(part, branches):
        text = f"there is no branch {part.name!r}"
        raise Invalid(f"{which}.name: {text}", {f"{which}.name": [text]})


async def _branches(site: Site, access: Access) -> frozenset[str]:
    known = await git_refs.read(await directory(site, access), site.objects.peel)
    return frozenset(ref.short for ref in known.refs if ref.name.startswith(refs.BRANCHES))
