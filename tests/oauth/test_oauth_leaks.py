"""A secret of OAuth in the wrong hands: whoever reports it ends it, and those who can mend it are told."""

import asyncio

import msgspec
import pytest
from sqlalchemy import func, null, select, update
from support.browser import PASSWORD, Browser
from support.mail_server import mail_server
from support.oauth import App, bearer, refused

from bitpail.model.audit import Filter, Kind
from bitpail.model.permissions import Permission, Role
from bitpail.policy.secrets import Family, Secret, generate
from bitpail.services import audit, leaks, oauth_consumers, users, workspaces
from bitpail.services.site import open_site
from bitpail.store.oauth_tables import oauth_consumers as table

pytestmark = pytest.mark.anyio
DOOR = "/bitpail/1/leaks/revoke"
CONSUMERS = "/acme/workspace/settings/oauth-consumers/"
_forget_lookups = update(table).values(lookup=null())
_kept = select(func.count(table.c.lookup))


async def report(server, secret):
    answer = await server.client.send_json("POST", DOOR, {"secret": secret})
    assert answer.status == 202
    return answer


async def events(server, kind):
    return [each async for each in audit.every(server.site, Filter(kind=kind))]


async def remade(server, app, by):
    """The app after an owner has made it a new secret."""
    changed, secret = await oauth_consumers.make_secret(server.site, app.consumer, by=by)
    return App(server, changed, secret.reveal())


async def test_the_secret_of_an_app_ends_with_what_it_opened_by_itself(server, app, grace):
    own = (await app.token("client_credentials")).json()

    answer = await report(server, app.secret)

    assert answer.json() == {"message": "If this was a live secret of this server, it is revoked now."}
    assert refused(await app.token("client_credentials")) == "unauthorized_client"
    assert refused(await app.refresh(own["refresh_token"])) == "unauthorized_client"
    assert (await app.user(own["access_token"])).status == 401
    again = await remade(server, app, grace)
    assert (await again.token("client_credentials")).status == 200
    assert refused(await again.refresh(own["refresh_token"])) == "invalid_grant"


async def test_what_people_have_allowed_the_app_goes_on_once_it_has_a_new_secret(server, app, page, grace):
    tokens = await app.tokens(page)

    await report(server, app.secret)

    assert refused(await app.refresh(tokens["refresh_token"])) == "unauthorized_client"
    assert (await app.user(tokens["access_token"])).status == 200
    again = await remade(server, app, grace)
    assert (await again.refresh(tokens["refresh_token"])).status == 200


async def test_it_stands_in_the_log_and_on_the_pages_of_the_app(server, app, grace):
    browser = Browser(server.application)
    await browser.log_in("grace", PASSWORD)

    await report(server, app.secret)
    await report(server, app.secret)

    (event,) = await events(server, Kind.OAUTH_CONSUMER_SECRET_LEAKED)
    assert event.username == "grace"
    assert msgspec.json.decode(event.detail) == {
        "label": "Deploy bot",
        "workspace": "acme",
        "key": app.key,
        "consumer": app.consumer.id,
    }
    assert (
        "The secret of OAuth consumer “Deploy bot” was found and reported: it has ended"
        in (await browser.get("/account/settings/activity/")).text
    )
    assert "Its secret was found elsewhere and ended on" in (await browser.get(CONSUMERS)).text
    assert "it ended on" in (await browser.get(f"{CONSUMERS}{app.consumer.id}")).text
    await remade(server, app, grace)
    for address in (CONSUMERS, f"{CONSUMERS}{app.consumer.id}"):
        assert "ended on" not in (await browser.get(address)).text


async def test_a_report_of_the_old_secret_leaves_the_new_one_alone(server, app, grace):
    again = await remade(server, app, grace)

    await report(server, app.secret)

    assert (await again.token("client_credentials")).status == 200
    assert await events(server, Kind.OAUTH_CONSUMER_SECRET_LEAKED) == []


async def test_one_that_is_replaced_while_it_is_reported_ends_nothing_new(server, app, grace):
    """The report was read before the new secret was made, and is written after it."""
    found = await leaks.live(server.site, Secret(app.secret))
    again = await remade(server, app, grace)

    assert not await oauth_consumers.end_secret(server.site, found.consumer, "acme")
    assert (await again.token("client_credentials")).status == 200


async def test_reports_at_the_same_moment_are_one(server, app):
    await asyncio.gather(*(report(server, app.secret) for _ in range(5)))

    assert len(await events(server, Kind.OAUTH_CONSUMER_SECRET_LEAKED)) == 1


async def test_of_a_public_app_too_and_those_who_use_it_go_on(server, public, page):
    from support.oauth import challenge

    tokens = await public.tokens(page, **challenge())

    await report(server, public.secret)

    assert (await public.user(tokens["access_token"])).status == 200
    assert len(await events(server, Kind.OAUTH_CONSUMER_SECRET_LEAKED)) == 1
    introspected = await public.post("/site/oauth2/introspect", token=tokens["access_token"])
    assert introspected.status in {400, 401}


async def test_what_is_no_live_secret_ends_nothing(server, app):
    wrong = app.secret[:-1] + ("a" if app.secret[-1] != "a" else "b")
    # The public part is known, the rest is not.
    guessed = generate(Family.CONSUMER_SECRET).reveal()
    for text in (wrong, guessed, app.secret.swapcase(), app.key, f"{app.secret}x", app.secret[:-1]):
        await report(server, text)

    assert (await app.token("client_credentials")).status == 200


async def test_the_owners_of_the_workspace_get_a_mail_and_nobody_else(server, app, acme, grace, settings):
    for name, role in (("mallory", Role.MEMBER), ("olive", Role.OWNER)):
        one = await server.user(name)
        await workspaces.put_member(server.site, acme, one, role, Permission.NONE)
    with mail_server() as post:
        site = await open_site(msgspec.structs.replace(settings, **post.settings()))
        await leaks.reported(site, Secret(app.secret), "192.0.2.5")
        await post.until(2)
        await site.close()

    assert len(post.mails) == 2
    to = {str(one["To"]).partition("@")[0] for one in post.mails}
    assert to == {"grace", "olive"}
    for mail in post.mails:
        assert mail["Subject"] == 'The secret of the app "Deploy bot" on git.example.org has ended'
        text = mail.get_content()
        assert "of the workspace acme" in " ".join(text.split())
        assert f"/acme/workspace/settings/oauth-consumers/{app.consumer.id}" in text
        assert app.secret not in mail.as_string()


async def test_with_a_refresh_token_the_family_ends_and_its_person_is_told(server, app, page, ada, settings):
    tokens = await app.tokens(page)
    with mail_server() as post:
        site = await open_site(msgspec.structs.replace(settings, **post.settings()))
        await leaks.reported(site, Secret(tokens["refresh_token"]), "192.0.2.5")
        await post.until(1)
        await site.close()

    assert refused(await app.refresh(tokens["refresh_token"])) == "invalid_grant"
    assert (await app.user(tokens["access_token"])).status == 401
    (mail,) = post.mails
    assert mail["Subject"] == 'Tokens of the app "Deploy bot" on git.example.org were revoked'
    assert "an OAuth refresh token with which" in " ".join(mail.get_content().split())
    assert "/account/settings/app-authorizations/" in mail.get_content()
    (event,) = await events(server, Kind.OAUTH_GRANT_LEAKED)
    assert (event.username, event.label) == ("ada", "Deploy bot")
    assert msgspec.json.decode(event.detail) == {"credential": "OAuth refresh token", "leaked": True}


@pytest.mark.parametrize("which", ["exchanged", "revoked", "of somebody who is switched off"])
async def test_which_refresh_tokens_are_live(server, app, page, which):
    tokens = await app.tokens(page)
    if which == "exchanged":
        newer = (await app.refresh(tokens["refresh_token"])).json()
    elif which == "revoked":
        await app.post("/site/oauth2/revoke", token=tokens["refresh_token"])
    else:
        await users.set_active(server.site, "ada", active=False)

    found = await leaks.live(server.site, Secret(tokens["refresh_token"]))

    # Who is switched off can be switched on again.
    assert (found is not None) == which.startswith("of somebody")
    if which == "exchanged":
        await report(server, tokens["refresh_token"])
        assert (await app.user(newer["access_token"])).status == 200


async def test_secrets_of_before_their_public_part_was_kept_are_found_too(server, acme, grace):
    apps = [await App.registered(server, acme, grace, name=f"app {number}") for number in range(3)]
    await server.site.db.run(_forget_lookups)

    found = await leaks.live(server.site, Secret(apps[1].secret))

    assert found.consumer.id == apps[1].consumer.id
    assert (await server.site.db.one(_kept))[0] == 3


async def test_finding_one_asks_as_often_however_many_apps_there_are(server, acme, grace, monkeypatch):
    """One look-up, by an index, and one secret that is computed."""
    apps = [await App.registered(server, acme, grace, name=f"app {number}") for number in range(30)]
    computed = []
    real = oauth_consumers.secret
    monkeypatch.setattr(oauth_consumers, "secret", lambda *of: computed.append(of) or real(*of))

    assert (await leaks.live(server.site, Secret(apps[7].secret))).label == "app 7"
    assert len(computed) == 1
    assert await leaks.live(server.site, generate(Family.CONSUMER_SECRET)) is None
    assert await leaks.live(server.site, Secret(apps[7].secret[:-1] + "!")) is None
    assert len(computed) == 1


async def test_whose_a_found_one_is_hears_who_may_know(server, app, page, acme, ada, grace):
    tokens = await app.tokens(page)
    stranger = await server.user("stranger")
    member = await server.user("member")
    await workspaces.put_member(server.site, acme, member, Role.MEMBER, Permission.NONE)
    people = {"ada": ada, "grace": grace, "member": member, "stranger": stranger}
    wanted = {
        app.secret: {"grace", "member"},
        tokens["refresh_token"]: {"ada"},
        tokens["access_token"]: {"ada"},
    }

    for text, known_to in wanted.items():
        for name, person in people.items():
            secret = await server.auth(person, "bitpail:app-password:write")
            answer = await server.client.send_json(
                "POST", "/bitpail/1/leaks/check", {"secrets": [text, generate().reveal()]}, auth=secret
            )
            one, nothing = answer.json()["live"]
            assert nothing is None
            assert (one["label"] == "Deploy bot") == (name in known_to), (text[:4], name)
            if name not in known_to:
                assert {one["label"], one["username"], one["place"]} == {""}


async def test_a_scan_says_what_each_is(server, app, page):
    tokens = await app.tokens(page)
    text = "\n".join([app.secret, tokens["refresh_token"], tokens["access_token"]]).encode()

    found = [leak async for leak in leaks.in_stream(leaks.judge(server.site), "-", [text[:50], text[50:]])]

    assert [(one.line, one.what, one.label, one.username, one.place) for one in found] == [
        (1, "OAuth consumer secret", "Deploy bot", "", "acme"),
        (2, "OAuth refresh token", "Deploy bot", "ada", ""),
        (3, "OAuth access token", "Deploy bot", "ada", ""),
    ]


async def test_bearing_the_secret_of_an_app_still_opens_nothing(server, app):
    assert (await bearer(server, app.secret)).status == 401


@pytest.mark.parametrize("is_public", [False, True])
async def test_every_mail_says_what_to_do(server, app, public, settings, is_public):
    one = public if is_public else app
    with mail_server() as post:
        site = await open_site(msgspec.structs.replace(settings, **post.settings()))
        found = await leaks.live(site, Secret(one.secret))
        for _ in range(3):
            await leaks.tell(site, found, "pushed", once=True, repository="acme/site")
        await leaks.tell(site, found, "leaked")
        await post.until(2)
        await site.close()

    mails = sorted(post.mails, key=lambda mail: "was in a push" not in mail["Subject"])
    pushed, leaked = (" ".join(mail.get_content().split()) for mail in mails)
    assert "to the repository acme/site. The push was refused" in pushed
    assert "the secret still works" in pushed
    assert ("needs no secret" in leaked) == is_public
    assert ("no new tokens until it has a new secret" in leaked) == (not is_public)
