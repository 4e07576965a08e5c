"""Branches and tags, with what they point at."""

from collections.abc import Callable

from msgspec import Struct

from bitpail.errors import Conflict, Invalid, NotFound
from bitpail.git import refs as git_refs
from bitpail.git import tag_objects
from bitpail.git.directories import GitDirectory
from bitpail.git.revisions import Revision
from bitpail.model.access import Access
from bitpail.model.commits import Commit, TagObject
from bitpail.model.refs import Ref
from bitpail.model.users import User
from bitpail.policy import members, names
from bitpail.services import commits
from bitpail.services.clock import now
from bitpail.services.ref_updates import RefUpdate, apply
from bitpail.services.repositories import directory
from bitpail.services.site import Site
from bitpail.store import users

BRANCHES = "refs/heads/"
TAGS = "refs/tags/"

_NOT_GITS = (
    "git allows none with a space, '..', '~', '^', ':', '?', '*', '[' or '\\', nor one that ends in '.lock'"
)


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


async def page(
    site: Site,
    access: Access,
    prefixes: tuple[str, ...],
    offset: int,
    count: int | None,
    named: Callable[[list[Ref]], list[Ref]] | None = None,
) -> RefsPage:
    """Refs below the prefixes, in byte order of their names, or those and as ``named`` gives them.

    ``count`` is None for all of them.
    """
    git_directory = await directory(site, access)
    known = await site.objects.refs(git_directory)
    matching = [ref for prefix in prefixes for ref in known.below(prefix)]
    if named is not None:
        matching = named(matching)
    shown = matching[offset : None if count is None else offset + count]
    described = await _describe(site, git_directory, shown)
    taggers = [d.tag.tagger for d in described if d.tag and d.tag.tagger]
    people = await commits.people(site, [d.commit for d in described if d.commit], taggers)
    return RefsPage(described, people, len(matching))


async def matching(site: Site, access: Access, prefix: str, text: str, count: int) -> tuple[list[str], int]:
    """Short names below a prefix that hold a text in either case, so many of them, and how many there are."""
    known = await site.objects.refs(await directory(site, access))
    every = known.below(prefix)
    if not text:
        return [ref.short for ref in every[:count]], len(every)
    wanted = text.casefold()
    found = [ref.short for ref in every if wanted in ref.short.casefold()]
    return found[:count], len(found)


async def kind(site: Site, access: Access, revision: str) -> str:
    """BRANCHES or TAGS if a revision is the name of one, and nothing if it is another ref or a hash."""
    known = await site.objects.refs(await directory(site, access))
    return next((prefix for prefix in (BRANCHES, TAGS) if prefix + revision in known.by_name), "")


async def main_branch(site: Site, access: Access) -> str | None:
    """The short name of the branch that HEAD names, if it is there."""
    known = await site.objects.refs(await directory(site, access))
    ref = known.by_name.get(known.head or "")
    return ref.short if ref is not None and ref.name.startswith(BRANCHES) else None


async def find(site: Site, access: Access, prefix: str, name: str) -> RefsPage | None:
    """The same as ``one``, or None."""
    try:
        return await one(site, access, prefix, name)
    except NotFound:
        return None


async def one(site: Site, access: Access, prefix: str, name: str) -> RefsPage:
    """The branch or tag of that short name, as a page of one; raises NotFound."""
    ref = await _named(site, access, prefix, name)
    (described,) = await _describe(site, await directory(site, access), [ref])
    signatures = [described.tag.tagger] if described.tag and described.tag.tagger else []
    people = await commits.people(site, [described.commit] if described.commit else [], signatures)
    return RefsPage([described], people, 1)


async def _named(site: Site, access: Access, prefix: str, name: str) -> Ref:
    known = await site.objects.refs(await directory(site, access))
    ref = known.by_name.get(prefix + name)
    if ref is not None:
        return ref
    raise NotFound(f"{'Branch' if prefix == BRANCHES else 'Tag'} not found: {name}")


async def create_branch(site: Site, access: Access, name: str, target: str) -> RefsPage:
    """A branch at a commit: its hash, abbreviated or not, or the name of a ref.

    Raises Invalid, also if there is such a branch, or PushRefused.
    """
    _check_name(name, BRANCHES)
    git_directory = await directory(site, access)
    commit_hash = await _target(site, git_directory, target)
    await _create(site, access, RefUpdate(BRANCHES + name, None, commit_hash), None)
    return await one(site, access, BRANCHES, name)


async def create_tag(site: Site, access: Access, name: str, target: str, message: str | None) -> RefsPage:
    """An annotated tag of a commit, by whoever asks; raises as ``create_branch``."""
    _check_name(name, TAGS)
    git_directory = await directory(site, access)
    commit_hash = await _target(site, git_directory, target)
    if access.actor.user is None:
        raise Invalid("a tag needs a tagger: sign in as a user")
    address = (await users.emails(site.db, access.actor.user.id))[0].address
    made = tag_objects.annotated(
        name,
        commit_hash,
        message or f"Added tag {name} for changeset {commit_hash[:12]}",
        tagger=(access.actor.user.display_name, address),
        time=now() // 1_000_000,
    )
    await _create(site, access, RefUpdate(TAGS + name, None, made.hash), made.pack)
    return await one(site, access, TAGS, name)


async def delete(site: Site, access: Access, prefix: str, name: str) -> None:
    """Delete a branch or a tag; raises NotFound, Invalid for the main branch, or PushRefused."""
    ref = await _named(site, access, prefix, name)
    git_directory = await directory(site, access)
    if prefix == BRANCHES and git_refs.main_branch(git_directory) == name:
        raise Invalid(f"{name} is the main branch: it can't be deleted")
    await apply(site, access, [RefUpdate(ref.name, ref.target, None)])


async def _create(site: Site, access: Access, update: RefUpdate, pack: bytes | None) -> None:
    try:
        await apply(site, access, [update], pack)
    except Conflict:
        known = await site.objects.refs(await directory(site, access))
        other = names.in_the_way(update.name, known.by_name)
        if other:
            raise members.invalid("name", f"{_short(other)} is there: git keeps none beside it") from None
        short = _short(update.name)
        kind = "Branch" if update.name.startswith(BRANCHES) else "Tag"
        raise Invalid(f'{kind} "{short}" already exists.', {"name": ["already exists"]}) from None


def _short(name: str) -> str:
    return name.removeprefix(BRANCHES).removeprefix(TAGS)


async def _target(site: Site, git_directory: GitDirectory, target: str) -> str:
    try:
        return await site.objects.resolve(git_directory, Revision(target))
    except (Invalid, NotFound) as error:
        raise members.invalid("target.hash", error.message) from None


def _check_name(name: str, prefix: str) -> None:
    reason = names.refuse_ref((prefix + name).encode("utf-8", "surrogateescape"))
    try:
        Revision(name)
    except Invalid:
        reason = reason or (_NOT_GITS if name else "it is empty")
    if reason:
        raise members.invalid("name", reason)


async def _describe(site: Site, git_directory: GitDirectory, refs: list[Ref]) -> list[DescribedRef]:
    """Two questions for all of them, one if none is an annotated tag."""
    annotated = [ref.target for ref in refs if ref.target != ref.peeled]
    commits = await site.objects.commits_among(git_directory, [ref.peeled for ref in refs])
    tags = await site.objects.tags(git_directory, annotated)
    return [DescribedRef(ref, commits.get(ref.peeled), tags.get(ref.target)) for ref in refs]
