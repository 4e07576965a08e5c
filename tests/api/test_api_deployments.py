import uuid

import pytest

from bitpail.errors import Invalid, NotFound
from bitpail.model.deployments import DeploymentState as State
from bitpail.model.deployments import DeploymentStatus as Status
from bitpail.services import deployments as service
from bitpail.services.deployments import Told

pytestmark = pytest.mark.anyio

CODE = "/2.0/repositories/ada/code"
DEPLOYMENTS = f"{CODE}/deployments"


@pytest.fixture
async def auth(server, ada):
    return await server.auth(ada, "pipeline", "repository:delete")


@pytest.fixture
async def code(api, server, auth, git):
    git.commit("first")
    made = await server.adopted("ada", "code", git)
    for name, kind in (("test", "Test"), ("live", "Production")):
        body = {"name": name, "environment_type": {"name": kind}}
        assert (await api.send_json("POST", f"{CODE}/environments", body, auth=auth)).status == 201
    return made


async def test_a_deployment_is_recorded_and_shown_as_it_goes_on(api, auth, server, ada, code, git):
    tip = git.git("rev-parse", "HEAD").strip()
    waiting = await service.record(server.site, code, "Live", "main", Told(state=State.UNDEPLOYED))
    path = f"{DEPLOYMENTS}/%7B{waiting.id}%7D"

    async def goes_on(**told):
        await service.record_again(server.site, code, f"{{{waiting.id.upper()}}}", Told(**told))
        return (await api.get(path, auth=auth)).json()

    first = (await api.get(path, auth=auth)).json()
    running = await goes_on(state=State.IN_PROGRESS, deployer=ada, url="https://ci.example.org/7")
    done = await goes_on(state=State.COMPLETED, status=Status.FAILED)
    again = await goes_on(state=State.IN_PROGRESS)

    environment = first["environment"]
    assert (environment["type"], environment["name"]) == ("deployment_environment", "live")
    release = first["release"]
    assert (release["type"], release["name"], release["commit"]["hash"]) == (
        "deployment_release",
        tip[:12],
        tip,
    )
    assert "url" not in release
    assert first["state"] == {"type": "deployment_state_undeployed", "name": "UNDEPLOYED"}
    state = running["state"]
    assert (state["type"], state["name"]) == ("deployment_state_in_progress", "IN_PROGRESS")
    assert (state["deployer"]["nickname"], state["url"]) == ("ada", "https://ci.example.org/7")
    assert state["start_date"] == state["started_on"] == running["last_update_time"]
    assert "completion_date" not in state
    state = done["state"]
    assert (state["type"], state["name"]) == ("deployment_state_completed", "COMPLETED")
    assert state["status"] == {"type": "deployment_state_completed_status_failed", "name": "FAILED"}
    assert (state["start_date"], state["deployer"]["nickname"]) == (running["state"]["start_date"], "ada")
    assert state["completion_date"] == state["completed_on"] == done["last_update_time"]
    assert again["state"] == running["state"]
    for shown in (running, done, again):
        assert (shown["uuid"], shown["release"], shown["created_on"]) == (
            first["uuid"], release, first["created_on"],
        )  # fmt: skip


async def test_deployments_are_listed_the_newest_first_and_asked_for(api, auth, server, ada, code, git):
    for number, (place, status) in enumerate(
        [("test", Status.FAILED), ("test", Status.SUCCESSFUL), ("live", None), ("live", Status.STOPPED)]
    ):
        state = State.COMPLETED if status else State.IN_PROGRESS
        told = Told(
            state=state, status=status, release_name=f"#{number}", deployer=ada if number % 2 else None
        )
        await service.record(server.site, code, place, "main", told)
    live = next(
        one["uuid"]
        for one in (await api.get(f"{CODE}/environments", auth=auth)).json()["values"]
        if one["name"] == "live"
    )

    async def asked(query):
        # The contract has no parameters here; clients send these two.
        beyond = {"environment", "state.name"}
        values = (await api.get(f"{DEPLOYMENTS}?{query}", auth=auth, beyond=beyond)).json()["values"]
        return [one["release"]["name"] for one in values]

    assert await asked("") == ["#3", "#2", "#1", "#0"]
    assert await asked("pagelen=3&page=2") == ["#0"]
    # As recorded clients ask.
    assert await asked(f"sort=-state.started_on&environment=%7B{live[1:-1].upper()}%7D") == ["#3", "#2"]
    assert await asked(f"environment={live[1:-1]}&state.name=COMPLETED&pagelen=1") == ["#3"]
    assert await asked('state.name=COMPLETED&sort=created_on&q=release.name>"%230"') == ["#1", "#3"]
    assert await asked("sort=-last_update_time&pagelen=2") == ["#3", "#2"]
    assert await asked('q=state.status.name="SUCCESSFUL"+OR+state.name="IN_PROGRESS"') == ["#2", "#1"]
    assert await asked('q=environment.name="test"&sort=release.name') == ["#0", "#1"]
    assert await asked("q=state.completion_date=null") == ["#2"]
    assert await asked("q=state.start_date>2020-01-01&sort=state.completed_on&pagelen=1") == ["#2"]
    assert await asked(f'q=state.deployer.uuid="{{{ada.id}}}"') == ["#3", "#1"]
    tip = git.git("rev-parse", "HEAD").strip()
    assert len(await asked(f'q=release.commit.hash="{tip}"')) == 4
    assert await asked(f"environment=%7B{uuid.uuid4()}%7D") == []
    for wrong in ("q=release=1", "sort=state", "environment=%00", "q=state.start_date=1"):
        assert (await api.get(f"{DEPLOYMENTS}?{wrong}", auth=auth)).status == 400, wrong


async def test_a_commit_that_is_deployed_again_is_the_same_release(server, code, git):
    one = await service.record(server.site, code, "test", "main", Told())
    two = await service.record(server.site, code, "live", "main", Told())
    named = await service.record(server.site, code, "live", "main", Told(release_name="v1"))
    git.commit("second")
    other = await service.record(server.site, code, "live", "main", Told())

    releases = [one.detail.release, two.detail.release, named.detail.release, other.detail.release]
    assert releases[0] == releases[1]
    assert len(set(releases)) == 3
    assert (one.detail.state, one.detail.status) == (State.COMPLETED, Status.SUCCESSFUL)


@pytest.mark.parametrize(
    ("place", "revision", "told", "error"),
    [
        ("nowhere", "main", {}, NotFound),
        ("", "main", {}, NotFound),
        ("test", "nowhere", {}, NotFound),
        ("test", "0" * 40, {}, NotFound),
        ("test", "-x", {}, Invalid),
        ("test", "main..main", {}, Invalid),
        ("test", "main", {"url": "javascript:alert(1)"}, Invalid),
        ("test", "main", {"release_url": "x"}, Invalid),
        ("test", "main", {"release_name": "a\0"}, Invalid),
        ("test", "main", {"release_name": "x" * 300}, Invalid),
        ("test", "main", {"state": State.IN_PROGRESS, "status": Status.FAILED}, Invalid),
    ],
)
async def test_what_cannot_be_recorded(api, auth, server, code, place, revision, told, error):
    with pytest.raises(error):
        await service.record(server.site, code, place, revision, Told(**told))

    assert (await api.get(DEPLOYMENTS, auth=auth)).json()["size"] == 0


async def test_a_deployment_is_of_one_repository_and_goes_with_its_environment(api, auth, server, code):
    made = await service.record(server.site, code, "test", "main", Told())
    other = await server.repository("ada", "other")

    assert (await api.get(f"{CODE}/deployments/%7B{made.id}%7D", auth=auth)).status == 200
    elsewhere = f"/2.0/repositories/ada/other/deployments/%7B{made.id}%7D"
    assert (await api.get(elsewhere, auth=auth)).status == 404
    with pytest.raises(NotFound):
        await service.record_again(server.site, other, made.id, Told())
    place = f"{CODE}/environments/%7B{made.environment_id}%7D"
    assert (await api.request("DELETE", place, auth=auth)).status == 204
    assert (await api.get(DEPLOYMENTS, auth=auth)).json()["size"] == 0
