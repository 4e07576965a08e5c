"""Branches and tags, with what they point at."""

from msgspec import Struct

from bitpail.errors import NotFound
from bitpail.git import refs as git_refs
from bitpail.model.access import Access
from bitpail.model.commits import Commit, TagObject
from bitpail.model.refs import Ref
from bitpail.model.users import User
from bitpail.services import commits
from bitpail.services.repositories import directory
from bitpail.services.site import Site

BRANCHES = "refs/heads/"
TAGS = "refs/tags/"


class DescribedRef(Struct, frozen=True):
    """A ref with its commit, and the tag object if it is an annotated tag.

    ``commit`` is None for a tag of something else.
    """

    ref: Ref
    commit: Commit | None
    tag: TagObject | None


class RefsPage(Struct, frozen=True):
    """One page, the number of all, and the people behind the addresses."""

    refs: list[DescribedRef]
    people: dict[str, User]
    size: int


async def page(site: Site, access: Access, prefixes: tuple[str, ...], offset: int, count: int) -> RefsPage:
    """Refs below the prefixes, in byte order of their names."""
    git_directory = await directory(site, access)
    known = await git_refs.read(git_directory, site.objects.peel)
    matching = [ref for ref in known.refs if ref.name.startswith(prefixes)]
    shown = matching[offset : offset + count]
    described = [await _describe(site, access, ref) for ref in shown]
    taggers = [d.tag.tagger for d in described if d.tag and d.tag.tagger]
    people = await commits.people(site, [d.commit for d in described if d.commit], taggers)
    return RefsPage(described, people, len(matching))


async def _describe(site: Site, access: Access, ref: Ref) -> DescribedRef:
    git_directory = await directory(site, access)
    try:
        commit = await site.objects.commit(git_directory, ref.peeled)
    except NotFound:
        commit = None
    tag = await site.objects.tag(git_directory, ref.target) if ref.target != ref.peeled else None
    return DescribedRef(ref, commit, tag)
