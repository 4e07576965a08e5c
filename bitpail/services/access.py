"""An actor and a need become an access, or a reasoned refusal. Only this file makes an Access.

What is not there and what may not be seen are refused alike.
"""

from bitpail.errors import BitpailError
from bitpail.model.access import Access, Actor, Need, WorkspaceAccess
from bitpail.model.permissions import Permission
from bitpail.model.users import User
from bitpail.policy import permissions
from bitpail.policy.decide import Decision, decide
from bitpail.services.site import Site
from bitpail.store import repositories, workspaces


class Refused(BitpailError):
    """The actor may not; ``decision`` is why. ``workspace`` is the name of one that was asked for."""

    def __init__(self, decision: Decision, actor: Actor, need: Need, workspace: str | None = None) -> None:
        super().__init__(f"refused: {decision.value}")
        self.decision = decision
        self.actor = actor
        self.need = need
        self.workspace = workspace


async def to_repository(site: Site, actor: Actor, need: Need, workspace: str, repository: str) -> Access:
    """Access to a repository, or to its wiki, named by slugs or UUIDs in braces. Raises Refused."""
    user_id = actor.user.id if actor.user else None
    located = await repositories.find(site.db, workspace, repository, user_id)
    if located is None or (need.of == "wiki" and not located.repository.has_wiki):
        raise Refused(Decision.UNSEEN, actor, need)
    held = permissions.held(located.grants, is_private=located.repository.is_private)
    _judge(actor, need, held)
    return Access(actor, need, held, located.repository, located.workspace, located.project)


async def to_workspace(site: Site, actor: Actor, need: Need, workspace: str) -> WorkspaceAccess:
    """The same for a workspace. Raises Refused."""
    if workspace.startswith("{") and workspace.endswith("}"):
        found = await workspaces.by_id(site.db, workspace[1:-1].lower())
    else:
        found = await workspaces.by_slug(site.db, workspace)
    if found is None:
        raise Refused(Decision.UNSEEN, actor, need, workspace)
    membership = await workspaces.membership(site.db, found.id, actor.user.id) if actor.user else None
    role = membership[0] if membership else None
    visible = role is not None or await workspaces.visible(
        site.db, found.id, actor.user.id if actor.user else None
    )
    held = permissions.held_on_workspace(role, visible=visible)
    _judge(actor, need, held, workspace)
    return WorkspaceAccess(actor, need, held, found)


def to_own_account(actor: Actor, need: Need) -> User:
    """The user themself. Raises Refused."""
    _judge(actor, need, Permission.ADMIN)
    if actor.user is None:
        raise Refused(Decision.SIGN_IN, actor, need)
    return actor.user


def to_site(actor: Actor, need: Need) -> Actor:
    """What belongs to nobody: people's public profiles. Raises Refused."""
    _judge(actor, need, Permission.READ)
    return actor


def _judge(actor: Actor, need: Need, held: Permission, workspace: str | None = None) -> None:
    decision = decide(actor, need, held)
    if decision is not Decision.ALLOW:
        raise Refused(decision, actor, need, workspace)
