"""What a report says of single places in a commit."""

from msgspec import Struct
from starlette.responses import Response

from bitpail.api.needs import READ, TELL
from bitpail.api.reports import REPORTS
from bitpail.api.request import ApiRequest
from bitpail.api.responses import empty, json
from bitpail.errors import Invalid
from bitpail.http.routing import Opens, Route
from bitpail.model.access import Access
from bitpail.model.reports import AnnotationDetail, AnnotationResult, AnnotationType, Severity
from bitpail.services import annotations as service
from bitpail.wire import reports as wire

_ANNOTATIONS = f"{REPORTS}/{{reportId}}/annotations"
_TYPE = "report_annotation"
_MISSING = "required key not provided"


class _Body(Struct):
    """Other members are taken and left alone: the vendor's own example has a ``title``."""

    type: str | None = None
    external_id: str | None = None
    annotation_type: AnnotationType | None = None
    path: str | None = None
    line: int | None = None
    summary: str | None = None
    details: str | None = None
    result: AnnotationResult | None = None
    severity: Severity | None = None
    link: str | None = None

    def detail(self, place: str = "") -> AnnotationDetail:
        """What it says; raises Invalid without a type of annotation."""
        if self.annotation_type is None:
            name = f"{place}annotation_type"
            raise Invalid(f"{name}: {_MISSING}", {name: [_MISSING]})
        return AnnotationDetail(
            annotation_type=self.annotation_type,
            summary=self.summary or "",
            details=self.details,
            path=self.path or None,
            line=self.line,
            result=self.result,
            severity=self.severity,
            link=self.link or None,
        )


async def listed(request: ApiRequest, access: Access) -> Response:
    """``GET .../reports/{reportId}/annotations``."""
    page = request.page()
    commit, report = request.parameters["commit"], request.parameters["reportId"]
    found = await service.page(request.site, access, commit, report, request.asked, page.offset, page.pagelen)
    return request.listed([wire.annotation(one) for one in found.annotations], page, size=found.size)


async def put_all(request: ApiRequest, access: Access) -> Response:
    """``POST .../reports/{reportId}/annotations``: a list of up to 100; those that are there are written over.

    The vendor's own example has no ``type`` here (choice: it may be left out).
    """
    told = []
    for number, body in enumerate(await request.items(_Body, service.MOST_AT_ONCE)):
        request.must_be_a(_TYPE, body.type or _TYPE, f"{number}.")
        if not body.external_id:
            name = f"{number}.external_id"
            raise Invalid(f"{name}: {_MISSING}", {name: [_MISSING]})
        told.append((body.external_id, body.detail(f"{number}.")))
    commit, report = request.parameters["commit"], request.parameters["reportId"]
    made = await service.put_all(request.site, access, commit, report, told)
    return json([wire.annotation(one) for one in made])


async def one(request: ApiRequest, access: Access) -> Response:
    """``GET .../annotations/{annotationId}``: by its maker's ID, or by UUID in braces."""
    return json(wire.annotation(await service.one(request.site, access, *_names(request))))


async def put(request: ApiRequest, access: Access) -> Response:
    """``PUT .../annotations/{annotationId}``: makes it, or writes it over as a whole."""
    body = await request.body(_Body)
    request.must_be_a(_TYPE, body.type)
    made = await service.put(request.site, access, *_names(request), body.detail())
    return json(wire.annotation(made))


async def delete(request: ApiRequest, access: Access) -> Response:
    """``DELETE .../annotations/{annotationId}``."""
    await service.remove(request.site, access, *_names(request))
    return empty()


def _names(request: ApiRequest) -> tuple[str, str, str]:
    given = request.parameters
    return given["commit"], given["reportId"], given["annotationId"]


ROUTES = [
    Route("GET", _ANNOTATIONS, Opens.REPOSITORY, READ, listed),
    Route("POST", _ANNOTATIONS, Opens.REPOSITORY, TELL, put_all),
    Route("GET", f"{_ANNOTATIONS}/{{annotationId}}", Opens.REPOSITORY, READ, one),
    Route("PUT", f"{_ANNOTATIONS}/{{annotationId}}", Opens.REPOSITORY, TELL, put),
    Route("DELETE", f"{_ANNOTATIONS}/{{annotationId}}", Opens.REPOSITORY, TELL, delete),
]
