"""The pages of workspaces and repositories, at Bitbucket's addresses: one table.

Who may look at a page, or press its buttons, is the person, so no scope is asked for.
"""

from bitpail.http.routing import Opens, Route
from bitpail.model.access import Need
from bitpail.model.permissions import Permission
from bitpail.web import commit, commit_comments, commits, source, workspaces

SEE = Need()
WRITE = Need(permission=Permission.WRITE, signed_in=True)
ADMINISTER = Need(permission=Permission.ADMIN, signed_in=True)
SEE_WIKI = Need(of="wiki")
WRITE_WIKI = Need(permission=Permission.WRITE, signed_in=True, of="wiki")

SAY = Need(signed_in=True)
"""Whoever may read may comment."""

_WORKSPACE = "/{workspace}"
_REPOSITORY = f"{_WORKSPACE}/{{repo_slug}}"
_COMMITS = f"{_REPOSITORY}/commits"
_COMMIT = f"{_COMMITS}/{{commit}}"
_COMMENT = f"{_COMMIT}/comments/{{comment_id}}"

ROUTES = [
    Route("GET", _WORKSPACE, Opens.WORKSPACE, SEE, workspaces.page),
    Route("GET", _REPOSITORY, Opens.REPOSITORY, SEE, source.front),
    Route("GET", f"{_REPOSITORY}/src", Opens.REPOSITORY, SEE, source.front),
    Route("GET", f"{_REPOSITORY}/src/{{commit}}/{{path...?}}", Opens.REPOSITORY, SEE, source.one),
    Route("GET", _COMMITS, Opens.REPOSITORY, SEE, commits.every),
    Route("GET", f"{_REPOSITORY}/branch/{{name...}}", Opens.REPOSITORY, SEE, commits.branch),
    Route("GET", f"{_COMMITS}/branch/{{name...}}", Opens.REPOSITORY, SEE, commits.of_branch),
    Route("GET", f"{_COMMITS}/tag/{{name...}}", Opens.REPOSITORY, SEE, commits.of_tag),
    Route("GET", _COMMIT, Opens.REPOSITORY, SEE, commit.one),
    Route("GET", f"{_COMMIT}/raw", Opens.REPOSITORY, SEE, commit.raw),
    Route("POST", f"{_COMMIT}/approve", Opens.REPOSITORY, commit.APPROVE, commit_comments.approve),
    Route("POST", f"{_COMMIT}/withdraw", Opens.REPOSITORY, commit.APPROVE, commit_comments.withdraw),
    Route("POST", f"{_COMMIT}/comments", Opens.REPOSITORY, SAY, commit_comments.add),
    Route("POST", _COMMENT, Opens.REPOSITORY, SAY, commit_comments.change),
    Route("POST", f"{_COMMENT}/delete", Opens.REPOSITORY, SAY, commit_comments.delete),
]
