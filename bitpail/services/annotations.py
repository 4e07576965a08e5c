"""What a report says of single places: told one by one or up to 100 at once, told anew, listed, forgotten."""

import uuid
from collections.abc import Mapping

import msgspec
from msgspec import Struct

from bitpail.errors import Invalid, NotFound
from bitpail.git.revisions import RepositoryPath
from bitpail.model.access import Access
from bitpail.model.reports import Annotation, AnnotationDetail, Report
from bitpail.policy import members, names
from bitpail.services import commits, reports, repositories
from bitpail.services.clock import now
from bitpail.services.reports import DETAILS_LENGTH, TITLE_LENGTH
from bitpail.services.site import Site
from bitpail.store import annotations as store
from bitpail.store.database import Connection
from bitpail.wire.query_kinds import Asked

MOST_AT_ONCE = 100
_MOST = 1000
_LAST_LINE = 2**31 - 1


class AnnotationsPage(Struct, frozen=True):
    """One page of annotations and the number of all."""

    annotations: list[Annotation]
    size: int


async def page(  # a report, what is asked of its annotations, which part
    site: Site, access: Access, revision: str, report: str, asked: Asked, offset: int, limit: int
) -> AnnotationsPage:
    """Some of a report, in the order in which they came; raises Invalid or NotFound."""
    found = await reports.one(site, access, revision, report)
    return AnnotationsPage(*await store.page(site.db, found.id, asked, offset, limit))


async def one(site: Site, access: Access, revision: str, report: str, name: str) -> Annotation:
    """The annotation of that name; raises Invalid or NotFound."""
    return await _named(site.db, await reports.one(site, access, revision, report), name)


async def _named(db: Connection, report: Report, name: str) -> Annotation:
    annotation_id = names.in_braces(name)
    if annotation_id is not None:
        found = await store.by_id(db, report.id, annotation_id)
    else:
        found = (await store.by_external_ids(db, report.id, [name])).get(name)
    if found is None:
        raise NotFound(f"there is no annotation {name!r} of this report")
    return found


async def put(
    site: Site, access: Access, revision: str, report: str, name: str, detail: AnnotationDetail
) -> Annotation:
    """Write one, a second time instead of the first; by its UUID only one that is there.

    Raises Invalid or NotFound.
    """
    checked = _checked(detail)
    external_id = name
    if names.in_braces(name) is not None:
        external_id = (await one(site, access, revision, report, name)).external_id
    return (await _put(site, access, revision, report, {external_id: checked}))[0]


async def put_all(
    site: Site, access: Access, revision: str, report: str, told: list[tuple[str, AnnotationDetail]]
) -> list[Annotation]:
    """All of these or none; raises Invalid or NotFound."""
    if not 1 <= len(told) <= MOST_AT_ONCE:
        raise Invalid(f"the body must be a list of 1 to {MOST_AT_ONCE} annotations")
    checked = {}
    for number, (name, detail) in enumerate(told):
        external_id = members.needed(f"{number}.external_id", name, TITLE_LENGTH)
        if names.in_braces(external_id) is not None:
            raise members.invalid(f"{number}.external_id", "must not be in braces: UUIDs are the server's")
        checked[external_id] = _checked(detail, f"{number}.")
    if len(checked) < len(told):
        raise Invalid("external_id: each must be another one", {"external_id": ["each must be another one"]})
    return await _put(site, access, revision, report, checked)


async def _put(
    site: Site, access: Access, revision: str, report: str, details: Mapping[str, AnnotationDetail]
) -> list[Annotation]:
    commit = await commits.one(site, access, revision)
    async with site.db.transaction() as db:
        await repositories.hold(db, access.repository)
        found = await reports.named(db, access, commit.hash, report)
        before = await store.by_external_ids(db, found.id, list(details))
        if await store.count(db, found.id) + len(details) - len(before) > _MOST:
            raise Invalid(f"a report has at most {_MOST} annotations")
        at = now()
        made = [
            msgspec.structs.replace(before[name], detail=detail, updated_on=at + number)
            if name in before
            else _new(found, name, detail, at + number)
            for number, (name, detail) in enumerate(details.items())
        ]
        for annotation in made:
            await store.put(db, annotation)
    return made


def _new(report: Report, name: str, detail: AnnotationDetail, at: int) -> Annotation:
    """Each of a list is a microsecond younger than the one before: so they stay in their order."""
    external_id = reports.external_id(name, "annotation")
    return Annotation(str(uuid.uuid4()), report.id, external_id, detail, at, at)


async def remove(site: Site, access: Access, revision: str, report: str, name: str) -> None:
    """Forget one; raises Invalid or NotFound."""
    found = await one(site, access, revision, report, name)
    await store.remove(site.db, found.id)


def _checked(detail: AnnotationDetail, place: str = "") -> AnnotationDetail:
    members.needed(f"{place}summary", detail.summary, TITLE_LENGTH)
    if detail.details is not None:
        members.text(f"{place}details", detail.details, DETAILS_LENGTH, multiline=True)
    if detail.line is not None and not 1 <= detail.line <= _LAST_LINE:
        raise members.invalid(f"{place}line", f"must be a number from 1 to {_LAST_LINE}")
    return msgspec.structs.replace(
        detail,
        path=detail.path and _path(f"{place}path", detail.path),
        link=detail.link and members.address(f"{place}link", detail.link),
    )


def _path(name: str, text: str) -> str:
    try:
        return RepositoryPath(names.check_text(text, name, 4096)).text
    except Invalid as error:
        raise members.invalid(name, error.message) from None
