"""What was deployed: listed for everybody who may look, recorded by whoever holds the data directory.

There are no pipelines that would deploy, and no operation of the REST API
makes a deployment: the command line does.
"""

import uuid

import msgspec
from msgspec import Struct

from bitpail.errors import Invalid, NotFound
from bitpail.git.revisions import Revision
from bitpail.model.access import Access
from bitpail.model.deployments import Deployment, DeploymentDetail, DeploymentState, DeploymentStatus
from bitpail.model.environments import RANKS, Environment, EnvironmentDetail, EnvironmentType
from bitpail.model.repositories import Repository
from bitpail.model.users import User
from bitpail.policy import members, names
from bitpail.services import environments
from bitpail.services.clock import now
from bitpail.services.repositories import code_directory
from bitpail.services.site import Site
from bitpail.store import deployments as store
from bitpail.wire.query_kinds import Asked

_ALL = Asked()


class DeploymentsPage(Struct, frozen=True):
    """One page of deployments and the number of all."""

    deployments: list[Deployment]
    size: int


class Told(Struct, frozen=True, kw_only=True):
    """What is told of a deployment; None leaves what was told before."""

    state: DeploymentState = DeploymentState.COMPLETED
    status: DeploymentStatus | None = None
    release_name: str | None = None
    release_url: str | None = None
    url: str | None = None
    deployer: User | None = None


async def page(site: Site, access: Access, asked: Asked, offset: int, limit: int) -> DeploymentsPage:
    """Some of a repository, the newest first; raises Invalid."""
    return DeploymentsPage(*await store.page(site.db, access.repository.id, asked, offset, limit))


async def one(site: Site, access: Access, name: str) -> Deployment:
    """The deployment of that UUID; raises NotFound."""
    return await _one(site, access.repository, name)


async def newest(site: Site, repository: Repository, number: int) -> list[Deployment]:
    """The same, for the administrator at the command line."""
    return (await store.page(site.db, repository.id, _ALL, 0, number))[0]


async def record(  # where, what, how it went
    site: Site,
    repository: Repository,
    environment: str,
    revision: str,
    told: Told,
    environment_type: EnvironmentType | None = None,
) -> Deployment:
    """Write down that a commit is deployed to an environment, by its name; raises Invalid or NotFound.

    With a type an environment that is not there is made.
    """
    commit = await site.objects.resolve(code_directory(site, repository), Revision(revision))
    at = now()
    # A commit that is deployed again is the same release, wherever it goes.
    release = str(uuid.uuid5(uuid.UUID(repository.id), f"{commit} {told.release_name or ''}"))
    detail = _detail(DeploymentDetail(commit, release, told.release_name or commit[:12], at), told, at)
    place = await _environment(site, repository, environment, environment_type)
    made = Deployment(
        id=str(uuid.uuid4()),
        repository_id=repository.id,
        environment_id=place.id,
        detail=detail,
        created_on=at,
    )
    await store.put(site.db, made)
    return await _one(site, repository, made.id)


async def record_again(site: Site, repository: Repository, name: str, told: Told) -> Deployment:
    """Write down how one went on; raises Invalid or NotFound."""
    before = await _one(site, repository, name)
    detail = _detail(before.detail, told, now())
    if told.release_name is not None:
        detail = msgspec.structs.replace(detail, release_name=told.release_name)
    await store.put(site.db, msgspec.structs.replace(before, detail=detail))
    return await _one(site, repository, before.id)


async def _one(site: Site, repository: Repository, name: str) -> Deployment:
    found = await store.by_id(site.db, repository.id, names.in_braces(name) or name)
    if found is None:
        raise NotFound(f"there is no deployment {name!r} in this repository")
    return found


async def _environment(
    site: Site, repository: Repository, name: str, kind: EnvironmentType | None
) -> Environment:
    found = await environments.named(site, repository, name)
    if found is not None:
        return found
    if kind is None:
        raise NotFound(f"there is no environment {name!r} in this repository")
    return await environments.create(site, repository, name, EnvironmentDetail(kind, RANKS[kind]))


def _detail(before: DeploymentDetail, told: Told, at: int) -> DeploymentDetail:
    """What is known now: of when it began and ended too."""
    is_completed = told.state is DeploymentState.COMPLETED
    if told.status is not None and not is_completed:
        raise Invalid("only a completed deployment has a status")
    if told.release_name is not None:
        members.needed("name", told.release_name, 255)
    has_begun = told.state is not DeploymentState.UNDEPLOYED
    return msgspec.structs.replace(
        before,
        changed_on=at,
        state=told.state,
        status=(told.status or DeploymentStatus.SUCCESSFUL) if is_completed else None,
        release_url=before.release_url if told.release_url is None else _address(told.release_url),
        url=before.url if told.url is None else _address(told.url),
        deployer=told.deployer.id if told.deployer else before.deployer,
        started_on=(before.started_on or at) if has_begun else None,
        completed_on=at if is_completed else None,
    )


def _address(text: str) -> str:
    return members.address("url", text) if text else ""
