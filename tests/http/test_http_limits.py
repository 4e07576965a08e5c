"""The limits that the settings give are the ones that hold."""

import asyncio

import pytest
from support.exchanges import ANYTHING
from support.site import serving, settings_in

pytestmark = pytest.mark.anyio

FORM = [("content-type", "application/x-www-form-urlencoded")]
FETCH = [("content-type", "application/x-git-upload-pack-request")]
COMMITS = "/2.0/repositories/ada/code/commits"


@pytest.fixture
async def small(anyio_backend, tmp_path, migrated_file):
    limits = {"api_body_limit": 100, "git_request_limit": 100, "idle_timeout": 1}
    async with serving(settings_in(tmp_path / "small", migrated_file, **limits)) as server:
        await server.user("ada")
        await server.repository("ada", "code", public=True)
        yield server


@pytest.mark.parametrize(("size", "status"), [(100, 200), (101, 413)])
async def test_the_body_of_an_api_request(small, size, status):
    answer = await small.client.request("POST", COMMITS, headers=FORM, body=b"x" * size, beyond={ANYTHING})

    assert answer.status == status


async def test_the_body_of_a_fetch(small):
    want = b"0032want " + b"1" * 40 + b"\n"

    answer = await small.client.request("POST", "/ada/code.git/git-upload-pack", headers=FETCH, body=want * 3)

    assert answer.status == 413


async def test_a_client_that_says_nothing_is_let_go(small):
    async def silent():
        await asyncio.Event().wait()

    answers = []

    async def send(message):
        answers.append(message)

    scope = small.client._scope("POST", COMMITS.encode(), b"", [])
    async with asyncio.timeout(60):
        await small.application(scope, silent, send)

    assert answers[0]["status"] == 400
    assert b"nothing came for 1 seconds" in answers[1]["body"]
