"""Every Git service with its address and its need: one table.

A wiki is a repository of its own below the ``.git`` path; its need differs in
one value. The refs of a service need what the service needs, so each address of
``info/refs`` stands here with its query.
"""

from bitpail.http.routing import Opens, Route
from bitpail.model.access import Need
from bitpail.model.transfer import FETCH, FETCH_WIKI, PUSH, PUSH_WIKI
from bitpail.smart_http import handlers


def _rows(base: str, fetch: Need, push: Need) -> list[Route]:
    def row(method: str, path: str, need: Need, handler: handlers.Handler) -> Route:
        return Route(method, f"{base}/{path}", Opens.REPOSITORY, need, handler)

    return [
        row("GET", "info/refs?service=git-upload-pack", fetch, handlers.upload_pack_refs),
        row("GET", "info/refs?service=git-receive-pack", push, handlers.receive_pack_refs),
        row("POST", "git-upload-pack", fetch, handlers.upload_pack),
        row("POST", "git-receive-pack", push, handlers.receive_pack),
        # What a client of the dumb protocol asks for; refused in words.
        row("GET", "info/refs", fetch, handlers.dumb_protocol),
        row("GET", "HEAD", fetch, handlers.dumb_protocol),
        row("GET", "objects/{path...}", fetch, handlers.dumb_protocol),
    ]


ROUTES = [
    *_rows("/{workspace}/{repo_slug}", FETCH, PUSH),
    *_rows("/{workspace}/{repo_slug}/wiki", FETCH_WIKI, PUSH_WIKI),
]
