"""The OpenAPI document and its page: whole, true, small, and of this server alone."""

import re

import pytest
from own_api import ROOT
from support.browser import PASSWORD, Browser

from bitpail import leaks
from bitpail.own_api.routes import OPERATIONS

pytestmark = pytest.mark.anyio


def references(value):
    if isinstance(value, dict):
        return {value["$ref"]} if "$ref" in value else set().union(*map(references, value.values()))
    return set().union(*map(references, value)) if isinstance(value, list) else set()


async def test_the_document_has_every_operation_and_every_type(own):
    document = await own.document()

    told = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert told == {(one.route.method, one.route.template) for one in OPERATIONS} | {
        ("POST", leaks.PATH.decode())
    }
    assert document["openapi"].startswith("3.1")
    names = {reference.rpartition("/")[2] for reference in references(document)}
    assert names <= set(document["components"]["schemas"])
    ids = [one["operationId"] for methods in document["paths"].values() for one in methods.values()]
    assert len(ids) == len(set(ids))


async def test_what_needs_a_credential_says_so(own):
    document = await own.document()

    for one in OPERATIONS:
        told = document["paths"][one.route.template][one.route.method.lower()]
        assert bool(told["security"]) == one.route.need.signed_in
        for needed in one.route.need.scopes:
            assert all(scope in told["description"] for scope in needed)


@pytest.mark.parametrize("logged_in", [False, True])
async def test_the_page_is_small_and_asks_nobody_else(server, ada, logged_in):
    browser = Browser(server.application)
    if logged_in:
        await browser.log_in("ada", PASSWORD)

    page = await browser.get(f"{ROOT}/docs")

    assert page.status == 200
    addresses = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text))
    assert not re.search(r'(?:src|href|action)="(?:https?:)?//', page.text)
    assert len(page.body) + sum([len((await browser.get(one)).body) for one in addresses]) < 100_000
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "connect-src 'self'" in policy
    for one in OPERATIONS:
        assert one.summary in page.text
    assert ("as ada" in page.text) == logged_in


async def test_the_script_of_the_page_never_makes_the_browser_ask_for_a_password(server):
    plain = await server.client.get(f"{ROOT}/app-passwords")
    by_script = await server.client.get(f"{ROOT}/app-passwords", headers=[("x-bitpail-token", "")])

    assert plain.status == by_script.status == 401
    assert "www-authenticate" in plain.headers
    assert "www-authenticate" not in by_script.headers


@pytest.mark.parametrize(
    "path", ["", "nothing", "app-passwords/a/b/c", "../2.0/user", "%2e%2e", "app-passwords/%ff"]
)
async def test_what_is_not_there_is_said_in_the_envelope(server, path):
    answer = await server.client.get(f"{ROOT}/{path}")

    assert answer.status in {400, 404}
    assert answer.json()["type"] == "error"
