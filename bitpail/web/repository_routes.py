"""The pages of workspaces and repositories, at Bitbucket's addresses: one table.

Who may look at a page, or press its buttons, is the person, so no scope is asked for.
"""

from bitpail.http.routing import Opens, Route
from bitpail.model.access import Need
from bitpail.model.permissions import Permission
from bitpail.web import (
    blame,
    code_search,
    commit,
    commit_comments,
    commits,
    editing,
    file_history,
    file_names,
    oauth_consumers,
    raw,
    ref_routes,
    source,
    wiki_routes,
    workspaces,
)

SEE = Need()
WRITE = Need(permission=Permission.WRITE, signed_in=True)
ADMINISTER = Need(permission=Permission.ADMIN, signed_in=True)

SAY = Need(signed_in=True)
"""Whoever may read may comment."""

_WORKSPACE = "/{workspace}"
_CONSUMERS = f"{_WORKSPACE}/workspace/settings/oauth-consumers"
_CONSUMER = f"{_CONSUMERS}/{{id}}"
_REPOSITORY = f"{_WORKSPACE}/{{repo_slug}}"
_COMMITS = f"{_REPOSITORY}/commits"
_COMMIT = f"{_COMMITS}/{{commit}}"
_COMMENT = f"{_COMMIT}/comments/{{comment_id}}"
_EDIT = f"{_REPOSITORY}/{editing.EDIT}/{{commit}}/{{path...}}"
_ADD = f"{_REPOSITORY}/{editing.ADD}/{{commit}}/{{path...?}}"
_DELETE = f"{_REPOSITORY}/{editing.DELETE}/{{commit}}/{{path...}}"

UPLOADS = frozenset({_EDIT, _ADD, _DELETE})
"""Forms that may be long."""

LONG_FORMS = frozenset({f"{_COMMIT}/comments", _COMMENT})
"""As many letters as a comment may have, each of up to twelve bytes in a form."""

ROUTES = [
    Route("GET", _WORKSPACE, Opens.WORKSPACE, SEE, workspaces.page),
    Route("GET", _CONSUMERS, Opens.WORKSPACE, ADMINISTER, oauth_consumers.page),
    Route("GET", f"{_CONSUMERS}/new", Opens.WORKSPACE, ADMINISTER, oauth_consumers.new),
    Route("POST", f"{_CONSUMERS}/new", Opens.WORKSPACE, ADMINISTER, oauth_consumers.create),
    Route("GET", _CONSUMER, Opens.WORKSPACE, ADMINISTER, oauth_consumers.one),
    Route("POST", _CONSUMER, Opens.WORKSPACE, ADMINISTER, oauth_consumers.change),
    Route("POST", f"{_CONSUMER}/secret", Opens.WORKSPACE, ADMINISTER, oauth_consumers.make_secret),
    Route("GET", f"{_CONSUMER}/delete", Opens.WORKSPACE, ADMINISTER, oauth_consumers.ask_to_delete),
    Route("POST", f"{_CONSUMER}/delete", Opens.WORKSPACE, ADMINISTER, oauth_consumers.delete),
    Route("GET", _REPOSITORY, Opens.REPOSITORY, SEE, source.front),
    Route("GET", f"{_REPOSITORY}/src", Opens.REPOSITORY, SEE, source.front),
    Route("GET", f"{_REPOSITORY}/src/{{commit}}/{{path...?}}", Opens.REPOSITORY, SEE, source.one),
    Route(
        "GET", f"{_REPOSITORY}/last-changes/{{commit}}/{{path...?}}", Opens.REPOSITORY, SEE, source.changes
    ),
    Route("GET", f"{_REPOSITORY}/annotate/{{commit}}/{{path...}}", Opens.REPOSITORY, SEE, blame.page),
    Route(
        "GET", f"{_REPOSITORY}/history-node/{{commit}}/{{path...?}}", Opens.REPOSITORY, SEE, file_history.page
    ),
    Route("GET", f"{_REPOSITORY}/find/{{commit}}", Opens.REPOSITORY, SEE, file_names.page),
    Route("GET", f"{_REPOSITORY}/search", Opens.REPOSITORY, SEE, code_search.page),
    Route("GET", f"{_REPOSITORY}/raw/{{commit}}/{{path...}}", Opens.REPOSITORY, SEE, raw.one),
    Route("GET", _EDIT, Opens.REPOSITORY, WRITE, editing.edit),
    Route("POST", _EDIT, Opens.REPOSITORY, WRITE, editing.save_edit),
    Route("GET", _ADD, Opens.REPOSITORY, WRITE, editing.add),
    Route("POST", _ADD, Opens.REPOSITORY, WRITE, editing.save_new),
    Route("GET", _DELETE, Opens.REPOSITORY, WRITE, editing.delete),
    Route("POST", _DELETE, Opens.REPOSITORY, WRITE, editing.save_deletion),
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
    *ref_routes.ROUTES,
    *wiki_routes.ROUTES,
]
