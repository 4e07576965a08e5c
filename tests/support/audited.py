"""The audit log as tests read it: what was done to places, by whom, with what and from where."""

import json
from typing import Any

from bitpail.model.audit import Event, Filter
from bitpail.services import audit

OF_PLACES = (
    *("repository", "permission", "branch_restriction", "branching_model", "project", "workspace"),
    *("member", "group", "access_key"),
)


async def deeds(server, **wanted: str) -> list[tuple[str, dict[str, Any]]]:
    """Kind and detail of each event about a place, the oldest first, without UUIDs."""
    return [(one.kind.value, told(one)) for one in await events(server, **wanted)]


async def events(server, **wanted: str) -> list[Event]:
    found = [one async for one in audit.every(server.site, Filter(**wanted))]
    return [one for one in found if one.kind.partition(".")[0] in OF_PLACES]


def told(event: Event) -> dict[str, Any]:
    detail = json.loads(event.detail)
    return {name: value for name, value in detail.items() if not name.endswith("_uuid")}
