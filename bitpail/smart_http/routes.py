"""Every Git service with its address and its need: one table.

A wiki is a repository of its own below the ``.git`` path; its need differs in
one value. The refs of a service need what the service needs, so each address of
``info/refs`` stands here with its query.
"""

import re

from bitpail.http.routing import Opens, Route
from bitpail.model.access import Need
from bitpail.model.transfer import FETCH, FETCH_WIKI, PUSH, PUSH_WIKI
from bitpail.smart_http import archives, handlers, lfs


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


def _lfs_rows(base: str) -> list[Route]:
    def row(method: str, path: str, need: Need, handler: handlers.Handler) -> Route:
        return Route(method, f"{base}/{path}", Opens.REPOSITORY, need, handler)

    return [
        # A batch that uploads is judged once more, by what it says it wants to do.
        row("POST", "objects/batch", FETCH, lfs.batch),
        row("POST", "objects/verify", PUSH, lfs.verify),
        row("PUT", "objects/{oid}", PUSH, lfs.upload),
        row("GET", "objects/{oid}", FETCH, lfs.download),
        row("GET", "locks", FETCH, lfs.locks),
        row("POST", "locks", PUSH, lfs.lock),
        row("POST", "locks/verify", PUSH, lfs.verify_locks),
        row("POST", "locks/{id}/unlock", PUSH, lfs.unlock),
    ]


_REPOSITORY = "/{workspace}/{repo_slug}"
LFS = "/info/lfs/"
"""What stands in the address of everything that Git LFS asks, and in no other."""

ARCHIVES = f"{_REPOSITORY}/get/{{name...}}"
"""One commit's files, for programs that have no git."""

ROUTES = [
    *_rows(_REPOSITORY, FETCH, PUSH),
    Route("GET", ARCHIVES, Opens.REPOSITORY, FETCH, archives.get),
    *_rows(f"{_REPOSITORY}/wiki", FETCH_WIKI, PUSH_WIKI),
    *_lfs_rows(f"{_REPOSITORY}{LFS[:-1]}"),
    *(
        Route(method, f"{_REPOSITORY}/wiki{LFS}{{path...}}", Opens.REPOSITORY, FETCH_WIKI, lfs.not_for_wikis)
        for method in ("GET", "POST", "PUT")
    ),
]

_GIT = re.compile(
    rb"/[^/]+/[^/]+(\.git/.*|(/wiki)?/(info/refs|info/lfs/.*|git-upload-pack|git-receive-pack|HEAD|objects/.*)/?|/get/.*)"
)


_ARCHIVE = re.compile(rb"/[^/]+/[^/]+/get/.*")


def is_git(path: bytes) -> bool:
    """Whether a path is one that git asks for, or of an archive; all others below a repository are pages."""
    return _GIT.fullmatch(path) is not None


def is_archive(path: bytes) -> bool:
    """Whether it is the address of an archive."""
    return _ARCHIVE.fullmatch(path) is not None
