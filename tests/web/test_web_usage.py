"""What an app password was used for, the advice that follows, and the narrower one, as pages."""

import re

import msgspec
import pytest
from support.browser import Page, secret_in

from bitpail.model.scopes import Scope
from bitpail.model.site_policy import SitePolicy
from bitpail.model.usage import UsageKey
from bitpail.policy.advice import WINDOW
from bitpail.services import app_passwords, site_policy
from bitpail.services.app_passwords import Wanted
from bitpail.services.clock import now
from bitpail.store import app_passwords as store
from bitpail.store import usage

pytestmark = pytest.mark.anyio

LIST = "/account/settings/app-passwords/"
ADVICE = f"{LIST}advice/"
DAY = 86_400_000_000


async def old_one(server, user, label, *permissions, days=200):
    """An app password that was made long ago, and used since."""
    made, secret = await app_passwords.create(server.site, user, Wanted(label=label, permissions=permissions))
    await app_passwords.revoke(server.site, user, label)
    aged = msgspec.structs.replace(made, id=f"{made.id[:-4]}aged", created_on=made.created_on - days * DAY)
    async with server.site.db.transaction() as db:
        await store.create(db, aged)
        secret = await app_passwords.add_secret(server.site, db, aged)
    return aged, (user.username, secret.reveal())


async def used(server, one, *rows):
    """Rows of (days ago, scope, repository's id, address, client, how often)."""
    today = now() // DAY
    keys = [
        (UsageKey(one.id, today - ago, scope, repository, address, client), count)
        for ago, scope, repository, address, client, count in rows
    ]
    await usage.add(server.site.db, keys)


@pytest.fixture
async def ci(server, ada):
    """It has five permissions and has needed one."""
    notes = await server.repository("ada", "notes")
    made, auth = await old_one(server, ada, "ci", "repository:write", "wiki", "account")
    await used(
        server,
        made,
        (0, "repository", notes.id, "192.0.2.7", "git", 3),
        (45, "repository", notes.id, "192.0.2.7", "git", 7),
        (60, "", "", "192.0.2.8", "<b>curl", 1),
        (WINDOW + 5, "wiki", notes.id, "192.0.2.9", "long-ago", 1),
    )
    await server.client.get("/2.0/repositories/ada/notes", auth=auth)
    await server.application._site.behind.flush()
    return made, auth, f"{LIST}{made.id}/"


async def test_the_page_of_one_shows_what_it_was_used_for(page, ci):
    text = (await page.get(ci[2])).text

    assert "Needed 12 times on 3 of the last 90 days" in text
    assert text.count("<rect") == WINDOW
    assert 'role="img" aria-label="Bars for' in text
    rows = dict(re.findall(r'<tr><th scope="row">(.*?)</th><td class="number">(\d+)</td></tr>', text))
    assert rows["Repositories: Read"] == "11"
    assert rows["ada/notes"] == "11"
    assert rows["192.0.2.7"] == "10"
    assert rows["&lt;b&gt;curl"] == "1"
    assert "long-ago" not in text
    assert not Page(text).inline


async def test_a_repository_that_its_owner_can_see_no_more_is_not_named(server, page, ada):
    await server.user("grace")
    plans, gone = await server.repository("grace", "plans"), await server.repository("grace", "gone")
    await server.grant(plans, ada, "read")
    made, _ = await server.app_password(ada, "repository")
    row = ("repository", plans.id, "192.0.2.7", "git", 2)
    await used(server, made, (0, *row), (0, "repository", gone.id, "192.0.2.7", "git", 5))
    path = f"{LIST}{made.id}/"
    assert "grace/plans" in (await page.get(path)).text

    await server.grant(plans, ada, "none")

    text = (await page.get(path)).text
    for name in ("grace/plans", "grace/gone", plans.id, gone.id):
        assert name not in text
    assert re.search(r"see them any more</th><td class=.number.>7<", text)


async def test_a_user_switches_counting_off_and_what_was_counted_is_forgotten(server, page, ci):
    answer = await page.follow(await page.submit(ADVICE, f"{LIST}usage"))

    assert "what was counted is forgotten" in answer.text
    assert await usage.of_app_password(server.site.db, ci[0].id, 0) == []
    text = (await page.get(ci[2])).text
    assert "switched it off" in text
    assert "<rect" not in text
    again = await page.follow(await page.submit(ADVICE, f"{LIST}usage"))
    assert "From now on it is counted" in again.text
    token = dict(Page(again.text).form(f"{LIST}usage").fields)["form_token"]
    odd = await page.ask("POST", f"{LIST}usage", fields={"form_token": token, "records": "perhaps"})
    assert odd.status == 422


async def test_advice_is_given_for_all_and_followed_with_one_button(server, page, ada, ci):
    old, auth, path = ci
    await server.app_password(ada, "wiki")
    text = (await page.get(ADVICE)).text
    assert "It has 5 permissions and has needed 1 in 90 days: repository would be enough." in text
    assert text.index(">ci<") < text.index(">number 1<")

    answer = await page.submit(path, f"{path}replace", grace="1d")

    new = ("ada", secret_in(answer))
    narrow = await app_passwords.labelled(server.site, ada, "ci (narrowed)")
    assert (narrow.scopes, narrow.limits) == ((Scope.REPOSITORY,), old.limits)
    for one in (auth, new):
        assert (await server.client.get("/2.0/repositories/ada/notes", auth=one)).status == 200
    assert new[1] not in (await page.get(path)).text
    assert (await page.get(ADVICE)).text.count(">being replaced<") == 1


async def test_a_replacement_shows_who_uses_the_old_one_and_is_finished_or_rolled_back(server, page, ada, ci):
    _, auth, path = ci
    shown = await page.get(path)
    new = ("ada", secret_in(await page.submit("", f"{path}replace", page=shown, grace="7d")))
    assert (await page.submit("", f"{path}replace", page=shown, grace="7d")).status == 409
    agent = [("user-agent", "forgotten-job/1.0")]
    await server.client.get("/2.0/repositories/ada/notes", auth=auth, headers=agent)
    await server.application._site.last_uses.flush()
    under_way = await page.get(path)
    assert "with forgotten-job/1.0" in under_way.text

    kept = await page.submit("", f"{path}roll-back-replacement", page=under_way)

    assert "goes on as before" in (await page.follow(kept)).text
    assert (await server.client.get("/2.0/user", auth=new)).status == 401
    assert (await app_passwords.labelled(server.site, ada, "ci")).expires_on is None
    for what in ("finish", "roll-back"):
        assert (await page.submit("", f"{path}{what}-replacement", page=under_way)).status == 404
    secret_in(await page.submit(path, f"{path}replace", grace="7d"))
    done = await page.submit(path, f"{path}finish-replacement")
    assert "Revoked" in (await page.follow(done)).text
    assert (await server.client.get("/2.0/user", auth=auth)).status == 401


async def test_what_is_not_advised_is_not_done(server, page, ada, ci):
    shown = await page.get(ci[2])
    made, _ = await server.app_password(ada, "wiki")
    token = {"form_token": dict(Page(shown.text).forms[0].fields)["form_token"]}

    for path, fields, status in (
        (ci[2], {"grace": "100y"}, 422),
        (ci[2], {"grace": ""}, 422),
        (ci[2], {}, 422),
        (f"{LIST}{made.id}/", {"grace": "1d"}, 422),
        (f"{LIST}no-such-one/", {"grace": "1d"}, 404),
    ):
        answer = await page.ask("POST", f"{path}replace", fields=token | fields)
        assert answer.status == status
    assert len(await app_passwords.of_user(server.site, ada)) == 2


async def test_nobody_replaces_anothers(server, page, ada):
    grace = await server.user("grace")
    made, _ = await old_one(server, grace, "hers", "repository", "wiki")
    token = dict(Page((await page.get(ADVICE)).text).forms[0].fields)["form_token"]

    for what in ("replace", "finish-replacement", "roll-back-replacement"):
        fields = {"form_token": token, "grace": "1d"}
        assert (await page.ask("POST", f"{LIST}{made.id}/{what}", fields=fields)).status == 404
    assert "hers" not in (await page.get(ADVICE)).text


async def test_what_expires_within_7_days_is_told_on_every_page(server, page, ada):
    for label, days in (("sooner", 3), ("soon", 6), ("later", 20)):
        wanted = Wanted(label=label, permissions=("wiki",), lifetime=days * 86_400)
        await app_passwords.create(server.site, ada, wanted)

    for address in ("/account/settings/", LIST, f"{LIST}missing/"):
        text = (await page.get(address)).text
        assert "2 app passwords expire within 7 days" in text
        banner = text.partition('class="banner"')[2].partition("</aside>")[0]
        assert banner.index("sooner") < banner.index(">soon<")
        assert "later" not in banner
    assert "expire within" not in (await page.get("/static/none.css")).text


async def test_a_banner_names_some_and_counts_the_rest(server, page, ada):
    for number in range(8):
        wanted = Wanted(label=f"no. {number}", permissions=("wiki",), lifetime=3600)
        await app_passwords.create(server.site, ada, wanted)

    assert "and 3 more" in (await page.get("/account/settings/")).text


async def test_what_a_policy_will_narrow_is_told_with_its_day(server, page, ada):
    for label, permission in (("docs", "wiki"), ("ci", "repository")):
        await app_passwords.create(server.site, ada, Wanted(label=label, permissions=(permission,)))
    policy = SitePolicy(forbidden=(Scope.WIKI,), existing_from=now() + 3 * DAY)

    await site_policy.put(server.site, policy)

    text = (await page.get("/account/settings/")).text
    banner = text.partition('class="banner"')[2].partition("</aside>")[0]
    assert "The policy of this server changes 1 of your app passwords on" in banner
    assert ">docs<" in banner
    assert ">ci<" not in banner
