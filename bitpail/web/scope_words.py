"""What an app will be able to do, in words for whoever is asked to allow it."""

from collections.abc import Iterable

from msgspec import Struct

from bitpail.model.scopes import Scope
from bitpail.policy.scopes import in_form_order, minimal

SENTENCES = {
    Scope.EMAIL: "see your e-mail addresses",
    Scope.ACCOUNT: "see your profile, your e-mail addresses and which workspaces you belong to",
    Scope.ACCOUNT_WRITE: "change your account: your SSH keys among it, which open your repositories to whoever has them",
    Scope.TEAM: "see who is in your workspaces",
    Scope.TEAM_WRITE: "change who is in your workspaces",
    Scope.PROJECT: "see your projects, and read every repository in them",
    Scope.PROJECT_WRITE: "change your projects",
    Scope.PROJECT_ADMIN: "administer your projects: make, change and delete them, and say who may do what there",
    Scope.REPOSITORY: "read all your repositories, private ones too",
    Scope.REPOSITORY_WRITE: "read all your repositories and push to them",
    Scope.REPOSITORY_ADMIN: "administer your repositories: make and change them, and say who may do what there",
    Scope.REPOSITORY_DELETE: "delete your repositories",
    Scope.PULLREQUEST: "read pull requests and the repositories they are for, and comment",
    Scope.PULLREQUEST_WRITE: "make and merge pull requests, and push to your repositories",
    Scope.ISSUE: "read issues",
    Scope.ISSUE_WRITE: "make and change issues",
    Scope.WIKI: "read and change wikis",
    Scope.SNIPPET: "read your snippets",
    Scope.SNIPPET_WRITE: "make, change and delete snippets",
    Scope.WEBHOOK: "have other servers told what happens in your repositories",
    Scope.PIPELINE: "see pipelines and their logs",
    Scope.PIPELINE_WRITE: "start and stop pipelines",
    Scope.PIPELINE_VARIABLE: "start pipelines and change their variables",
    Scope.RUNNER: "see the runners of pipelines",
    Scope.RUNNER_WRITE: "add, change and remove runners",
}
"""After "it will be able to"."""

_FAR_REACHING = frozenset(
    {
        *(Scope.ACCOUNT_WRITE, Scope.TEAM_WRITE, Scope.PROJECT_ADMIN, Scope.REPOSITORY_ADMIN),
        *(Scope.REPOSITORY_DELETE, Scope.PIPELINE_VARIABLE, Scope.WEBHOOK),
    }
)


class Line(Struct, frozen=True):
    """One thing that an app may do; ``is_far_reaching`` if it could shut the owner out or lose something."""

    scope: Scope
    sentence: str
    is_far_reaching: bool


def lines(scopes: Iterable[Scope]) -> list[Line]:
    """What these scopes come to: nothing twice, the order that of the create form."""
    return [Line(scope, SENTENCES[scope], scope in _FAR_REACHING) for scope in in_form_order(minimal(scopes))]
