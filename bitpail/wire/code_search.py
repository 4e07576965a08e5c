"""What a search of code found, in the API's words."""

from typing import Any

from bitpail.model.code_search import FoundFile, Segment
from bitpail.wire.links import RepositoryLinks
from bitpail.wire.text import clean


def result(at: RepositoryLinks, one: FoundFile, repository: dict[str, Any] | None = None) -> dict[str, Any]:
    """One file; its commit has the whole repository for who asks for that."""
    commit: dict[str, Any] = {
        "type": "commit",
        "hash": one.commit,
        "links": {"self": at.commit(one.commit), "html": at.commit_html(one.commit)},
    }
    if repository is not None:
        commit["repository"] = repository
    return {
        "type": "code_search_result",
        "content_match_count": one.places,
        "content_matches": [
            {"lines": [{"line": line.number, "segments": _segments(line.segments)} for line in block]}
            for block in one.blocks
        ],
        "path_matches": _segments(one.path_segments),
        "file": {
            "path": clean(one.path),
            "type": "commit_file",
            "commit": commit,
            "links": {"self": at.source(one.commit, one.path)},
        },
    }


def _segments(found: list[Segment]) -> list[dict[str, Any]]:
    return [
        {"text": clean(one.text), "match": True} if one.is_match else {"text": clean(one.text)}
        for one in found
    ]
