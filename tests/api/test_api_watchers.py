import pytest

from bitpail.errors import NotFound
from bitpail.services import repositories, watchers

pytestmark = pytest.mark.anyio

CODE = "/2.0/repositories/ada/code"
WATCHERS = f"{CODE}/watchers"


async def test_whoever_makes_a_repository_watches_it(api, auth, ada):
    await api.request("POST", CODE, auth=auth)

    listed = (await api.get(WATCHERS, auth=auth)).json()

    assert [one["uuid"] for one in listed["values"]] == [f"{{{ada.id}}}"]
    assert (listed["size"], listed["values"][0]["type"]) == (1, "user")


async def test_who_chooses_to_is_listed_after_those_who_did_before_and_may_be_asked_for(server, api, auth):
    await api.request("POST", CODE, auth=auth)
    for name in ("grace", "brook"):
        user = await server.user(name)
        await server.grant((await _repository(server)), user, "read")
        await watchers.watch(server.site, user, "ada", "code")
        await watchers.watch(server.site, user, "ada", "code")

    everybody = (await api.get(f"{WATCHERS}?pagelen=2", auth=auth)).json()
    sorted_ = (await api.get(f"{WATCHERS}?sort=-display_name", auth=auth)).json()
    one = (await api.get(WATCHERS, auth=auth, query={"q": 'nickname ~ "GRA"'})).json()

    assert [user["nickname"] for user in everybody["values"]] == ["ada", "grace"]
    assert everybody["size"] == 3
    assert [user["nickname"] for user in sorted_["values"]] == ["grace", "brook", "ada"]
    assert ([user["nickname"] for user in one["values"]], one["size"]) == (["grace"], 1)


async def test_a_field_that_watchers_do_not_have_is_refused(api, auth):
    await api.request("POST", CODE, auth=auth)

    assert (await api.get(f"{WATCHERS}?sort=username", auth=auth)).status == 400
    assert (await api.get(WATCHERS, auth=auth, query={"q": 'email = "x"'})).status == 400


async def test_nobody_watches_what_they_may_not_see(server, api, auth):
    await api.request("POST", CODE, auth=auth)
    grace = await server.user("grace")

    with pytest.raises(NotFound, match="grace sees no repository ada/code"):
        await watchers.watch(server.site, grace, "ada", "code")

    assert (await api.get(WATCHERS, auth=auth)).json()["size"] == 1


async def test_who_stops_is_no_longer_listed(server, api, auth, ada):
    await api.request("POST", CODE, auth=auth)

    assert await watchers.unwatch(server.site, ada, "ada", "code") is True
    assert await watchers.unwatch(server.site, ada, "ada", "code") is False

    assert (await api.get(WATCHERS, auth=auth)).json()["values"] == []


async def _repository(server):
    return (await repositories.named(server.site, "ada", "code")).repository
