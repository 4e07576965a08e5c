"""The table of authorisation once more for API tokens, access tokens and tokens of apps: every operation, against the contract."""

import re
from dataclasses import replace

import pytest
from authorisation import (
    ACCOUNT,
    OWN_MEMBERSHIP,
    PERSONAL,
    PROJECT,
    REPOSITORY,
    SELF,
    SITE,
    Held,
    filled,
    in_contract,
)
from support.contract import contract, independent_implications
from support.repositories import Repository as GitRepository
from test_authorisation_table import AGAIN, World, cases, check
from verdicts import HOLDERS, Operation, expected, git, rest

from bitpail.model.credentials import CredentialKind
from bitpail.model.scopes import BITBUCKET
from bitpail.policy.kinds import GRANTABLE
from bitpail.services import workspaces

pytestmark = pytest.mark.anyio

K = CredentialKind
REPOSITORY_TEMPLATE = "/2.0/repositories/{workspace}/{repo_slug}"
PARTS = 3

# By hand, for what the contract says nothing of: Git, and operations without scopes of API tokens.
GIT_SCOPES = {
    "repository": "read:repository:bitbucket",
    "repository:write": "write:repository:bitbucket",
}


def api_scopes(operation):
    """What an API token needs for an operation, all of it."""
    if operation.is_git:
        writes = "receive-pack" in operation.template
        return {"write:repository:bitbucket" if writes else "read:repository:bitbucket"}
    described = contract().operation(operation.method, in_contract(operation.template)).description
    found = {scope for each in described.get("x-atlassian-oauth2-scopes", []) for scope in each["scopes"]}
    if not found and operation.scopes:
        (alone,) = operation.scopes[0]
        found = {GIT_SCOPES[alone]}
    return found


def with_api_scopes(operation):
    scopes = api_scopes(operation)
    return replace(operation, scopes=[scopes] if scopes else [])


def grants(operation):
    """Sets of scopes that matter: none of it, each alone, all of it, all but it."""
    needed = frozenset(api_scopes(operation))
    every = frozenset(scope.value for scope in GRANTABLE[K.API_TOKEN])
    found = {needed, *(frozenset({one}) for one in needed), every - needed, every}
    return sorted((one for one in found if one), key=sorted)


class Tokens(World):
    """The same world, with API tokens as they are wanted, and access tokens of every place."""

    async def build(self):
        await self.settle()
        self.secrets = {}

    async def secret(self, holder, granted):
        key = holder, granted
        if key not in self.secrets:
            self.secrets[key] = (await self.server.api_token(self.users[holder], *granted))[1]
        return self.secrets[key]

    async def robot(self, kind, place, granted):
        """The secret of an access token of that kind in a place."""
        key = kind, place, granted
        if key not in self.secrets:
            held = await self.place_of(kind, place)
            self.secrets[key] = (await self.server.access_token(held, *granted))[1]
        return self.secrets[key]

    async def place_of(self, kind, place):
        if kind is K.REPOSITORY_ACCESS_TOKEN:
            return self.repositories[place]
        if kind is K.PROJECT_ACCESS_TOKEN:
            return await workspaces.project_for(self.server.site, self.places[place], None)
        return self.places[place]

    async def put(self, operation, place, **more):
        path = operation.template.replace("{workspace}", place).replace("{repo_slug}", "code")
        path = path.replace("{selected_user}", self.users["owner"].account_id).replace("{username}", place)
        answer = await self.server.client.request(operation.method, filled(path), body=operation.body, **more)
        if operation.method == "DELETE" and answer.status == 204:
            if operation.template == REPOSITORY_TEMPLATE:
                # The tokens of the repository went with it.
                gone = [key for key in self.secrets if key[:2] == (K.REPOSITORY_ACCESS_TOKEN, place)]
                for key in gone:
                    del self.secrets[key]
            await AGAIN[operation.template](self, place)
        return answer.status, why(answer)


def why(answer):
    """What a 403 is about."""
    if answer.status != 403:
        return ""
    text = answer.text
    if "privilege scopes" in text:
        return "scope"
    if "using the provided token" in text:
        return "kind"
    return "limit" if "is limited to" in text else "permission"


@pytest.fixture
async def world(server, tmp_path):
    source = GitRepository(tmp_path / "code")
    source.commit("first")
    source.git("tag", "v1", "main")
    built = Tokens(server, source)
    await built.build()
    return built


def report(wrong, size):
    return "\n".join([f"{len(wrong)} of {size} cases are wrong:", *wrong[:25]])


@pytest.mark.parametrize("part", range(PARTS))
async def test_an_api_token_may_what_the_contract_and_the_permissions_allow(world, part):
    wrong, size = [], 0
    for operation in [*rest(), *git()][part::PARTS]:
        asked = with_api_scopes(operation)
        for granted in grants(operation):
            for holder in HOLDERS:
                secret = await world.secret(holder, granted)
                auth = (holder if operation.is_git else f"{holder}@example.com", secret)
                for place in ("private", "public"):
                    wanted = expected(asked, HOLDERS[holder], granted, public=place == "public")
                    got = await world.put(operation, place, auth=auth, headers=operation.headers)
                    size += 1
                    if got != wanted:
                        what = f"{operation.method} {operation.template} on {place}"
                        wrong.append(f"{holder} with {sorted(granted)}: {what}: {wanted}, got {got}")

    assert size > 2_000
    assert not wrong, report(wrong, size)


STRONG = {
    Held.ADMIN: {
        *("repository:admin", "repository:delete", "webhook", "pipeline:variable", "runner:write"),
        "project:admin",
    },
    Held.WRITE: {"repository:write", "pullrequest:write", "pipeline:write"},
}
"""What a robot holds by each scope; READ by all others."""
FOR_PEOPLE = re.compile(r"permission|deploy-keys")
WIDTH = {K.REPOSITORY_ACCESS_TOKEN: 0, K.PROJECT_ACCESS_TOKEN: 1, K.WORKSPACE_ACCESS_TOKEN: 2}


def held_by(granted):
    every = covered(granted)
    return next((held for held, scopes in STRONG.items() if scopes & every), Held.READ)


def covered(granted):
    return {*granted, *(low for high in granted for low in independent_implications()[high])}


def expected_of_robot(operation, kind, granted, *, own):
    """What should come of it for the robot of a token, in its own place or in another one."""
    need = operation.need
    if need.on in {ACCOUNT, SELF} or operation.template.startswith(
        "/2.0/user/workspaces/{workspace}/permission"
    ):
        if need.on not in {ACCOUNT, SELF} and not operation.template.endswith("/permission"):
            # One's own permissions in a workspace: asked of the workspace.
            reached = own and kind is K.WORKSPACE_ACCESS_TOKEN
            return (403, "kind") if reached else (403, "limit")
        everywhere = operation.template == "/2.0/user/permissions/repositories"
        return (403, "limit") if everywhere else (403, "kind")
    if operation.template == "/2.0/repositories":
        return 403, "limit"
    if need.on != SITE:
        needs = {REPOSITORY: 0, PROJECT: 1}.get(need.on, 2)
        if not own or needs > WIDTH[kind] or need.on == PERSONAL:
            return 403, "limit"
        if FOR_PEOPLE.search(operation.template):
            return 403, "kind"
        if held_by(granted) < need.permission:
            return 403, "permission"
    if operation.scopes and not any(wanted <= covered(granted) for wanted in operation.scopes):
        return 403, "scope"
    return need.allowed, ""


@pytest.mark.parametrize("kind", WIDTH)
async def test_an_access_token_may_what_its_scopes_are_about_where_it_was_made(world, kind):
    wrong, size = [], 0
    every = tuple(scope.value for scope in GRANTABLE[kind])
    granted_sets = [*((one,) for one in every), every]
    for operation in [*rest(), *git()]:
        assert operation.need.on != OWN_MEMBERSHIP or operation.template.endswith("/permission")
        for granted in granted_sets:
            for place in ("private", "public"):
                for made_in in ("private", "public"):
                    if made_in != place and len(granted) == 1 and granted != ("repository",):
                        continue
                    secret = await world.robot(kind, made_in, granted)
                    auth = {"authorization": f"Bearer {secret}"}
                    wanted = expected_of_robot(operation, kind, granted, own=made_in == place)
                    got = await world.put(operation, place, headers={**operation.headers, **auth})
                    size += 1
                    if got != wanted:
                        what = f"{operation.method} {operation.template} on {place}, of {made_in}"
                        wrong.append(f"{kind} with {granted}: {what}: {wanted}, got {got}")

    assert size > 3_000
    assert not wrong, report(wrong, size)


class Apps(World):
    """The same world; each of its app passwords is the token of an app with the same permission."""

    async def build(self):
        await super().build()
        for holder, user in self.users.items():
            for scope in BITBUCKET:
                token = await self.server.oauth_token(user, scope)
                self.auths[holder, scope.value] = ("x-token-auth", token)


@pytest.mark.parametrize("part", range(PARTS))
async def test_a_token_of_an_app_may_what_an_app_password_with_its_permissions_may(server, tmp_path, part):
    source = GitRepository(tmp_path / "code")
    source.commit("first")
    source.git("tag", "v1", "main")
    world = Apps(server, source)
    await world.build()
    # What no operation asks for stands for all that is not enough.
    table = [
        case
        for case in cases([*rest(), *git()][part::PARTS])
        if not case.by_uuid
        and (case.granted == "wiki" or any(case.granted in scopes for scopes in case.operation.scopes))
    ]

    assert len(table) > 800
    await check(world, table)


def test_every_operation_of_the_table_is_asked_of_every_kind():
    assert len(rest()) + len(git()) > 130
    assert all(isinstance(one, Operation) for one in rest())
