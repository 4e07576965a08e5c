"""Directories of a commit, and what a repository begins with."""

from typing import Any

import msgspec
from msgspec import Struct
from starlette.responses import Response

from bitpail.errors import NotFound
from bitpail.model.access import Access
from bitpail.model.trees import Entry
from bitpail.services import commits, forks, last_changes, readmes, refs, source
from bitpail.services.last_changes import LastChanges
from bitpail.services.source import Found
from bitpail.web import file, ref_chooser, rendered_file
from bitpail.web.commits import title_of
from bitpail.web.pages import shown
from bitpail.web.repository import SOURCE, address, below, render_in
from bitpail.web.request import WebRequest, see_other

_LISTED = 200
_LONGEST_MESSAGE = 4000
_LONGEST_TITLE = 120


class Change(Struct, frozen=True):
    """The commit that changed an entry last; ``at`` is microseconds."""

    title: str
    address: str
    author: str
    at: int


class Parent(Struct, frozen=True):
    """What a repository was forked from."""

    name: str
    address: str


async def front(request: WebRequest, access: Access) -> Response:
    """``GET /{workspace}/{repo_slug}`` and ``.../src``: the main branch, or how to begin."""
    parent = await _parent(request, access)
    try:
        commit_hash = await source.main_commit(request.site, access)
    except NotFound:
        return render_in(request, access, "empty.html", SOURCE, parent=parent)
    revision = await refs.main_branch(request.site, access) or commit_hash
    return await _page(request, access, revision, "", is_front=True, parent=parent)


async def one(request: WebRequest, access: Access) -> Response:
    """``GET .../src/{commit}/{path}``."""
    return await _page(request, access, request.parameters["commit"], request.parameters["path"].strip("/"))


async def changes(request: WebRequest, access: Access) -> Response:
    """``GET .../last-changes/{commit}/{path}``: what the script puts beside the entries of that page, in their order."""
    path = request.parameters["path"].strip("/")
    found = await source.find(request.site, access, request.parameters["commit"], path)
    if found.file is not None:
        raise NotFound(f"{path} is a file")
    first = (request.page_number() - 1) * _LISTED
    entries, _ = await source.one_page(request.site, access, found, first, _LISTED)
    known = await last_changes.of_entries(request.site, access, found, entries)
    made = [_change(access, known, entry) for entry in entries]
    return Response(
        msgspec.json.encode(made),
        headers={"Cache-Control": "private, max-age=60"},
        media_type="application/json",
    )


def _change(access: Access, known: LastChanges, entry: Entry) -> Change | None:
    commit = known.by_path.get(entry.path)
    if commit is None:
        return None
    author = known.people.get(commit.author.email.lower())
    title, _ = title_of(commit.message[:_LONGEST_MESSAGE])
    return Change(
        shown(title[:_LONGEST_TITLE]),
        below(access, "commits", commit.hash),
        shown(author.display_name if author else commit.author.name or commit.author.email or "nobody"),
        commit.author.time * 1_000_000,
    )


async def _page(
    request: WebRequest,
    access: Access,
    revision: str,
    path: str,
    *,
    is_front: bool = False,
    parent: Parent | None = None,
) -> Response:
    if leads_to := await ref_chooser.named(request, access, "src", path):
        return see_other(leads_to)
    found = await source.find(request.site, access, revision, path)
    if found.file is not None:
        return await file.page(request, access, revision, found)
    return await _directory(request, access, revision, found, is_front=is_front, parent=parent)


async def _parent(request: WebRequest, access: Access) -> Parent | None:
    """What it was forked from, if that may be seen."""
    id_ = access.repository.id
    found = (await forks.parents(request.site, access.actor, [id_])).get(id_)
    return Parent(f"{found[0].slug}/{found[1].slug}", address(*found)) if found else None


async def _directory(
    request: WebRequest,
    access: Access,
    revision: str,
    found: Found,
    *,
    is_front: bool = False,
    parent: Parent | None = None,
) -> Response:
    number, path = request.page_number(), found.entry.path
    entries, size = await source.one_page(request.site, access, found, (number - 1) * _LISTED, _LISTED)
    look_up = last_changes.of_entries if "changes" in request.query else last_changes.known
    known = await look_up(request.site, access, found, entries)
    return render_in(
        request,
        access,
        "directory.html",
        SOURCE,
        **file.where(access, revision, path),
        **await _tip(request, access, found),
        **await _readme(request, access, revision, found if number == 1 else None),
        chooser=await ref_chooser.chooser(request, access, "src", revision, path),
        above=below(access, "src", revision, path.rpartition("/")[0]) if path else None,
        entries=[_listed(access, revision, entry, known) for entry in entries],
        changes=known,
        changes_address=f"{below(access, 'last-changes', found.commit, path)}?page={number}",
        with_changes=None if known else request.changed(changes="1"),
        size=size,
        done=file.DONE.get(request.query.get("done", "")),
        permalink=below(access, "src", found.commit, path) if revision != found.commit else None,
        previous=request.neighbour(number - 1) if number > 1 else None,
        following=request.neighbour(number + 1) if number * _LISTED < size else None,
        is_front=is_front,
        parent=parent,
    )


def _listed(
    access: Access, revision: str, entry: Entry, known: LastChanges | None
) -> tuple[Entry, str, str, Change | None]:
    """A row: the entry, its name, its page, and the commit that changed it last."""
    name = entry.path.rpartition("/")[2]
    change = _change(access, known, entry) if known else None
    return entry, name, below(access, "src", revision, entry.path), change


async def _tip(request: WebRequest, access: Access, found: Found) -> dict[str, Any]:
    """The commit of the page, who wrote it, and where it is."""
    commit = await commits.one(request.site, access, found.commit)
    people = await commits.people(request.site, [commit])
    return {
        "commit": commit,
        "commit_title": title_of(commit.message[:_LONGEST_MESSAGE])[0],
        "commit_address": below(access, "commits", commit.hash),
        "commit_author": people.get(commit.author.email.lower()),
    }


async def _readme(request: WebRequest, access: Access, revision: str, found: Found | None) -> dict[str, Any]:
    """What stands below the entries of the first page."""
    readme = await readmes.of(request.site, access, found) if found else None
    if readme is None:
        return {"readme": None}
    return {
        "readme": readme,
        "readme_html": await rendered_file.readme(request, access, revision, readme),
        "readme_address": below(access, "src", revision, readme.entry.path),
    }
