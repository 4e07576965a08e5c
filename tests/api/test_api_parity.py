"""What is served and what isn't yet, told by the ledger and by the server alike."""

import re

import pytest
from authorisation import NEEDS
from support import parity
from support.contract import contract

from bitpail.api.routes import NOT_SERVED, ROUTES, in_contract
from bitpail.wire.operations import operations

pytestmark = pytest.mark.anyio

_AGAIN = "run 'make parity'"


def test_the_ledger_is_what_the_routes_and_the_contract_make_it():
    assert parity.LEDGER.read_text() == parity.ledger(), _AGAIN


def test_the_package_ships_the_contract():
    assert parity.SHIPPED.read_text() == parity.shipped(), _AGAIN


def test_the_package_knows_every_operation_of_the_contract():
    assert parity.LIST.read_text() == parity.listed(), _AGAIN
    assert parity.API_SCOPES.read_text() == parity.api_scopes(), _AGAIN
    known = [(one.method, one.template.removeprefix("/2.0")) for one in operations()]
    assert sorted(known) == sorted((one.method, one.template) for one in contract().operations)


def test_every_route_is_an_operation_of_the_contract_by_its_very_template():
    served = {(route.method, in_contract(route.template)) for route in ROUTES}

    assert served <= {(one.method, one.template) for one in operations()}
    assert len(served) == len(ROUTES)
    assert len(served) + len(NOT_SERVED) == len(operations())


def test_every_route_accepts_the_scopes_that_the_contract_names():
    for route in ROUTES:
        accepted = [{str(scope) for scope in scopes} for scopes in route.need.scopes]
        assert accepted == contract().security(route.method, in_contract(route.template)), route.template
        assert (route.method, route.template) in NEEDS


def test_what_is_said_to_lack_something_is_served():
    served = {(route.method, in_contract(route.template).removeprefix("/2.0")) for route in ROUTES}

    assert set(parity.LACKS) <= served


async def test_what_is_not_served_yet_is_never_taken_for_missing_data(server):
    for route in NOT_SERVED:
        path = re.sub(r"\{[^}]*\}", "x", route.template)
        answer = await server.client.request(route.method, path, headers={"authorization": "Bearer x"})
        told = answer.json()

        assert answer.status == 501, route
        assert told["type"] == "error"
        assert f"{route.method} {in_contract(route.template)} " in answer.message
        assert "docs/parity.md" in told["error"]["detail"]


@pytest.mark.parametrize("path", ["/2.0", "/2.0/nowhere", "/2.0/repositories/ada/code/nowhere"])
async def test_an_address_that_the_contract_lacks_is_unknown(server, path):
    answer = await server.client.get(path)

    assert (answer.status, answer.message) == (404, "Resource not found")
