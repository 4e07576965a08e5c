import pytest
from support.rows import a_project, a_repository, a_workspace

from bitpail.model.branching_models import BranchingModel, Part
from bitpail.model.override_settings import Overrides, ProjectSettings, RepositorySettings
from bitpail.store import override_settings as store
from bitpail.store import repositories

pytestmark = pytest.mark.anyio

MODEL = BranchingModel(Part("ü"), default_branch_deletion=True)


async def test_a_repository_has_its_own_and_those_of_its_project(db):
    team = await a_workspace(db)
    project, other = await a_project(db, team), await a_project(db, team, "OTHER")
    repository = await a_repository(db, project)
    own = RepositorySettings(Overrides(branching_model=True), MODEL, "squash")
    inherited = ProjectSettings(MODEL, "fast_forward")

    assert await store.of_repository(db, repository.id, project.id) == (
        RepositorySettings(),
        ProjectSettings(),
    )
    await store.put_project(db, project.id, inherited)
    assert await store.of_repository(db, repository.id, project.id) == (RepositorySettings(), inherited)
    for settings in (RepositorySettings(), own):
        await store.put_repository(db, repository.id, settings)
    assert await store.of_repository(db, repository.id, project.id) == (own, inherited)
    assert await store.of_repository(db, repository.id, other.id) == (own, ProjectSettings())
    assert await store.of_project(db, project.id) == inherited
    assert await store.of_project(db, other.id) == ProjectSettings()
    assert await store.of_repositories(db, [repository.id, "none"]) == {repository.id: own}
    assert await store.of_repositories(db, []) == {}
    await repositories.delete(db, repository.id)
    assert await store.of_repositories(db, [repository.id]) == {}
