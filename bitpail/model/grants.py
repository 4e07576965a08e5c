"""What was granted explicitly, on a repository or a project, to a user or a group."""

from msgspec import Struct

from bitpail.model.groups import Group
from bitpail.model.permissions import Permission, ProjectPermission
from bitpail.model.projects import Project
from bitpail.model.repositories import Repository
from bitpail.model.users import User

Place = Repository | Project


class Grant(Struct, frozen=True):
    """``permission`` is on each repository of the place; ``creates``: on a project, to make new ones too."""

    whom: User | Group
    permission: Permission
    creates: bool = False

    @property
    def word(self) -> str:
        """What it is called in the API."""
        if self.creates and self.permission is Permission.WRITE:
            return ProjectPermission.CREATE_REPO.value
        return self.permission.name.lower()
