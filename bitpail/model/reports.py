"""What tools found out about a commit: reports, and annotations of single lines."""

from enum import StrEnum
from typing import Any

from msgspec import Struct

from bitpail.model.repositories import RepositoryId


class ReportType(StrEnum):
    """What it is about, by Bitbucket's words."""

    SECURITY = "SECURITY"
    COVERAGE = "COVERAGE"
    TEST = "TEST"
    BUG = "BUG"


class ReportResult(StrEnum):
    """How it went."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    PENDING = "PENDING"


class DataType(StrEnum):
    """How the value of a row of data is to be read."""

    BOOLEAN = "BOOLEAN"
    DATE = "DATE"
    DURATION = "DURATION"
    LINK = "LINK"
    NUMBER = "NUMBER"
    PERCENTAGE = "PERCENTAGE"
    TEXT = "TEXT"


class AnnotationType(StrEnum):
    """What was found."""

    VULNERABILITY = "VULNERABILITY"
    CODE_SMELL = "CODE_SMELL"
    BUG = "BUG"


class AnnotationResult(StrEnum):
    """How it went at that place."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"
    IGNORED = "IGNORED"


class Severity(StrEnum):
    """How bad it is."""

    CRITICAL = "CRITICAL"
    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"


class Data(Struct, frozen=True, omit_defaults=True):
    """One row of a report: a title and a value; without a type it is a number, text, true or false."""

    title: str
    value: Any
    type: DataType | None = None


class ReportDetail(Struct, frozen=True, omit_defaults=True):
    """What a client says of a report. None is what it left out."""

    title: str
    details: str
    reporter: str | None = None
    link: str | None = None
    remote_link_enabled: bool = False
    logo_url: str | None = None
    report_type: ReportType | None = None
    result: ReportResult | None = None
    data: tuple[Data, ...] = ()


class Report(Struct, frozen=True):
    """One for each ``external_id`` of a commit."""

    id: str
    repository_id: RepositoryId
    commit: str
    external_id: str
    detail: ReportDetail
    created_on: int
    updated_on: int


class AnnotationDetail(Struct, frozen=True, omit_defaults=True):
    """What a client says of an annotation. None is what it left out."""

    annotation_type: AnnotationType
    summary: str
    details: str | None = None
    path: str | None = None
    line: int | None = None
    result: AnnotationResult | None = None
    severity: Severity | None = None
    link: str | None = None


class Annotation(Struct, frozen=True):
    """One for each ``external_id`` of a report."""

    id: str
    report_id: str
    external_id: str
    detail: AnnotationDetail
    created_on: int
    updated_on: int
