"""What tools found out about a commit: reports."""

from typing import Any

from msgspec import Struct
from starlette.responses import Response

from bitpail.api.needs import READ, REPOSITORY, TELL
from bitpail.api.request import ApiRequest
from bitpail.api.responses import empty, json
from bitpail.http.routing import Opens, Route
from bitpail.model.access import Access
from bitpail.model.reports import Data, DataType, ReportDetail, ReportResult, ReportType
from bitpail.services import reports as service
from bitpail.wire import reports as wire

REPORTS = f"{REPOSITORY}/commit/{{commit}}/reports"


class _Data(Struct):
    type: DataType | None = None
    title: str = ""
    value: Any = None


class _Body(Struct):
    """``external_id`` is what the address says (choice): it is checked for its type, and left alone."""

    type: str | None = None
    external_id: str | None = None
    title: str | None = None
    details: str | None = None
    reporter: str | None = None
    link: str | None = None
    remote_link_enabled: bool | None = None
    logo_url: str | None = None
    report_type: ReportType | None = None
    result: ReportResult | None = None
    data: list[_Data] | None = None

    @property
    def detail(self) -> ReportDetail:
        return ReportDetail(
            title=self.title or "",
            details=self.details or "",
            reporter=self.reporter,
            link=self.link or None,
            remote_link_enabled=self.remote_link_enabled or False,
            logo_url=self.logo_url or None,
            report_type=self.report_type,
            result=self.result,
            data=tuple(Data(row.title, row.value, row.type) for row in self.data or ()),
        )


async def listed(request: ApiRequest, access: Access) -> Response:
    """``GET .../commit/{commit}/reports``."""
    page = request.page()
    found = await service.page(
        request.site, access, request.parameters["commit"], request.asked, page.offset, page.pagelen
    )
    return request.listed([wire.report(one) for one in found.reports], page, size=found.size)


async def one(request: ApiRequest, access: Access) -> Response:
    """``GET .../reports/{reportId}``: by its maker's ID, or by UUID in braces."""
    found = await service.one(
        request.site, access, request.parameters["commit"], request.parameters["reportId"]
    )
    return json(wire.report(found))


async def put(request: ApiRequest, access: Access) -> Response:
    """``PUT .../reports/{reportId}``: makes it, or writes it over as a whole."""
    body = await request.body(_Body)
    request.must_be_a("report", body.type)
    commit, name = request.parameters["commit"], request.parameters["reportId"]
    return json(wire.report(await service.put(request.site, access, commit, name, body.detail)))


async def delete(request: ApiRequest, access: Access) -> Response:
    """``DELETE .../reports/{reportId}``."""
    await service.remove(request.site, access, request.parameters["commit"], request.parameters["reportId"])
    return empty()


ROUTES = [
    Route("GET", REPORTS, Opens.REPOSITORY, READ, listed),
    Route("GET", f"{REPORTS}/{{reportId}}", Opens.REPOSITORY, READ, one),
    Route("PUT", f"{REPORTS}/{{reportId}}", Opens.REPOSITORY, TELL, put),
    Route("DELETE", f"{REPORTS}/{{reportId}}", Opens.REPOSITORY, TELL, delete),
]
