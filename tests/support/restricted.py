"""The whole table of what branch restrictions keep from moving: who, what is done, and how the branch is found."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bitpail.model.branch_restrictions import Kind, Restriction, Rule
from bitpail.model.branching_models import BranchType
from bitpail.model.groups import Group, GroupId
from bitpail.model.repositories import Repository
from bitpail.model.users import User
from bitpail.services.site import Site
from bitpail.store import branch_restrictions as store
from bitpail.store.database import Connection
from bitpail.store.repository_tables import group_members, groups
from bitpail.store.statements import Upsert

WHO = ("administrator", "listed", "grouped", "unlisted")
"""The administrator is not listed either."""

KINDS = (Kind.PUSH, Kind.FORCE, Kind.DELETE, Kind.RESTRICT_MERGES, Kind.APPROVALS)
MATCHES = ("glob", "branching_model")
DONE = ("update", "force", "delete", "create")


@dataclass(frozen=True)
class Case:
    """One cell. ``number`` makes its branch its own."""

    number: int
    kind: Kind
    match: str
    who: str
    done: str

    @property
    def branch(self) -> str:
        """A branch that the restriction is about."""
        return f"{'feature' if self.match == 'branching_model' else 'kept'}/{self.number}"

    @property
    def refused(self) -> bool:
        """What should come of it."""
        if self.kind is Kind.PUSH:
            return self.who in {"administrator", "unlisted"}
        return (self.kind, self.done) in {(Kind.FORCE, "force"), (Kind.DELETE, "delete")}

    def __str__(self) -> str:
        return f"{self.kind} by {self.match}: {self.done} by {self.who}"


def cases() -> list[Case]:
    return [Case(number, *cell) for number, cell in enumerate(itertools.product(KINDS, MATCHES, WHO, DONE))]


def configured() -> Iterator[tuple[tuple[Kind, str], list[Case]]]:
    """The same, for each restriction that is in force meanwhile."""
    yield from (
        (key, list(found)) for key, found in itertools.groupby(cases(), lambda one: (one.kind, one.match))
    )


async def put_group(site: Site, repository: Repository, *members: User) -> GroupId:
    """A group of the repository's workspace."""
    group = Group(GroupId("developers"), repository.workspace_id, "developers", "Developers", 1)
    async with site.db.transaction() as db:
        await db.run(
            Upsert(groups),
            id=group.id,
            workspace_id=group.workspace_id,
            slug=group.slug,
            name=group.name,
            created_on=1,
        )
        for member in members:
            await db.run(Upsert(group_members), group_id=group.id, user_id=member.id)
    return group.id


async def restrict(
    site: Site, repository: Repository, key: tuple[Kind, str], listed: User, group: GroupId
) -> None:
    """Let this restriction be the only one."""
    kind, match = key
    by_model = match == "branching_model"
    excepts: dict[str, Any] = (
        {"users": (listed.id,), "groups": (group,)} if kind in {Kind.PUSH, Kind.RESTRICT_MERGES} else {}
    )
    rule = Rule(BranchType.FEATURE if by_model else None, 1 if kind is Kind.APPROVALS else None, **excepts)
    async with site.db.transaction() as db:
        await forget(db, repository)
        number = 1 + await store.last_number(db, repository.id)
        await store.create(db, Restriction(repository.id, number, kind, "" if by_model else "kept/*", rule))


async def forget(db: Connection, repository: Repository) -> None:
    for one in await store.of_repository(db, repository.id):
        await store.remove(db, repository.id, one.number)


def branches_before(git: Callable[..., str], base: str) -> dict[str, str]:
    """Every branch that its case wants to find; ``git`` runs in the repository itself."""
    wanted = [case.branch for case in cases() if case.done != "create"]
    git(
        "update-ref",
        "--stdin",
        stdin="".join(f"create refs/heads/{name} {base}\n" for name in wanted).encode(),
    )
    return dict.fromkeys(wanted, base)


def refspec(case: Case, newer: str, other: str) -> str:
    """What a git client pushes for it; a leading plus forces."""
    target = f"refs/heads/{case.branch}"
    return {
        "update": f"{newer}:{target}",
        "create": f"{newer}:{target}",
        "force": f"+{other}:{target}",
        "delete": f":{target}",
    }[case.done]
