"""How strongly a person may act on a repository or a workspace."""

from enum import IntEnum, StrEnum


class Permission(IntEnum):
    """Ordered: each includes the ones before it. NONE means that it is not to be seen."""

    NONE = 0
    READ = 1
    WRITE = 2
    ADMIN = 3


class Role(StrEnum):
    """A person's place in a workspace, by Bitbucket's names."""

    OWNER = "owner"
    COLLABORATOR = "collaborator"
    MEMBER = "member"
