"""Who may do what: every route and Git service, every scope, every permission, against the contract."""

import uuid
from dataclasses import dataclass

import msgspec
import pytest
from authorisation import NEEDS, PROJECT, Held, filled, in_contract
from support.asgi import Answer
from support.contract import contract, independent_implications
from support.repositories import Repository as GitRepository
from support.site import Auth, Server
from verdicts import ANONYMOUS, HOLDERS, PROJECT_HOLDERS, Operation, Outcome, expected, git, rest

from bitpail.api.routes import ROUTES
from bitpail.model.app_passwords import AppPassword, AppPasswordId
from bitpail.model.permissions import Permission
from bitpail.model.repositories import Repository
from bitpail.model.scopes import OWN
from bitpail.model.users import User
from bitpail.model.workspaces import Workspace
from bitpail.policy import secrets
from bitpail.services import app_passwords, repositories, workspaces
from bitpail.smart_http.routes import LFS
from bitpail.smart_http.routes import ROUTES as GIT_ROUTES
from bitpail.store import app_passwords as store
from bitpail.store import default_reviewers, projects

pytestmark = pytest.mark.anyio

SCOPES = [*independent_implications(), *OWN]
"""Our own too: they open nothing here, and nothing in Git."""


@dataclass(frozen=True)
class Case:
    """One cell of the table."""

    operation: Operation
    holder: str
    granted: str | None
    place: str
    by_uuid: bool

    def __str__(self) -> str:
        by = " by UUID" if self.by_uuid else ""
        what = f"{self.operation.method} {self.operation.template}{by}"
        return f"{self.holder} with {self.granted or 'no scope'}: {what} on the {self.place} repository"


EVERYBODY = {**HOLDERS, **PROJECT_HOLDERS}
_TAGS = "/2.0/repositories/{workspace}/{repo_slug}/refs/tags/{name...}"
_REVIEWER = "/2.0/workspaces/{workspace}/projects/{project_key}/default-reviewers/{selected_user}"
PARTS = 4
"""Into so many tests the table is dealt, so that several workers share it."""


class World:
    """Two workspaces, one with a private and one with a public repository, and one user for each holder.

    A third belongs to the outsider.
    """

    def __init__(self, server: Server, source: GitRepository) -> None:
        self.server = server
        self.source = source
        self.users: dict[str, User] = {}
        self.places: dict[str, Workspace] = {}
        self.repositories: dict[str, Repository] = {}
        self.auths: dict[tuple[str, str | None], Auth] = {}

    async def settle(self) -> None:
        """Everybody, and the places with who has what in them."""
        self.users = {holder: await self.server.user(holder) for holder in EVERYBODY}
        for place in ("private", "public"):
            workspace = await self.server.workspace(place, self.users["owner"], public=place == "public")
            self.places[place] = workspace
            for role in ("member", "collaborator"):
                await self.server.member(workspace, self.users[role], role)
            project = await workspaces.project_for(self.server.site, workspace, None)
            for holder, held in (("project-writer", Permission.WRITE), ("project-admin", Permission.ADMIN)):
                await projects.grant(self.server.site.db, project.id, self.users[holder].id, held)
            await self.make(place)
            await self.review(place)
        await self.server.workspace("elsewhere", self.users["outsider"])

    async def build(self) -> None:
        await self.settle()
        await self.server.adopted("elsewhere", "code", self.source)
        for holder, user in self.users.items():
            for scope in SCOPES:
                self.auths[holder, scope] = await self.server.auth(user, scope)
            self.auths[holder, None] = await without_scopes(self.server, user)

    async def make(self, place: str) -> None:
        """The repository and what each holder has on it; again, when a case has deleted it."""
        made = await self.server.adopted(place, "code", self.source, public=place == "public")
        self.repositories[place] = made
        for holder, held in HOLDERS.items():
            if holder != "owner" and held.repository:
                await self.server.grant(made, self.users[holder], held.repository.name)

    async def approve(self, place: str) -> None:
        """An approval that is not there can be withdrawn as well."""

    async def review(self, place: str) -> None:
        """The owner reviews whatever comes to the project."""
        project_id = self.repositories[place].project_id
        await default_reviewers.add_to_project(self.server.site.db, project_id, self.users["owner"].id)

    async def tag(self, place: str) -> None:
        del place
        self.source.git("tag", "v1", "main")

    def path(self, case: Case) -> str:
        workspace, repo_slug = case.place, "code"
        if case.by_uuid:
            workspace = f"%7B{self.places[case.place].id}%7D"
            repo_slug = f"%7B{self.repositories[case.place].id}%7D"
        path = case.operation.template.replace("{workspace}", workspace).replace("{repo_slug}", repo_slug)
        path = path.replace("{selected_user}", self.users["owner"].account_id)
        path = path.replace("{username}", workspace)
        return filled(path)

    async def ask(self, case: Case) -> Outcome:
        operation, auth = case.operation, self.auths.get((case.holder, case.granted))
        answer = await self.server.client.request(
            operation.method, self.path(case), auth=auth, headers=operation.headers, body=operation.body
        )
        if operation.method == "DELETE" and answer.status == 204:
            await AGAIN[operation.template](self, case.place)
        return answer.status, missing(operation, answer)


AGAIN = {
    "/2.0/repositories/{workspace}/{repo_slug}": World.make,
    "/2.0/repositories/{workspace}/{repo_slug}/commit/{commit}/approve": World.approve,
    _TAGS: World.tag,
    _REVIEWER: World.review,
}
"""What puts back what whoever may has deleted."""


async def without_scopes(server: Server, user: User) -> Auth:
    """The service makes no app password that may do nothing; the table wants one."""
    made, secret = await app_passwords.create(
        server.site, user, app_passwords.Wanted(label="to be copied", permissions=("email",))
    )
    await app_passwords.revoke(server.site, user, made.label)
    bare = msgspec.structs.replace(made, id=AppPasswordId(str(uuid.uuid4())), label="no scope", scopes=())
    secret = secrets.generate()
    number = server.site.keys.newest
    digest = secrets.digest(secret, server.site.keys.app_passwords[number])
    await store.create(server.site.db, bare)
    await store.add_secret(server.site.db, bare.id, secrets.lookup_name(secret), digest, number, 1)
    assert isinstance(bare, AppPassword)
    return user.username, secret.reveal()


def missing(operation: Operation, answer: Answer) -> str:
    """What a 403 says is missing."""
    if answer.status != 403:
        return ""
    if operation.is_git:
        return "scope" if "privilege scopes" in answer.text else "permission"
    return "scope" if "detail" in answer.json()["error"] else "permission"


@pytest.fixture
async def world(server, tmp_path):
    source = GitRepository(tmp_path / "code")
    source.commit("first")
    source.git("tag", "v1", "main")
    built = World(server, source)
    await built.build()
    return built


def cases(operations: list[Operation]) -> list[Case]:
    """Names and UUIDs lead to the same place, so that the latter are tried with the scopes that matter."""
    return [
        Case(operation, holder, granted, place, by_uuid)
        for operation in operations
        for holder in (*HOLDERS, "anonymous", *(PROJECT_HOLDERS if operation.need.on == PROJECT else ()))
        for granted in ([None, *SCOPES] if holder != "anonymous" else [None])
        for place in ("private", "public")
        for by_uuid in (False, True)
        if not by_uuid or granted is None or any(granted in scopes for scopes in operation.scopes)
    ]


def report(wrong: list[tuple[Case, Outcome, Outcome]], size: int) -> str:
    lines = [f"{case}: expected {wanted}, got {got}" for case, wanted, got in wrong[:25]]
    return "\n".join([f"{len(wrong)} of {size} cases are wrong:", *lines])


async def check(world: World, table: list[Case]) -> None:
    wrong = []
    for case in table:
        holder = EVERYBODY.get(case.holder, ANONYMOUS)
        wanted = expected(case.operation, holder, case.granted, public=case.place == "public")
        got = await world.ask(case)
        if got != wanted:
            wrong.append((case, wanted, got))
    assert not wrong, report(wrong, len(table))


@pytest.mark.parametrize("part", range(PARTS))
async def test_the_rest_api_allows_what_the_contract_and_the_permissions_allow(world, part):
    table = cases(rest()[part::PARTS])

    assert len(table) > 450 * (len(NEEDS) // PARTS)
    await check(world, table)


async def test_git_allows_what_scope_and_permission_allow_together(world):
    table = cases(git())

    assert len(table) > 3_500
    await check(world, table)


async def test_a_revoked_password_opens_nothing_however_much_it_could(world):
    owner = world.users["owner"]
    made, auth = await world.server.app_password(owner, *SCOPES)
    await app_passwords.revoke(world.server.site, owner, made.label)
    world.auths["owner", "revoked"] = auth

    for operation in rest() + git():
        for place in ("private", "public"):
            case = Case(operation, "owner", "revoked", place, by_uuid=False)
            assert await world.ask(case) == (401, ""), str(case)


async def test_what_may_not_be_seen_sounds_like_what_is_not_there(world):
    told = []
    for auth in (None, world.auths["stranger", "repository:admin"], world.auths["member", None]):
        for operation in rest() + git():
            if "{repo_slug}" not in operation.template:
                continue
            seen = []
            for slug in ("code", "nowhere"):
                path = operation.template.replace("{workspace}", "private").replace("{repo_slug}", slug)
                answer = await world.server.client.request(
                    operation.method,
                    filled(path),
                    auth=auth,
                    headers=operation.headers,
                    body=operation.body,
                )
                headers = [pair for pair in answer.raw_headers if pair[0] != "x-request-id"]
                seen.append((answer.status, headers, answer.body))
            if seen[0] != seen[1]:
                told.append(f"{operation.method} {operation.template}: {seen}")

    assert not told, "\n".join(told)


async def test_a_project_that_may_not_be_seen_sounds_like_one_that_is_not_there(world):
    told = []
    for auth in (None, world.auths["stranger", "project:admin"], world.auths["stranger", None]):
        for operation in rest():
            if "{project_key}" not in operation.template:
                continue
            answers = [
                await world.server.client.request(
                    operation.method,
                    filled(
                        operation.template.replace("{project_key}", key).replace("{workspace}", "private")
                    ),
                    auth=auth,
                    headers=operation.headers,
                    body=operation.body,
                )
                for key in ("PROJ", "NONE")
            ]
            if len({(answer.status, answer.body) for answer in answers}) != 1:
                told.append(f"{operation.method} {operation.template}: {answers}")

    assert not told, "\n".join(told)


async def test_a_repository_that_was_given_away_is_closed_at_once(world):
    case = Case(git()[0], "reader", "repository", "private", by_uuid=False)
    assert (await world.ask(case))[0] == 200

    await repositories.grant(
        world.server.site, world.repositories["private"], world.users["reader"], Held.NONE
    )

    assert (await world.ask(case))[0] == 404


def test_every_route_states_a_need_and_stands_in_this_table_and_in_the_contract():
    for route in ROUTES:
        assert route.need is not None
        assert (route.method, route.template) in NEEDS, "say in the table of this test what it should need"
        contract().operation(route.method, in_contract(route.template))
    assert len(NEEDS) == len(ROUTES)


def test_every_git_service_stands_in_this_table():
    listed = {(operation.method, operation.template.replace(".git", "", 1)) for operation in git()}
    # Git LFS has a table of its own among its tests.
    served = {
        (route.method, route.template)
        for route in GIT_ROUTES
        if route.handler.__name__ != "dumb_protocol" and LFS not in route.template
    }

    assert served == listed
