"""Git's credential helper in the hands of git: a log-in in the browser, a password of minutes, nothing kept."""

import json
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from bitpail import __file__ as package
from bitpail.model.access import Client
from bitpail.services import git_logins, users
from bitpail.store.tables import git_logins as rows

_CODE = str(Path(package).parents[1])
HELPER = f"PYTHONPATH={_CODE} {sys.executable} -m bitpail.cli.credential_helper"
AT_A_TERMINAL = f"git -c credential.helper='!{HELPER}' -c credential.useHttpPath=true"


@pytest.fixture(autouse=True)
def notes(bitpail):
    bitpail.user("ada")
    bitpail.repository("ada/notes", files={"README.md": "# Notes\n"})


@contextmanager
def deciding(bitpail, *, allow=True, read_only=False):
    """Somebody at a browser who decides on each git that waits, and is told of none by us."""
    over, seen = threading.Event(), []

    async def decide(site):
        for (code,) in await site.db.all(select(rows.c.user_code).where(rows.c.state == "waiting")):
            ada = await users.named(site, "ada")
            login = await git_logins.waiting(site, ada, code, Client("127.0.0.1", "browser"))
            seen.append(login)
            if allow:
                await git_logins.allow(site, ada, login, read_only=read_only, lifetime=900)
            else:
                await git_logins.deny(site, ada, login)

    def run():
        while not over.is_set():
            bitpail.do(decide)
            time.sleep(0.2)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def test_git_clones_and_pushes_after_a_log_in_in_the_browser(bitpail, person):
    with deciding(bitpail) as seen:
        cloned = person.types(f"{AT_A_TERMINAL} clone {bitpail.url}/ada/notes.git clone")
        person.commit(person.home / "clone")
        pushed = person.types(f"{AT_A_TERMINAL} push", at=person.home / "clone")

    assert cloned.status == pushed.status == 0, cloned.screen + pushed.screen
    assert "/login/git and type" in cloned.screen
    assert [login.repository for login in seen] == ["ada/notes"] * 2
    assert "bpn_" not in cloned.screen + pushed.screen + bitpail.log
    config = (person.home / "clone" / ".git" / "config").read_text()
    assert "bpn_" not in config
    kept = [path for path in person.home.rglob("*") if path.is_file() and b"bpn_" in path.read_bytes()]
    assert kept == []


def test_gits_own_cache_keeps_it_for_its_minutes(bitpail, person):
    # Each command has a terminal of its own here, with whose end the daemon would end.
    chain = f"git -c credentialCache.ignoreSIGHUP=true -c credential.helper='cache --timeout 60' {AT_A_TERMINAL[4:]}"
    with deciding(bitpail) as seen:
        first = person.types(f"{chain} ls-remote {bitpail.url}/ada/notes.git")
        second = person.types(f"{chain} ls-remote {bitpail.url}/ada/notes.git")
        person.git("credential-cache", "exit")

    assert first.status == second.status == 0, first.screen + second.screen
    assert len(seen) == 1


def test_only_fetching_is_only_fetching(bitpail, person):
    with deciding(bitpail, read_only=True):
        assert person.types(f"{AT_A_TERMINAL} clone {bitpail.url}/ada/notes.git clone").status == 0
        person.commit(person.home / "clone")
        pushed = person.types(f"{AT_A_TERMINAL} push", at=person.home / "clone")

    assert pushed.status != 0
    assert "it is read-only" in pushed.screen


def test_refused_git_asks_the_person_as_without_a_helper(bitpail, person):
    with deciding(bitpail, allow=False):
        done = person.types(f"GIT_TERMINAL_PROMPT=0 {AT_A_TERMINAL} ls-remote {bitpail.url}/ada/notes.git")

    assert done.status != 0
    assert "git credential-bitpail: it was refused" in done.screen


def ask(person, operation, *lines, terminal=False):
    """The helper alone."""
    given = "".join(f"{line}\n" for line in (*lines, ""))
    if terminal:
        (person.home / "given").write_text(given)
        return person.types(f"{HELPER} {operation} < given")
    return person.run(
        sys.executable,
        "-m",
        "bitpail.cli.credential_helper",
        operation,
        given=given.encode(),
        PYTHONPATH=_CODE,
    )


def test_store_and_erase_do_nothing_and_what_is_new_is_no_error(person):
    for operation in ("store", "erase", "capability"):
        done = ask(person, operation, "protocol=https", "host=git.example.org", "username=ada", "password=x")

        assert (done.status, done.seen) == (0, "")


def test_where_nobody_reads_a_code_it_does_not_wait(bitpail, person):
    host = bitpail.url.removeprefix("http://")

    done = ask(person, "get", "protocol=http", f"host={host}", "path=ada/notes.git")

    assert done.out == ""
    assert "no terminal" in done.err
    assert bitpail.do(lambda site: site.db.all(select(rows.c.digest))) == []


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (("protocol=http", "host=git.example.org", "path=ada/notes.git"), "use https"),
        (("protocol=https", "host=git.example.org"), "useHttpPath true"),
        (("protocol=https", "host=git.example.org", "path=ada"), "useHttpPath true"),
        (("protocol=ssh", "host=git.example.org", "path=ada/notes.git"), "not an address"),
        (("protocol=https", "host=", "path=ada/notes.git"), "not an address"),
        (("protocol=https", "host=[", "path=ada/notes.git"), "not an address"),
        ((), "not an address"),
    ],
    ids=range(7),
)
def test_what_it_cannot_do_it_says_and_git_goes_on(person, lines, words):
    done = ask(person, "get", *lines, terminal=True)

    assert done.status == 0
    assert words in done.screen
    assert "password=" not in done.screen


@pytest.mark.parametrize("protocol", ["http", "https"])
def test_an_address_of_somebody_elses_does_not_steer_the_terminal(person, protocol):
    done = ask(person, "get", f"protocol={protocol}", "host=git.example.org\x1bc\x9ba", "path=ada")

    assert (done.status, done.out) == (0, "")
    assert "git.example.org?c?a" in done.err


def test_an_answer_that_would_be_two_lines_is_none(person):
    from http.server import BaseHTTPRequestHandler, HTTPServer

    class Evil(BaseHTTPRequestHandler):
        def do_POST(self):
            begun = {
                "device_code": "x",
                "user_code": "x",
                "verification_uri": "x",
                "verification_uri_complete": "x",
            }
            made = {"username": "ada\nhost=evil.example.org", "password": "x", "password_expiry_utc": 1}
            self.send_response(200)
            self.end_headers()
            told = made if self.path.endswith("password") else {**begun, "interval": 1}
            self.wfile.write(json.dumps(told).encode())

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Evil)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()

    done = ask(
        person, "get", "protocol=http", f"host=127.0.0.1:{server.server_port}", "path=a/b", terminal=True
    )

    server.shutdown()
    server.server_close()
    thread.join()
    assert "does not answer as Bitpail does" in done.screen
    assert "evil" not in done.screen


def test_somebody_else_who_allows_it_is_not_who_git_wants(bitpail, person):
    host = bitpail.url.removeprefix("http://")
    with deciding(bitpail):
        done = ask(
            person,
            "get",
            "protocol=http",
            f"host={host}",
            "path=ada/notes.git",
            "username=grace",
            terminal=True,
        )

    assert "ada has allowed it, and git wants grace" in done.screen
    assert "password=" not in done.screen


def test_it_tells_git_when_the_password_ends(bitpail, person):
    host = bitpail.url.removeprefix("http://")
    with deciding(bitpail):
        done = ask(
            person, "get", "protocol=http", f"host={host}", "path=ada/notes.git/info/lfs", terminal=True
        )

    told = dict(line.strip().partition("=")[::2] for line in done.screen.splitlines() if "=" in line)
    assert told["username"] == "ada"
    assert told["password"].startswith("bpn_")
    assert 880 < int(told["password_expiry_utc"]) - time.time() <= 900
