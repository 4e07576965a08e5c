"""How strongly a person may act on a repository or a workspace."""

from enum import IntEnum, StrEnum


class Permission(IntEnum):
    """Ordered: each includes the ones before it. NONE means that it is not to be seen."""

    NONE = 0
    READ = 1
    WRITE = 2
    ADMIN = 3


class ProjectPermission(StrEnum):
    """What can be granted on a project, by Bitbucket's words: CREATE_REPO is to write, and to make repositories."""

    READ = "read"
    WRITE = "write"
    CREATE_REPO = "create-repo"
    ADMIN = "admin"

    @property
    def on_repositories(self) -> Permission:
        """What it comes to on each repository of the project."""
        return Permission.WRITE if self is ProjectPermission.CREATE_REPO else Permission[self.name]


class Role(StrEnum):
    """A person's place in a workspace, by Bitbucket's names."""

    OWNER = "owner"
    COLLABORATOR = "collaborator"
    MEMBER = "member"
