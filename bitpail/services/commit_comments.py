"""What people say of commits: said, answered, changed by who said it, deleted by them or by an administrator.

Whoever may read may comment. A deleted comment that was answered keeps its
place without its words; one that was not is gone, with those above it that
were deleted and kept for it alone.
"""

from typing import NoReturn

import msgspec
from msgspec import Struct

from bitpail.errors import Invalid, NotFound
from bitpail.git.revisions import RepositoryPath
from bitpail.model.access import Access
from bitpail.model.commit_comments import GONE, KEPT, LIVE, CommitComment, Inline
from bitpail.model.permissions import Permission
from bitpail.policy import members, names
from bitpail.policy.decide import Decision
from bitpail.services import commits, repositories
from bitpail.services.access import Refused
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import commit_comments as store
from bitpail.store.database import Connection
from bitpail.wire.query_kinds import Asked

CONTENT_LENGTH = 32_768

_DEEPEST = 100
_LAST_LINE = 2**31 - 1


class CommentsPage(Struct, frozen=True):
    """One page of comments and the number of all."""

    comments: list[CommitComment]
    size: int


async def page(  # a commit, what is asked of its comments, which part
    site: Site, access: Access, revision: str, asked: Asked, offset: int, limit: int
) -> CommentsPage:
    """Some of a commit, the oldest first; raises Invalid or NotFound."""
    commit = await commits.one(site, access, revision)
    return CommentsPage(*await store.page(site.db, access.repository.id, commit.hash, asked, offset, limit))


async def one(site: Site, access: Access, revision: str, name: str) -> CommitComment:
    """The comment of that number; raises Invalid or NotFound."""
    commit = await commits.one(site, access, revision)
    return await _one(site.db, access, commit.hash, name)


async def _one(db: Connection, access: Access, commit: str, name: str) -> CommitComment:
    number = int(name) if name.isascii() and name.isdigit() and len(name) < 10 else None
    found = await store.one(db, access.repository.id, commit, number) if number else None
    if found is None:
        raise NotFound(f"there is no comment {name!r} of this commit")
    return found


async def create(  # where, what, answering what
    site: Site, access: Access, revision: str, content: str, inline: Inline | None, parent: int | None
) -> CommitComment:
    """Say something; raises Invalid or NotFound."""
    commit = await commits.one(site, access, revision)
    checked, place = _content(content), _inline(inline) if inline else None
    async with site.db.transaction() as db:
        await repositories.hold(db, access.repository)
        if parent is not None:
            await _check_parent(db, access, commit.hash, parent)
        at = now()
        comment = CommitComment(
            repository_id=access.repository.id,
            number=await store.last_number(db, access.repository.id) + 1,
            commit=commit.hash,
            user=access.actor.user,
            parent=parent,
            inline=place,
            content=checked,
            state=LIVE,
            created_on=at,
            updated_on=at,
        )
        await store.create(db, comment)
    return comment


async def change(site: Site, access: Access, revision: str, name: str, content: str) -> CommitComment:
    """Say it in other words. Raises Invalid, NotFound, or Refused for who did not say it."""
    commit = await commits.one(site, access, revision)
    checked = _content(content)
    async with site.db.transaction() as db:
        await repositories.hold(db, access.repository)
        found = await _one(db, access, commit.hash, name)
        if not _is_own(access, found):
            _refuse(access)
        if found.state != LIVE:
            raise Invalid("the comment was deleted")
        changed = msgspec.structs.replace(found, content=checked, updated_on=now())
        await store.change(db, found.repository_id, found.number, checked, LIVE, changed.updated_on)
    return changed


async def delete(site: Site, access: Access, revision: str, name: str) -> None:
    """Take the words away. Raises Invalid, NotFound, or Refused for who neither said it nor administers."""
    commit = await commits.one(site, access, revision)
    async with site.db.transaction() as db:
        await repositories.hold(db, access.repository)
        found = await _one(db, access, commit.hash, name)
        if not _is_own(access, found) and access.held < Permission.ADMIN:
            _refuse(access)
        if await store.is_answered(db, found.repository_id, found.number):
            await store.change(db, found.repository_id, found.number, "", KEPT, now())
        else:
            await _remove(db, access, found)


async def _remove(db: Connection, access: Access, comment: CommitComment) -> None:
    """It is gone, and whatever above it was kept for it alone."""
    while True:
        await store.change(db, comment.repository_id, comment.number, "", GONE, now())
        if comment.parent is None:
            return
        above = await store.one(db, access.repository.id, comment.commit, comment.parent)
        if above is None or above.state == LIVE:
            return
        if await store.is_answered(db, above.repository_id, above.number):
            return
        comment = above


def _is_own(access: Access, comment: CommitComment) -> bool:
    user = access.actor.user
    return user is not None and comment.user is not None and user.id == comment.user.id


def _refuse(access: Access) -> NoReturn:
    raise Refused(Decision.PERMISSION, access.actor, access.need, held=access.held)


async def _check_parent(db: Connection, access: Access, commit: str, parent: int) -> None:
    number = parent if 0 < parent <= _LAST_LINE else 0
    if await store.one(db, access.repository.id, commit, number) is None:
        raise members.invalid("parent", f"Comment not found: {parent}")
    if await store.depth(db, access.repository.id, number) >= _DEEPEST:
        raise members.invalid("parent", f"a thread is at most {_DEEPEST} comments deep")


def _content(content: str) -> str:
    return members.needed("content.raw", content, CONTENT_LENGTH, multiline=True)


def _inline(inline: Inline) -> Inline:
    for name in ("from_line", "to_line", "start_from", "start_to"):
        line = getattr(inline, name)
        if line is not None and not 1 <= line <= _LAST_LINE:
            shown = name.removesuffix("_line")
            raise members.invalid(f"inline.{shown}", f"must be a number from 1 to {_LAST_LINE}")
    try:
        path = RepositoryPath(names.check_text(inline.path, "path", 4096)).text
    except Invalid as error:
        raise members.invalid("inline.path", error.message) from None
    return msgspec.structs.replace(inline, path=path)
