"""Each kind of credential in the hands of git and curl: under the names by which people use it, and by which they don't."""

import json
import subprocess

import pytest

from bitpail.model.credentials import CredentialKind, Year
from bitpail.services import access_tokens, app_passwords, repositories, users, workspaces, years
from bitpail.services.app_passwords import Wanted
from bitpail.services.managing import Managing

K = CredentialKind
GONE = (
    "remote: CHANGE-3222 - Functionality has been deprecated",
    "remote: App passwords are deprecated and must be replaced with API tokens.",
    "remote: https://developer.atlassian.com/cloud/bitbucket/changelog#CHANGE-3222",
)
API = "x-bitbucket-api-token-auth"


class Scene:
    """A repository of a workspace, and a secret of each kind that reads and writes it."""

    def __init__(self, server, person):
        self.server, self.person = server, person
        ada = server.user("ada")
        server.workspace("acme", ada)
        server.repository("acme/notes", files={"readme.txt": "hello\n"})
        server.do(self._fill)
        self.count = 0

    async def _fill(self, site):
        ada = await users.named(site, "ada")
        notes = (await repositories.named(site, "acme", "notes")).repository
        team = await workspaces.named(site, "acme")
        project = await workspaces.project_for(site, team, None)
        write = Wanted(label="one", permissions=("repository:write",))
        both = ("read:repository:bitbucket", "write:repository:bitbucket")
        api = Wanted(label="one", permissions=both, lifetime=3600)
        made = {
            K.APP_PASSWORD: await app_passwords.create(site, ada, write),
            K.API_TOKEN: await app_passwords.create(site, ada, api, Managing(kind=K.API_TOKEN)),
            K.REPOSITORY_ACCESS_TOKEN: await access_tokens.create(site, notes, write),
            K.PROJECT_ACCESS_TOKEN: await access_tokens.create(site, project, write),
            K.WORKSPACE_ACCESS_TOKEN: await access_tokens.create(site, team, write),
        }
        self.secrets = {kind: secret.reveal() for kind, (_, secret) in made.items()}

    def year(self, year):
        self.server.do(lambda site: years.put(site, year))

    def clones(self, kind, name):
        self.count += 1
        url = self.server.git_url("acme/notes", name, self.secrets[kind])
        self.clone = self.person.home / f"clone{self.count}"
        return self.person.run("git", "clone", url, str(self.clone))

    def pushes(self):
        (self.clone / "more.txt").write_text(f"{self.count}\n")
        self.person.run("git", "add", "more.txt", at=self.clone)
        self.person.run("git", "commit", "-m", "more", at=self.clone)
        return self.person.run("git", "push", "origin", "HEAD:main", at=self.clone)

    @property
    def head(self):
        directory = self.server.directory("acme/notes")
        command = ["git", "--git-dir", str(directory), "rev-parse", "main"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    def asks(self, *options, path="repositories/acme/notes"):
        done = self.person.run("curl", "-sS", "-w", "\n%{http_code}", *options, f"{self.server.api}/{path}")
        body, _, status = done.out.rpartition("\n")
        return int(status), json.loads(body)


@pytest.fixture
def acme(bitpail, person):
    return Scene(bitpail, person)


@pytest.mark.parametrize("year", [Year.TOLERANT, Year.STRICT_2026])
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (K.API_TOKEN, "ada"),
        (K.API_TOKEN, API),
        *((kind, "x-token-auth") for kind in K if kind.is_robot),
    ],
)
def test_git_clones_and_pushes_with_a_token(acme, kind, name, year):
    acme.year(year)
    before = acme.head

    assert acme.clones(kind, name).worked
    pushed = acme.pushes()

    assert pushed.worked, pushed.seen
    assert acme.head != before


def test_git_shows_the_recorded_lines_for_an_app_password_after_their_removal(acme):
    acme.year(Year.STRICT_2026)

    done = acme.clones(K.APP_PASSWORD, "ada")

    assert done.status == 128
    for line in GONE:
        assert line in done.err
    assert "The requested URL returned error: 410" in done.err


def test_git_shows_which_name_an_api_token_wants(acme):
    acme.year(Year.STRICT_2026)

    done = acme.clones(K.API_TOKEN, acme.server.do(_emails)[0].address)

    assert done.status == 128
    assert "remote: Invalid credentials" in done.err
    assert "give your username or x-bitbucket-api-token-auth as user name here" in done.err


def test_a_token_that_reads_is_refused_a_push_in_words(acme):
    async def reading(site):
        notes = (await repositories.named(site, "acme", "notes")).repository
        wanted = Wanted(label="reads", permissions=("repository",))
        return (await access_tokens.create(site, notes, wanted))[1].reveal()

    acme.secrets[K.REPOSITORY_ACCESS_TOKEN] = acme.server.do(reading)
    before = acme.head
    assert acme.clones(K.REPOSITORY_ACCESS_TOKEN, "x-token-auth").worked

    pushed = acme.pushes()

    assert not pushed.worked
    assert "error: 403" in pushed.err
    assert acme.head == before


@pytest.mark.parametrize("kind", [kind for kind in K if kind.is_robot])
@pytest.mark.parametrize("year", [Year.TOLERANT, Year.STRICT_2022, Year.STRICT_2026])
def test_curl_asks_with_an_access_token_as_bearer(acme, kind, year):
    acme.year(year)

    status, answer = acme.asks("-H", f"Authorization: Bearer {acme.secrets[kind]}")

    assert (status, answer["full_name"]) == (200, "acme/notes")
    forbidden, told = acme.asks("-H", f"Authorization: Bearer {acme.secrets[kind]}", path="user")
    assert forbidden == 403
    assert (
        told["error"]["message"] == "This resource does not support authentication using the provided token"
    )


def test_curl_asks_with_an_api_token_by_the_address(acme):
    secret = acme.secrets[K.API_TOKEN]
    address = acme.server.do(_emails)[0].address
    acme.year(Year.STRICT_2026)

    assert acme.asks("--user", f"{address}:{secret}")[0] == 200
    assert acme.asks("--user", f"ada:{secret}")[0] == 401
    lacks, told = acme.asks("--user", f"{address}:{secret}", path="user")
    assert lacks == 403
    assert told["error"]["detail"] == {
        "required": ["read:user:bitbucket"],
        "granted": ["read:repository:bitbucket", "write:repository:bitbucket"],
    }


async def _emails(site):
    return await users.emails(site, await users.named(site, "ada"))


def test_curl_hears_that_an_app_password_is_gone(acme):
    acme.year(Year.STRICT_2026)

    status, answer = acme.asks("--user", f"ada:{acme.secrets[K.APP_PASSWORD]}")

    assert status == 401
    assert answer["error"]["detail"].startswith("CHANGE-3222")


def test_git_with_a_bearer_header_is_let_in_where_the_year_is_tolerant(acme):
    secret = acme.secrets[K.WORKSPACE_ACCESS_TOKEN]
    command = (
        *("git", "-c", f"http.extraHeader=Authorization: Bearer {secret}"),
        *("ls-remote", acme.server.git_url("acme/notes")),
    )

    assert acme.person.run(*command).worked
    acme.year(Year.STRICT_2026)
    assert not acme.person.run(*command).worked


@pytest.mark.parametrize("year", Year)
def test_the_server_says_nothing_of_a_secret_whatever_becomes_of_it(acme, year):
    acme.year(year)
    for kind in acme.secrets:
        for name in ("ada", "x-token-auth", API, "ada@example.com"):
            acme.clones(kind, name)

    log = acme.server.log
    assert log
    for secret in acme.secrets.values():
        assert secret not in log
        assert secret[8:] not in log
