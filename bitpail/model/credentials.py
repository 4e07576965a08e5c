"""Kinds of credentials, under which name and at which door one is presented, and the years whose rules apply.

Values are the words of the database and of settings; ``CredentialKind`` has those of ``X-Credential-Type``.
"""

from enum import Enum, StrEnum

from msgspec import Struct


class CredentialKind(StrEnum):
    """What a secret is. Recorded words, but for app passwords and the two last, which have none."""

    APP_PASSWORD = "apppassword"  # noqa: S105 - the name of a kind
    API_TOKEN = "api_token"  # noqa: S105
    REPOSITORY_ACCESS_TOKEN = "repo_access_token"  # noqa: S105
    PROJECT_ACCESS_TOKEN = "project_access_token"  # noqa: S105
    WORKSPACE_ACCESS_TOKEN = "workspace_access_token"  # noqa: S105
    OAUTH_ACCESS_TOKEN = "oauth2_access_token"  # noqa: S105
    NARROWED = "narrowed"

    @property
    def is_robot(self) -> bool:
        """Whether it acts as a robot of a place and not as a person."""
        return self in _ROBOTS

    @property
    def words(self) -> str:
        """What people call it, after "the"."""
        return _WORDS[self]


_ROBOTS = frozenset(
    {
        CredentialKind.REPOSITORY_ACCESS_TOKEN,
        CredentialKind.PROJECT_ACCESS_TOKEN,
        CredentialKind.WORKSPACE_ACCESS_TOKEN,
    }
)
_WORDS = {
    CredentialKind.APP_PASSWORD: "app password",
    CredentialKind.API_TOKEN: "API token",
    CredentialKind.REPOSITORY_ACCESS_TOKEN: "repository access token",
    CredentialKind.PROJECT_ACCESS_TOKEN: "project access token",
    CredentialKind.WORKSPACE_ACCESS_TOKEN: "workspace access token",
    CredentialKind.OAUTH_ACCESS_TOKEN: "OAuth access token",
    CredentialKind.NARROWED: "narrowed app password",
}


class Year(StrEnum):
    """Whose rules apply: all good credentials under all of their names, or what the vendor took in a year."""

    TOLERANT = "tolerant"
    STRICT_2022 = "strict-2022"
    STRICT_2026 = "strict-2026"


class Door(Enum):
    """Where a credential is presented. A wiki is Git; SSH has keys and none of this."""

    REST = "REST"
    GIT = "Git"


class UserName(Enum):
    """Under which name a secret is presented, the name as such: whose it is, is checked beside."""

    USERNAME = "username"
    EMAIL = "e-mail address"
    ACCESS_TOKEN = "x-token-auth"  # noqa: S105 - a user name
    API_TOKEN = "x-bitbucket-api-token-auth"  # noqa: S105 - a user name
    BEARER = "Bearer"


class Presented(Struct, frozen=True):
    """How the credential of an actor came."""

    kind: CredentialKind
    name: UserName
    door: Door
