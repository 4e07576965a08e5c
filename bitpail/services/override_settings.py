"""What a repository takes from its project, and what it says for itself."""

from msgspec.structs import replace

from bitpail.model.access import Access
from bitpail.model.branching_models import DEFAULT, BranchingModel
from bitpail.model.override_settings import (
    MERGE_STRATEGIES,
    Overrides,
    ProjectSettings,
    RepositorySettings,
)
from bitpail.model.repositories import Repository, RepositoryId
from bitpail.services import place_events, repositories, workspaces
from bitpail.services.site import Site
from bitpail.store import override_settings as store

_INHERITED = Overrides()


async def overrides(site: Site, repository: Repository) -> Overrides:
    """What the repository says for itself."""
    return (await of_several(site, [repository]))[repository.id]


async def of_several(site: Site, wanted: list[Repository]) -> dict[RepositoryId, Overrides]:
    """The same of each of several, in one look-up."""
    found = await store.of_repositories(site.db, [one.id for one in wanted])
    return {one.id: found[one.id].override_settings if one.id in found else _INHERITED for one in wanted}


async def change(
    site: Site, access: Access, *, default_merge_strategy: bool | None, branching_model: bool | None
) -> None:
    """Override something, or inherit it again; None leaves it as it is.

    What is overridden for the first time begins as what was inherited, so that nothing changes by itself.
    """
    async with site.db.transaction() as db:
        await repositories.hold(db, access.repository)
        own, inherited = await store.of_repository(db, access.repository.id, access.project.id)
        before = holding_model(own, inherited)
        if default_merge_strategy is not None:
            strategy = own.default_merge_strategy or _strategy(own, inherited)
            said = replace(own.override_settings, default_merge_strategy=default_merge_strategy)
            own = replace(
                own,
                override_settings=said,
                default_merge_strategy=strategy if default_merge_strategy else own.default_merge_strategy,
            )
        if branching_model is not None:
            model = own.branching_model or holding_model(own, inherited)
            said = replace(own.override_settings, branching_model=branching_model)
            own = replace(
                own,
                override_settings=said,
                branching_model=model if branching_model else own.branching_model,
            )
        await store.put_repository(db, access.repository.id, own)
        after = holding_model(own, inherited)
        await place_events.branching_model_changed(db, access.repository, before, after)


async def set_merge_strategy(site: Site, workspace: str, slug: str, strategy: str | None) -> str:
    """Say it of a repository, for the administrator at the command line; None: its project says it.

    Gives what holds then; raises NotFound.
    """
    found = (await repositories.named(site, workspace, slug)).repository
    async with site.db.transaction() as db:
        await repositories.hold(db, found)
        own, inherited = await store.of_repository(db, found.id, found.project_id)
        own = replace(
            own,
            override_settings=replace(own.override_settings, default_merge_strategy=strategy is not None),
            default_merge_strategy=strategy or own.default_merge_strategy,
        )
        await store.put_repository(db, found.id, own)
    return _strategy(own, inherited)


async def set_project_merge_strategy(site: Site, workspace: str, key: str, strategy: str) -> None:
    """The same of a project; raises NotFound."""
    project = await workspaces.project_for(site, await workspaces.named(site, workspace), key)
    async with site.db.transaction() as db:
        settings = await store.of_project(db, project.id)
        await store.put_project(db, project.id, replace(settings, default_merge_strategy=strategy))


async def default_merge_strategy(site: Site, access: Access) -> str:
    """How pull requests are merged unless somebody chooses another way."""
    return _strategy(*await store.of_repository(site.db, access.repository.id, access.project.id))


async def branching_model(site: Site, access: Access) -> BranchingModel:
    """The model that holds in a repository."""
    return holding_model(*await store.of_repository(site.db, access.repository.id, access.project.id))


def holding_model(own: RepositorySettings, inherited: ProjectSettings) -> BranchingModel:
    """The repository's own model where it overrides its project's."""
    if own.override_settings.branching_model and own.branching_model is not None:
        return own.branching_model
    return inherited.branching_model or DEFAULT


def _strategy(own: RepositorySettings, inherited: ProjectSettings) -> str:
    if own.override_settings.default_merge_strategy and own.default_merge_strategy is not None:
        return own.default_merge_strategy
    return inherited.default_merge_strategy or MERGE_STRATEGIES[0]
