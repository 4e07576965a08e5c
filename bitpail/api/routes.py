"""Every operation with its address and its need: one table, in the order of the contract."""

from bitpail.api import commits, diffs, refs, repositories, source, users, workspaces
from bitpail.http.routing import Opens, Route
from bitpail.model.access import Need
from bitpail.model.permissions import Permission
from bitpail.model.scopes import Scope

READ = Need((frozenset({Scope.REPOSITORY}),), Permission.READ)
WRITE = Need((frozenset({Scope.REPOSITORY_WRITE}),), Permission.WRITE, signed_in=True)
CREATE_REPOSITORY = Need((frozenset({Scope.REPOSITORY_ADMIN}),), Permission.WRITE, signed_in=True)
ADMINISTER = Need((frozenset({Scope.REPOSITORY_ADMIN}),), Permission.ADMIN, signed_in=True)
DELETE = Need((frozenset({Scope.REPOSITORY_DELETE}),), Permission.ADMIN, signed_in=True)
ACCOUNT = Need((frozenset({Scope.ACCOUNT}),), signed_in=True)
EMAIL = Need((frozenset({Scope.EMAIL}),), signed_in=True)
PUBLIC = Need()

_WORKSPACE = "/2.0/repositories/{workspace}"
_REPOSITORY = "/2.0/repositories/{workspace}/{repo_slug}"

ROUTES = [
    Route("GET", "/2.0/user", Opens.OWN_ACCOUNT, ACCOUNT, users.me),
    Route("GET", "/2.0/user/emails", Opens.OWN_ACCOUNT, EMAIL, users.emails),
    Route("GET", "/2.0/users/{selected_user}", Opens.SITE, PUBLIC, users.one),
    Route("GET", "/2.0/workspaces/{workspace}", Opens.WORKSPACE, PUBLIC, workspaces.one),
    Route("GET", _WORKSPACE, Opens.WORKSPACE, READ, repositories.of_workspace),
    Route("GET", _REPOSITORY, Opens.REPOSITORY, READ, repositories.one),
    Route("POST", _REPOSITORY, Opens.WORKSPACE, CREATE_REPOSITORY, repositories.create),
    Route("PUT", _REPOSITORY, Opens.REPOSITORY_OR_NEW, ADMINISTER, repositories.put),
    Route("DELETE", _REPOSITORY, Opens.REPOSITORY, DELETE, repositories.delete),
    Route("GET", f"{_REPOSITORY}/commit/{{commit}}", Opens.REPOSITORY, READ, commits.one),
    # POST reads too: include and exclude come as a form.
    Route("GET", f"{_REPOSITORY}/commits", Opens.REPOSITORY, READ, commits.page),
    Route("POST", f"{_REPOSITORY}/commits", Opens.REPOSITORY, READ, commits.page),
    Route("GET", f"{_REPOSITORY}/commits/{{revision...}}", Opens.REPOSITORY, READ, commits.page),
    Route("POST", f"{_REPOSITORY}/commits/{{revision...}}", Opens.REPOSITORY, READ, commits.page),
    Route("GET", f"{_REPOSITORY}/diff/{{spec...}}", Opens.REPOSITORY, READ, diffs.diff),
    Route("GET", f"{_REPOSITORY}/diffstat/{{spec...}}", Opens.REPOSITORY, READ, diffs.diffstat),
    Route("GET", f"{_REPOSITORY}/file-conflicts/{{spec...}}", Opens.REPOSITORY, READ, diffs.file_conflicts),
    Route("GET", f"{_REPOSITORY}/merge-base/{{revspec...}}", Opens.REPOSITORY, READ, diffs.merge_base),
    Route("GET", f"{_REPOSITORY}/patch/{{spec...}}", Opens.REPOSITORY, READ, diffs.patch),
    Route("GET", f"{_REPOSITORY}/filehistory/{{commit}}/{{path...}}", Opens.REPOSITORY, READ, source.history),
    Route("GET", f"{_REPOSITORY}/src", Opens.REPOSITORY, READ, source.root),
    Route("GET", f"{_REPOSITORY}/src/{{commit}}/{{path...?}}", Opens.REPOSITORY, READ, source.one),
    Route("GET", f"{_REPOSITORY}/refs", Opens.REPOSITORY, READ, refs.all_refs),
    Route("GET", f"{_REPOSITORY}/refs/branches", Opens.REPOSITORY, READ, refs.branches),
    Route("POST", f"{_REPOSITORY}/refs/branches", Opens.REPOSITORY, WRITE, refs.create_branch),
    Route("GET", f"{_REPOSITORY}/refs/branches/{{name...}}", Opens.REPOSITORY, READ, refs.branch),
    Route("DELETE", f"{_REPOSITORY}/refs/branches/{{name...}}", Opens.REPOSITORY, WRITE, refs.delete_branch),
    Route("GET", f"{_REPOSITORY}/refs/tags", Opens.REPOSITORY, READ, refs.tags),
    Route("POST", f"{_REPOSITORY}/refs/tags", Opens.REPOSITORY, WRITE, refs.create_tag),
    Route("GET", f"{_REPOSITORY}/refs/tags/{{name...}}", Opens.REPOSITORY, READ, refs.tag),
    Route("DELETE", f"{_REPOSITORY}/refs/tags/{{name...}}", Opens.REPOSITORY, WRITE, refs.delete_tag),
]
