import re

import pytest
from support.browser import PASSWORD, Browser, Page, secret_in

from bitpail.model.scopes import Scope
from bitpail.policy.presets import PRESETS
from bitpail.policy.scopes import expand, minimal
from bitpail.services import app_passwords
from bitpail.services.app_passwords import Wanted

LIST = "/account/settings/app-passwords/"
NEW = f"{LIST}new"


async def one_of(server, user, label):
    found = await app_passwords.labelled(server.site, user, label)
    return found, f"{LIST}{found.id}/"


@pytest.mark.anyio
async def test_the_form_has_the_25_boxes_and_our_own(page):
    assert set(Page((await page.get(NEW)).text).boxes) == set(Scope)


@pytest.mark.anyio
@pytest.mark.parametrize("scope", Scope)
async def test_what_a_permission_implies_is_ticked_and_locked_without_script(page, scope):
    shown = Page((await page.get(f"{NEW}?scopes={scope}")).text)

    assert {name for name, box in shown.boxes.items() if box["ticked"]} == expand((scope,))
    assert {name for name, box in shown.boxes.items() if box["locked"]} == expand((scope,)) - {scope}


@pytest.mark.anyio
async def test_a_link_fills_in_the_form(page):
    shown = Page(
        (await page.get(f"{NEW}?scopes=repository:write,wiki&label=ci&expires=30d&branches=bot/*")).text
    )

    assert shown.values["label"] == "ci"
    assert {n for n, box in shown.boxes.items() if box["ticked"]} == {
        "repository",
        "repository:write",
        "wiki",
    }
    assert ("expires", "30d") in shown.form(NEW).fields


@pytest.mark.anyio
async def test_a_link_creates_nothing_and_says_what_it_asked_for_in_vain(server, page, ada):
    answer = await page.get(f"{NEW}?scopes=repository,nonsense&label=ci")

    assert "There is no permission called nonsense" in answer.text
    assert await app_passwords.of_user(server.site, ada) == []


@pytest.mark.anyio
async def test_the_secret_leads_back_to_the_one_repository_that_it_is_for(server, page, ada):
    await server.repository("ada", "notes")
    await server.repository("ada", "cards")

    one = await page.submit(NEW, label="one", scopes="repository", repositories="ada/notes")
    two = await page.submit(NEW, label="two", scopes="repository", repositories="ada/notes\nada/cards")
    every = await page.submit(NEW, label="all", scopes="repository")

    assert "/ada/notes/" in Page(one.text).links
    for answer in (two, every):
        assert secret_in(answer)
        assert not {"/ada/notes/", "/ada/cards/"} & set(Page(answer.text).links)


@pytest.mark.anyio
async def test_creating_shows_the_secret_once_with_the_commands_to_paste(server, page, ada):
    await server.repository("ada", "notes")

    answer = await page.submit(NEW, label="laptop", scopes=["account", "repository:write", "wiki"])

    secret = secret_in(answer)
    assert answer.headers["cache-control"] == "no-store"
    for command in (
        f"git clone https://ada:{secret}@git.example.org/ada/notes.git",
        f"git remote set-url origin https://ada:{secret}@git.example.org/ada/notes.git",
        f"git clone https://ada:{secret}@git.example.org/ada/notes.git/wiki",
        f"curl --user ada:{secret} https://git.example.org/2.0/user",
        "git credential approve",
    ):
        assert command in answer.text.replace("&#39;", "'")
    assert (await server.client.get("/2.0/user", auth=("ada", secret))).status == 200
    made, path = await one_of(server, ada, "laptop")
    assert made.scopes == minimal([Scope.ACCOUNT, Scope.REPOSITORY_WRITE, Scope.WIKI])
    for address in (LIST, path, f"{LIST}?show=all"):
        assert secret not in (await page.get(address)).text


@pytest.mark.anyio
async def test_sending_the_form_again_makes_no_second_one(server, page, ada):
    await page.submit(NEW, label="laptop", scopes=["wiki"])

    answer = await page.submit(NEW, label="laptop", scopes=["wiki"])

    assert answer.status == 409
    assert len(await app_passwords.of_user(server.site, ada)) == 1


@pytest.mark.anyio
@pytest.mark.parametrize(
    "fields",
    [
        {"label": "", "scopes": ["wiki"]},
        {"label": "x" * 256, "scopes": ["wiki"]},
        {"label": "nothing ticked"},
        {"label": "ci", "scopes": ["wiki", "root"]},
        {"label": "ci", "scopes": ["wiki"], "networks": "not a network"},
        {"label": "ci", "scopes": ["wiki"], "repositories": "ada/missing"},
        {"label": "ci", "scopes": ["wiki"], "repositories": "nonsense"},
        {"label": "ci", "scopes": ["wiki"], "projects": "ada/NONE"},
        {"label": "ci", "scopes": ["wiki"], "workspaces": "missing"},
        {"label": "ci", "scopes": ["wiki"], "branches": "a..b"},
        {"label": "ci", "scopes": ["wiki"], "until": "2001-01-01"},
        {"label": "ci", "scopes": ["wiki"], "until": "soon"},
    ],
)
async def test_what_is_filled_in_wrongly_comes_back_with_a_reason(server, page, ada, fields):
    answer = await page.submit(NEW, **fields)

    assert answer.status == 422
    assert 'role="alert"' in answer.text
    shown = Page(answer.text)
    assert shown.values.get("label", "") == fields["label"]
    assert shown.boxes["wiki"]["ticked"] == ("scopes" in fields)
    assert await app_passwords.of_user(server.site, ada) == []


@pytest.mark.anyio
async def test_the_limits_of_the_form_are_those_of_the_password(server, page, ada):
    repository = await server.repository("ada", "notes")

    answer = await page.submit(
        NEW, label="bot", scopes=["repository:write"], expires="7d", repositories="ada/notes\r\n",
        networks="192.0.2.0/24, 2001:db8::/32", branches="bot/*", no_force="on", no_delete="on",
    )  # fmt: skip

    assert answer.status == 200
    made, path = await one_of(server, ada, "bot")
    assert made.limits.repositories == (repository.id,)
    assert made.limits.networks == ("192.0.2.0/24", "2001:db8::/32")
    assert made.limits.branches == ("refs/heads/bot/*",)
    assert made.limits.no_force
    assert made.limits.no_delete
    assert made.expires_on == made.created_on + 7 * 86400 * 1_000_000
    for address in (LIST, path):
        text = (await page.get(address)).text
        for words in (
            "only repository ada/notes",
            "only from 192.0.2.0/24",
            "refs/heads/bot/*",
            "no forced pushes",
        ):
            assert words in text


@pytest.mark.anyio
async def test_the_form_does_not_tell_which_private_repositories_exist(server, page):
    grace = await server.user("grace")
    await server.repository("grace", "secret")
    await server.workspace("unlisted", grace)

    answers = [
        (await page.submit(NEW, label="spy", scopes=["wiki"], **places)).text
        for places in (
            {"repositories": "grace/secret"},
            {"repositories": "grace/absent"},
            {"projects": "unlisted/PROJ"},
            {"projects": "absent/PROJ"},
            {"workspaces": "unlisted"},
            {"workspaces": "absent"},
        )
    ]

    for there, absent in ((0, 1), (2, 3), (4, 5)):
        assert answers[there].count("alert") == 1
        same = answers[there].replace("secret", "absent").replace("unlisted", "absent")
        assert same == answers[absent].replace("secret", "absent")


@pytest.mark.anyio
async def test_html_in_a_label_is_shown_as_text(server, page, ada):
    label = """<img src=x onerror=alert(1)>"'</textarea>"""
    answer = await page.submit(NEW, label=label, scopes=["wiki"])

    _, path = await one_of(server, ada, label)
    shown = [answer, await page.get(LIST), await page.get(path), await page.get(f"{path}revoke")]
    shown.append(await page.submit(NEW, label=label, scopes=["wiki"]))
    for one in shown:
        assert "<img src=x" not in one.text
        assert "&lt;img src=x" in one.text
        assert not Page(one.text).inline


@pytest.mark.anyio
async def test_an_app_password_typed_as_a_label_is_not_shown_again(server, page, ada):
    _, secret = await server.auth(ada, "wiki")

    answer = await page.submit(NEW, label="ci", scopes=["wiki"], networks=secret)

    assert answer.status == 422
    assert f"not a network: '{secret}" not in answer.text.lower()


@pytest.mark.anyio
async def test_every_one_is_listed_however_many(server, page, ada):
    for number in range(120):
        await app_passwords.create(server.site, ada, Wanted(label=f"no. {number}", permissions=tuple(Scope)))

    seen = set()
    for address in (LIST, f"{LIST}?page=2", f"{LIST}?page=3"):
        answer = await page.get(address)
        assert len(answer.body) < 100_000
        seen |= set(re.findall(r"no\. \d+", answer.text))
    assert len(seen) == 120
    assert "?page=2" in Page((await page.get(LIST)).text).links


@pytest.mark.anyio
async def test_those_unused_for_90_days_are_found(server, page, ada, monkeypatch):
    from bitpail.web import app_passwords as pages

    await server.auth(ada, "account")
    _, used = await server.app_password(ada, "account")
    assert "number 1" not in (await page.get(f"{LIST}?show=unused")).text
    later = pages.now() + 91 * 86400 * 1_000_000
    from bitpail.services import last_uses

    monkeypatch.setattr(pages, "now", lambda: later)
    monkeypatch.setattr(last_uses, "now", lambda: later)
    assert (await server.client.get("/2.0/user", auth=used)).status == 200
    await server.application._site.last_uses.flush()

    text = (await page.get(f"{LIST}?show=unused")).text

    assert "number 1" in text
    assert "number 2" not in text


@pytest.mark.anyio
async def test_the_list_tells_when_from_where_and_with_what_each_was_used(server, page, ada):
    auth = await server.auth(ada, "account")
    await server.client.get("/2.0/user", auth=auth, headers=[("user-agent", "git/2.39 <b>")])

    text = (await page.get(LIST)).text

    assert "<code>192.0.2.1</code> with git/2.39 &lt;b&gt;" in text


@pytest.mark.anyio
async def test_revoking_asks_first_and_ends_it_at_once(server, page, ada):
    made, auth = await server.app_password(ada, "account")
    path = f"{LIST}{made.id}/revoke"
    assert (await page.get(path)).status == 200
    assert (await server.client.get("/2.0/user", auth=auth)).status == 200

    answer = await page.submit(path)

    assert "Revoked." in (await page.follow(answer)).text
    assert (await server.client.get("/2.0/user", auth=auth)).status == 401
    assert made.label not in (await page.get(LIST)).text
    assert made.label in (await page.get(f"{LIST}?show=all")).text
    assert (await page.get(f"{LIST}{made.id}/")).status == 200


@pytest.mark.anyio
async def test_nobody_sees_or_ends_anothers(server, page, ada):
    grace = await server.user("grace", password=PASSWORD)
    made, auth = await server.app_password(grace, "account")
    token = dict(Page((await page.get(NEW)).text).form(NEW).fields)["form_token"]

    assert (await page.get(f"{LIST}{made.id}/")).status == 404
    assert (await page.get(f"{LIST}{made.id}/revoke")).status == 404
    for what in ("revoke", "rotate", "finish", "roll-back"):
        fields = {"form_token": token, "grace": "0s"}
        assert (await page.ask("POST", f"{LIST}{made.id}/{what}", fields=fields)).status == 404
    assert (await server.client.get("/2.0/user", auth=auth)).status == 200


@pytest.mark.anyio
async def test_a_rotation_shows_who_still_uses_the_old_secret_until_it_is_finished(server, page, ada):
    made, old = await server.app_password(ada, "account")
    path = f"{LIST}{made.id}/"

    new = ("ada", secret_in(await page.submit(path, f"{path}rotate", grace="1d")))

    agent = [("user-agent", "forgotten-job/1.0")]
    assert (await server.client.get("/2.0/user", auth=old, headers=agent)).status == 200
    assert (await server.client.get("/2.0/user", auth=new)).status == 200
    await server.application._site.last_uses.flush()
    assert "with forgotten-job/1.0" in (await page.get(path)).text
    answer = await page.submit(path, f"{path}finish")
    assert "The old secret has ended" in (await page.follow(answer)).text
    assert (await server.client.get("/2.0/user", auth=old)).status == 401
    assert (await server.client.get("/2.0/user", auth=new)).status == 200


@pytest.mark.anyio
async def test_a_rotation_is_rolled_back(server, page, ada):
    made, old = await server.app_password(ada, "account")
    path = f"{LIST}{made.id}/"
    new = ("ada", secret_in(await page.submit(path, f"{path}rotate", grace="7d")))
    shown = await page.get(path)

    answer = await page.submit("", f"{path}roll-back", page=shown)

    assert "the old one goes on" in (await page.follow(answer)).text
    assert (await server.client.get("/2.0/user", auth=old)).status == 200
    assert (await server.client.get("/2.0/user", auth=new)).status == 401
    assert (await page.submit("", f"{path}roll-back", page=shown)).status == 404


@pytest.mark.anyio
async def test_a_second_rotation_waits_for_the_first(server, page, ada):
    made, _ = await server.app_password(ada, "account")
    path = f"{LIST}{made.id}/"
    shown = await page.get(path)
    await page.submit("", f"{path}rotate", page=shown)

    assert (await page.submit("", f"{path}rotate", page=shown)).status == 409
    assert (await page.submit("", f"{path}rotate", page=shown, grace="100y")).status == 422


@pytest.mark.anyio
async def test_what_has_expired_is_offered_no_new_secret(page, ada, server, monkeypatch):
    made, _ = await server.app_password(ada, "account")
    path = f"{LIST}{made.id}/"
    before = await page.get(path)
    monkeypatch.setattr("bitpail.web.tokens.state_of", lambda *_: "expired")

    shown = await page.get(path)

    assert f'action="{path}rotate"' in before.text
    assert f'action="{path}rotate"' not in shown.text
    assert f'href="{NEW}"' in shown.text


@pytest.mark.anyio
async def test_what_git_says_of_a_missing_permission_leads_to_the_form_that_has_it(server, page, ada):
    await server.repository("ada", "notes")
    auth = await server.auth(ada, "wiki")

    refused = await server.client.get("/ada/notes.git/info/refs?service=git-receive-pack", auth=auth)

    *_, address, request = refused.text.strip().splitlines()
    assert request == f"Request: {refused.headers['x-request-id']}"
    assert address == f"https://git.example.org{NEW}?scopes=repository:write,wiki"
    shown = Page((await page.get(address.removeprefix("https://git.example.org"))).text)
    assert {name for name, box in shown.boxes.items() if box["ticked"]} == {
        "repository",
        "repository:write",
        "wiki",
    }


@pytest.mark.anyio
async def test_a_log_in_comes_before_the_form_and_keeps_it_filled_in(server, ada):
    browser = Browser(server.application)
    shown = await browser.follow(await browser.get(f"{NEW}?scopes=wiki&label=ci"))

    answer = await browser.follow(
        await browser.submit("", "/login", page=shown, username="ada", password=PASSWORD)
    )

    assert Page(answer.text).values["label"] == "ci"


@pytest.mark.anyio
@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
async def test_a_preset_ticks_what_its_tool_needs_and_says_why(page, preset):
    text = (await page.get(f"{NEW}?preset={preset.name}")).text

    shown = Page(text)
    assert {name for name, box in shown.boxes.items() if box["ticked"]} == expand(preset.permissions)
    assert shown.values["label"] == preset.title
    for reason in preset.reasons:
        assert f"<td>{reason.why}</td>" in text


@pytest.mark.anyio
async def test_presets_are_links_that_keep_the_label_and_add_to_other_permissions(page):
    shown = Page((await page.get(f"{NEW}?preset=wiki-only&scopes=issue&label=a%26b")).text)

    assert {name for name, box in shown.boxes.items() if box["ticked"]} == {"wiki", "issue"}
    assert shown.values["label"] == "a&b"
    assert "?preset=jenkins&label=a%26b" in shown.links
    assert "There is no preset called" in (await page.get(f"{NEW}?preset=%3Cb%3E")).text


@pytest.mark.anyio
async def test_a_link_that_was_followed_before_fills_in_a_label_that_is_free(server, page, ada):
    link = f"{NEW}?scopes=wiki&label=acme/notes"

    for label in ("acme/notes", "acme/notes 2", "acme/notes 3"):
        assert Page((await page.get(link)).text).values["label"] == label
        await page.submit(link, NEW, label=label)
    await app_passwords.revoke(server.site, ada, "acme/notes 2")

    assert Page((await page.get(link)).text).values["label"] == "acme/notes 2"
