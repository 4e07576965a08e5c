"""The pages of a wiki: one table. Who may read the repository reads it, who may write there edits it.

Beside the page of each name there are words that no page's address begins with; ``view``
reaches a page that is called like one.
"""

from bitpail.http.routing import Opens, Route
from bitpail.model.access import Need
from bitpail.model.permissions import Permission
from bitpail.web import wiki, wiki_editing, wiki_files, wiki_history

SEE = Need(of="wiki")
WRITE = Need(permission=Permission.WRITE, signed_in=True, of="wiki")
SWITCH = Need(permission=Permission.ADMIN, signed_in=True)

_WIKI = "/{workspace}/{repo_slug}/wiki"
_CREATE = f"{_WIKI}/create/{{path...?}}"
_EDIT = f"{_WIKI}/edit/{{path...}}"
_DELETE = f"{_WIKI}/delete/{{path...}}"

_UPLOAD = f"{_WIKI}/upload"

STREAMED = frozenset({_UPLOAD})
LONG_FORMS = frozenset({_CREATE, _EDIT})

ROUTES = [
    Route("GET", _WIKI, Opens.REPOSITORY, SEE, wiki.front),
    Route("POST", _WIKI, Opens.REPOSITORY, SWITCH, wiki.switch_on),
    Route("GET", f"{_WIKI}/browse", Opens.REPOSITORY, SEE, wiki.browse),
    Route("POST", _UPLOAD, Opens.REPOSITORY, WRITE, wiki_files.upload),
    Route("GET", f"{_WIKI}/search", Opens.REPOSITORY, SEE, wiki.search),
    Route("GET", f"{_WIKI}/view/{{path...}}", Opens.REPOSITORY, SEE, wiki.one),
    Route("GET", f"{_WIKI}/raw/{{path...}}", Opens.REPOSITORY, SEE, wiki.raw),
    Route("GET", f"{_WIKI}/history/{{path...}}", Opens.REPOSITORY, SEE, wiki_history.of_page),
    Route("GET", f"{_WIKI}/diff/{{spec}}", Opens.REPOSITORY, SEE, wiki_history.difference),
    Route("GET", _CREATE, Opens.REPOSITORY, WRITE, wiki_editing.new),
    Route("POST", _CREATE, Opens.REPOSITORY, WRITE, wiki_editing.create),
    Route("GET", _EDIT, Opens.REPOSITORY, WRITE, wiki_editing.edit),
    Route("POST", _EDIT, Opens.REPOSITORY, WRITE, wiki_editing.save),
    Route("GET", _DELETE, Opens.REPOSITORY, WRITE, wiki_editing.ask_to_delete),
    Route("POST", _DELETE, Opens.REPOSITORY, WRITE, wiki_editing.delete),
    Route("GET", f"{_WIKI}/{{path...}}", Opens.REPOSITORY, SEE, wiki.one),
]
