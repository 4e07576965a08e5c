import pytest
from support.browser import PASSWORD, Browser, Page

from bitpail.model.audit import Event, Kind
from bitpail.services import app_passwords, users
from bitpail.services.app_passwords import Wanted
from bitpail.store import audit
from bitpail.web.activity import SENTENCES, sentence

PAGE = "/account/settings/activity/"


def event(kind, at=1, detail="{}", **more):
    values = {"user_id": None, "username": "", "app_password_id": None, "label": "", "address": ""}
    return Event(id=f"{at:036}", at=at, kind=kind, request_id="", detail=detail, **values | more)


@pytest.mark.parametrize("kind", Kind)
def test_there_are_words_for_everything_that_happens(kind):
    told = sentence(event(kind))

    assert kind in SENTENCES
    assert told[0].isupper()
    assert "{" not in told


@pytest.mark.anyio
async def test_a_user_reads_what_happened_to_the_account_newest_first(server, ada, page):
    _, secret = await app_passwords.create(server.site, ada, Wanted(label="<b>ci", permissions=("wiki",)))
    refused = await server.client.get("/2.0/user/emails", auth=("ada", secret.reveal()))
    await server.application._site.behind.flush()
    await Browser(server.application).log_in("ada", "wrong")
    await server.application._site.behind.flush()

    shown = (await page.get(PAGE)).text

    told = [
        "A log-in failed: wrong password",
        "App password “&lt;b&gt;ci” refused",
        "Logged in",
        "Account created",
    ]
    places = [shown.index(text) for text in told]
    assert places[0] < places[1] < places[3]
    assert "192.0.2.1" in shown
    assert "on the server’s command line" in shown
    assert secret.reveal() not in shown
    why = f"/account/settings/denials/{refused.headers['x-request-id']}/"
    assert why in Page(shown).links
    assert (await page.get(why)).status == 200


@pytest.mark.anyio
async def test_nobody_reads_what_happened_to_others(server, page):
    await server.user("grace", password=PASSWORD)
    await users.set_active(server.site, "grace", active=False)
    await Browser(server.application).log_in("grace", "wrong")

    shown = (await page.get(PAGE)).text

    assert "Account switched off" not in shown
    assert "failed" not in shown


@pytest.mark.anyio
async def test_the_log_is_paged_without_a_gap_even_where_much_happened_at_once(server, ada, page):
    for number in range(110):
        made = event(Kind.LOGGED_IN, user_id=ada.id, at=number, address=f"client-{number}")
        await audit.add(server.site.db, made if number < 40 else Event(**{**_fields(made), "at": 40}))
    seen, link = [], PAGE
    while link:
        shown = await page.get(link)
        seen += [int(text.partition("<")[0]) for text in shown.text.split("client-")[1:]]
        older = [each for each in Page(shown.text).links if each.startswith("?before=")]
        link = PAGE + older[0] if older else ""

    assert seen == list(reversed(range(110)))


def _fields(one):
    return {name: getattr(one, name) for name in one.__struct_fields__}


@pytest.mark.anyio
@pytest.mark.parametrize("place", ["x", "-1.x", "9" * 30 + ".x", "1." + "x" * 200, "1.%00", "٣.x"])
async def test_a_place_that_is_none_is_refused(page, place):
    assert (await page.get(f"{PAGE}?before={place}".encode())).status == 422
