"""The contract that is served: of what is served, for everybody, with links that programs can follow."""

import re

import pytest
from support.contract import contract

from bitpail.api.routes import ROUTES, in_contract

pytestmark = pytest.mark.anyio

ADDRESS = "/swagger.json"
MADE_UP = {"path.app_key", "path.property_name", "path.reportId", "path.annotationId"}
"""Words that clients choose."""


@pytest.fixture
async def document(server):
    return (await server.client.get(ADDRESS)).json()


def operations(document):
    return {
        one["operationId"]: (method.upper(), template, one)
        for template, item in document["paths"].items()
        for method, one in item.items()
        if method != "parameters"
    }


def references(value):
    if isinstance(value, dict):
        own = {value["$ref"]} if "$ref" in value else set()
        return own.union(*map(references, value.values()))
    return set().union(*map(references, value)) if isinstance(value, list) else set()


async def test_it_has_the_operations_that_are_served_as_the_contract_has_them(document):
    told = {(method, f"/2.0{template}") for method, template, _ in operations(document).values()}

    assert told == {(route.method, in_contract(route.template)) for route in ROUTES}
    for method, template, one in operations(document).values():
        described = contract().operation(method, template).description
        assert one["security"] == described["security"]
        assert set(one["responses"]) == set(described["responses"])


async def test_it_has_all_that_it_refers_to_and_nothing_more(document):
    wanted = {one.rpartition("/")[2] for one in references(document) if "/schemas/" in one}

    assert wanted == set(document["components"]["schemas"])


async def test_it_speaks_of_this_server_alone(server, document):
    assert document["servers"] == [{"url": "/2.0"}]
    text = (await server.client.get(ADDRESS)).text
    assert not re.search(r"https?://", text)


async def test_whoever_asks_gets_the_same_and_need_not_get_it_twice(server, ada):
    auth = await server.auth(ada, "email")
    first = await server.client.get(ADDRESS)
    again = await server.client.get(ADDRESS, auth=auth, headers=[("if-none-match", first.headers["etag"])])
    wrong = await server.client.get(ADDRESS, auth=("ada", "wrong"))

    assert (first.status, again.status, wrong.body) == (200, 304, first.body)
    assert first.headers["access-control-allow-origin"] == "*"
    assert (await server.client.request("HEAD", ADDRESS)).headers["etag"] == first.headers["etag"]


async def test_it_can_only_be_read(server):
    answer = await server.client.request("POST", ADDRESS)

    assert (answer.status, answer.headers["allow"]) == (405, "GET")


async def test_links_lead_from_what_makes_to_what_is_made_and_say_every_word_of_its_address(document):
    known = operations(document)
    found = [
        (template, link)
        for _, template, one in known.values()
        for answer in one["responses"].values()
        for link in answer.get("links", {}).values()
    ]

    assert len(found) > 80
    for template, link in found:
        _, target, _ = known[link["operationId"]]
        words = {f"path.{name}" for name in re.findall(r"\{(\w+)\}", target)}
        assert words - MADE_UP <= set(link["parameters"]) <= words
        asked = {one for one in link["parameters"].values() if one.startswith("$request.path.")}
        assert {one.removeprefix("$request.path.") for one in asked} <= set(
            re.findall(r"\{(\w+)\}", template)
        )


async def test_what_is_made_by_an_operation_that_is_served_can_be_followed(document):
    making = {
        template
        for method, template, one in operations(document).values()
        if method == "POST" and any("links" in answer for answer in one["responses"].values())
    }
    items = {template.rpartition("/")[0] for _, template, _ in operations(document).values()}
    # Reads that are POSTed, files, and what comes in bulk make nothing that has an address of its own.
    others = {
        template
        for method, template, _ in operations(document).values()
        if method == "POST"
        and template in items
        and not template.endswith(("/commits", "/annotations", "/src", "/downloads"))
    }

    assert others <= making
