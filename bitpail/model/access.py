"""Who asks, what is needed, and the proof that it was granted."""

from typing import Literal

from msgspec import Struct

from bitpail.model.app_passwords import AppPassword
from bitpail.model.credentials import CredentialKind, Presented
from bitpail.model.permissions import Permission
from bitpail.model.projects import Project
from bitpail.model.repositories import Repository
from bitpail.model.scopes import AnyScope
from bitpail.model.users import User
from bitpail.model.workspaces import Workspace


class Client(Struct, frozen=True, gc=False):
    """Where a request came from: the address behind trusted proxies, and the agent's name."""

    address: str
    agent: str


class Actor(Struct, frozen=True):
    """Whoever acts. ``user`` and ``app_password`` are None together: anonymous.

    ``app_password`` is the credential, of whichever kind. ``scopes`` is closed under
    implication; scopes and limits belong to the credential, so nothing asks how it was
    presented, but for the rules of a year, which are about nothing else: ``presented``.
    ``client`` is where from. ``ends_on`` is set while the old secret of a rotation is presented.
    ``narrowed`` is what a secret is called that was narrowed by whoever holds it; the scopes
    and limits of ``app_password`` are then what is left of it, its id and label the parent's.
    ``access_key`` is the fingerprint of a machine's key: no user then, and not anonymous.
    """

    user: User | None = None
    app_password: AppPassword | None = None
    scopes: frozenset[AnyScope] = frozenset()
    client: Client = Client("", "")
    ends_on: int | None = None
    access_key: str | None = None
    presented: Presented | None = None
    narrowed: str | None = None

    @property
    def kind(self) -> CredentialKind | None:
        """Of the credential; None without one: the anonymous, a browser, an SSH key."""
        return self.app_password.kind if self.app_password else None

    @property
    def is_robot(self) -> bool:
        """Whether an access token acts: nobody's account, and no member of anything."""
        return self.app_password is not None and self.app_password.kind.is_robot


ANONYMOUS = Actor()


class Need(Struct, frozen=True):
    """What a route, a Git service or a command asks for.

    ``scopes`` is a list of alternatives, each a set that must be held whole; an
    empty list asks for none. ``signed_in`` refuses the anonymous even where the
    permission alone would let them in; ``granted`` everybody who holds no more than
    the public does; ``people`` the robots of access tokens, whatever their scopes.
    ``api_scopes`` is the same as ``scopes`` for API tokens, as the contract has it;
    None: ``policy/api_scopes.py`` translates.
    """

    scopes: tuple[frozenset[AnyScope], ...] = ()
    permission: Permission = Permission.READ
    signed_in: bool = False
    granted: bool = False
    people: bool = False
    api_scopes: tuple[frozenset[AnyScope], ...] | None = None
    of: Literal["code", "wiki"] = "code"


class Access(Struct, frozen=True):
    """The proof that an actor may do something to a repository.

    Only ``services/access.py`` makes one.
    """

    actor: Actor
    need: Need
    held: Permission
    repository: Repository
    workspace: Workspace
    project: Project


class WorkspaceAccess(Struct, frozen=True):
    """The same for a workspace."""

    actor: Actor
    need: Need
    held: Permission
    workspace: Workspace


class ProjectAccess(Struct, frozen=True):
    """The same for a project; ``policy/permissions.py`` says who holds what there.

    A row of ``ROUTES`` gets one with ``Opens.PROJECT`` if its template has ``{workspace}`` and
    ``{project_key}``. Its need is ``PROJECTS`` to see the project or ``ADMINISTER_PROJECT`` to run it
    (``api/needs.py``). Whoever may not see the project is refused before the handler is asked.
    """

    actor: Actor
    need: Need
    held: Permission
    project: Project
    workspace: Workspace
