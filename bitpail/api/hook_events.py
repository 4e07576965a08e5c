"""What webhooks can be told of; anybody may know."""

from starlette.responses import Response

from bitpail.api.needs import PUBLIC
from bitpail.api.request import ApiRequest
from bitpail.api.responses import json
from bitpail.errors import NotFound
from bitpail.http.routing import Opens, Route
from bitpail.model.access import Actor
from bitpail.wire import hook_events as wire


async def subjects(request: ApiRequest, actor: Actor) -> Response:  # noqa: ARG001 - the shape of a handler
    """``GET /2.0/hook_events``: what webhooks can be put on."""
    return json(wire.subjects(request.links))


async def of_subject(request: ApiRequest, actor: Actor) -> Response:  # noqa: ARG001 - likewise
    """``GET /2.0/hook_events/{subject_type}``."""
    subject = request.parameters["subject_type"]
    if subject not in wire.SUBJECTS:
        raise NotFound(f"there are no events of {subject!r}: of {' and '.join(wire.SUBJECTS)} there are")
    return request.collection(wire.of_subject(subject), 30)


ROUTES = [
    Route("GET", "/2.0/hook_events", Opens.SITE, PUBLIC, subjects),
    Route("GET", "/2.0/hook_events/{subject_type}", Opens.SITE, PUBLIC, of_subject),
]
