"""The pages of branches, tags and downloads, at Bitbucket's addresses: one table."""

from bitpail.http.routing import Opens, Route
from bitpail.model.access import Need
from bitpail.model.permissions import Permission
from bitpail.web import compare, downloads, ref_lists

SEE = Need()
WRITE = Need(permission=Permission.WRITE, signed_in=True)

_REPOSITORY = "/{workspace}/{repo_slug}"
_BRANCHES = f"{_REPOSITORY}/branches"
_TAGS = f"{_REPOSITORY}/tags"
_DOWNLOADS = f"{_REPOSITORY}/downloads"

STREAMED = frozenset({_DOWNLOADS})
"""Where a form brings files of any size: its handler reads it, and asks for its token first."""

ROUTES = [
    Route("GET", _BRANCHES, Opens.REPOSITORY, SEE, ref_lists.branches),
    Route("POST", _BRANCHES, Opens.REPOSITORY, WRITE, ref_lists.create_branch),
    Route("POST", f"{_BRANCHES}/delete", Opens.REPOSITORY, WRITE, ref_lists.delete_branch),
    Route("GET", f"{_BRANCHES}/compare", Opens.REPOSITORY, SEE, compare.choose),
    Route("GET", f"{_BRANCHES}/compare/{{spec...}}", Opens.REPOSITORY, SEE, compare.two),
    Route("GET", _TAGS, Opens.REPOSITORY, SEE, ref_lists.tags),
    Route("POST", _TAGS, Opens.REPOSITORY, WRITE, ref_lists.create_tag),
    Route("POST", f"{_TAGS}/delete", Opens.REPOSITORY, WRITE, ref_lists.delete_tag),
    Route("GET", _DOWNLOADS, Opens.REPOSITORY, SEE, downloads.page),
    Route("POST", _DOWNLOADS, Opens.REPOSITORY, WRITE, downloads.upload),
    Route("GET", f"{_DOWNLOADS}/{{filename}}", Opens.REPOSITORY, SEE, downloads.one),
    Route("POST", f"{_DOWNLOADS}/{{filename}}/delete", Opens.REPOSITORY, WRITE, downloads.delete),
    Route("GET", f"{_REPOSITORY}/get/{{name...}}", Opens.REPOSITORY, SEE, downloads.archive),
]
