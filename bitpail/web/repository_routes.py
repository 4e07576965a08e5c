"""The pages of workspaces and repositories, at Bitbucket's addresses: one table.

Who may look at a page, or press its buttons, is the person, so no scope is asked for.
"""

from bitpail.http.routing import Opens, Route
from bitpail.model.access import Need
from bitpail.model.permissions import Permission
from bitpail.web import source, workspaces

SEE = Need()
WRITE = Need(permission=Permission.WRITE, signed_in=True)
ADMINISTER = Need(permission=Permission.ADMIN, signed_in=True)
SEE_WIKI = Need(of="wiki")
WRITE_WIKI = Need(permission=Permission.WRITE, signed_in=True, of="wiki")

_WORKSPACE = "/{workspace}"
_REPOSITORY = f"{_WORKSPACE}/{{repo_slug}}"

ROUTES = [
    Route("GET", _WORKSPACE, Opens.WORKSPACE, SEE, workspaces.page),
    Route("GET", _REPOSITORY, Opens.REPOSITORY, SEE, source.front),
    Route("GET", f"{_REPOSITORY}/src", Opens.REPOSITORY, SEE, source.front),
    Route("GET", f"{_REPOSITORY}/src/{{commit}}/{{path...?}}", Opens.REPOSITORY, SEE, source.one),
]
