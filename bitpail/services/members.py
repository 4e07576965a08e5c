"""Who belongs to a workspace: told to its members; found by e-mail address for its owners."""

from msgspec import Struct

from bitpail.errors import Invalid, NotFound
from bitpail.model.access import WorkspaceAccess
from bitpail.model.permissions import Permission, Role
from bitpail.model.users import User
from bitpail.model.workspaces import Member
from bitpail.policy.decide import Decision
from bitpail.services import users
from bitpail.services.access import Refused
from bitpail.services.site import Site
from bitpail.store import members as store
from bitpail.store import users as user_store
from bitpail.store import workspaces
from bitpail.wire.query import Both, Comparison, Either, Node
from bitpail.wire.query_kinds import Asked

_EMAIL = ("user", "email")
_MOST_ADDRESSES = 90


class Listing(Struct, frozen=True):
    """One page of members, the number of all, and the asked-for addresses of those that were found by one."""

    members: list[Member]
    size: int
    addresses: dict[str, str]


async def page(site: Site, access: WorkspaceAccess, asked: Asked, offset: int, limit: int) -> Listing:
    """Those that are asked for, by username. Raises Invalid, or Refused for whoever is no member."""
    await must_belong(site, access)
    found: dict[str, User] = {}
    if asked.wanted is not None and (wanted := list(_addresses(asked.wanted))):
        if access.held < Permission.ADMIN or access.actor.is_robot:
            raise Refused(Decision.PERMISSION, access.actor, access.need, held=access.held)
        if len(wanted) > _MOST_ADDRESSES:
            raise Invalid(f"q: more than {_MOST_ADDRESSES} addresses")
        found = await user_store.by_confirmed_emails(site.db, wanted)
        asked = Asked(_by_uuid(asked.wanted, found), asked.sort)
    members, size = await store.page(site.db, access.workspace.id, asked, offset, limit)
    return Listing(members, size, {user.id: address for address, user in found.items()})


async def one(site: Site, access: WorkspaceAccess, name: str) -> tuple[User, Role]:
    """The one of that account ID or UUID, and as what. Raises NotFound, or Refused for whoever is no member."""
    await must_belong(site, access)
    user = await users.identified(site, name)
    membership = await workspaces.membership(site.db, access.workspace.id, user.id)
    if membership is None:
        raise NotFound(f"{name} is no member of {access.workspace.slug}")
    return user, membership[0]


async def must_belong(site: Site, access: WorkspaceAccess) -> None:
    """Who belongs to a workspace is told to those who do (choice), and to its own robots. Raises Refused."""
    if not access.actor.is_robot and not await belongs(site, access):
        raise Refused(Decision.PERMISSION, access.actor, access.need, held=access.held)


async def belongs(site: Site, access: WorkspaceAccess) -> bool:
    """Whether whoever asks is a member."""
    user = access.actor.user
    return user is not None and await workspaces.membership(site.db, access.workspace.id, user.id) is not None


def _addresses(node: Node) -> list[str]:
    """Those that a query asks for; raises Invalid if it doesn't ask for whole ones."""
    if not isinstance(node, Comparison):
        return [address for part in node.parts for address in _addresses(part)]
    if node.field != _EMAIL:
        return []
    if node.sign not in {"=", "IN"} or not all(isinstance(value, str) for value in node.values):
        raise Invalid('q: user.email is asked for with = or IN, and addresses in "double quotes"')
    return [str(value) for value in node.values]


def _by_uuid(node: Node, found: dict[str, User]) -> Node:
    """The same query about the people whose addresses they are: an address stands in no column of a member."""
    if isinstance(node, Both):
        return Both(tuple(_by_uuid(part, found) for part in node.parts))
    if isinstance(node, Either):
        return Either(tuple(_by_uuid(part, found) for part in node.parts))
    if node.field != _EMAIL:
        return node
    owners = [found[address] for value in node.values if (address := str(value).lower()) in found]
    return Comparison(("user", "uuid"), "IN", tuple(f"{{{user.id}}}" for user in owners) or ("",))
