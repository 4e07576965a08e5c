"""What a user holds on a repository, all grants together."""

from msgspec import Struct

from bitpail.model.permissions import Permission
from bitpail.model.repositories import Repository
from bitpail.model.users import User
from bitpail.model.workspaces import Workspace


class RepositoryPermission(Struct, frozen=True):
    """``permission`` is the strongest that any grant gives; that everybody may read doesn't count."""

    repository: Repository
    workspace: Workspace
    user: User
    permission: Permission
