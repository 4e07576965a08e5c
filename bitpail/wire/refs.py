"""Branches and tags in the API's words."""

from typing import Any

from bitpail.model.commits import Commit, TagObject
from bitpail.model.override_settings import MERGE_STRATEGIES
from bitpail.model.refs import Ref
from bitpail.wire.commits import Writer
from bitpail.wire.dates import commit_date
from bitpail.wire.links import ref_path
from bitpail.wire.text import clean

_SYNC_STRATEGIES = ("merge_commit", "rebase")


def branch(
    writer: Writer, ref: Ref, commit: Commit | None, default_merge_strategy: str = MERGE_STRATEGIES[0]
) -> dict[str, Any]:
    """A branch; ``writer`` is the one of its repository."""
    path = ref_path(ref.short)
    return {
        "name": clean(ref.short),
        "target": _target(writer, ref, commit),
        "links": {
            "self": writer.at.branch(path),
            "commits": writer.at.commits_of(path),
            "html": writer.at.branch_html(path),
        },
        "type": "branch",
        "merge_strategies": list(MERGE_STRATEGIES),
        "sync_strategies": list(_SYNC_STRATEGIES),
        "default_merge_strategy": default_merge_strategy,
    }


def tag(writer: Writer, ref: Ref, commit: Commit | None, annotation: TagObject | None) -> dict[str, Any]:
    """A tag; a lightweight one has no ``annotation``, and null for all that it would tell."""
    path = ref_path(ref.short)
    tagger = annotation.tagger if annotation else None
    return {
        "name": clean(ref.short),
        "target": _target(writer, ref, commit),
        "links": {
            "self": writer.at.tag(path),
            "commits": writer.at.commits_of(path),
            "html": writer.at.tag_html(path),
        },
        "type": "tag",
        "message": clean(annotation.message) if annotation else None,
        "date": commit_date(tagger.time) if tagger else None,
        "tagger": writer.signature("author", tagger) if tagger else None,
    }


def _target(writer: Writer, ref: Ref, commit: Commit | None) -> dict[str, Any]:
    if commit is not None:
        return writer.commit(commit)
    # Git lets a ref name a file or a directory; the contract knows commits only,
    # so that this says no more than is true (choice).
    return {"type": "object", "hash": ref.peeled}
