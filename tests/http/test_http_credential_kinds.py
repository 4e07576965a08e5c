"""Every kind of credential under every user name at every door in every year, asked of a running server."""

import pytest
from support.asgi import basic
from support.credential_table import CELLS, NAMES

from bitpail.model.credentials import CredentialKind, Door, Year
from bitpail.policy.attenuation import Narrowing, narrow
from bitpail.policy.secrets import Secret
from bitpail.policy.user_names import Verdict
from bitpail.services import workspaces, years

pytestmark = pytest.mark.anyio

K = CredentialKind
GONE = (
    "CHANGE-3222 - Functionality has been deprecated\n"
    "App passwords are deprecated and must be replaced with API tokens.\n"
    "https://developer.atlassian.com/cloud/bitbucket/changelog#CHANGE-3222"
)
DOORS = {
    Door.REST: ["/2.0/repositories/team/code"],
    Door.GIT: [
        "/team/code.git/info/refs?service=git-upload-pack",
        "/team/code.git/wiki/info/refs?service=git-upload-pack",
    ],
}


@pytest.fixture
async def world(server, ada):
    """A workspace with a private repository, and a secret of each kind that opens it."""
    team = await server.workspace("team", ada)
    code = await server.repository("team", "code", has_wiki=True)
    project = await workspaces.project_for(server.site, team, None)
    server.team = team
    app_password = (await server.auth(ada, "repository", "wiki"))[1]
    server.secrets = {
        K.APP_PASSWORD: app_password,
        K.NARROWED: narrow(Secret(app_password), Narrowing(read_only=True)).reveal(),
        K.API_TOKEN: (await server.api_token(ada, "read:repository:bitbucket"))[1],
        K.REPOSITORY_ACCESS_TOKEN: (await server.access_token(code, "repository"))[1],
        K.PROJECT_ACCESS_TOKEN: (await server.access_token(project, "repository"))[1],
        K.WORKSPACE_ACCESS_TOKEN: (await server.access_token(team, "repository"))[1],
        K.OAUTH_ACCESS_TOKEN: await server.oauth_token(ada, "repository", "wiki"),
    }
    return server


def header(name, secret):
    given, _ = NAMES[name]
    return f"Bearer {secret}" if given is None else basic(given, secret)


async def ask(server, path, kind, name):
    return await server.client.get(path, headers={"authorization": header(name, server.secrets[kind])})


def hears(answer, door, kind, name, verdict):
    """Whether an answer is what the table says of a right secret."""
    if verdict is Verdict.GONE and name == "email":
        # Whoever gives an address has never had a right app password: that is said first.
        verdict = Verdict.WRONG_NAME
    if verdict is Verdict.TAKEN:
        # The scopes of access tokens have none for wikis.
        robot = kind.is_robot and "/wiki/" in answer.path
        return answer.status == (403 if robot else 200)
    if verdict is not Verdict.GONE:
        return answer.status == 401 and "CHANGE-3222" not in answer.text
    if door is Door.GIT:
        return answer.status == 410 and answer.text == f"{GONE}\n"
    return answer.status == 401 and answer.json()["error"]["detail"] == GONE


VERDICTS = {cell[:4]: cell[4] for cell in CELLS}


async def wrong_cells(server, *in_force):
    """The cells of which the server says something else where these years are in force, in their order; how many there were."""
    wrong, asked = [], 0
    for kind, name, year, door, _ in CELLS:
        if year is not in_force[0] or kind not in server.secrets:
            continue
        verdicts = [VERDICTS[kind, name, one, door] for one in in_force]
        verdict = next((one for one in verdicts if one is not Verdict.TAKEN), Verdict.TAKEN)
        for path in DOORS[door]:
            answer = await ask(server, path, kind, name)
            asked += 1
            if not hears(answer, door, kind, name, verdict):
                wrong.append(f"{kind} as {name}: {verdict.value} expected, {answer}")
    assert asked == len(server.secrets) * 5 * 3
    return wrong


def test_every_kind_is_asked_about(world):
    assert set(world.secrets) == set(CredentialKind)


@pytest.mark.parametrize("year", Year)
async def test_a_server_keeps_the_table_of_its_year(world, year):
    await years.put(world.site, year)

    wrong = await wrong_cells(world, year)

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("year", Year)
async def test_a_workspace_keeps_the_table_of_its_year(world, year):
    await years.put_in_workspace(world.site, world.team, year)

    wrong = await wrong_cells(world, Year.TOLERANT, year)

    assert not wrong, "\n".join(wrong)


async def test_a_workspace_is_never_more_tolerant_than_the_server(world):
    await years.put(world.site, Year.STRICT_2026)
    await years.put_in_workspace(world.site, world.team, Year.TOLERANT)

    wrong = await wrong_cells(world, Year.STRICT_2026, Year.TOLERANT)

    assert not wrong, "\n".join(wrong)


async def test_the_year_of_a_workspace_is_no_other_ones_business(world, ada):
    await world.repository("ada", "notes")
    await years.put_in_workspace(world.site, world.team, Year.STRICT_2026)
    auth = ("ada", world.secrets[K.APP_PASSWORD])

    assert (await world.client.get("/2.0/repositories/ada/notes", auth=auth)).status == 200
    assert (await world.client.get("/2.0/repositories/team/code", auth=auth)).status == 401
    assert (await world.client.get("/2.0/workspaces/team/projects", auth=auth)).status == 401


async def test_whoever_may_not_see_a_workspace_hears_nothing_of_its_year(world):
    eve = await world.user("eve")
    auth = await world.auth(eve, "repository", "project")
    paths = ["/2.0/repositories/team/{}", "/team/{}.git/info/refs?service=git-upload-pack"]
    before = [(await world.client.get(path.format("code"), auth=auth)).body for path in paths]

    await years.put_in_workspace(world.site, world.team, Year.STRICT_2026)

    for path, said in zip(paths, before, strict=True):
        seen, none = [await world.client.get(path.format(name), auth=auth) for name in ("code", "nothing")]
        assert (seen.status, seen.body) == (none.status, none.body)
        assert seen.body == said


async def test_a_wrong_secret_hears_the_same_in_every_year(world):
    heard = set()
    for year in Year:
        await years.put(world.site, year)
        for secret in ("bp_wrong", "ATBBwrong", "x" * 40):
            answer = await world.client.get(
                "/team/code.git/info/refs?service=git-upload-pack", auth=("ada", secret)
            )
            heard.add((answer.status, answer.text))

    assert heard == {(401, "Invalid credentials\n")}


async def test_who_holds_the_right_secret_is_told_which_name_it_wants(world):
    await years.put(world.site, Year.STRICT_2026)

    git = await ask(world, DOORS[Door.GIT][0], K.API_TOKEN, "email")
    token = await ask(world, DOORS[Door.GIT][0], K.REPOSITORY_ACCESS_TOKEN, "username")
    rest = await ask(world, DOORS[Door.REST][0], K.API_TOKEN, "username")
    bearer = await ask(world, DOORS[Door.REST][0], K.API_TOKEN, "bearer")

    assert "give your username or x-bitbucket-api-token-auth as user name here" in git.text
    # A robot's name is nobody's: what stands beside its token is simply wrong.
    assert token.text == "Invalid credentials\n"
    assert "give your e-mail address here" in rest.json()["error"]["detail"]
    assert bearer.message == "Token is invalid, expired, or not supported for this endpoint."


@pytest.mark.parametrize("name", ["eve@example.com", "ada@example.org", "@", "ada@"])
async def test_an_api_token_is_taken_under_the_addresses_of_its_user_only(world, name):
    await world.user("eve", email="eve@example.com")
    secret = world.secrets[K.API_TOKEN]

    answer = await world.client.get("/2.0/repositories/team/code", auth=(name, secret))

    assert answer.status == 401


@pytest.mark.parametrize("name", ["eve", "", "x-token-auth", "X-Bitbucket-Api-Token-Auth", "number 1"])
async def test_no_other_name_will_do_for_an_api_token(world, name):
    await world.user("eve")

    answer = await world.client.get("/2.0/repositories/team/code", auth=(name, world.secrets[K.API_TOKEN]))

    assert answer.status == 401


async def test_a_credential_tells_its_kind_and_its_scopes(world):
    told = {}
    for kind, name in (
        (K.API_TOKEN, "email"),
        *((kind, "bearer") for kind in world.secrets if kind.is_robot),
    ):
        answer = await ask(world, DOORS[Door.REST][0], kind, name)
        told[kind] = answer.headers["x-credential-type"]
        scopes = answer.headers["x-oauth-scopes"], answer.headers["x-accepted-oauth-scopes"]
        wanted = "read:repository:bitbucket" if kind is K.API_TOKEN else "repository"
        assert scopes == (wanted, wanted)

    assert told == {kind: kind.value for kind in told}


async def test_a_year_that_was_decided_counts_from_the_next_request_on(world):
    path = DOORS[Door.REST][0]
    statuses = []
    for year in (Year.STRICT_2026, Year.TOLERANT, Year.STRICT_2026, None):
        await years.put(world.site, year)
        statuses.append((await ask(world, path, K.APP_PASSWORD, "username")).status)

    assert statuses == [401, 200, 401, 200]
