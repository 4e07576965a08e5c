"""What the audit log hears of repositories, projects and workspaces: what is another one than before, each as an event.

Everything is called inside of the transaction of the deed.
"""

from collections.abc import Iterable

import msgspec

from bitpail.model.audit import Kind
from bitpail.model.branch_restrictions import Restriction
from bitpail.model.branching_models import BranchingModel
from bitpail.model.grants import Grant
from bitpail.model.grants import Place as GrantPlace
from bitpail.model.groups import Group
from bitpail.model.permissions import Permission
from bitpail.model.projects import Project
from bitpail.model.repositories import Repository
from bitpail.model.users import User
from bitpail.model.workspaces import Member, Workspace
from bitpail.services import audit
from bitpail.store import projects
from bitpail.store.database import Connection


async def repository_changed(db: Connection, before: Repository, after: Repository) -> None:
    """Its names, who may see it, who may fork it, in which project it is."""
    await _renamed(db, before, after, moved=before.slug != after.slug)
    await _shown(db, before, after)
    if before.fork_policy is not after.fork_policy:
        policies = {"fork_policy": after.fork_policy.value, "before": before.fork_policy.value}
        await audit.record_deed(db, Kind.REPOSITORY_FORK_POLICY_CHANGED, after, **policies)
    if before.project_id != after.project_id:
        left, there = [await projects.by_id(db, one.project_id) for one in (before, after)]
        told = await audit.named(db, there) if there else {}
        if left is not None:
            told["project_before"] = (await audit.named(db, left))["project"]
        await audit.record_deed(db, Kind.REPOSITORY_MOVED, after, **told)


async def project_changed(db: Connection, before: Project, after: Project) -> None:
    """Its key and name, and who may see it."""
    await _renamed(db, before, after, moved=before.key != after.key)
    await _shown(db, before, after)


async def workspace_changed(db: Connection, before: Workspace, after: Workspace) -> None:
    """Its name, and who may see it."""
    await _renamed(db, before, after, moved=False)
    await _shown(db, before, after)


async def _renamed(db: Connection, before: audit.Place, after: audit.Place, *, moved: bool) -> None:
    if before.name == after.name and not moved:
        return
    told = {"name": after.name, "name_before": before.name}
    if moved:
        told["moved_from"] = next(iter((await audit.named(db, before)).values()))
    await audit.record_deed(db, Kind(f"{_what(after)}.renamed"), after, **told)


async def _shown(db: Connection, before: audit.Place, after: audit.Place) -> None:
    if before.is_private != after.is_private:
        how = "private" if after.is_private else "public"
        await audit.record_deed(db, Kind(f"{_what(after)}.made_{how}"), after)


def _what(place: audit.Place) -> str:
    return type(place).__name__.lower()


async def main_branch_changed(
    db: Connection, repository: Repository, branch: str, before: str | None, *, pushed: bool = False
) -> None:
    """HEAD names another branch; ``pushed``: because a push left it no other."""
    told = {"branch": branch, "before": before or "", **({"pushed": True} if pushed else {})}
    await audit.record_deed(db, Kind.REPOSITORY_MAIN_BRANCH_CHANGED, repository, **told)


async def granted(db: Connection, place: GrantPlace, before: Grant | None, after: Grant | None) -> None:
    """What somebody holds on a repository or a project by a grant; nothing is told of what was so before."""
    held, holds = _word(before), _word(after)
    one = after or before
    if one is None or held == holds:
        return
    told = {**whom(one.whom), "permission": holds if holds != _NOTHING else held}
    if holds == _NOTHING:
        await audit.record_deed(db, Kind.PERMISSION_REVOKED, place, **told)
    else:
        await audit.record_deed(db, Kind.PERMISSION_GRANTED, place, **told, before=held)


_NOTHING = "none"


def _word(grant: Grant | None) -> str:
    return _NOTHING if grant is None or grant.permission is Permission.NONE else grant.word


def whom(one: User | Group) -> dict[str, str]:
    """A user or a group who gains or loses something."""
    name = f"group {one.slug}" if isinstance(one, Group) else one.username
    return {"whom": name, "whom_uuid": f"{{{one.id}}}"}


async def member_changed(
    db: Connection, workspace: Workspace, before: Member | None, after: Member | None
) -> None:
    """Who belongs to a workspace, as what, and what that alone grants on its repositories."""
    one = after or before
    if one is None or before == after:
        return
    kind = Kind.MEMBER_CHANGED if before and after else Kind.MEMBER_ADDED if after else Kind.MEMBER_REMOVED
    told = {"role": one.role.value, "repositories": one.repositories.name.lower()}
    if before and after:
        told |= {"role_before": before.role.value, "repositories_before": before.repositories.name.lower()}
    await audit.record_deed(db, kind, workspace, **whom(one.user), **told)


async def group_changed(
    db: Connection, kind: Kind, workspace: Workspace | None, group: Group, member: User | None = None
) -> None:
    """A group was made or is gone, or somebody is in it, or no longer."""
    told = {"group": group.slug, **(whom(member) if member else {})}
    await audit.record_deed(db, kind, workspace, **told)


async def restricted(
    db: Connection,
    kind: Kind,
    repository: Repository,
    restriction: Restriction,
    excepted: Iterable[User | Group] = (),
) -> None:
    """What may not be done to branches; ``excepted`` are the people and groups who may nevertheless."""
    rule = restriction.rule
    told: dict[str, object] = {
        "number": restriction.number,
        "restriction": restriction.kind.value,
        "branches": rule.branch_type.value if rule.branch_type else restriction.pattern,
    }
    if rule.value is not None:
        told["value"] = rule.value
    if names := [whom(one)["whom"] for one in excepted]:
        told["excepted"] = names
    await audit.record_deed(db, kind, repository, **told)


async def branching_model_changed(
    db: Connection, place: GrantPlace, before: BranchingModel, after: BranchingModel
) -> None:
    """Which part a branch plays, by which restrictions may find it."""
    if before != after:
        await audit.record_deed(db, Kind.BRANCHING_MODEL_CHANGED, place, model=msgspec.to_builtins(after))
