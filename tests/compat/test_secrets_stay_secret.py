"""A secret goes in through every door, and is then looked for everywhere it must not be."""

import time
from base64 import b64encode

import pytest
from support.clients import refs
from support.processes import eventually, gits, shown

from bitpail.policy import secrets
from bitpail.testing import Bitpail

PUBLIC = len(secrets.PREFIX) + secrets.LOOKUP_LENGTH


@pytest.fixture
def server():
    """One that says as much as it ever will, and writes last uses down at once."""
    with Bitpail.started(log_level="debug", last_use_interval=1) as started:
        yield started


class Planted:
    """A working app password with its owner, and where nothing of it may be found."""

    def __init__(self, server, person):
        self.server, self.person = server, person
        self.ada = server.user("ada")
        server.repository("ada/notes", files={"README.md": "# Notes\n"})
        self.secret = server.app_password(self.ada, "repository:write", "wiki")
        self.wrong = secrets.generate().reveal()
        self.answers = []

    @property
    def traces(self):
        """The secrets as they are, without their public part, cut, and as they travel."""
        for secret in (self.secret, self.wrong):
            yield secret
            yield secret[PUBLIC:-4]
            yield secret[PUBLIC : PUBLIC + 14]
            yield b64encode(f"ada:{secret}".encode()).decode().rstrip("=")

    def curl(self, *arguments):
        done = self.person.run("curl", "--silent", "--include", *arguments)
        self.answers.append(done.out)
        return done

    def found(self):
        """Every place that holds a trace."""
        data = self.server.settings.data_path
        places = {str(path): read(path) for path in data.rglob("*") if path.is_file()}
        places["the log"] = self.server.log.encode()
        places["an answer"] = "\n".join(self.answers).encode()
        places |= shown(self.server.process.pid)
        assert any("bitpail.sqlite3" in place for place in places)
        return {place for place, text in places.items() for trace in self.traces if trace.encode() in text}


def read(path):
    """What a file holds; one that the server has taken away meanwhile holds nothing."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


@pytest.fixture
def planted(server, person):
    return Planted(server, person)


def through_the_url(planted):
    planted.person.well(
        "clone", "--quiet", planted.server.git_url("ada/notes", "ada", planted.secret), "clone"
    )
    planted.person.git("clone", planted.server.git_url("ada/notes", "ada", planted.wrong), "refused")


def through_the_prompt(planted):
    for secret, name in ((planted.secret, "clone"), (planted.wrong, "refused")):
        planted.person.types(f"git clone {planted.server.git_url('ada/notes', 'ada')} {name}", secret)


def through_the_header(planted):
    for secret in (planted.secret, planted.wrong):
        for url in (f"{planted.server.api}/repositories/ada/notes/commits", f"{planted.server.api}/user"):
            planted.curl("--user", f"ada:{secret}", url)
            planted.curl("--header", f"Authorization: Bearer {secret}", url)
            planted.curl("--header", f"Authorization: {secret}", url)
            planted.curl("--header", f"Authorization: Basic {secret}", url)


def through_the_query(planted):
    for secret in (planted.secret, planted.wrong):
        for url in (
            planted.server.api + "/repositories/ada/notes/commits",
            planted.server.url + "/ada/notes.git/info/refs",
        ):
            planted.curl(f"{url}?access_token={secret}&service={secret}")
            planted.curl(
                "--user", f"ada:{planted.secret}", f"{url}?page={secret}&pagelen={secret}&role={secret}"
            )
            planted.curl("--user", f"ada:{planted.secret}", f"{url}?ctx={secret}&include={secret}")


def through_the_path(planted):
    user = ("--user", f"ada:{planted.secret}")
    for secret in (planted.secret, planted.wrong):
        hidden = secret.replace(secret[10], f"%{ord(secret[10]):02x}").replace("_", "%5F")
        for word in (secret, hidden, "x" * 280 + secret):
            for path in (f"/{word}", f"/{word}/{word}.git/info/refs", f"/ada/{word}/HEAD", f"/2.0/{word}"):
                planted.curl(planted.server.url + path)
                planted.curl(*user, planted.server.url + path)
            for path in (
                f"workspaces/{word}",
                f"repositories/{word}/x",
                f"repositories/ada/{word}",
                f"users/{word}",
            ):
                planted.curl(*user, f"{planted.server.api}/{path}")
            for path in (f"commits/{word}", f"commit/{word}", f"commit/--{word}", f"refs/{word}"):
                planted.curl(*user, f"{planted.server.api}/repositories/ada/notes/{path}")


def through_the_body(planted):
    user = ("--user", f"ada:{planted.secret}")
    for secret in (planted.secret, planted.wrong):
        commits = f"{planted.server.api}/repositories/ada/notes/commits"
        planted.curl(*user, "--request", "POST", "--data", f"include={secret}&password={secret}", commits)
        planted.curl(*user, "--request", "POST", "--data", f"exclude=-{secret}", commits)
        planted.curl(
            *user,
            "--header",
            "Content-Type: application/json",
            "--data",
            f'{{"include": {{"{secret}": 1}}}}',
            commits,
        )
        planted.curl(*user, "--header", "Content-Type: application/json", "--data", f'{{"{secret}', commits)
        for service in ("upload", "receive"):
            kind = f"Content-Type: application/x-git-{service}-pack-request"
            url = f"{planted.server.url}/ada/notes.git/git-{service}-pack"
            planted.curl(*user, "--header", kind, "--data-binary", secret, url)
            planted.curl(*user, "--header", kind, "--data-binary", f"0034want {secret}0000", url)
            planted.curl(
                *user,
                "--header",
                kind,
                "--header",
                "Git-Protocol: version=2",
                "--data-binary",
                f"0032{secret}",
                url,
            )


def through_the_wrong_place(planted):
    for secret in (planted.secret, planted.wrong):
        url = f"{planted.server.api}/repositories/ada/notes"
        planted.curl("--user", f"{secret}:x", url)
        planted.curl("--user", f"{secret}:{secret}", url)
        planted.curl("--user", f"ada@{secret}:{secret}", url)
        planted.curl("--user", f"ada:{planted.secret}", "--user-agent", f"curl {secret}", url)
        planted.curl("--user", f"ada:{planted.secret}", "--header", f"X-Forwarded-For: {secret}", url)
        planted.curl(
            "--user",
            f"ada:{planted.secret}",
            "--header",
            f"Content-Encoding: {secret}",
            "--data",
            "x",
            url + "/commits",
        )
        planted.curl("--user", f"ada:{planted.secret}", "--request", secret, url)
        planted.curl("--user", f"ada:{planted.secret}", "--header", f"Git-Protocol: {secret}", url)
        planted.person.git("ls-remote", planted.server.git_url("ada/notes", secret, "x"))
        planted.person.git("ls-remote", planted.server.git_url("ada/notes", secret, secret))


DOORS = [
    through_the_url,
    through_the_prompt,
    through_the_header,
    through_the_query,
    through_the_path,
    through_the_body,
    through_the_wrong_place,
]


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_a_secret_is_found_nowhere_after_it_came(planted, door):
    door(planted)
    time.sleep(1.2)  # the last uses are written down by then

    assert planted.found() == set()


def test_a_stopped_server_has_left_nothing_of_a_secret(planted):
    through_the_url(planted)
    planted.server.stop()

    assert planted.found() == set()


def test_no_process_shows_a_secret_while_a_request_runs(server, person, tmp_path):
    directory = tmp_path / "slow.git"
    person.well("init", "--quiet", "--bare", str(directory))
    hook = directory / "hooks" / "pre-receive"
    hook.write_text(
        f"#!/bin/sh\nenv > {tmp_path}/environment\ntouch {tmp_path}/runs\nwhile [ ! -e {tmp_path}/go ]; do sleep 0.05; done\n"
    )
    hook.chmod(0o755)
    planted = Planted(server, person)
    server.adopt(directory, "ada/slow")
    url = server.git_url("ada/slow", "ada", planted.secret)
    local = person.home / "local"
    person.well("init", "--quiet", "--initial-branch=main", str(local))
    mine = person.commit(local)

    pushing = person.start("git", "push", "--quiet", url, "main", at=local)
    assert eventually((tmp_path / "runs").exists)
    running = shown(server.process.pid)
    found = planted.found()
    (tmp_path / "go").touch()
    pushing.communicate(timeout=60)

    assert any(b"receive-pack" in text for text in running.values())
    assert found == set()
    assert not any(trace in (tmp_path / "environment").read_text() for trace in planted.traces)
    assert refs(directory) == {"refs/heads/main": mine}
    assert eventually(lambda: not gits(server.process.pid))


def test_a_label_that_holds_an_app_password_is_refused(planted):
    with pytest.raises(Exception, match="the label holds an app password") as refused:
        planted.server.app_password(planted.ada, "account", label=f"laptop {planted.secret}")

    assert planted.secret not in str(refused.value)
    assert planted.found() == set()


def test_the_log_says_who_asked_for_what_without_any_credential(planted):
    through_the_header(planted)

    for told in ('"user":"ada"', '"path":"/2.0/repositories/ada/notes/commits"'):
        assert eventually(lambda told=told: told in planted.server.log)
    assert "uthorization" not in planted.server.log
