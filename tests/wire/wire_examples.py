"""One of each model value, plain and hostile, for the tests of the wire layer."""

from bitpail.model.commits import Commit, Signature, TagObject
from bitpail.model.projects import Project, ProjectId
from bitpail.model.refs import Ref
from bitpail.model.repositories import ForkPolicy, Repository, RepositoryId
from bitpail.model.users import Email, User, UserId
from bitpail.model.workspaces import Workspace, WorkspaceId
from bitpail.wire.links import Links

API = "https://git.example.org/2.0"
WEB = "https://git.example.org"
LINKS = Links(api=API, web=WEB, ssh="git.example.org", username="ada")
CREATED = 1_485_526_558_600_540
UPDATED = 1_537_545_238_794_718

ADA = User(
    id=UserId("7d3a178a-a087-4756-b2da-2f9eadf50ba8"),
    username="ada",
    display_name="Ada Byron",
    nickname="ada b",
    account_id="557058:270a1f96-cd27-4013-ade6-85df2ab9820c",
    is_admin=False,
    is_active=True,
    created_on=CREATED,
)
ADAS_EMAIL = Email(address="ada+git@example.org", user_id=ADA.id, is_primary=True, is_confirmed=False)
WORKSPACE = Workspace(
    id=WorkspaceId("c5716604-73d9-4ad4-a3dd-a75485652c57"),
    slug="acme",
    name="Acme",
    personal_of=None,
    is_private=False,
    created_on=CREATED,
    updated_on=UPDATED,
)
PROJECT = Project(
    id=ProjectId("645d71c9-e01c-40ab-976c-3992b9b695a4"),
    workspace_id=WORKSPACE.id,
    key="LIB",
    name="Libraries",
    description="What others use",
    is_private=True,
    created_on=CREATED,
    updated_on=UPDATED,
)
REPOSITORY = Repository(
    id=RepositoryId("3deb8c29-778a-450c-8f69-3e50a18079df"),
    workspace_id=WORKSPACE.id,
    project_id=PROJECT.id,
    slug="test-repos",
    name="Test repos",
    description="",
    website="",
    language="java",
    is_private=True,
    has_wiki=True,
    has_issues=False,
    fork_policy=ForkPolicy.NO_PUBLIC_FORKS,
    size=84351,
    directory=None,
    created_on=CREATED,
    updated_on=UPDATED,
)
SIGNATURE = Signature("Ada Byron <Ada@Example.org>", "Ada Byron", "Ada@Example.org", 1_775_553_141, 120)
ROBOT = Signature("robot <robot@example.org>", "robot", "robot@example.org", 1_775_553_200, 0)
HASH = "e6cd2efc892e383b8b6436c989b8e3f7f566c5e7"
PARENT = "174561d625c9623b60d8aba09b7f08ddc9df45cd"
COMMIT = Commit(HASH, "a" * 40, (PARENT,), SIGNATURE, ROBOT, "Draft pull request\n")
BRANCH = Ref("refs/heads/feature/draft", HASH, HASH)
TAG = Ref("refs/tags/v1.0", "b" * 40, HASH)
ANNOTATION = TagObject("b" * 40, HASH, SIGNATURE, "The first\n")
PEOPLE = {"ada@example.org": ADA}


def signature(text: str, time: int = 0, offset: int = 0) -> Signature:
    return Signature(f"{text} <{text}>", text, text, time, offset)


def commit(text: str, time: int = 0) -> Commit:
    return Commit(HASH, PARENT, (PARENT, HASH), signature(text, time), signature(text, time), text)
