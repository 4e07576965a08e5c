import itertools

import msgspec
import pytest
from support.asked import agrees
from support.rows import a_project, a_repository, a_user, a_workspace, unused_id

from bitpail.errors import Conflict
from bitpail.model.access import ANONYMOUS, Access, Need
from bitpail.model.deployments import Deployment, DeploymentDetail, DeploymentState, DeploymentStatus
from bitpail.model.environments import Environment, EnvironmentDetail, EnvironmentType
from bitpail.model.permissions import Permission
from bitpail.store import deployments, environments
from bitpail.wire import deployments as wire_deployments
from bitpail.wire import environments as wire_environments
from bitpail.wire.links import Links
from bitpail.wire.query_kinds import Asked

pytestmark = pytest.mark.anyio

LINKS = Links(api="https://x.example/2.0", web="https://x.example", ssh="")


@pytest.fixture
async def place(db):
    workspace = await a_workspace(db)
    project = await a_project(db, workspace)
    repository = await a_repository(db, project)
    return Access(ANONYMOUS, Need(), Permission.READ, repository, workspace, project)


async def an_environment(db, place, name, detail, created_on=1):
    made = Environment(unused_id(), place.repository.id, f"s-{name}", name, detail, created_on)
    await environments.create(db, made)
    return made


async def test_environments_are_asked_in_sql_as_the_api_shows_them(db, place):
    told = [
        await an_environment(db, place, name, EnvironmentDetail(kind, rank, *flags), 9 - rank)
        for name, kind, rank, flags in (
            ("b", EnvironmentType.TEST, 0, (True, False, True, False)),
            ("Ä", EnvironmentType.TEST, 10, (False, True, False, True)),
            ("a%", EnvironmentType.STAGING, 2, (True, True, True, True)),
            ("B", EnvironmentType.PRODUCTION, 1, (False, False, False, False)),
        )
    ]

    async def page(asked, offset, limit):
        return await environments.page(db, place.repository.id, asked, offset, limit)

    shown = [wire_environments.environment(one) for one in told]
    await agrees(page, environments._FIELDS, shown, lambda one: one.id)
    assert await environments.by_slug(db, place.repository.id, "s-Ä") == told[1]
    assert await environments.by_id(db, unused_id(), told[1].id) is None
    renamed = msgspec.structs.replace(told[1], slug="new", name="New", detail=EnvironmentDetail())
    await environments.change(db, renamed)
    assert await environments.by_id(db, place.repository.id, renamed.id) == renamed
    for taken in (
        msgspec.structs.replace(renamed, slug="s-b"),
        msgspec.structs.replace(renamed, id=unused_id()),
    ):
        with pytest.raises(Conflict):
            await (environments.change if taken.id == renamed.id else environments.create)(db, taken)
    assert not await environments.remove(db, unused_id(), renamed.id)
    assert await environments.remove(db, place.repository.id, renamed.id)
    assert await environments.count(db, place.repository.id) == 3


async def test_deployments_are_asked_in_sql_as_the_api_shows_them(db, place):
    ada = await a_user(db, "ada")
    live = await an_environment(db, place, "live", EnvironmentDetail(EnvironmentType.PRODUCTION))
    test = await an_environment(db, place, "test", EnvironmentDetail())
    numbers = itertools.count(1)

    async def recorded(environment, name, *more, **told):
        number = next(numbers)
        detail = DeploymentDetail(f"{number}" * 40, unused_id(), name, 100 - number, *more, **told)
        deployer = ada if detail.deployer else None
        one = Deployment(
            unused_id(), place.repository.id, environment.id, detail, number, environment.name, deployer
        )
        await deployments.put(db, one)
        return one

    told = [
        await recorded(live, "v1", started_on=None),
        await recorded(test, "V2", DeploymentState.IN_PROGRESS, deployer=ada.id, started_on=7),
        await recorded(
            test, "#3", DeploymentState.COMPLETED, DeploymentStatus.FAILED, "https://x/", "https://y/",
            ada.id, 8, 12,
        ),
        await recorded(
            live, "v10", DeploymentState.COMPLETED, DeploymentStatus.SUCCESSFUL, started_on=1, completed_on=2
        ),
    ]  # fmt: skip

    async def page(asked, offset, limit):
        return await deployments.page(db, place.repository.id, asked, offset, limit)

    newest = list(reversed(told))
    shown = [wire_deployments.deployment(LINKS, place, one) for one in newest]
    await agrees(page, deployments._FIELDS, shown, lambda one: one.id)
    assert [await deployments.by_id(db, place.repository.id, one.id) for one in told] == told
    assert await deployments.by_id(db, unused_id(), told[0].id) is None
    done = msgspec.structs.replace(told[1], detail=told[2].detail)
    await deployments.put(db, done)
    assert await deployments.by_id(db, place.repository.id, done.id) == done
    await environments.remove(db, place.repository.id, live.id)
    assert (await deployments.page(db, place.repository.id, Asked(), 0, 9))[1] == 2
