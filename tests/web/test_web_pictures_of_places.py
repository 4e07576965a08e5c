"""Pictures of repositories, workspaces and projects."""

from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest

pytestmark = pytest.mark.anyio


@pytest.fixture
async def auth(server, ada):
    return await server.auth(ada, "account", "repository", "project")


async def test_each_address_that_the_api_names_is_a_picture_for_everybody(server, ada, auth):
    await server.repository("ada", "my-code")
    shown = (await server.client.get("/2.0/repositories/ada/my-code", auth=auth)).json()
    avatars = [shown[name]["links"]["avatar"]["href"] for name in ("workspace", "project")]
    avatars.append(shown["links"]["avatar"]["href"])

    drawn = []
    for address in avatars:
        parts = urlsplit(address)
        answer = await server.client.get(f"{parts.path}?{parts.query}")
        assert (answer.status, answer.headers["content-type"]) == (200, "image/svg+xml"), address
        assert answer.headers["x-content-type-options"] == "nosniff"
        drawn.append("".join(ET.fromstring(answer.body).itertext()))

    assert drawn == ["A", "P", "MC"]


async def test_the_picture_of_a_private_repository_tells_nothing(server, ada, auth):
    before = await server.client.get("/ada/code/avatar/32/")
    await server.repository("ada", "code")

    after = await server.client.get("/ada/code/avatar/32/")
    seen = await server.client.get("/ada/code/avatar/32/", auth=auth)

    def of(answer):
        return answer.status, answer.body, [pair for pair in answer.raw_headers if pair[0] != "x-request-id"]

    assert of(before) == of(after) == of(seen)


async def test_a_picture_that_is_known_is_not_sent_again(server):
    first = await server.client.get("/ada/code/avatar/32/")

    again = await server.client.get("/ada/code/avatar/32/", headers={"if-none-match": first.headers["etag"]})

    assert (again.status, again.body) == (304, b"")


async def test_places_of_the_same_letters_differ_in_colour(server):
    pictures = {
        (await server.client.get(f"/{name}/code/avatar/32/")).body for name in ("ada", "grace", "edith")
    }

    assert len(pictures) == 3


@pytest.mark.parametrize(
    "path",
    [
        "/Ada%20x/code/avatar/32/",
        "/ada/-x/avatar",
        "/workspaces/" + "x" * 70 + "/avatar/",
        "/ada/workspace/projects/low/avatar/32",
        "/%00/x/avatar",
        "/ada/%FF/avatar/",
    ],
)
async def test_what_is_no_name_has_no_picture(server, path):
    assert (await server.client.get(path)).status in {404, 422}


async def test_a_drawing_holds_nothing_but_letters(server):
    answer = await server.client.get("/__/_._/avatar/1/")

    assert [child.tag.rpartition("}")[2] for child in ET.fromstring(answer.body)] == ["rect", "text"]
