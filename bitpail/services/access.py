"""An actor and a need become an access, or a reasoned refusal. Only this file makes an Access.

What is not there and what may not be seen are refused alike.
"""

from bitpail.errors import BitpailError
from bitpail.model.access import Access, Actor, Need, ProjectAccess, WorkspaceAccess
from bitpail.model.credentials import Year
from bitpail.model.limits import NO_LIMITS, Limits
from bitpail.model.permissions import Permission, Role
from bitpail.model.projects import LocatedProject, Project
from bitpail.model.repositories import Located, RepositoryId
from bitpail.model.users import User, UserId
from bitpail.model.workspaces import Workspace
from bitpail.policy import limits, permissions, user_names
from bitpail.policy.decide import Decision, decide
from bitpail.services import origin
from bitpail.services.authentication import refuse_by_year
from bitpail.services.site import Site
from bitpail.services.ssh_authentication import use_of
from bitpail.store import access_keys, projects, repositories, users, workspaces

_LOOK = Need()
_UNTOLD = frozenset({Decision.UNSEEN, Decision.LIMIT})


class Refused(BitpailError):
    """The actor may not; ``decision`` is why.

    ``workspace`` is the name of one that was asked for, ``project`` the key of one in
    it; ``limit`` is the sentence that names a limit of the app password, ``held`` the
    permission that the actor has.
    """

    def __init__(
        self,
        decision: Decision,
        actor: Actor,
        need: Need,
        workspace: str | None = None,
        limit: str | None = None,
        held: Permission = Permission.NONE,
        project: str | None = None,
    ) -> None:
        super().__init__(f"refused: {decision.value}")
        self.decision = decision
        self.actor = actor
        self.need = need
        self.workspace = workspace
        self.project = project
        self.limit = limit
        self.held = held


async def to_repository(site: Site, actor: Actor, need: Need, workspace: str, repository: str) -> Access:
    """Access to a repository, or to its wiki, named by slugs or UUIDs in braces. Raises Refused."""
    user_id = actor.user.id if actor.user else None
    located = await repositories.find(site.db, workspace, repository, user_id)
    if located is None:
        limit = await _refuse_unknown(site, _limits(actor), workspace)
        _judge(site, actor, need, Permission.NONE, limit=limit)
        raise Refused(Decision.UNSEEN, actor, need)
    held = await _held(site, actor, located)
    limit = _refuse_located(_limits(actor), located, held)
    if need.of == "wiki" and not located.repository.has_wiki:
        held = Permission.NONE
    granted = actor.is_robot or permissions.held(located.grants, is_private=True) is not Permission.NONE
    _judge(
        site,
        actor,
        need,
        held,
        limit=limit,
        repository_id=located.repository.id,
        granted=granted,
        year=located.workspace.year,
    )
    return Access(actor, need, held, located.repository, located.workspace, located.project)


async def seen(site: Site, actor: Actor, repository_id: RepositoryId) -> Access | None:
    """Access to name a repository beside another one, as a fork names its parent; None if it may not be seen.

    No use of an app password is counted: nobody asked for this one.
    """
    user_id = actor.user.id if actor.user else None
    located = await repositories.find(site.db, "{}", f"{{{repository_id}}}", user_id)
    if located is None:
        return None
    held = await _held(site, actor, located)
    limited = _limits(actor)
    limit = limits.refuse_network(limited, actor.client.address) or _refuse_located(limited, located, held)
    if decide(actor, _LOOK, held, limit) is not Decision.ALLOW or not _takes(located.workspace, actor):
        return None
    return Access(actor, _LOOK, held, located.repository, located.workspace, located.project)


def _takes(workspace: Workspace, actor: Actor) -> bool:
    """Whether the year of a workspace lets a credential in."""
    if workspace.year is None or actor.presented is None:
        return True
    return user_names.judge(actor.presented, workspace.year) is user_names.Verdict.TAKEN


async def _held(site: Site, actor: Actor, located: Located) -> Permission:
    if actor.is_robot:
        return _held_by_robot(actor, _refuse_located(_limits(actor), located, Permission.READ))
    if actor.access_key is None:
        return permissions.held(located.grants, is_private=located.repository.is_private)
    # It opens the places where it stands and nothing else, not even what is public.
    entry = await access_keys.standing(site.db, actor.access_key, located.repository.id, located.project.id)
    if entry is None:
        return Permission.NONE
    site.access_key_uses.put(entry, use_of(entry, actor.client))
    return Permission.READ


def _held_by_robot(actor: Actor, limit: str | None) -> Permission:
    """An access token holds everything where it was made, as far as its scopes go; elsewhere nothing."""
    return Permission.NONE if limit else permissions.held_by_scopes(actor.scopes)


def _refuse_located(limited: Limits, located: Located, held: Permission) -> str | None:
    if held is Permission.NONE:
        # Judged like one that does not exist, or the two would sound different.
        return limits.refuse_workspace(limited, located.workspace.id)
    return limits.refuse_repository(
        limited,
        repository=located.repository.id,
        project=located.project.id,
        workspace=located.workspace.id,
    )


async def _refuse_unknown(site: Site, limited: Limits, workspace: str) -> str | None:
    """What a limit says of a repository that does not exist: its workspace alone may be inside."""
    found = await _workspace(site, workspace) if limited.workspaces else None
    return limits.refuse_workspace(limited, found.id) if found else limits.refuse_elsewhere(limited)


async def to_workspace(site: Site, actor: Actor, need: Need, workspace: str) -> WorkspaceAccess:
    """The same for a workspace. Raises Refused."""
    return await _to_workspace(site, actor, need, workspace, await _workspace(site, workspace))


async def to_personal_workspace(site: Site, actor: Actor, need: Need, user: str) -> WorkspaceAccess:
    """The same for that of a user, named by account ID or by UUID in braces. Raises Refused."""
    if user.startswith("{") and user.endswith("}"):
        user_id: UserId | None = UserId(user[1:-1].lower())
    else:
        person = await users.by_account_id(site.db, user)
        user_id = person.id if person else None
    found = await workspaces.personal_of(site.db, user_id) if user_id else None
    return await _to_workspace(site, actor, need, user, found)


async def _to_workspace(
    site: Site, actor: Actor, need: Need, workspace: str, found: Workspace | None
) -> WorkspaceAccess:
    if found is None:
        _judge(site, actor, need, Permission.NONE, workspace, limits.refuse_elsewhere(_limits(actor)))
        raise Refused(Decision.UNSEEN, actor, need, workspace)
    limit = limits.refuse_workspace(_limits(actor), found.id)
    held = await _held_on_workspace(site, actor, found)
    _judge(site, actor, need, held, workspace, limit, year=found.year)
    return WorkspaceAccess(actor, need, held, found)


async def _held_on_workspace(site: Site, actor: Actor, workspace: Workspace) -> Permission:
    if actor.is_robot:
        return _held_by_robot(actor, limits.refuse_workspace(_limits(actor), workspace.id))
    role, visible = await _place_in(site, actor, workspace)
    return permissions.held_on_workspace(role, visible=visible)


async def to_new_repository(site: Site, actor: Actor, need: Need, workspace: str) -> WorkspaceAccess:
    """Access to a workspace in which a repository is to be made, in some project. Raises Refused.

    Which project it may be is asked with ``to_known_project``.
    """
    found = await _workspace(site, workspace)
    if found is None or actor.user is None:
        return await to_workspace(site, actor, need, workspace)
    held = await _held_on_workspace(site, actor, found)
    if Permission.NONE < held < Permission.WRITE and await workspaces.creates_somewhere(
        site.db, found.id, actor.user.id
    ):
        held = Permission.WRITE
    limit = limits.refuse_workspace(_limits(actor), found.id)
    _judge(site, actor, need, held, workspace, limit, year=found.year)
    return WorkspaceAccess(actor, need, held, found)


async def to_known_project(
    site: Site, actor: Actor, need: Need, workspace: Workspace, project: Project
) -> ProjectAccess:
    """Access to a project that something else than the address named. Raises Refused."""
    grants = await projects.grants(site.db, project.id, actor.user.id if actor.user else None)
    located = LocatedProject(project, workspace, grants)
    held = await _held_on_project(site, actor, located)
    limit = limits.refuse_project(_limits(actor), project=project.id, workspace=workspace.id)
    _judge(site, actor, need, held, workspace.slug, limit, project=project.key, year=workspace.year)
    return ProjectAccess(actor, need, held, project, workspace)


async def _place_in(site: Site, actor: Actor, workspace: Workspace) -> tuple[Role | None, bool]:
    """The actor's role in a workspace, and whether they may know of it."""
    user_id = actor.user.id if actor.user else None
    membership = await workspaces.membership(site.db, workspace.id, user_id) if user_id else None
    role = membership[0] if membership else None
    return role, role is not None or await workspaces.visible(site.db, workspace.id, user_id)


async def to_project(site: Site, actor: Actor, need: Need, workspace: str, key: str) -> ProjectAccess:
    """Access to a project of a workspace named by slug or UUID in braces. Raises Refused."""
    user_id = actor.user.id if actor.user else None
    located = await projects.find(site.db, workspace, key.upper(), user_id)
    if located is None:
        await _refuse_project(site, actor, need, workspace, key)
        raise Refused(Decision.UNSEEN, actor, need, workspace)
    held = await _held_on_project(site, actor, located)
    if held is Permission.NONE:
        await _refuse_project(site, actor, need, workspace, key)
    project, place = located.project, located.workspace
    limit = limits.refuse_project(_limits(actor), project=project.id, workspace=place.id)
    _judge(site, actor, need, held, workspace, limit, project=key, year=place.year)
    return ProjectAccess(actor, need, held, project, place)


async def _held_on_project(site: Site, actor: Actor, located: LocatedProject) -> Permission:
    if actor.is_robot:
        limit = limits.refuse_project(
            _limits(actor), project=located.project.id, workspace=located.workspace.id
        )
        return _held_by_robot(actor, limit)
    held = permissions.held_on_project(located.grants, visible=False)
    if held is Permission.NONE and await _is_open(site, actor, located):
        return permissions.held_on_project(located.grants, visible=True)
    return held


async def _is_open(site: Site, actor: Actor, located: LocatedProject) -> bool:
    """Whether a project is seen by somebody to whom nothing was granted on it."""
    user_id = actor.user.id if actor.user else None
    if located.project.is_private:
        return await repositories.visible_in_project(site.db, located.project.id, user_id)
    return await workspaces.visible(site.db, located.workspace.id, user_id)


async def _refuse_project(site: Site, actor: Actor, need: Need, workspace: str, key: str) -> None:
    """Refuse one that is not there or not seen; who may know of the workspace is told that it is the project."""
    found = await _workspace(site, workspace)
    seen = found is not None and await _held_on_workspace(site, actor, found) is not Permission.NONE
    limited = _limits(actor)
    limit = limits.refuse_workspace(limited, found.id) if found else limits.refuse_elsewhere(limited)
    _judge(site, actor, need, Permission.NONE, workspace, limit, project=key if seen else None)


async def _workspace(site: Site, workspace: str) -> Workspace | None:
    if workspace.startswith("{") and workspace.endswith("}"):
        return await workspaces.by_id(site.db, workspace[1:-1].lower())
    return await workspaces.by_slug(site.db, workspace)


def to_own_account(site: Site, actor: Actor, need: Need) -> User:
    """The user themself; a robot is none. Raises Refused."""
    if actor.is_robot:
        raise Refused(Decision.KIND, actor, need)
    _judge(site, actor, need, Permission.ADMIN, limit=_refuse_making(actor))
    if actor.user is None:
        raise Refused(Decision.SIGN_IN, actor, need)
    return actor.user


def to_site(site: Site, actor: Actor, need: Need) -> Actor:
    """What belongs to nobody: people's public profiles. Raises Refused."""
    _judge(site, actor, need, Permission.READ)
    return actor


def to_repositories(site: Site, actor: Actor, need: Need) -> Actor:
    """Lists of repositories of all workspaces: for no credential that is limited to some. Raises Refused."""
    _judge(site, actor, need, Permission.READ, limit=limits.refuse_elsewhere(_limits(actor)))
    return actor


def to_administration(site: Site, actor: Actor, need: Need) -> User:
    """An administrator of this server. Raises Refused."""
    is_admin = actor.user is not None and actor.user.is_admin
    limit = limits.refuse_elsewhere(_limits(actor)) or _refuse_making(actor)
    _judge(site, actor, need, Permission.ADMIN if is_admin else Permission.READ, limit=limit)
    if actor.user is None:
        raise Refused(Decision.SIGN_IN, actor, need)
    return actor.user


def _refuse_making(actor: Actor) -> str | None:
    # What it made, a key or an app password, would go on when the one it was made of has ended.
    return limits.refuse_making(origin.current().method) if actor.narrowed is not None else None


def _limits(actor: Actor) -> Limits:
    return actor.app_password.limits if actor.app_password else NO_LIMITS


def _judge(
    site: Site,
    actor: Actor,
    need: Need,
    held: Permission,
    workspace: str | None = None,
    limit: str | None = None,
    repository_id: str = "",
    project: str | None = None,
    *,
    granted: bool = True,
    year: Year | None = None,
) -> None:
    """Grant, and count what was needed; or raise Refused, or Unauthenticated by the year of a workspace."""
    limited = _limits(actor)
    change = limits.refuse_change(limited, need, origin.current().method)
    limit = limits.refuse_network(limited, actor.client.address) or limit or change
    decision = decide(actor, need, held, limit, granted=granted)
    # Who may not know of the workspace hears nothing of its rules.
    if year is not None and actor.presented is not None and decision not in _UNTOLD:
        refuse_by_year(actor.presented, year, actor.user, actor.app_password)
    if decision is not Decision.ALLOW:
        raise Refused(decision, actor, need, workspace, limit, held, project)
    origin.let_in(actor)
    site.usage.note(actor, need, repository_id)
