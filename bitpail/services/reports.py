"""What tools found out about a commit: told, told anew, listed, forgotten.

A report is named by the ID that its maker gave it, or by its UUID in braces.
"""

import uuid
from typing import Any

import msgspec
from msgspec import Struct

from bitpail.errors import Invalid, NotFound
from bitpail.model.access import Access
from bitpail.model.reports import Data, DataType, Report, ReportDetail
from bitpail.policy import members, names
from bitpail.services import commits, repositories
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import reports as store
from bitpail.store.database import Connection
from bitpail.wire.query_kinds import Asked

TITLE_LENGTH = 450
DETAILS_LENGTH = 2000

_MOST = 500
_MOST_DATA = 10


class ReportsPage(Struct, frozen=True):
    """One page of reports and the number of all."""

    reports: list[Report]
    size: int


async def page(  # a commit, what is asked of its reports, which part
    site: Site, access: Access, revision: str, asked: Asked, offset: int, limit: int
) -> ReportsPage:
    """Some of a commit, the oldest first; raises Invalid or NotFound."""
    commit = await commits.one(site, access, revision)
    return ReportsPage(*await store.page(site.db, access.repository.id, commit.hash, asked, offset, limit))


async def one(site: Site, access: Access, revision: str, name: str) -> Report:
    """The report of that name; raises Invalid or NotFound."""
    commit = await commits.one(site, access, revision)
    return await named(site.db, access, commit.hash, name)


async def named(db: Connection, access: Access, commit: str, name: str) -> Report:
    """The same of a commit by its full hash."""
    found = await _find(db, access, commit, name)
    if found is None:
        raise NotFound(f"there is no report {name!r} of this commit")
    return found


async def _find(db: Connection, access: Access, commit: str, name: str) -> Report | None:
    report_id = names.in_braces(name)
    if report_id is None:
        return await store.by_external_id(db, access.repository.id, commit, name)
    return await store.by_id(db, access.repository.id, commit, report_id)


async def put(site: Site, access: Access, revision: str, name: str, detail: ReportDetail) -> Report:
    """Write a report, a second time instead of the first; by its UUID only one that is there.

    Raises Invalid or NotFound.
    """
    commit = await commits.one(site, access, revision)
    checked = _checked(detail)
    async with site.db.transaction() as db:
        await repositories.hold(db, access.repository)
        before = await _find(db, access, commit.hash, name)
        at = now()
        if before is not None:
            report = msgspec.structs.replace(before, detail=checked, updated_on=at)
        else:
            report = Report(
                id=str(uuid.uuid4()),
                repository_id=access.repository.id,
                commit=commit.hash,
                external_id=external_id(name, "report"),
                detail=checked,
                created_on=at,
                updated_on=at,
            )
            if await store.count(db, access.repository.id, commit.hash) >= _MOST:
                raise Invalid(f"a commit has at most {_MOST} reports")
        await store.put(db, report)
    return report


async def remove(site: Site, access: Access, revision: str, name: str) -> None:
    """Forget one with its annotations; raises Invalid or NotFound."""
    found = await one(site, access, revision, name)
    await store.remove(site.db, found.id)


def external_id(name: str, kind: str) -> str:
    """The ID of a new one, as its maker calls it. Raises NotFound for a UUID: those are ours to give."""
    if names.in_braces(name) is not None:
        raise NotFound(f"there is no {kind} {name!r}")
    return members.needed("external_id", name, TITLE_LENGTH)


def _checked(detail: ReportDetail) -> ReportDetail:
    missing = [name for name in ("title", "details") if not getattr(detail, name).strip()]
    if missing:
        # The recorded sentence.
        raise Invalid(
            f"Cannot build Report, some of required attributes are not set [{', '.join(missing)}]",
            {name: ["required key not provided"] for name in missing},
        )
    members.text("title", detail.title, TITLE_LENGTH)
    members.text("details", detail.details, DETAILS_LENGTH, multiline=True)
    if detail.reporter is not None:
        members.text("reporter", detail.reporter, TITLE_LENGTH)
    if len(detail.data) > _MOST_DATA:
        raise members.invalid("data", f"a report has at most {_MOST_DATA} rows of data")
    return msgspec.structs.replace(
        detail,
        link=detail.link and members.address("link", detail.link),
        logo_url=detail.logo_url and members.address("logo_url", detail.logo_url),
        data=tuple(_row(number, row) for number, row in enumerate(detail.data)),
    )


def _row(number: int, row: Data) -> Data:
    """A row whose value is what its type says (the text of the operation has the table)."""
    members.needed(f"data.{number}.title", row.title, TITLE_LENGTH)
    name, value = f"data.{number}.value", row.value
    if row.type is DataType.LINK:
        return msgspec.structs.replace(row, value=_link(name, value))
    if isinstance(value, str):
        members.text(name, value, DETAILS_LENGTH, multiline=True)
    wanted = None
    if row.type is None and not isinstance(value, str | bool) and not _is_number(value):
        wanted = "must be a number, text, true or false"
    elif row.type is DataType.BOOLEAN and not isinstance(value, bool):
        wanted = "must be true or false"
    elif row.type is DataType.TEXT and not isinstance(value, str):
        wanted = "must be text"
    elif row.type in {DataType.DATE, DataType.DURATION} and not _is_number(value):
        wanted = "must be a number of milliseconds"
    elif row.type is DataType.NUMBER and not _is_number(value):
        wanted = "must be a number of at most 64 bits"
    elif row.type is DataType.PERCENTAGE and not (_is_number(value) and 0 <= value <= 100):
        wanted = "must be a number from 0 to 100"
    if wanted is not None:
        raise members.invalid(name, wanted)
    return row


def _is_number(value: Any) -> bool:
    return isinstance(value, float) or (type(value) is int and -(2**63) <= value < 2**63)


def _link(name: str, value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(value.get(part), str) for part in ("text", "href")):
        raise members.invalid(name, "must be an object with text and href")
    return {
        "text": members.needed(f"{name}.text", value["text"], TITLE_LENGTH),
        "href": members.address(f"{name}.href", value["href"]),
    }
