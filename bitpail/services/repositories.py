"""Repositories: made, changed, listed, imported, adopted, deleted, and where each one lies.

What exists is what the database says: a Git directory is made before its row is
written, and removed after the row is gone, so that a stop in between leaves
nothing that anybody can see.
"""

import asyncio
import time
import uuid
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec import Struct

from bitpail.errors import Conflict, Invalid, NotFound, Unavailable
from bitpail.git import directories, pools, pushing, refs
from bitpail.git.directories import GitDirectory
from bitpail.model.access import Access, WorkspaceAccess
from bitpail.model.audit import Kind
from bitpail.model.grants import Grant
from bitpail.model.permissions import Permission, Role
from bitpail.model.projects import ProjectId
from bitpail.model.repositories import ForkPolicy, Located, Repository, RepositoryId
from bitpail.model.users import User
from bitpail.model.workspaces import Workspace
from bitpail.policy import names, permissions
from bitpail.services import audit, cursors, downloads, lfs, moved, place_events, search_marks, workspaces
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import forks, watchers
from bitpail.store import grants as grant_store
from bitpail.store import repositories as store
from bitpail.store import upkeep as upkeep_store
from bitpail.store import workspaces as workspace_store
from bitpail.store.database import Connection
from bitpail.store.permissions import OWNER, granted, to_see
from bitpail.wire.query_kinds import Asked

DESCRIPTION_LENGTH = 100_000

_LONGEST_IMPORT = 24 * 3600
_BRANCHES = "refs/heads/"
_ALL = Asked()
_WALK = "public repositories"


class SlugTaken(Conflict):
    """The workspace has a repository of this slug."""


class Among(Enum):
    """Whose repositories are listed, by the words for ``role``; VISIBLE are the public ones as well."""

    VISIBLE = "visible"
    MEMBER = "member"
    CONTRIBUTOR = "contributor"
    ADMIN = "admin"
    OWNER = "owner"


SEEN = {
    Among.VISIBLE: to_see(Permission.READ),
    Among.MEMBER: granted(int(Permission.READ)),
    Among.CONTRIBUTOR: granted(int(Permission.WRITE)),
    Among.ADMIN: granted(int(Permission.ADMIN)),
    Among.OWNER: granted(OWNER),
}
"""What the store is asked for them."""


class Wanted(Struct, frozen=True, kw_only=True):
    """What a client wants a repository to be; None leaves a default or what it was.

    A project that was judged is given by its id, others are looked for by their key.
    """

    name: str | None = None
    description: str | None = None
    website: str | None = None
    language: str | None = None
    is_private: bool | None = None
    has_wiki: bool | None = None
    has_issues: bool | None = None
    fork_policy: ForkPolicy | None = None
    project_key: str | None = None
    main_branch: str | None = None
    project_id: ProjectId | None = None


class Listing(Struct, frozen=True):
    """One page of repositories and the number of all."""

    repositories: list[Located]
    size: int


async def create(
    site: Site, workspace: Workspace, slug: str, wanted: Wanted, by: User | None = None
) -> Repository:
    """A new, empty repository, watched by whoever makes it; raises Invalid, NotFound (project) or Conflict."""
    repository = await new(site, workspace, slug, wanted)
    main_branch = checked_branch(wanted.main_branch) if wanted.main_branch is not None else "main"
    path = directories.repository_path(site.repositories, repository.id)
    await directories.create(path, main_branch)
    try:
        return await record(site, repository, by)
    except BaseException:
        await directories.delete(path)
        raise


async def import_from(
    site: Site, workspace: Workspace, slug: str, source: str, wanted: Wanted, progress: Callable[[str], None]
) -> Repository:
    """A new repository with all branches and tags of a path or URL; all or nothing."""
    repository = await new(site, workspace, slug, wanted)
    if await store.find(site.db, workspace.slug, repository.slug, None) is not None:
        raise taken(repository)
    path = directories.repository_path(site.repositories, repository.id)
    await directories.import_from(source, path, progress)
    size = await directories.disk_size(path)
    told = {"source": without_credential(source)}
    try:
        return await record(
            site, msgspec.structs.replace(repository, size=size), kind=Kind.REPOSITORY_IMPORTED, told=told
        )
    except BaseException:
        await directories.delete(path)
        raise


async def adopt(site: Site, workspace: Workspace, slug: str, path: Path, wanted: Wanted) -> Repository:
    """Serve an existing Git directory where it lies; again is no error.

    Raises Invalid if it is no Git directory, Conflict if the name means another repository.
    """
    adopted = str(path.absolute())
    directories.locate(path.absolute())
    existing = await store.find(site.db, workspace.slug, names.check_slug(slug), None)
    if existing is not None:
        if existing.repository.directory == adopted:
            return existing.repository
        raise taken(existing.repository)
    repository = await new(site, workspace, slug, wanted)
    size = await directories.disk_size(path.absolute())
    repository = msgspec.structs.replace(repository, directory=adopted, size=size)
    told = {"directory": adopted}
    return await record(site, repository, kind=Kind.REPOSITORY_ADOPTED, told=told)


def without_credential(source: str) -> str:
    """Where something was imported from, as it may be written down: without user, query and fragment of an address."""
    scheme, separator, rest = source.partition("://")
    if not separator:
        return source
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path.partition('?')[0].partition('#')[0]}"


async def new(site: Site, workspace: Workspace, slug: str, wanted: Wanted) -> Repository:
    """One that is not written down yet; raises Invalid, or NotFound (project)."""
    project_id = wanted.project_id
    if project_id is None:
        project_id = (await workspaces.project_for(site, workspace, wanted.project_key)).id
    created = now()
    plain = Repository(
        id=RepositoryId(str(uuid.uuid4())),
        workspace_id=workspace.id,
        project_id=project_id,
        slug=names.check_slug(slug),
        name=slug,
        description="",
        website="",
        language="",
        is_private=True,
        has_wiki=True,
        has_issues=False,
        fork_policy=ForkPolicy.ALLOW_FORKS,
        size=0,
        directory=None,
        created_on=created,
        updated_on=created,
    )
    return _changed(plain, wanted)


async def record(  # and how it came to be
    site: Site,
    repository: Repository,
    by: User | None = None,
    parent: RepositoryId | None = None,
    *,
    kind: Kind = Kind.REPOSITORY_CREATED,
    told: Mapping[str, str] = MappingProxyType({}),
) -> Repository:
    """Write it down, with who watches it and what it was forked from; raises Conflict or NotFound.

    ``kind`` and ``told`` are what the audit log hears of it.

    Whoever makes one administers it (documented), owners of the workspace without being told so.
    """
    try:
        async with site.db.transaction() as db:
            await store.create(db, repository)
            await audit.record_deed(db, kind, repository, is_private=repository.is_private, **told)
            if parent is not None:
                await forks.add(db, repository.id, parent)
            # What a robot makes is its workspace's: nobody grants it anything, and it reads no mail.
            if by is not None and not by.is_robot:
                await watchers.add(db, repository.id, by.id, repository.created_on)
                membership = await workspace_store.membership(db, repository.workspace_id, by.id)
                if membership is None or membership[0] is not Role.OWNER:
                    await store.grant(db, repository.id, by.id, Permission.ADMIN)
                    await place_events.granted(db, repository, None, Grant(by, Permission.ADMIN))
    except Conflict:
        raise taken(repository) from None
    search_marks.note(site, repository.workspace_id, repository.id)
    return repository


def taken(repository: Repository) -> SlugTaken:
    """Why a slug can't be had."""
    return SlugTaken(f"a repository with the slug {repository.slug!r} exists already in this workspace")


def _changed(repository: Repository, wanted: Wanted) -> Repository:
    changes: dict[str, Any] = {
        key: value
        for key, value in msgspec.structs.asdict(wanted).items()
        if value is not None and key not in {"project_key", "main_branch"}
    }
    names.check_text(changes.get("name", ""), "name", 255)
    names.check_text(changes.get("description", ""), "description", DESCRIPTION_LENGTH, multiline=True)
    names.check_text(changes.get("website", ""), "website", 2048)
    names.check_text(changes.get("language", ""), "language", 64)
    if changes.get("name") == "":
        raise Invalid("name: the name is empty", {"name": ["the name is empty"]})
    return msgspec.structs.replace(repository, **changes)


async def update(site: Site, access: Access, wanted: Wanted) -> Repository:
    """Change settings; a new name makes a new slug. Raises Invalid, NotFound or Conflict."""
    repository = _changed(access.repository, wanted)
    if wanted.name is not None and wanted.name != access.repository.name:
        slug = names.check_slug(names.slugify(wanted.name))
        repository = msgspec.structs.replace(repository, slug=slug)
    if wanted.project_key is not None:
        project = await workspaces.project_for(site, access.workspace, wanted.project_key)
        repository = msgspec.structs.replace(repository, project_id=project.id)
    repository = msgspec.structs.replace(repository, updated_on=now())
    if access.repository.is_private and not repository.is_private:
        await _refuse_public_fork(site, repository.id)
    head = await _head(site, repository, wanted.main_branch) if wanted.main_branch is not None else None
    try:
        async with site.db.transaction() as db:
            await store.update(db, repository)
            if repository.slug != access.repository.slug:
                await moved.note_name(db, access.repository)
            await place_events.repository_changed(db, access.repository, repository)
            if head is not None:
                was = refs.main_branch(code_directory(site, repository))
                await place_events.main_branch_changed(db, repository, head.removeprefix(_BRANCHES), was)
                # Last: what git refuses takes the rest back with it.
                await refs.set_head(code_directory(site, repository), head)
    except Conflict:
        raise taken(repository) from None
    if head is not None:
        search_marks.note(site, repository.workspace_id, repository.id)
    return repository


async def _refuse_public_fork(site: Site, repository_id: RepositoryId) -> None:
    """Raise Invalid if what it was forked from allows private forks only."""
    parents = await forks.parents(site.db, [repository_id])
    if repository_id in parents and await forks.is_restricted(site.db, parents[repository_id]):
        raise must_be_private()


def must_be_private() -> Invalid:
    """Why a fork can't be public."""
    reason = "what this is forked from allows private forks only"
    return Invalid(f"is_private: {reason}", {"is_private": [reason]})


async def _head(site: Site, repository: Repository, main_branch: str) -> str | None:
    """The branch that HEAD is to name, None if it does already; raises Invalid.

    It must exist, unless there is no branch at all: then it is the one to come.
    """
    git_directory = code_directory(site, repository)
    known = await refs.read(git_directory, site.objects.peel)
    wanted = _BRANCHES + main_branch
    branches = {ref.name for ref in known.refs if ref.name.startswith(_BRANCHES)}
    if branches and wanted not in branches:
        raise not_a_branch(f"branch not found: {main_branch}")
    if wanted == known.head:
        return None
    if git_directory.path.name == ".git":
        raise not_a_branch("this repository has a worktree, whose branch stays what is checked out there")
    return checked_branch(main_branch) if not branches else main_branch


def checked_branch(name: str) -> str:
    """The name of a branch that may be made; raises Invalid."""
    try:
        return names.check_branch(name)
    except Invalid as error:
        raise not_a_branch(error.message) from None


def not_a_branch(reason: str) -> Invalid:
    """What is wrong with the main branch that was asked for."""
    return Invalid(f"mainbranch: {reason}", {"mainbranch": [reason]})


async def delete(site: Site, repository: Repository, *, moved_to: str | None = None) -> None:
    """End a repository and its wiki. An adopted directory stays as it is: only its name goes.

    ``moved_to`` is shown at its page to who may know that it was there. Raises Invalid.
    """
    async with site.db.transaction() as db:
        if moved_to is not None:
            await moved.put(db, repository, moved_to)
        if await store.delete(db, repository.id):
            told = {"moved_to": moved_to} if moved_to else {}
            await audit.record_deed(db, Kind.REPOSITORY_DELETED, repository, **told)
    search_marks.note(site, repository.workspace_id, repository.id)
    for key in (repository.id, f"{repository.id}.wiki"):
        await upkeep_store.forget(site.db, key)
    if repository.directory is None:
        await remove_directory(site, repository.id)
    await directories.delete(_wiki_path(site, repository))
    await site.fetches.forget(repository.id)
    await lfs.forget(site, repository.id)
    await downloads.forget(site, repository.id)


async def remove_directory(site: Site, repository_id: RepositoryId) -> None:
    """Remove the code of one that is not written down any more, or not yet, and what only it has borrowed."""
    path = directories.repository_path(site.repositories, repository_id)
    pool = pools.pool_of(path)
    await directories.delete(path)
    if pool is not None:
        try:
            if await pools.release(pool, repository_id):
                await upkeep_store.forget(site.db, pool.stem)
        except Unavailable:
            pass  # somebody forks from it: it is swept later


async def clean_after_dead_pushes(site: Site) -> None:
    """Remove what pushes have left that were killed, and the locks that would keep others out."""
    await asyncio.to_thread(pushing.clean_after_dead, site.hooks)


async def clean_leftovers(site: Site) -> None:
    """Remove what crashes have left, once it is so old that nobody can be at it any more."""
    at = time.time()
    longest_push = site.settings.git_timeout
    await directories.clean_leftovers(
        site.repositories, of_pushes=at - longest_push, of_others=at - _LONGEST_IMPORT
    )
    for pool in await pools.sweep(site.repositories, at - _LONGEST_IMPORT):
        await upkeep_store.forget(site.db, pool.stem)
    await site.fetches.sweep()


async def visible(
    site: Site,
    access: WorkspaceAccess,
    among: Among,
    offset: int,
    count: int,
    asked: Asked = _ALL,
) -> Listing:
    """The repositories of a workspace that the actor may see and asked for, oldest first; raises Invalid."""
    user_id = access.actor.user.id if access.actor.user else None
    workspace_id = access.workspace.id
    seen = SEEN[among]
    if asked:
        return Listing(*await store.chosen(site.db, workspace_id, user_id, seen, asked, offset, count))
    size = await store.count_visible(site.db, workspace_id, user_id, seen)
    found = await store.visible(site.db, workspace_id, user_id, seen, offset, count)
    return Listing(found, size)


async def of_user(  # which of them, which part
    site: Site, user: User, among: Among, after: int, offset: int, count: int, asked: Asked
) -> Listing:
    """The repositories of all workspaces on which a user holds something, oldest first; raises Invalid."""
    at_least = SEEN[among]["at_least"]
    return Listing(*await store.of_user(site.db, user.id, at_least, after, asked, offset, count))


async def public(site: Site, after: int, offset: int, count: int, asked: Asked) -> Listing:
    """All public repositories in the order that was asked for; raises Invalid."""
    return Listing(*await store.public(site.db, after, asked, offset, count))


async def walk_public(
    site: Site, after: int, place: str | None, count: int, asked: Asked
) -> tuple[list[Located], str | None]:
    """The next public repositories, oldest first, and the place behind them if there are more; raises Invalid."""
    after_id = ""
    if place is not None:
        after, after_id = _unsealed(site, place)
    found = await store.walk(site.db, after, after_id, asked, count + 1)
    if len(found) <= count:
        return found, None
    last = found[count - 1].repository
    return found[:count], _sealed(site, last)


def _sealed(site: Site, last: Repository) -> str:
    return cursors.seal_bytes(site, _WALK, f"{last.created_on} {last.id}".encode())


def _unsealed(site: Site, place: str) -> tuple[int, str]:
    at, _, identifier = cursors.unseal_bytes(site, _WALK, place).decode().partition(" ")
    return int(at), identifier


async def every(site: Site) -> list[Located]:
    """All repositories, for the administrator at the command line."""
    return await store.every(site.db)


async def named(site: Site, workspace: str, slug: str) -> Located:
    """A repository by its names, for the administrator at the command line; raises NotFound."""
    located = await store.find(site.db, workspace, slug, None)
    if located is None:
        raise NotFound(f"no repository {workspace}/{slug}")
    return located


async def grant(site: Site, repository: Repository, user: User, permission: Permission) -> None:
    """Give a user a permission on one repository; NONE takes it away."""
    async with site.db.transaction() as db:
        before = await grant_store.one(db, repository, user)
        await store.grant(db, repository.id, user.id, permission)
        await place_events.granted(db, repository, before, Grant(user, permission))


async def hold(db: Connection, repository: Repository) -> None:
    """Let nobody else hold it until the transaction ends; raises NotFound if it is gone.

    What is counted in a repository, or numbered, cannot grow meanwhile.
    """
    if not await store.hold(db, repository.id):
        raise NotFound(f"the repository {repository.slug!r} is gone")


async def is_seen_by(site: Site, repository: Repository, user: User) -> bool:
    """Whether a user may see it: by a grant, or because everybody may. A robot is nobody to be named."""
    if user.is_robot:
        return False
    located = await store.find(site.db, "{}", f"{{{repository.id}}}", user.id)
    if located is None:
        return False
    held = permissions.held(located.grants, is_private=located.repository.is_private)
    return held is not Permission.NONE


async def main_branch(site: Site, repository: Repository) -> str | None:
    """The branch that HEAD names, if it exists."""
    return refs.main_branch(code_directory(site, repository))


async def directory(site: Site, access: Access) -> GitDirectory:
    """Where the Git data that this access is for lies; a wiki is made on first use."""
    if access.need.of == "code":
        return code_directory(site, access.repository)
    path = _wiki_path(site, access.repository)
    if not path.exists():
        await directories.create(path)
    return GitDirectory(path, adopted=False)


def code_directory(site: Site, repository: Repository) -> GitDirectory:
    """Where the code of a repository lies; raises NotFound if an adopted directory is gone."""
    if repository.directory is None:
        path = directories.repository_path(site.repositories, repository.id)
        return GitDirectory(path, adopted=False)
    try:
        return GitDirectory(directories.locate(Path(repository.directory)), adopted=True)
    except Invalid:
        raise NotFound(f"the Git directory of {repository.slug!r} is gone") from None


def _wiki_path(site: Site, repository: Repository) -> Path:
    return directories.repository_path(site.repositories, repository.id, wiki=True)
