"""Files and directories in the API's words."""

from mimetypes import MimeTypes
from typing import Any

from bitpail.model.trees import Entry, File
from bitpail.wire.links import RepositoryLinks
from bitpail.wire.text import clean

# Without the machine's own tables, or the same file would be two things on two servers.
_TYPES = MimeTypes(filenames=())
for _ending, _type in (
    (".md", "text/markdown"),
    (".rst", "text/x-rst"),
    (".yml", "text/yaml"),
    (".yaml", "text/yaml"),
):
    _TYPES.add_type(_type, _ending)

PICTURES = frozenset(
    {"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp", "image/x-icon"}
    | {"image/svg+xml", "image/vnd.microsoft.icon"}
)
"""What browsers show as pictures."""


def media_type(path: str) -> str | None:
    """What the ending of a name says, None if nothing."""
    return _TYPES.guess_type(f"/{path}", strict=False)[0]


def type_of(entry: Entry) -> str:
    """Its ``type``."""
    return "commit_directory" if entry.is_directory else "commit_file"


def directory(at: RepositoryLinks, commit_hash: str, entry: Entry) -> dict[str, Any]:
    """A directory."""
    return {
        "path": clean(entry.path),
        "commit": _commit(at, commit_hash),
        "type": "commit_directory",
        "links": _links(at, commit_hash, f"{entry.path}/" if entry.path else ""),
    }


def file(
    at: RepositoryLinks, commit_hash: str, one: File, commit: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A file; ``commit`` is a whole one where there is more to tell than its name."""
    path = one.entry.path
    return {
        "path": clean(path),
        "commit": commit or _commit(at, commit_hash),
        "type": "commit_file",
        "attributes": list(one.attributes),
        "size": one.size,
        "mimetype": media_type(path),
        "escaped_path": at.escaped(path),
        "links": _links(at, commit_hash, path),
    }


def _commit(at: RepositoryLinks, commit_hash: str) -> dict[str, Any]:
    links = {"self": at.commit(commit_hash), "html": at.commit_html(commit_hash)}
    return {"type": "commit", "hash": commit_hash, "links": links}


def _links(at: RepositoryLinks, commit_hash: str, path: str) -> dict[str, Any]:
    own = at.source(commit_hash, path)
    links = {"self": own, "meta": {"href": f"{own['href']}?format=meta"}}
    if not path.endswith("/") and path:
        links["history"] = at.file_history(commit_hash, path)
    return links
