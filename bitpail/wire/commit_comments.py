"""What people say of commits, in the API's words."""

from typing import Any

from bitpail.model.access import Access
from bitpail.model.commit_comments import LIVE, CommitComment, Inline
from bitpail.wire import users
from bitpail.wire.dates import instant
from bitpail.wire.links import Links, RepositoryLinks
from bitpail.wire.text import clean, rendered


def comment(links: Links, access: Access, one: CommitComment) -> dict[str, Any]:
    """One comment; ``user``, ``inline`` and ``parent`` are absent where there is none."""
    at = links.repository(access.workspace, access.repository)
    shown: dict[str, Any] = {
        "id": one.number,
        "created_on": instant(one.created_on),
        "updated_on": instant(one.updated_on),
        "content": rendered(clean(one.content)),
    }
    if one.user is not None:
        shown["user"] = users.embedded(links, one.user)
    shown["deleted"] = one.state != LIVE
    if one.inline is not None:
        shown["inline"] = _inline(one.inline)
    if one.parent is not None:
        parent_links = _links(at, one.commit, one.parent)
        shown["parent"] = {"type": "commit_comment", "id": one.parent, "links": parent_links}
    shown["type"] = "commit_comment"
    shown["links"] = _links(at, one.commit, one.number)
    if one.inline is not None:
        shown["links"]["code"] = at.diff_of_file(one.commit, one.inline.path)
    commit_links = {"self": at.commit(one.commit), "html": at.commit_html(one.commit)}
    shown["commit"] = {"type": "commit", "hash": one.commit, "links": commit_links}
    return shown


def _links(at: RepositoryLinks, commit: str, number: int) -> dict[str, Any]:
    return {
        "self": at.commit_part(commit, f"comments/{number}"),
        "html": at.commit_comment_html(commit, number),
    }


def _inline(inline: Inline) -> dict[str, Any]:
    return {
        "from": inline.from_line,
        "to": inline.to_line,
        "path": clean(inline.path),
        "start_from": inline.start_from,
        "start_to": inline.start_to,
    }
