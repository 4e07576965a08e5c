"""What builds said of a commit."""

from msgspec import Struct
from starlette.responses import Response

from bitpail.api.needs import READ, REPOSITORY, TELL
from bitpail.api.request import ApiRequest
from bitpail.api.responses import json
from bitpail.errors import Invalid
from bitpail.http.routing import Opens, Route
from bitpail.model.access import Access
from bitpail.model.build_statuses import State
from bitpail.services import build_statuses as service
from bitpail.services.build_statuses import Told
from bitpail.wire import build_statuses as wire

_STATUSES = f"{REPOSITORY}/commit/{{commit}}/statuses"


class _Body(Struct):
    """Other members are taken and left alone, as recorded clients expect."""

    key: str | None = None
    state: State | None = None
    name: str | None = None
    url: str | None = None
    description: str | None = None
    refname: str | None = None

    @property
    def told(self) -> Told:
        return Told(self.state, self.name, self.url, self.description, self.refname)


async def listed(request: ApiRequest, access: Access) -> Response:
    """``GET .../commit/{commit}/statuses``; ``refname`` picks those of one branch."""
    found = await service.of_commit(request.site, access, request.parameters["commit"])
    refname = request.query.get("refname")
    return request.collection(
        [wire.status(request.links, access, one) for one in found if refname in {None, one.refname}], 30
    )


async def one(request: ApiRequest, access: Access) -> Response:
    """``GET .../commit/{commit}/statuses/build/{key}``."""
    found = await service.one(request.site, access, request.parameters["commit"], request.parameters["key"])
    return json(wire.status(request.links, access, found))


async def create(request: ApiRequest, access: Access) -> Response:
    """``POST .../commit/{commit}/statuses/build``: a key that is there is written over."""
    body = await request.body(_Body)
    if body.key is None:
        raise Invalid("key: required key not provided", {"key": ["required key not provided"]})
    made = await service.tell(request.site, access, request.parameters["commit"], body.key, body.told)
    shown = wire.status(request.links, access, made)
    return json(shown, 201, {"Location": shown["links"]["self"]["href"]})


async def change(request: ApiRequest, access: Access) -> Response:
    """``PUT .../commit/{commit}/statuses/build/{key}``."""
    body = await request.body(_Body)
    commit, key = request.parameters["commit"], request.parameters["key"]
    made = await service.tell(request.site, access, commit, key, body.told, only_again=True)
    return json(wire.status(request.links, access, made))


ROUTES = [
    Route("GET", _STATUSES, Opens.REPOSITORY, READ, listed),
    Route("POST", f"{_STATUSES}/build", Opens.REPOSITORY, TELL, create),
    Route("GET", f"{_STATUSES}/build/{{key}}", Opens.REPOSITORY, READ, one),
    Route("PUT", f"{_STATUSES}/build/{{key}}", Opens.REPOSITORY, TELL, change),
]
