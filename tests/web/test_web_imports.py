"""Importing from another server: what comes over, what is refused, and what is left of what fails."""

import asyncio
import os
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest
from support.browser import PASSWORD, Browser, Page
from support.relay import Relay
from support.site import serving, settings_in

from bitpail.errors import GitError, TooLarge
from bitpail.git import imports as git
from bitpail.git.directories import repository_path
from bitpail.model.imports import State
from bitpail.policy.destinations import Credential, parse
from bitpail.policy.secrets import Secret
from bitpail.services import imports, repositories
from bitpail.services.clock import now
from bitpail.store import imports as store
from bitpail.testing import Bitpail

pytestmark = pytest.mark.anyio

FORM = "/repo/import"
MINUTES = 60_000_000


@pytest.fixture(scope="module")
def elsewhere():
    """Another server, with a public repository and a private one, for which Grace has an app password."""
    with Bitpail.started() as server:
        grace = server.user("grace")
        server.workspace("acme", grace)
        server.repository("acme/open", public=True, files={"README.md": "# Open\n"})
        server.repository("acme/closed", files={"large.bin": os.urandom(3_000_000)})
        server.repository("acme/empty", public=True)
        server.secret = server.app_password(grace, "repository")
        yield server


@pytest.fixture
def settings(tmp_path, migrated_file):
    return settings_in(tmp_path / "data", migrated_file, import_networks=("127.0.0.0/8",))


@contextmanager
def answering(answer):
    """A web server that answers each request with a status, headers and a body; the paths that it was asked for."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            status, headers, body = answer(self.path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def ended(page, begun):
    """The page of an import once that has ended."""
    assert begun.status == 303, begun.text
    for _ in range(1200):
        shown = await page.follow(begun)
        if "data-again" not in shown.text:
            return shown
        assert "http-equiv" in shown.text
        await asyncio.sleep(0.1)
    raise AssertionError("the import does not end")


def left_over(server):
    return [
        path for path in server.settings.data_path.glob("repositories/*/*") if path.name.startswith(".tmp-")
    ]


async def test_all_of_a_public_repository_comes_over_and_is_called_as_it_was_there(server, page, elsewhere):
    begun = await page.submit(FORM, url=f"{elsewhere.url}/acme/open.git", into="ada/PROJ")
    shown = await ended(page, begun)

    assert "All branches and tags are here" in shown.text
    assert "/ada/open/" in Page(shown.text).links
    located = await repositories.named(server.site, "ada", "open")
    assert located.repository.is_private
    assert located.repository.size > 0
    assert await repositories.main_branch(server.site, located.repository) == "main"
    assert "README.md" in (await page.get("/ada/open/src/")).text
    directory = repository_path(server.site.repositories, located.repository.id)
    assert elsewhere.url not in (directory / "config").read_text()
    assert left_over(server) == []


async def test_an_empty_repository_is_imported_as_an_empty_one(server, page, elsewhere):
    begun = await page.submit(FORM, url=f"{elsewhere.url}/acme/empty.git", into="ada/PROJ", name="Void")

    assert "All branches" in (await ended(page, begun)).text
    assert "is empty" in (await page.get("/ada/void/")).text


async def test_a_private_one_needs_a_password_and_says_so(server, page, elsewhere):
    url = f"{elsewhere.url}/acme/closed.git"
    without = await ended(page, await page.submit(FORM, url=url, into="ada/PROJ", name="My own"))
    wrong = await ended(
        page, await page.submit(FORM, url=url, into="ada/PROJ", username="grace", password="wrong")
    )
    right = await ended(
        page, await page.submit(FORM, url=url, into="ada/PROJ", username="grace", password=elsewhere.secret)
    )

    assert "give a user name and a password" in without.text
    again = next(link for link in Page(without.text).links if link.startswith(FORM))
    form = (await page.get(again)).text
    assert "<details open>" in form
    assert Page(form).values.items() >= {"url": url, "name": "My own"}.items()
    assert "<details open>" not in (await page.get(FORM)).text
    assert "does not accept this user name and password" in wrong.text
    assert "All branches and tags are here" in right.text
    assert left_over(server) == []


async def test_a_credential_is_nowhere_while_it_is_used_and_afterwards(server, page, elsewhere):
    secret = elsewhere.secret
    with Relay.to(elsewhere.url, down=200_000) as relay:
        url = relay.instead_of(f"{elsewhere.url}/acme/closed.git")
        inside = url.replace("://", f"://grace:{secret}@")
        begun = await page.submit(FORM, url=inside, into="ada/PROJ")
        assert await asyncio.to_thread(relay.holds.wait, 60)
        running = _processes()
        held = await page.follow(begun)
        relay.let_go()
        shown = await ended(page, begun)

    assert any(b"git-remote-http" in process or b"remote-http" in process for process in running)
    assert not [process for process in running if secret.encode() in process]
    assert secret not in begun.headers["location"] + held.text + shown.text
    assert "All branches" in shown.text
    for path in server.settings.data_path.rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), path


def _processes():
    """Arguments and environments of everything that runs."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        for name in ("cmdline", "environ"):
            try:
                found.append((path / name).read_bytes())
            except OSError:
                continue
    return found


async def test_it_is_cancelled_and_nothing_of_it_is_left(server, page, elsewhere):
    with Relay.to(elsewhere.url, down=200_000) as relay:
        url = relay.instead_of(f"{elsewhere.url}/acme/closed.git")
        begun = await page.submit(FORM, url=url, into="ada/PROJ", username="grace", password=elsewhere.secret)
        assert await asyncio.to_thread(relay.holds.wait, 60)
        where = begun.headers["location"]
        await page.submit(where, f"{where}/cancel")
        shown = await page.get(where)
        for _ in range(600):
            if not left_over(server):
                break
            await asyncio.sleep(0.1)

    assert "Nothing of it is left" in shown.text
    assert left_over(server) == []
    assert (await page.get("/ada/closed/")).status == 404


async def test_a_stopped_server_leaves_a_line_that_says_so(tmp_path, migrated_file, elsewhere):
    changed = settings_in(tmp_path / "other", migrated_file, import_networks=("127.0.0.0/8",))
    with Relay.to(elsewhere.url, down=200_000) as relay:
        async with serving(changed) as server:
            ada = await server.user("ada", password=PASSWORD)
            browser = Browser(server.application)
            await browser.log_in("ada", PASSWORD)
            url = relay.instead_of(f"{elsewhere.url}/acme/closed.git")
            begun = await browser.submit(
                FORM, url=url, into="ada/PROJ", username="grace", password=elsewhere.secret
            )
            assert begun.status == 303
            assert await asyncio.to_thread(relay.holds.wait, 60)
    async with serving(changed) as server:
        (found,) = await imports.of_user(server.site, ada)

        assert found.state is State.FAILED
        assert "begin again" in found.said
        assert left_over(server) == []


async def test_of_a_killed_server_the_next_one_says_what_became_of_it(server, page, ada, elsewhere):
    begun = await page.submit(FORM, url=f"{elsewhere.url}/acme/open.git", into="ada/PROJ")
    await ended(page, begun)
    (done,) = await imports.of_user(server.site, ada)
    for name, repository in (("lost", "0" * 36), ("made", done.repository_id)):
        row = msgspec.structs.replace(
            done,
            id=name,
            state=State.RUNNING,
            repository_id=repository,
            seen_on=now() - 10 * MINUTES,
        )
        await store.create(server.site.db, row)
    await store.create(server.site.db, msgspec.structs.replace(done, id="alive", state=State.RUNNING))

    await imports.end_lost(server.site)

    states = {one.id: one.state for one in await imports.of_user(server.site, ada)}
    assert (states["lost"], states["made"]) == (State.FAILED, State.DONE)
    assert states["alive"] is State.RUNNING


async def test_a_redirect_is_not_followed_wherever_it_leads(page, elsewhere):
    with answering(lambda path: (302, {"Location": f"{elsewhere.url}/acme/open.git{path[2:]}"}, b"")) as (
        url,
        asked,
    ):
        shown = await ended(page, await page.submit(FORM, url=f"{url}/x", into="ada/PROJ", name="x"))

    assert "leads on to another one" in shown.text
    assert [path.partition("?")[0] for path in asked] == ["/x/info/refs", "/x.git/info/refs"]


async def test_who_leaves_the_ending_out_is_led_to_it_where_a_server_wants_it(server, page, git):
    git.commit("first")
    git.git("update-server-info")

    def dumb(path):
        place, _, file = path.partition("?")[0].removeprefix("/x").partition("/")
        if place != ".git":
            return 301, {"Location": f"/x.git/{file}"}, b""
        found = git.path / file
        return (200, {}, found.read_bytes()) if found.is_file() else (404, {}, b"")

    with answering(dumb) as (url, asked):
        shown = await ended(page, await page.submit(FORM, url=f"{url}/x", into="ada/PROJ"))

    assert "All branches and tags are here" in shown.text
    assert len([path for path in asked if not path.startswith("/x.git")]) == 1
    assert (await page.get("/ada/x/commits/")).status == 200


async def test_alternates_of_a_dumb_server_are_not_followed(server, page):
    with answering(lambda _: (404, {}, b"")) as (victim, asked):

        def dumb(path):
            if path.startswith("/x/info/refs"):
                return 200, {"Content-Type": "text/plain"}, b"%s\trefs/heads/main\n" % (b"1" * 40)
            if path == "/x/objects/info/http-alternates":
                return 200, {"Content-Type": "text/plain"}, f"{victim}/objects\n".encode()
            if path == "/x/HEAD":
                return 200, {"Content-Type": "text/plain"}, b"ref: refs/heads/main\n"
            return 404, {}, b""

        with answering(dumb) as (url, _):
            shown = await ended(page, await page.submit(FORM, url=f"{url}/x", into="ada/PROJ", name="x"))

    assert "Not imported" in shown.text
    assert asked == []


async def test_git_goes_to_the_addresses_that_were_looked_up_whatever_the_name_means(tmp_path, elsewhere):
    port = elsewhere.url.rpartition(":")[2]
    destination, _ = parse(f"http://nowhere.invalid:{port}/acme/open.git")

    await git.from_url(
        destination, ["127.0.0.1"], None, tmp_path / "a.git", lambda _: None, limit=0, timeout=60
    )

    assert (tmp_path / "a.git" / "HEAD").exists()
    localhost, _ = parse(f"http://localhost:{port}/acme/open.git")
    with pytest.raises(GitError):
        await git.from_url(
            localhost, ["127.0.0.9"], None, tmp_path / "b.git", lambda _: None, limit=0, timeout=60
        )
    assert not (tmp_path / "b.git").exists()


async def test_what_is_too_large_is_ended_while_it_comes(tmp_path, elsewhere):
    destination, _ = parse(f"{elsewhere.url}/acme/closed.git")

    with pytest.raises(TooLarge):
        await git.from_url(
            destination,
            ["127.0.0.1"],
            Credential("grace", Secret(elsewhere.secret)),
            tmp_path / "a.git",
            lambda _: None,
            limit=1_000_000,
            timeout=60,
        )

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("", "the address is empty"),
        ("file:///etc", "must begin with https"),
        ("ssh://git@host/a", "must begin with https"),
        ("http://[::1]/a/b", "not on the public internet"),
        ("http://10.0.0.1/a/b", "not on the public internet"),
        ("http://8.8.8.8/a/b", "a password is sent over https only"),
        ("http://169.254.169.254/latest/meta-data", "not on the public internet"),
        ("http://nowhere.invalid/a/b", "there is no host"),
        ("http://127.0.0.1:1", "names no repository"),
    ],
)
async def test_what_cannot_be_imported_is_said_beside_the_form(server, page, ada, url, told):
    answer = await page.submit(
        FORM, url=url, into="ada/PROJ", name="a", username="grace", password="s3cret-of-grace"
    )

    assert answer.status == 422
    assert told in answer.text.lower()
    assert "s3cret-of-grace" not in answer.text
    assert await imports.of_user(server.site, ada) == []


async def test_a_password_in_an_address_comes_back_in_no_page(page):
    inside = "https://grace:s3cret-of-grace@nowhere.invalid/a/b"

    answer = await page.submit(FORM, url=inside, into="ada/PROJ", name="a")
    linked = await page.get(f"{FORM}?url={inside}")

    for shown in (answer, linked):
        assert Page(shown.text).values["url"] == "https://nowhere.invalid/a/b"
        assert "s3cret-of-grace" not in shown.text


async def test_this_very_server_and_its_neighbours_are_no_source_unless_a_setting_says_so(
    tmp_path, migrated_file, elsewhere
):
    async with serving(settings_in(tmp_path / "strict", migrated_file)) as server:
        await server.user("ada", password=PASSWORD)
        browser = Browser(server.application)
        await browser.log_in("ada", PASSWORD)

        for host in ("127.0.0.1", "localhost"):
            url = elsewhere.url.replace("127.0.0.1", host) + "/acme/open.git"
            answer = await browser.submit(FORM, url=url, into="ada/PROJ", name="a")
            assert answer.status == 422
            assert "not on the public internet" in answer.text


async def test_a_name_that_is_taken_and_a_place_that_is_not_ones_own_are_refused_at_once(
    server, page, elsewhere
):
    await server.repository("ada", "open")
    url = f"{elsewhere.url}/acme/open.git"

    taken = await page.submit(FORM, url=url, into="ada/PROJ")
    other = await page.submit(FORM, url=url, into="acme/PROJ")

    assert taken.status == 409
    assert "exists already" in taken.text
    assert other.status == 403


async def test_an_import_is_seen_by_nobody_else(server, page, ada, elsewhere):
    begun = await page.submit(FORM, url=f"{elsewhere.url}/acme/open.git", into="ada/PROJ")
    await ended(page, begun)
    await server.user("mallory", password=PASSWORD)
    mallory = Browser(server.application)
    await mallory.log_in("mallory", PASSWORD)
    token = dict(Page((await mallory.get(FORM)).text).forms[0].fields)["form_token"]
    where = begun.headers["location"]

    assert (await mallory.get(where)).status == 404
    assert (await mallory.ask("POST", f"{where}/cancel", fields={"form_token": token})).status == 404
    assert re.fullmatch(r"/repo/import/[0-9a-f-]{36}", where)


async def test_words_of_the_other_server_are_shown_as_text(page):
    evil = "<script>alert(1)</script>"
    with answering(
        lambda _: (
            200,
            {"Content-Type": "application/x-git-upload-pack-advertisement"},
            f"00{len(evil) + 9:02x}ERR {evil}\n".encode(),
        )
    ) as (url, _):
        shown = await ended(page, await page.submit(FORM, url=f"{url}/x", into="ada/PROJ", name="x"))

    assert "<script>alert" not in shown.text
    assert Page(shown.text).inline == []
