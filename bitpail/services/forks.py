"""Forks: made of what one may read, where one may make repositories, and listed for who may see them.

What a fork and its parent share on the disk is ``git/pools.py``'s affair. What the
parent's owner decides about forks holds for forks of forks too.
"""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from bitpail.errors import BitpailError, Invalid
from bitpail.git import directories, pools, refs
from bitpail.git.directories import GitDirectory, common_directory
from bitpail.model.access import Access, Actor, WorkspaceAccess
from bitpail.model.audit import Kind
from bitpail.model.limits import NO_LIMITS, Limits
from bitpail.model.repositories import ForkPolicy, Repository, RepositoryId
from bitpail.model.users import User
from bitpail.model.workspaces import Workspace
from bitpail.policy import names
from bitpail.services import access as accesses
from bitpail.services import audit, lfs, repositories, upkeep
from bitpail.services.git_slots import whose
from bitpail.services.repositories import SEEN, Among, Listing, Wanted
from bitpail.services.site import Site
from bitpail.store import forks as store
from bitpail.store import repositories as repositories_store
from bitpail.wire.query import Both, Comparison, Either, Node
from bitpail.wire.query_kinds import Asked

_BRANCHES = "refs/heads/"


class NoForks(BitpailError):
    """The owner of the repository does not want it."""


async def page(site: Site, access: Access, among: Among, asked: Asked, offset: int, count: int) -> Listing:
    """The forks of a repository that the actor may see and asked for, oldest first; raises Invalid."""
    actor = access.actor
    limits = actor.app_password.limits if actor.app_password else NO_LIMITS
    found, size = await repositories_store.forks(
        site.db,
        access.repository.id,
        actor.user.id if actor.user else None,
        SEEN[among],
        _within(limits, asked),
        offset,
        count,
    )
    return Listing(found, size)


def _within(limits: Limits, asked: Asked) -> Asked:
    """Only what lies in the places of a limited credential: it must not learn what else its user sees."""
    if not limits.places:
        return asked
    wanted = asked.wanted
    for one in limits.each:
        if one.has_places:
            inside = _inside(one)
            wanted = inside if wanted is None else Both((wanted, inside))
    return Asked(wanted, asked.sort)


def _inside(limits: Limits) -> Node:
    places: Iterable[tuple[tuple[str, ...], tuple[str, ...]]] = (
        (("uuid",), limits.repositories),
        (("project", "uuid"), limits.projects),
        (("workspace", "uuid"), limits.workspaces),
    )
    return Either(
        tuple(Comparison(path, "IN", tuple(f"{{{one}}}" for one in ids)) for path, ids in places if ids)
    )


async def parents(
    site: Site, actor: Actor, of: Iterable[RepositoryId]
) -> Mapping[RepositoryId, tuple[Workspace, Repository]]:
    """What each of these was forked from, where the actor may see that."""
    known = await store.parents(site.db, list(of))
    seen = {parent: await accesses.seen(site, actor, parent) for parent in set(known.values())}
    found = ((fork, seen[parent]) for fork, parent in known.items())
    return {fork: (access.workspace, access.repository) for fork, access in found if access is not None}


async def must_be_private(site: Site, parent: Repository) -> bool:
    """Whether a fork can't be public: because of the repository, or of what it was forked from."""
    return await store.is_restricted(site.db, parent.id)


async def create(site: Site, access: Access, into: WorkspaceAccess, wanted: Wanted) -> Repository:
    """Fork a repository. What is not wanted otherwise is as in the parent.

    Raises NoForks, Invalid, NotFound (project), Conflict (the name), or Busy.
    """
    parent = access.repository
    if parent.fork_policy is ForkPolicy.NO_FORKS:
        raise NoForks(f"{access.workspace.slug}/{parent.slug} does not allow forks")
    is_restricted = await must_be_private(site, parent)
    if wanted.is_private is None:
        wanted = replace(wanted, is_private=parent.is_private or is_restricted)
    elif is_restricted and not wanted.is_private:
        raise repositories.must_be_private()
    async with site.slots.slot(*whose(access)):
        return await make(site, parent, into.workspace, wanted, access.actor.user)


async def make(
    site: Site, parent: Repository, workspace: Workspace, wanted: Wanted, by: User | None
) -> Repository:
    """The same whatever the fork policy says, for the administrator at the command line."""
    slug = parent.slug if wanted.name is None else _slug(wanted.name)
    repository = await repositories.new(site, workspace, slug, _filled(parent, wanted))
    if await repositories_store.find(site.db, workspace.slug, repository.slug, None) is not None:
        raise repositories.taken(repository)
    source = repositories.code_directory(site, parent)
    head = await _head(site, source, wanted.main_branch)
    path = directories.repository_path(site.repositories, repository.id)
    pool = None
    try:
        if pools.can_share(source):
            fork = await pools.fork(site.repositories, source, parent.id, repository.id, site.objects.peel)
            pool, size = fork.pool, fork.size
        else:
            await directories.import_from(str(common_directory(source.path)), path, lambda _: None)
            size = await directories.disk_size(path)
        if head is not None and (wanted.main_branch is not None or pool is None):
            await refs.set_head(GitDirectory(path), head)
        await lfs.share(site, parent.id, repository.id)
        told = {"fork_of": (await audit.named(site.db, parent))["repository"]}
        made = replace(repository, size=size)
        await repositories.record(site, made, by, parent.id, kind=Kind.REPOSITORY_FORKED, told=told)
    except BaseException:
        await repositories.remove_directory(site, repository.id)
        await lfs.forget(site, repository.id)
        raise
    if pool is not None:
        upkeep.note_pool(site, pool)
    return replace(repository, size=size)


def _slug(name: str) -> str:
    try:
        return names.check_slug(names.slugify(name))
    except Invalid as error:
        raise Invalid(f"name: {error.message}", {"name": [error.message]}) from None


def _filled(parent: Repository, wanted: Wanted) -> Wanted:
    """What is not said otherwise is as in the parent."""
    inherited = (
        "name",
        "description",
        "website",
        "language",
        "is_private",
        "has_wiki",
        "has_issues",
        "fork_policy",
    )
    return replace(
        wanted, **{name: getattr(parent, name) for name in inherited if getattr(wanted, name) is None}
    )


async def _head(site: Site, source: GitDirectory, wanted: str | None) -> str | None:
    """The main branch of a fork, where HEAD of the copy would not name it already; raises Invalid."""
    known = await refs.read(source, site.objects.peel)
    branches = {ref.name for ref in known.refs if ref.name.startswith(_BRANCHES)}
    if wanted is None:
        return known.head.removeprefix(_BRANCHES) if known.head else None
    if branches and _BRANCHES + wanted not in branches:
        raise repositories.not_a_branch(f"branch not found: {wanted}")
    return repositories.checked_branch(wanted)
