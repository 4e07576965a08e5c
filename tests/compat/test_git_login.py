"""Git's credential helper in the hands of git: a log-in in the browser, a password of minutes, nothing kept."""

import json
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
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


@contextmanager
def answering(*script):
    """A server that gives these answers in turn: bytes, a status with bytes, or None to hang up."""

    class Scripted(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            answer = left.pop(0)
            if answer is None:
                return
            status, content = answer if isinstance(answer, tuple) else (200, answer)
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    left = list(script)
    server = HTTPServer(("127.0.0.1", 0), Scripted)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert left == []


def begun(**changed):
    told = {
        "device_code": "x",
        "user_code": "BCDF-GHJK",
        "verification_uri": "x",
        "verification_uri_complete": "x",
        "interval": 1,
        "expires_in": 600,
        **changed,
    }
    return json.dumps(told).encode()


MADE = json.dumps({"username": "ada", "password": "x", "password_expiry_utc": 1}).encode()
SLOWER = (400, b'{"error": "slow_down", "error_description": "x"}')


def asks(person, host):
    return ask(person, "get", "protocol=http", f"host={host}", "path=ada/notes.git", terminal=True)


def test_an_answer_that_would_be_two_lines_is_none(person):
    made = MADE.replace(b'"ada"', b'"ada\\nhost=evil.example.org"')
    with answering(begun(), made) as host:
        done = asks(person, host)

    assert "does not answer as Bitpail does" in done.screen
    assert "evil" not in done.screen


def test_a_server_that_goes_away_while_somebody_decides_is_asked_again(person):
    """RFC 8628, section 3.5: more slowly. The code that was typed meanwhile would be lost otherwise."""
    with answering(begun(), None, (502, b"<html>"), SLOWER, MADE) as host:
        done = asks(person, host)

    assert "password=x" in done.screen
    assert done.screen.count("and type BCDF-GHJK") == 1


@pytest.mark.parametrize(
    "answer",
    [
        *(
            b"<html>",
            (400, b"<html>"),
            (301, b""),
            (404, b"nothing here"),
            b"[" * 60_000,
            b"[]",
            b"\xff\xfe{",
        ),
        *(b'{"a": "' + b"x" * 100_000, begun(interval=None), begun(expires_in="x"), begun(interval=[1])),
        *(begun().replace(b"600", b"1e400"), (400, b'{"error": ["x"]}'), begun(user_code="\x1b[2J")),
        (400, b'{"error": "x", "error_description": "a\\u001b[2J"}'),
    ],
    ids=range(15),
)
def test_a_server_that_is_no_bitpail_is_told_of_in_words(person, answer):
    with answering(answer) as host:
        done = asks(person, host)

    assert done.status == 0
    assert "is it a Bitpail" in done.screen or "does not answer as Bitpail does" in done.screen
    assert not any(odd in done.screen for odd in ("Traceback", "password=", "\x1b", "line 1 column"))


def test_a_server_that_hangs_up_at_once_is_told_of_in_words(person):
    with answering(None) as host:
        done = asks(person, host)

    assert "127.0.0.1 does not answer" in done.screen
    assert "Traceback" not in done.screen


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
    assert 600 < int(told["password_expiry_utc"]) - time.time() <= 900


def test_a_certificate_that_nobody_vouches_for_gets_nothing_but_that_of_ones_own_authority(
    https, person, certificate
):
    host = https.url.removeprefix("https://").replace("127.0.0.1", "localhost")
    unknown = ask(person, "get", "protocol=https", f"host={host}", "path=ada/notes.git", terminal=True)
    assert "the certificate of localhost is not good" in unknown.screen
    assert "SSL_CERT_FILE" in unknown.screen
    assert https.do(lambda site: site.db.all(select(rows.c.digest))) == []

    trusted = f"SSL_CERT_FILE={certificate[0]} {HELPER}"
    (person.home / "given").write_text(f"protocol=https\nhost={host}\npath=a%2fb/c%00d\n\n")
    asked = person.types(f"{trusted} get < given")

    # The server was asked, and says what is wrong with the name.
    assert "name the repository as WORKSPACE/REPOSITORY" in asked.screen
