"""Repositories into other workspaces, with everything but what belongs to the workspace they leave."""

from msgspec.structs import replace

from bitpail.errors import Conflict, Invalid
from bitpail.model.access import Access, WorkspaceAccess
from bitpail.model.audit import Kind
from bitpail.model.grants import Grant
from bitpail.model.permissions import Permission, Role
from bitpail.model.projects import ProjectId
from bitpail.model.repositories import Repository
from bitpail.services import access_tokens, audit, moved, place_events, search_marks
from bitpail.services.clock import now
from bitpail.services.repositories import taken
from bitpail.services.site import Site
from bitpail.store import branch_restrictions, grants, workspaces
from bitpail.store import repositories as store

_EVERY = 2**31


async def transfer(site: Site, access: Access, into: WorkspaceAccess, project_id: ProjectId) -> Repository:
    """Move it; groups of the old workspace lose what they had, and its access tokens end. Whoever does it goes on administering it.

    Raises Invalid if it is there already, or Conflict if its slug is taken there.
    """
    before, user = access.repository, access.actor.user
    if before.workspace_id == into.workspace.id:
        raise Invalid(f"{before.slug!r} is in {into.workspace.slug!r} already")
    repository = replace(before, workspace_id=into.workspace.id, project_id=project_id, updated_on=now())
    try:
        async with site.db.transaction() as db:
            moved_from = (await audit.named(db, before))["repository"]
            await store.move(db, repository)
            await audit.record_deed(db, Kind.REPOSITORY_TRANSFERRED, repository, moved_from=moved_from)
            await moved.note_name(db, before)
            lost, _ = await grants.page(db, before, to_groups=True, offset=0, limit=_EVERY)
            for one in lost:
                await place_events.granted(db, before, one, None)
            await store.revoke_groups(db, before.id)
            await branch_restrictions.forget_groups(db, before.id)
            membership = await workspaces.membership(db, into.workspace.id, user.id) if user else None
            if user is not None and (membership is None or membership[0] is not Role.OWNER):
                held = await grants.one(db, before, user)
                await store.grant(db, before.id, user.id, Permission.ADMIN)
                await place_events.granted(db, repository, held, Grant(user, Permission.ADMIN))
    except Conflict:
        raise taken(repository) from None
    # They were made by who administered it there (documented: they end).
    for _, token in await access_tokens.of_place(site, before):
        await access_tokens.revoke(site, before, token.label, user)
    for workspace_id in (before.workspace_id, repository.workspace_id):
        search_marks.note(site, workspace_id, repository.id)
    return repository
