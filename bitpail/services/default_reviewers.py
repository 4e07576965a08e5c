"""Who is asked to review every new pull request. Only people who may see the place are told and asked."""

from enum import StrEnum

from msgspec import Struct

from bitpail.errors import Invalid, NotFound
from bitpail.model.access import Access, ProjectAccess
from bitpail.model.permissions import Permission
from bitpail.model.projects import Project
from bitpail.model.users import User, UserId
from bitpail.model.workspaces import Workspace
from bitpail.policy import permissions
from bitpail.services import repositories
from bitpail.services.site import Site
from bitpail.store import default_reviewers as store
from bitpail.store import projects, users
from bitpail.store.database import Connection

_MOST = 100


class Place(StrEnum):
    """Where a reviewer was named, by Bitbucket's words."""

    REPOSITORY = "repository"
    PROJECT = "project"


class Reviewer(Struct, frozen=True):
    """Somebody, and where they were named."""

    user: User
    place: Place


async def of_repository(site: Site, access: Access) -> list[User]:
    """A repository's own, by username: those who may see it still."""
    return await _seeing(site, access, await store.of_repository(site.db, access.repository.id))


async def effective(site: Site, access: Access) -> list[Reviewer]:
    """With those of its project, everybody once."""
    own = await of_repository(site, access)
    known = {one.id for one in own}
    inherited = [one for one in await store.of_project(site.db, access.project.id) if one.id not in known]
    return [
        *(Reviewer(one, Place.REPOSITORY) for one in own),
        *(Reviewer(one, Place.PROJECT) for one in await _seeing(site, access, inherited)),
    ]


async def _seeing(site: Site, access: Access, found: list[User]) -> list[User]:
    return [
        one for one in found if one.is_active and await repositories.is_seen_by(site, access.repository, one)
    ]


async def one_of_repository(site: Site, access: Access, name: str) -> User:
    """The one of that name; raises NotFound."""
    return _in(await of_repository(site, access), name)


async def add_to_repository(site: Site, access: Access, name: str) -> User:
    """One more; raises NotFound for nobody, Invalid for somebody who can't review there."""
    user = await _named(site.db, name)
    seen = (
        user is not None and user.is_active and await repositories.is_seen_by(site, access.repository, user)
    )
    wanted = _allowed(user, name, seen=seen, where="this repository")
    _check_number(await store.of_repository(site.db, access.repository.id), wanted)
    await store.add_to_repository(site.db, access.repository.id, wanted.id)
    return wanted


async def remove_from_repository(site: Site, access: Access, name: str) -> None:
    """One less, also one who may not see it any more; raises NotFound."""
    user = _in(await store.of_repository(site.db, access.repository.id), name)
    await store.remove_from_repository(site.db, access.repository.id, user.id)


async def of_project(site: Site, access: ProjectAccess) -> list[User]:
    """Those of a project, by username: those who may see it still."""
    return [
        one
        for one in await store.of_project(site.db, access.project.id)
        if one.is_active and await _sees_project(site, access.workspace, access.project, one)
    ]


async def one_of_project(site: Site, access: ProjectAccess, name: str) -> User:
    """The one of that name; raises NotFound."""
    return _in(await of_project(site, access), name)


async def add_to_project(site: Site, access: ProjectAccess, name: str) -> User:
    """One more; raises as ``add_to_repository``."""
    user = await _named(site.db, name)
    seen = (
        user is not None
        and user.is_active
        and not user.is_robot
        and await _sees_project(site, access.workspace, access.project, user)
    )
    wanted = _allowed(user, name, seen=seen, where="this project")
    _check_number(await store.of_project(site.db, access.project.id), wanted)
    await store.add_to_project(site.db, access.project.id, wanted.id)
    return wanted


async def remove_from_project(site: Site, access: ProjectAccess, name: str) -> None:
    """One less; raises NotFound."""
    user = _in(await store.of_project(site.db, access.project.id), name)
    await store.remove_from_project(site.db, access.project.id, user.id)


async def _sees_project(site: Site, workspace: Workspace, project: Project, user: User) -> bool:
    """Members of the workspace do, whoever was granted something on it, and anybody where it is public."""
    located = await projects.find(site.db, f"{{{workspace.id}}}", project.key, user.id)
    if located is None:
        return False
    held = permissions.held_on_project(located.grants, visible=not project.is_private)
    return held is not Permission.NONE


async def _named(db: Connection, name: str) -> User | None:
    if name[:1] == "{" and name[-1:] == "}":
        return await users.by_id(db, UserId(name[1:-1].lower()))
    return await users.by_account_id(db, name) or await users.by_username(db, name)


def _allowed(user: User | None, name: str, *, seen: bool, where: str) -> User:
    # A username tells nobody who is on this server; UUIDs and account IDs are public.
    if user is None or (not seen and name.lower() == user.username.lower()):
        raise NotFound(f"nobody called {name} sees {where}")
    if not seen:
        raise Invalid(f"{user.display_name} has no access to {where}")
    return user


def _in(found: list[User], name: str) -> User:
    for one in found:
        if name.lower() in {f"{{{one.id}}}", one.username.lower()} or name == one.account_id:
            return one
    raise NotFound(f"{name} is no default reviewer here")


def _check_number(there: list[User], wanted: User) -> None:
    if len(there) >= _MOST and all(one.id != wanted.id for one in there):
        raise Invalid(f"there are at most {_MOST} default reviewers")
