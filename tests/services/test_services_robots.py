"""What people read of a robot: its token and the place where that was made, never the name that only the database knows."""

import msgspec
import pytest
from sqlalchemy import delete
from support.browser import PASSWORD, Browser
from support.mail_server import mail_server

from bitpail.model.audit import Filter, Kind
from bitpail.model.site_policy import SitePolicy
from bitpail.policy.secrets import Secret
from bitpail.services import (
    access_tokens,
    audit,
    denials,
    leaks,
    site_policy,
    users,
    workspaces,
)
from bitpail.services.app_passwords import Wanted
from bitpail.services.site import open_site
from bitpail.store import robots as store
from bitpail.store.tables import projects
from bitpail.store.tables import repositories as rows
from bitpail.store.tables import workspaces as spaces

pytestmark = pytest.mark.anyio

NAMES = {
    "repository": ("repository access token", "team/code"),
    "project": ("project access token", "team/PROJ"),
    "workspace": ("workspace access token", "team"),
}
TABLES = {"repository": rows, "project": projects, "workspace": spaces}


@pytest.fixture
async def places(server, ada):
    await server.workspace("team", ada)
    code = await server.repository("team", "code")
    team = await workspaces.named(server.site, "team")
    project = await workspaces.project_for(server.site, team, "PROJ")
    return {"repository": code, "project": project, "workspace": team}


@pytest.fixture(params=NAMES)
async def token(request, server, places):
    """A token of one place: with what it is called, and its secret."""
    made, secret = await server.access_token(places[request.param], "repository")
    return request.param, made, secret


def called(kind, made):
    what, place = NAMES[kind]
    return f'{what} "{made.label}" of {place}'


async def about(server, made, *kinds):
    """Whom the log calls the events of a token."""
    found = await audit.newest(server.site, Filter(app_password=made.id))
    whose = await audit.whose(server.site, found)
    assert [event.kind for event in found if event.kind not in kinds] == []
    assert all(event.username.startswith("bot/") for event in found)
    return {event.kind: whose[event.id] for event in found}


async def test_the_log_calls_it_by_its_token_and_place(server, token):
    kind, made, secret = token
    headers = [("authorization", f"Bearer {secret}")]
    await server.client.get("/2.0/repositories/team/code", headers=headers)
    refused = await server.client.request("DELETE", "/2.0/repositories/team/code", headers=headers)

    assert refused.status == 403
    await server.application._site.behind.flush()
    expected = (Kind.APP_PASSWORD_CREATED, Kind.APP_PASSWORD_USED_FIRST, Kind.APP_PASSWORD_DENIED)
    found = await about(server, made, *expected)
    assert found == dict.fromkeys(expected, called(kind, made))


async def test_a_place_that_was_renamed_has_its_name_of_now(server, ada, places):
    made, _ = await server.access_token(places["repository"], "repository")
    auth = await server.auth(ada, "repository:admin")
    path = "/2.0/repositories/team/code"
    assert (await server.client.send_json("PUT", path, {"name": "newer"}, auth=auth)).status == 200

    (whose,) = (await about(server, made, Kind.APP_PASSWORD_CREATED)).values()

    assert whose == f'repository access token "{made.label}" of team/newer'


async def test_of_a_place_that_is_gone_the_log_says_what_it_was_called_then(server, token):
    kind, made, _ = token
    await server.site.db.run(delete(rows))
    await server.site.db.run(delete(TABLES[kind]))
    assert await store.by_ids(server.site.db, [made.user_id]) == {}

    (whose,) = (await about(server, made, Kind.APP_PASSWORD_CREATED)).values()

    assert whose == called(kind, made)


async def test_where_nothing_tells_of_a_place_it_is_gone(server, token):
    _, made, _ = token
    (event,) = await audit.newest(server.site, Filter(app_password=made.id))
    older = msgspec.structs.replace(event, id="older", user_id="gone", detail="{}")
    # Of a push that held it, where in the push is told, which is no place of its own.
    pushed = msgspec.structs.replace(older, id="pushed", detail='{"place":"commit 1f, file a, line 1"}')

    whose = await audit.whose(server.site, [older, pushed])

    assert set(whose) == {"older", "pushed"}
    assert set(whose.values()) == {f'access token "{made.label}" of a place that is gone'}


async def test_people_are_called_by_their_username_and_some_events_are_about_nobody(server, ada):
    made, _ = await server.app_password(ada, "repository")
    await site_policy.put(server.site, SitePolicy(networks=("192.0.2.0/24",)))

    events = await audit.newest(server.site, Filter())
    whose = await audit.whose(server.site, events)

    assert {whose[event.id] for event in events if event.label == made.label} == {"ada"}
    assert {whose[event.id] for event in events if event.kind is Kind.POLICY_CHANGED} == {""}


async def test_a_page_of_the_log_asks_once_for_all_robots(server, places, monkeypatch):
    for place in places.values():
        for _ in range(3):
            await server.access_token(place, "repository")
    asked = []
    real = store.by_ids

    async def counted(db, ids):
        asked.append(len(ids))
        return await real(db, ids)

    monkeypatch.setattr(store, "by_ids", counted)
    events = await audit.newest(server.site, Filter())
    await audit.whose(server.site, events)

    assert asked == [9]


async def test_what_breaks_a_policy_is_called_by_its_token_and_place(server, ada, token):
    kind, made, _ = token
    await server.app_password(ada, "repository")

    found = await site_policy.breaches(server.site, SitePolicy(networks=("192.0.2.0/24",)))

    assert [(one.what, one.label, one.whose) for one in found] == [
        ("app password", "number 2", "ada"),
        (NAMES[kind][0], made.label, NAMES[kind][1]),
    ]


async def test_a_refusal_is_explained_with_its_token_and_place(server, token):
    kind, made, secret = token
    headers = [("authorization", f"Bearer {secret}")]
    lacking = await server.client.request("DELETE", "/2.0/repositories/team/code", headers=headers)
    unseen = await server.client.get("/2.0/repositories/team/nothing", headers=headers)

    await server.application._site.behind.flush()
    for answer in (lacking, unseen):
        found = await denials.explain(server.site, answer.headers["x-request-id"])
        assert found.known.user == found.known.who == called(kind, made)
        assert "bot/" not in found.why + found.to_do
    # Those of a repository or a project hear of their limit instead.
    if kind == "workspace":
        assert found.why == f"It does not exist, or the {called(kind, made)} may not see it."


async def test_a_person_who_was_refused_is_called_as_before(server, ada, places):
    made, auth = await server.app_password(ada, "repository")
    answer = await server.client.request("DELETE", "/2.0/repositories/team/code", auth=auth)
    await server.application._site.behind.flush()

    found = await denials.explain(server.site, answer.headers["x-request-id"])

    assert found.known.who == f'ada with the app password "{made.label}"'


async def test_a_scan_calls_a_live_one_by_its_token_and_place(server, token):
    kind, made, secret = token

    found = leaks.owned(await leaks.live(server.site, Secret(secret)))

    assert (found.what, found.label, found.username, found.place) == (
        NAMES[kind][0],
        made.label,
        "",
        NAMES[kind][1],
    )


async def test_pages_for_administrators_have_no_name_and_no_link_that_leads_nowhere(server, token):
    kind, made, _ = token
    await server.user("root", password=PASSWORD)
    await users.set_admin(server.site, "root", admin=True)
    browser = Browser(server.application)
    await browser.log_in("root", PASSWORD)
    what, place = NAMES[kind]
    await site_policy.put(server.site, SitePolicy(networks=("192.0.2.0/24",)))

    log = (await browser.get("/admin/audit/")).text
    policy = (await browser.get("/admin/policy/")).text

    assert "bot/" not in log + policy
    assert f"{what} &#34;{made.label}&#34; of {place}: " in log
    assert f"{what} of {place}" in policy
    assert '<a href="/admin/users/root/">root</a>' in log


async def test_the_export_keeps_what_programs_tell_robots_apart_by(server, token):
    _, made, _ = token

    (event,) = [each async for each in audit.every(server.site, Filter(app_password=made.id))]

    assert audit.shown(event)["username"] == f"bot/{made.user_id}"
    assert audit.shown(event)["detail"]["token_of"]


@pytest.mark.parametrize("happened", ["leaked", "pushed"])
async def test_who_made_it_is_told_of_which_place_it_is(server, ada, places, settings, happened):
    wanted = Wanted(label="ci", permissions=("repository",))
    made, secret = await access_tokens.create(server.site, places["repository"], wanted, ada)
    with mail_server() as post:
        site = await open_site(msgspec.structs.replace(settings, **post.settings()))
        found = await leaks.live(site, secret)
        await leaks.tell(site, found, happened, once=happened == "pushed", repository="ada/other")
        await post.until(1)
        await site.close()

    (mail,) = post.mails
    assert 'your repository access token "ci" of team/code' in " ".join(mail.get_content().split())
    assert secret.reveal() not in mail.as_string()
    assert made.id not in mail["Subject"]
