"""Permissions for common tools, as data: each one with the reason why the tool needs it.

What another one includes is listed too where a tool needs it for a reason of
its own. Nothing here grants anything.
"""

from msgspec import Struct

from bitpail.model.scopes import Scope as S


class Reason(Struct, frozen=True):
    """One permission and what the tool does with it."""

    permission: S
    why: str


class Preset(Struct, frozen=True):
    """``title`` is the name of the tool or of the purpose, for people."""

    name: str
    title: str
    reasons: tuple[Reason, ...]

    @property
    def permissions(self) -> tuple[S, ...]:
        """The permissions alone."""
        return tuple(reason.permission for reason in self.reasons)


_ALL = (
    Preset(
        "sourcetree",
        "Sourcetree",
        (
            Reason(S.ACCOUNT, "shows who you are, and checks the password when it is entered"),
            Reason(S.TEAM, "lists your workspaces"),
            Reason(S.PROJECT, "groups the repositories it lists by project"),
            Reason(S.REPOSITORY_WRITE, "clones, fetches and pushes"),
            Reason(S.PULLREQUEST_WRITE, "opens pull requests"),
        ),
    ),
    Preset(
        "git-credential-manager",
        "Git Credential Manager",
        (
            Reason(S.ACCOUNT, "asks who you are before it stores the password"),
            Reason(S.REPOSITORY_WRITE, "Git clones, fetches and pushes with what it stored"),
        ),
    ),
    Preset(
        "jenkins",
        "Jenkins",
        (
            Reason(S.ACCOUNT, "checks the password when it is saved"),
            Reason(S.TEAM, "finds the repositories of a workspace"),
            Reason(S.REPOSITORY, "clones, lists branches, and sets the status of commits"),
            Reason(S.PULLREQUEST, "builds pull requests"),
            Reason(S.WEBHOOK, "has itself told about pushes"),
        ),
    ),
    Preset(
        "renovate",
        "Renovate",
        (
            Reason(S.ACCOUNT, "knows which commits and pull requests are its own"),
            Reason(S.TEAM, "finds the repositories of a workspace"),
            Reason(S.REPOSITORY_WRITE, "pushes its branches"),
            Reason(S.PULLREQUEST_WRITE, "opens and updates pull requests"),
            Reason(S.ISSUE_WRITE, "keeps its dashboard in an issue"),
        ),
    ),
    Preset(
        "terraform",
        "Terraform",
        (
            Reason(S.ACCOUNT, "checks the password"),
            Reason(S.TEAM, "reads the workspace it works in"),
            Reason(S.PROJECT_ADMIN, "makes, changes and deletes projects"),
            Reason(S.REPOSITORY, "reads repositories to see what has changed"),
            Reason(S.REPOSITORY_ADMIN, "makes repositories and changes their settings"),
            Reason(S.REPOSITORY_DELETE, "deletes repositories that are no longer described"),
            Reason(S.WEBHOOK, "manages webhooks"),
            Reason(S.PIPELINE_VARIABLE, "manages variables of pipelines"),
        ),
    ),
    Preset(
        "backup",
        "Backup",
        (
            Reason(S.TEAM, "lists the workspaces to be saved"),
            Reason(S.PROJECT, "saves the names and settings of projects"),
            Reason(S.REPOSITORY, "lists and clones every repository"),
            Reason(S.PULLREQUEST, "saves pull requests"),
            Reason(S.ISSUE, "saves issues"),
            Reason(S.WIKI, "clones wikis"),
            Reason(S.SNIPPET, "saves snippets"),
        ),
    ),
    Preset("clone-only", "Clone only", (Reason(S.REPOSITORY, "clones and fetches, and never pushes"),)),
    Preset("wiki-only", "Wiki only", (Reason(S.WIKI, "clones and edits wikis, and opens no code"),)),
)

PRESETS: dict[str, Preset] = {preset.name: preset for preset in _ALL}
"""Each preset by its name."""
