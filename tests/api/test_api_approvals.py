import pytest

pytestmark = pytest.mark.anyio

CODE = "/2.0/repositories/ada/code"


@pytest.fixture
def tip(git):
    return git.commit("first")


@pytest.fixture
async def code(server, ada, git, tip):
    return await server.adopted("ada", "code", git)


@pytest.fixture
def commit(code, tip):
    return f"{CODE}/commit/{tip}"


@pytest.fixture
async def grace(server, code):
    user = await server.user("grace")
    await server.grant(code, user, "read")
    return await server.auth(user, "repository:write")


async def participants(api, auth, commit):
    found = (await api.get(commit, auth=auth)).json()["participants"]
    return [(one["user"]["nickname"], one["approved"], one["state"]) for one in found]


async def test_a_commit_is_approved_and_not_any_more(api, auth, commit):
    assert await participants(api, auth, commit) == []

    made = await api.request("POST", f"{commit}/approve", auth=auth)
    again = await api.request("POST", f"{commit}/approve", auth=auth)

    told = made.json()
    assert (made.status, told["type"], told["role"]) == (200, "participant", "PARTICIPANT")
    assert (told["approved"], told["state"], told["user"]["nickname"]) == (True, "approved", "ada")
    # The first time counts.
    assert again.json() == told
    assert (await api.get(commit, auth=auth)).json()["participants"] == [told]
    for _ in range(2):
        gone = await api.request("DELETE", f"{commit}/approve", auth=auth)
        assert (gone.status, gone.body) == (204, b"")
    assert await participants(api, auth, commit) == []


async def test_who_reads_may_approve_and_withdraws_nobody_elses(api, auth, grace, commit):
    await api.request("POST", f"{commit}/approve", auth=grace)
    await api.request("POST", f"{commit}/approve", auth=auth)
    await api.request("DELETE", f"{commit}/approve", auth=grace)

    assert await participants(api, auth, commit) == [("ada", True, "approved")]


async def test_whoever_comments_takes_part_as_long_as_it_stands_there(api, server, auth, grace, commit):
    said = {"content": {"raw": "hm"}}
    own = (
        "/2.0"
        + (await api.send_json("POST", f"{commit}/comments", said, auth=grace))
        .headers["location"]
        .partition("/2.0")[2]
    )
    last = (await api.send_json("POST", f"{commit}/comments", said, auth=grace)).json()
    await api.request("POST", f"{commit}/approve", auth=auth)

    assert await participants(api, auth, commit) == [("ada", True, "approved"), ("grace", False, None)]
    shown = (await api.get(commit, auth=auth)).json()["participants"][1]
    assert shown["participated_on"] == last["created_on"]
    await api.request("POST", f"{commit}/approve", auth=grace)
    assert (await participants(api, auth, commit))[1] == ("grace", True, "approved")
    await api.request("DELETE", f"{commit}/approve", auth=grace)
    for path in (own, f"{commit}/comments/{last['id']}"):
        await api.request("DELETE", path, auth=grace)
    assert await participants(api, auth, commit) == [("ada", True, "approved")]


async def test_an_approval_is_of_one_commit_whatever_it_is_called(api, auth, commit, git):
    first = commit.split("/")[-1]
    await api.request("POST", f"{CODE}/commit/main/approve", auth=auth)
    git.commit("second")

    assert len(await participants(api, auth, f"{CODE}/commit/{first[:8]}")) == 1
    assert await participants(api, auth, f"{CODE}/commit/main") == []
    for name in ("0" * 40, "nowhere"):
        for method in ("POST", "DELETE"):
            assert (await api.request(method, f"{CODE}/commit/{name}/approve", auth=auth)).status == 404


async def test_that_a_repository_is_public_lets_nobody_approve(api, server, ada, auth, git):
    tip = git.commit("first")
    code = await server.adopted("ada", "code", git, public=True)
    stranger = await server.user("stranger")
    asking = await server.auth(stranger, "repository:write")
    approve = f"{CODE}/commit/{tip}/approve"

    for method in ("POST", "DELETE"):
        assert (await api.request(method, approve, auth=asking)).status == 403
        assert (await api.request(method, approve)).status == 401
    assert await participants(api, None, f"{CODE}/commit/{tip}") == []
    await server.grant(code, stranger, "read")
    assert (await api.request("POST", approve, auth=asking)).status == 200


async def test_lists_of_commits_have_no_participants(api, auth, commit):
    await api.request("POST", f"{commit}/approve", auth=auth)

    listed = (await api.get(f"{CODE}/commits", auth=auth)).json()["values"]
    assert "participants" not in listed[0]
