import pytest
from support.asked import agrees
from support.rows import a_project, a_repository, a_workspace, unused_id

from bitpail.errors import Conflict
from bitpail.model.reports import (
    Annotation,
    AnnotationDetail,
    AnnotationResult,
    AnnotationType,
    Data,
    DataType,
    Report,
    ReportDetail,
    ReportResult,
    ReportType,
    Severity,
)
from bitpail.store import annotations, reports, repositories
from bitpail.wire import reports as wire

pytestmark = pytest.mark.anyio

COMMIT = "1" * 40
DETAILS = [
    ReportDetail("Säcurity", 'of "it"\n\'%_\\', report_type=ReportType.SECURITY, result=ReportResult.FAILED),
    ReportDetail("b", "d", reporter="x", link="https://x/", logo_url="https://y/", remote_link_enabled=True),
    ReportDetail("B", "", data=(Data("n", 1.5, DataType.NUMBER), Data("l", {"text": "x"}, DataType.LINK))),
    ReportDetail("a", "e", reporter="", report_type=ReportType.BUG, result=ReportResult.PASSED),
]
ANNOTATIONS = [
    AnnotationDetail(AnnotationType.BUG, "s", "d", "a/b.py", 10, AnnotationResult.IGNORED, Severity.LOW),
    AnnotationDetail(AnnotationType.CODE_SMELL, "S ü", line=9, link="https://x/", severity=Severity.CRITICAL),
    AnnotationDetail(AnnotationType.VULNERABILITY, "", "", "a", 2**31 - 1, AnnotationResult.FAILED),
    AnnotationDetail(AnnotationType.BUG, "t"),
]


@pytest.fixture
async def repository(db):
    return await a_repository(db, await a_project(db, await a_workspace(db)))


async def made(db, repository, number, detail):
    report = Report(unused_id(), repository.id, COMMIT, f"r-{number}", detail, 1 + number // 2, 9 - number)
    await reports.put(db, report)
    return report


async def test_reports_are_found_by_both_names_and_only_of_their_commit(db, repository):
    report = await made(db, repository, 1, DETAILS[2])

    assert await reports.by_id(db, repository.id, COMMIT, report.id) == report
    assert await reports.by_external_id(db, repository.id, COMMIT, "r-1") == report
    assert await reports.by_id(db, repository.id, "2" * 40, report.id) is None
    assert await reports.by_external_id(db, repository.id, "2" * 40, "r-1") is None
    assert await reports.by_external_id(db, repository.id, COMMIT, "R-1") is None
    with pytest.raises(Conflict):
        await made(db, repository, 1, DETAILS[0])
    assert await reports.count(db, repository.id, COMMIT) == 1


async def test_reports_are_asked_in_sql_as_the_api_shows_them(db, repository):
    told = [await made(db, repository, number, detail) for number, detail in enumerate(DETAILS)]

    async def page(asked, offset, limit):
        return await reports.page(db, repository.id, COMMIT, asked, offset, limit)

    await agrees(page, reports._FIELDS, [wire.report(one) for one in told], lambda one: one.id)


async def test_annotations_are_asked_in_sql_as_the_api_shows_them(db, repository):
    report = await made(db, repository, 1, DETAILS[0])
    other = await made(db, repository, 2, DETAILS[0])
    told = []
    for number, detail in enumerate(ANNOTATIONS):
        told.append(Annotation(unused_id(), report.id, f"a-{number}", detail, number + 1, 2 * number))
        await annotations.put(db, told[-1])
    await annotations.put(db, Annotation(unused_id(), other.id, "a-0", ANNOTATIONS[0], 1, 1))

    async def page(asked, offset, limit):
        return await annotations.page(db, report.id, asked, offset, limit)

    await agrees(page, annotations._FIELDS, [wire.annotation(one) for one in told], lambda one: one.id)
    assert await annotations.by_external_ids(db, report.id, ["a-1", "x", "a-3"]) == {
        "a-1": told[1], "a-3": told[3],
    }  # fmt: skip
    assert await annotations.by_id(db, other.id, told[0].id) is None
    assert await annotations.count(db, report.id) == 4


async def test_what_is_forgotten_takes_what_belongs_to_it_along(db, repository):
    report = await made(db, repository, 1, DETAILS[0])
    annotation = Annotation(unused_id(), report.id, "a", ANNOTATIONS[0], 1, 1)
    await annotations.put(db, annotation)

    await reports.remove(db, report.id)
    assert await annotations.by_id(db, report.id, annotation.id) is None
    report = await made(db, repository, 2, DETAILS[0])
    await repositories.delete(db, repository.id)

    assert await reports.by_id(db, repository.id, COMMIT, report.id) is None


async def test_a_repository_is_held_by_one_transaction_at_a_time_and_only_if_it_is_there(db, repository):
    async with db.transaction() as held:
        assert await repositories.hold(held, repository.id)
        assert not await repositories.hold(held, unused_id())
