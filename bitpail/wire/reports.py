"""What tools found out about commits, in the API's words; what a client left out is absent."""

from typing import Any

import msgspec

from bitpail.model.reports import Annotation, Report
from bitpail.wire.dates import instant
from bitpail.wire.text import clean


def report(one: Report) -> dict[str, Any]:
    """One report."""
    return {
        "type": "report",
        "uuid": f"{{{one.id}}}",
        "external_id": clean(one.external_id),
        **_told(one.detail),
        "data": [_told(row) for row in one.detail.data],
        "created_on": instant(one.created_on),
        "updated_on": instant(one.updated_on),
    }


def annotation(one: Annotation) -> dict[str, Any]:
    """One annotation."""
    return {
        "type": "report_annotation",
        "uuid": f"{{{one.id}}}",
        "external_id": clean(one.external_id),
        **_told(one.detail),
        "created_on": instant(one.created_on),
        "updated_on": instant(one.updated_on),
    }


def _told(detail: msgspec.Struct) -> dict[str, Any]:
    given = {name: getattr(detail, name) for name in detail.__struct_fields__}
    return {
        name: clean(value) if isinstance(value, str) else value
        for name, value in given.items()
        if value is not None
    }
