"""The contract's forms against a server: the same words out, and the secret nowhere but where it belongs."""

import http.server
import json
import re
import threading
from contextlib import contextmanager

import pytest
from support.shell import Shell

from bitpail.cli.backend import asked
from bitpail.cli.remote import Remote, ServerRefused
from bitpail.errors import BitpailError, Invalid
from bitpail.own_api import account, app_passwords
from bitpail.policy.secrets import Secret
from bitpail.testing import Bitpail


@pytest.fixture(scope="module")
def started():
    with Bitpail.started() as server:
        yield server


@pytest.fixture
def there(started, tmp_path):
    """A server with Ada and her notes, and a shell that manages her app passwords on it."""
    started.reset()
    ada = started.user("ada", password="correct horse battery")
    started.repository("ada/notes", files={"README.md": "# Notes"})
    secret = started.app_password(
        ada, "repository:write", "wiki", "bitpail:app-password:write", label="manager"
    )
    return There(started, tmp_path, ada, secret)


class There:
    def __init__(self, server, tmp_path, ada, secret):
        self.server = server
        self.ada = ada
        self.secret = secret
        self.shell = Shell(tmp_path / "no data here")
        self.local = Shell(server.settings.data)
        self.file = tmp_path / "secret"
        self.file.write_text(f"{secret}\n")

    def __call__(self, *words, given=""):
        return self.shell(*words, "--server", self.server.url, "--password-file", str(self.file), given=given)

    def json(self, *words):
        done = self(*words, "--json")
        assert done.worked, done.seen
        return json.loads(done.out)

    def lets_in(self, secret):
        """Whether the server takes this secret of Ada's."""
        try:
            Remote(self.server.url, Secret(secret)).ask(asked(account.me, "ada"))
        except ServerRefused:
            return False
        return True


def described(label):
    return (
        *("--user", "ada", "--label", label, "--permission", "repository", "--expires", "30d"),
        *("--repository", "ada/notes", "--network", "127.0.0.0/8", "--branch", "bot/*", "--no-force"),
    )


def test_the_whole_life_of_an_app_password_sounds_the_same_here_and_on_a_server(there):
    told = []
    for where, name in ((there, "one"), (there.local, "two")):
        made = where.json("app-password", "create", *described(name))
        rotated = where.json("app-password", "rotate", "--user", "ada", "--label", name, "--grace", "1h")
        assert made["secret"] != rotated["secret"]
        status = where.json("app-password", "rotate", "--user", "ada", "--label", name, "--status")
        ensured = where.json("app-password", "ensure", *described(name))
        advised = where.json("app-password", "advise", "--user", "ada")
        (listed,) = [
            one for one in where.json("app-password", "list", "--user", "ada") if one["label"] == name
        ]
        finished = where("app-password", "rotate", "--user", "ada", "--label", name, "--finish")
        again = where("app-password", "rotate", "--user", "ada", "--label", name, "--finish")
        at_once = where.json("app-password", "rotate", "--user", "ada", "--label", name, "--grace", "0")
        assert not there.lets_in(rotated["secret"])
        assert there.lets_in(at_once["secret"])
        assert where.json("app-password", "rotate", "--user", "ada", "--label", name, "--status") is None
        revoked = where("app-password", "revoke", "--user", "ada", "--label", name)
        told.append(
            [
                *(sorted(made), sorted(rotated), sorted(status), sorted(status["old"]), ensured["state"]),
                *(sorted(advised[0]), sorted(listed), listed["limits"]),
                *(
                    finished.out.replace(name, ""),
                    again.status,
                    again.err.replace(name, ""),
                    revoked.out.replace(name, ""),
                ),
            ]
        )

    assert told[0] == told[1]


PLACES = [("--repository", "ada/notes"), ("--project", "ada/PROJ"), ("--workspace", "ada")]
OF_PLACES = ("repository:admin", "project:admin", "team:write")


@pytest.fixture
def administering(there):
    """The same with an app password that may do what administers places."""
    secret = there.server.app_password(
        there.ada, *OF_PLACES, "repository:write", "bitpail:app-password:write", label="administrator"
    )
    there.file.write_text(f"{secret}\n")
    return there


def narrower(where, name, *words):
    """What the life of a narrower token sounds like, from the advice to the end of the old one; ``name`` left out."""
    one = (*words, "--label", name)
    enough = ("--permission", "repository", "--grace", "1h", "--json")
    said = [
        where("access-token", "list", *words, "--json"),
        where("access-token", "advise", *words, "--json"),
        where("access-token", "replace", *one, *enough),
        where("access-token", "replace", *one, *enough),
        where("access-token", "replace", *one, "--status", "--json"),
        where("access-token", "replace", *one, "--status"),
        where("access-token", "replace", *one, "--roll-back"),
        where("access-token", "replace", *one, *enough),
        where("access-token", "replace", *one, "--finish"),
        where("access-token", "replace", *one, "--finish"),
        where("access-token", "list", *words, "--all"),
    ]
    return [(done.status, done.out, done.err) for done in said]


def alike(text, name):
    """Without what differs from one token to the next: its name, its secret, and when it was made or ends."""
    for pattern in (rf"\b{name}\b", r"bpt_\w+", r"\d{4}-\d\d-\d\dT[\d:]+\+00:00"):
        text = re.sub(pattern, "...", text)
    return text


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place[0])
def test_a_narrower_access_token_sounds_the_same_here_and_on_a_server(administering, place):
    told = []
    for where, name, more in ((administering, "one", ("--user", "ada")), (administering.local, "two", ())):
        made = administering.local(
            "access-token", "create", *place, "--label", name, "--permission", "repository:write"
        )
        assert made.worked, made.seen
        told.append(
            [
                (status, alike(out, name), alike(err, name))
                for status, out, err in narrower(where, name, *place, *more)
            ]
        )
        administering.local.well("access-token", "revoke", *place, "--label", f"{name} (narrowed)")

    there, here = told
    # What went before is still listed with what was revoked.
    assert there[:-1] == here[:-1]
    assert [status for status, _, _ in there] == [0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0]
    listed = json.loads(there[0][1])
    assert [(one["label"], one["permissions"]) for one in listed] == [("...", ["repository:write"])]
    assert place[1] in str(listed[0]["limits"])
    assert "is being replaced" in there[3][2]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("list", "--repository", "ada/notes"), "--server wants --user"),
        (("list", "--user", "ada"), "name one of --repository"),
        (
            ("list", "--user", "ada", "--workspace", "ada", "--project", "ada/PROJ"),
            "name one of --repository",
        ),
        (("list", "--user", "ada", "--repository", "notes"), "name a repository as WORKSPACE/REPOSITORY"),
        (("list", "--user", "ada", "--repository", "ada/none"), "it no longer exists"),
        (("list", "--user", "ada", "--repository", "ada/.."), "it no longer exists"),
        (("list", "--user", "grace", "--repository", "ada/notes"), "Invalid credentials"),
        (("advise", "--user", "ada", "--workspace", "ada", "--after", "soon"), "not a span of time: 'soon'"),
        (
            ("replace", "--user", "ada", "--workspace", "ada", "--label", "none", "--advised"),
            "labelled 'none'",
        ),
        (("replace", "--user", "ada", "--workspace", "ada", "--label", "a/../b", "--finish"), "'a/../b'"),
        (("replace", "--user", "ada", "--workspace", "ada", "--label", "x"), "give one of --advised"),
    ],
)
def test_what_is_wrong_with_tokens_on_a_server_is_said_in_one_line(administering, words, told):
    done = administering("access-token", *words)

    assert not done.worked
    assert told in done.err
    assert done.out == ""


def test_a_token_that_may_more_than_who_asks_is_neither_shown_nor_narrowed(there):
    place = ("--repository", "ada/notes")
    there.local.json("access-token", "create", *place, "--label", "ci", "--permission", "repository:delete")
    secret = there.server.app_password(
        there.ada, "repository:admin", "bitpail:app-password:write", label="less"
    )
    there.file.write_text(f"{secret}\n")

    asked = (
        "access-token",
        "replace",
        *place,
        "--user",
        "ada",
        "--label",
        "ci",
        "--permission",
        "repository",
    )
    refused = there(*asked)

    assert there.json("access-token", "list", *place, "--user", "ada") == []
    assert refused.status == 1
    assert "no wider than itself" in refused.err
    # Nor does one that administers nothing, though it is Ada's.
    there.file.write_text(f"{there.secret}\n")
    assert "repository:admin" in there(*asked).err
    assert len(there.local.json("access-token", "list", *place, "--all")) == 1


def test_a_description_is_brought_about_once_and_a_different_one_ends_with_1(there):
    wanted = ("app-password", "ensure", "--user", "ada", "--label", "ci", "--permission")

    assert there.json(*wanted, "wiki")["state"] == "created"
    assert there.json(*wanted, "wiki")["state"] == "present"
    different = there(*wanted, "repository", "--json")
    assert (different.status, json.loads(different.out)["state"]) == (1, "different")
    assert there.json(*wanted, "repository", "--replace")["secret"]


def test_a_scan_asks_the_server_and_ends_with_1_when_it_finds_a_live_one(there, tmp_path):
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "build.log").write_text(f"one\nGET https://ada:{there.secret}@example.org\n")

    found = there("app-password", "scan", str(tmp_path / "logs"), "--user", "ada")
    nothing = there("app-password", "scan", str(tmp_path / "no data here"), "--user", "ada")

    assert found.status == 1
    assert 'build.log:2: app password "manager" of ada' in found.out
    assert there.secret not in found.seen
    assert nothing.status == 1
    assert "there is no file" in nothing.err


def test_a_refusal_is_told_in_the_servers_words(there):
    wider = there("app-password", "create", "--user", "ada", "--label", "x", "--permission", "account")
    there.file.write_text("bp_wrong\n")
    wrong = there("app-password", "list", "--user", "ada")

    assert wider.status == wrong.status == 1
    assert "no wider than itself" in wider.err
    assert "Invalid credentials" in wrong.err


@pytest.mark.parametrize(
    "address",
    [
        "git.example.org",
        "ftp://git.example.org",
        "https://ada:secret@git.example.org",
        "https://git.example.org/api",
        "https://git.example.org?next=elsewhere",
        "https://git.example.org:port",
        "https://[::1",
        "http://git.example.org",
        "--json",
        "",
    ],
)
def test_an_address_to_which_no_secret_should_go_is_refused(address):
    with pytest.raises(Invalid) as refused:
        Remote(address, Secret("word"))

    assert "secret@" not in refused.value.message


@contextmanager
def answering(status, headers, body):
    """A server that answers everything in one way, and remembers what it was asked."""
    seen = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(self.headers["Authorization"])
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def ask(address):
    return Remote(address, Secret("word")).ask(asked(app_passwords.listed, "ada"))


def test_a_redirect_is_not_followed_and_the_secret_goes_nowhere_else():
    with (
        answering(200, {}, b"[]") as (other, seen_there),
        answering(307, {"Location": other}, b"") as (first, seen),
        pytest.raises(ServerRefused, match="redirects"),
    ):
        ask(first)

    assert len(seen) == 1
    assert seen_there == []


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize("body", [b"<html>", b"", b'{"size": "many"}', b"\xff"])
def test_an_answer_that_is_none_ends_with_a_sentence(status, body):
    with answering(status, {}, body) as (address, _), pytest.raises(BitpailError) as failed:
        ask(address)

    assert failed.value.message


def test_a_server_that_is_not_there_ends_with_a_sentence():
    with pytest.raises(BitpailError, match="does not answer"):
        ask("http://127.0.0.1:1")
