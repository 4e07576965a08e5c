"""Whoever holds an app password can end it, and learns nothing by trying."""

import json

import pytest
from support.asgi import Client

from bitpail.policy.secrets import generate

pytestmark = pytest.mark.anyio

PATH = "/bitpail/1/leaks/revoke"
SAME = "If this was a live secret of this server, it is revoked now."


async def works(server, auth):
    return (await server.client.get("/2.0/user", auth=auth)).status == 200


@pytest.mark.parametrize("kind", ["json", "form"])
async def test_a_secret_that_is_shown_is_revoked(server, ada, kind):
    leaked, other = await server.auth(ada, "account"), await server.auth(ada, "account")
    send = server.client.send_json if kind == "json" else server.client.send_form

    answer = await send("POST", PATH, {"secret": f" {leaked[1]}\n"})

    assert (answer.status, answer.json()) == (202, {"message": SAME})
    assert not await works(server, leaked)
    assert await works(server, other)


async def test_the_answer_is_the_same_whatever_is_shown(server, ada):
    leaked = await server.auth(ada, "account")
    shown = [
        leaked[1],
        leaked[1],
        generate().reveal(),
        "hunter2",
        "é\0\udcff".encode("utf-8", "replace").decode(),
    ]

    answers = [await server.client.send_json("POST", PATH, {"secret": text}) for text in shown]

    assert {(answer.status, answer.body) for answer in answers} == {(202, answers[0].body)}
    assert leaked[1] not in answers[0].text


async def test_reports_count_alike_whether_they_are_right_or_not(server, ada):
    right, wrong = Client(server.application, peer="192.0.2.9"), Client(server.application, peer="192.0.2.10")

    of_right = [
        await right.send_json("POST", PATH, {"secret": (await server.auth(ada, "account"))[1]})
        for _ in range(12)
    ]
    of_wrong = [await wrong.send_json("POST", PATH, {"secret": generate().reveal()}) for _ in range(12)]

    statuses = [answer.status for answer in of_right]
    assert statuses == [answer.status for answer in of_wrong] == [202] * 10 + [429] * 2
    assert int(of_right[-1].headers["retry-after"]) >= 1
    # Elsewhere that address is not slowed down.
    auth = await server.auth(ada, "account")
    assert (await wrong.get("/2.0/user", auth=auth)).status == 200


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b'{"secret": 5}', "application/json"),
        (b'{"secret": "x", "a": ' + b"[" * 9000, "application/json"),
        (b'{"secret": " "}', "application/json"),
        (b"\xff", "application/x-www-form-urlencoded"),
        (b"secret=", "application/x-www-form-urlencoded"),
        (b"&a=1" * 50, "application/x-www-form-urlencoded"),
        (b"other=1", "application/x-www-form-urlencoded"),
    ],
)
async def test_what_is_no_report_is_told_how_one_looks(server, body, kind):
    answer = await server.client.request("POST", PATH, body=body, headers={"content-type": kind})

    assert answer.status == 400
    assert "secret" in answer.message


async def test_only_small_posts_are_taken(server):
    large = json.dumps({"secret": "x" * 20_000}).encode()

    assert (await server.client.get(PATH)).status == 405
    assert (await server.client.request("POST", PATH, body=large)).status == 413
