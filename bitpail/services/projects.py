"""Projects of a workspace: listed, made, changed, deleted."""

import uuid

from msgspec.structs import replace

from bitpail.errors import Conflict, Invalid
from bitpail.model.access import WorkspaceAccess
from bitpail.model.audit import Kind
from bitpail.model.projects import Project, ProjectId
from bitpail.model.workspaces import Workspace
from bitpail.policy import names
from bitpail.services import audit, place_events
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import projects as store


async def visible(site: Site, access: WorkspaceAccess) -> list[Project]:
    """Those that the actor may see, oldest first."""
    user_id = access.actor.user.id if access.actor.user else None
    return await store.visible(site.db, access.workspace.id, user_id)


async def create(
    site: Site,
    workspace: Workspace,
    key: str,
    name: str,
    *,
    description: str = "",
    is_private: bool | None = None,
) -> Project:
    """A new project, as private as its workspace unless said otherwise; raises Invalid or Conflict."""
    created = now()
    project = Project(
        id=ProjectId(str(uuid.uuid4())),
        workspace_id=workspace.id,
        key=names.check_project_key(key),
        name=_name(name),
        description=names.check_text(description, "project description", 10_000, multiline=True),
        is_private=workspace.is_private if is_private is None else is_private,
        created_on=created,
        updated_on=created,
    )
    try:
        async with site.db.transaction() as db:
            await store.create(db, project)
            await audit.record_deed(db, Kind.PROJECT_CREATED, project, is_private=project.is_private)
    except Conflict:
        raise Conflict(f"the project {key!r} exists already in {workspace.slug!r}") from None
    return project


async def change(
    site: Site,
    project: Project,
    *,
    key: str | None = None,
    name: str | None = None,
    description: str | None = None,
    is_private: bool | None = None,
) -> Project:
    """Change what is given; raises Invalid, or Conflict for a key that is taken."""
    changed = replace(
        project,
        key=project.key if key is None else names.check_project_key(key),
        name=project.name if name is None else _name(name),
        description=project.description
        if description is None
        else names.check_text(description, "project description", 10_000, multiline=True),
        is_private=project.is_private if is_private is None else is_private,
        updated_on=now(),
    )
    async with site.db.transaction() as db:
        await store.update(db, changed)
        await place_events.project_changed(db, project, changed)
    return changed


async def delete(site: Site, project: Project) -> None:
    """Delete an empty one; raises Invalid if it holds a repository, or is the last of its workspace."""
    async with site.db.transaction() as db:
        if len(await store.of_workspace(db, project.workspace_id)) == 1:
            raise Invalid("the last project of a workspace stays")
        try:
            await store.delete(db, project.id)
            await audit.record_deed(db, Kind.PROJECT_DELETED, project)
        except Conflict:
            raise Invalid(
                f"project {project.key} still holds repositories: move or delete them first"
            ) from None


def _name(name: str) -> str:
    if not name.strip():
        raise Invalid("the project name is empty")
    return names.check_text(name.strip(), "project name", 255)
