import asyncio

import pytest
from support.repositories import Repository as GitRepository

from bitpail.services import users

pytestmark = pytest.mark.anyio

CODE = "/2.0/repositories/ada/code"


@pytest.fixture
def tip(git):
    return git.commit("first")


@pytest.fixture
async def code(server, ada, git, tip):
    return await server.adopted("ada", "code", git)


@pytest.fixture
def comments(code, tip):
    return f"{CODE}/commit/{tip}/comments"


@pytest.fixture
async def grace(server, code):
    """Grace, who may read."""
    user = await server.user("grace")
    await server.grant(code, user, "read")
    return await server.auth(user, "repository")


def said(raw="Looks *good*", **more):
    return {"content": {"raw": raw}, **more}


async def say(api, auth, comments, **more):
    answer = await api.send_json("POST", comments, said(**more), auth=auth)
    assert answer.status == 201, answer
    return answer.json()


async def test_a_comment_is_said_seen_said_otherwise_and_deleted(api, auth, comments):
    made = await api.send_json("POST", comments, said(), auth=auth)
    told = made.json()
    own = "/2.0" + made.headers["location"].partition("/2.0")[2]

    changed = await api.send_json("PUT", own, said("Better"), auth=auth)

    assert (made.status, changed.status) == (201, 201)
    assert own == f"{comments}/1"
    assert told["type"] == "commit_comment"
    assert (told["id"], told["deleted"], told["user"]["nickname"]) == (1, False, "ada")
    assert {key: told["content"][key] for key in ("raw", "markup", "type")} == {
        "raw": "Looks *good*", "markup": "markdown", "type": "rendered",
    }  # fmt: skip
    assert told["content"]["html"] == "<p>Looks <em>good</em></p>"
    assert told["commit"]["hash"] == comments.split("/")[-2]
    assert told["links"]["html"]["href"].endswith(f"/ada/code/commits/{told['commit']['hash']}#comment-1")
    assert {"inline", "parent"}.isdisjoint(told)
    assert changed.headers["location"] == made.headers["location"]
    assert changed.json()["content"]["raw"] == "Better"
    assert changed.json()["created_on"] == told["created_on"] < changed.json()["updated_on"]
    assert (await api.get(own, auth=auth)).json() == changed.json()
    assert (await api.request("DELETE", own, auth=auth)).status == 204
    for method in ("GET", "DELETE"):
        assert (await api.request(method, own, auth=auth)).status == 404
    assert (await api.send_json("PUT", own, said(), auth=auth)).status == 404
    assert (await api.get(comments, auth=auth)).json()["values"] == []
    # A number is never given twice.
    assert (await say(api, auth, comments))["id"] == 2


@pytest.mark.parametrize(
    "place",
    [
        {"path": "src/a.py"},
        {"path": "src/a.py", "to": 7},
        {"path": "src/a.py", "from": 3, "to": None},
        {"path": "a b#?.py", "from": 3, "to": 7, "start_from": 1, "start_to": 5},
    ],
)
async def test_a_comment_may_be_about_a_file_or_its_lines(api, auth, comments, place):
    made = await say(api, auth, comments, inline=place)

    nothing = dict.fromkeys(("from", "to", "start_from", "start_to"))
    assert made["inline"] == {**nothing, **place}
    commit = made["commit"]["hash"]
    file = place["path"].replace(" ", "%20").replace("#", "%23").replace("?", "%3F")
    assert made["links"]["code"]["href"].endswith(f"{CODE}/diff/{commit}?path={file}")
    assert (await api.get(f"{comments}/1", auth=auth)).json() == made


async def test_comments_are_listed_the_oldest_first_and_asked_for(api, auth, grace, comments):
    first = await say(api, auth, comments, raw="One")
    await say(api, grace, comments, raw="two", inline={"path": "a.py", "to": 7})
    await say(api, auth, comments, raw="Three", parent={"id": 1})

    async def asked(query):
        answer = await api.get(f"{comments}?{query}", auth=grace)
        return [one["id"] for one in answer.json()["values"]]

    assert await asked("") == [1, 2, 3]
    assert await asked("sort=-created_on") == [3, 2, 1]
    assert await asked("pagelen=2&page=2") == [3]
    assert await asked('q=content.raw~"T"') == [2, 3]
    assert await asked('q=user.nickname="grace"') == [2]
    assert await asked(f'q=user.uuid="{first["user"]["uuid"]}"&sort=-id') == [3, 1]
    assert await asked("q=parent.id=1") == [3]
    assert await asked('q=inline.path="a.py"+AND+inline.to>6') == [2]
    assert await asked("q=inline.path=null+AND+deleted=false") == [1, 3]
    assert await asked(f"q=created_on>={first['created_on'].replace('+', '%2B')}") == [1, 2, 3]
    for wrong in ("q=content=1", "q=nothing=1", "sort=links", "q=id=true"):
        assert (await api.get(f"{comments}?{wrong}", auth=auth)).status == 400, wrong


async def test_a_deleted_comment_that_was_answered_keeps_its_place(api, auth, comments):
    for number in range(4):
        await say(api, auth, comments, raw=f"{number}", **({"parent": {"id": number}} if number else {}))

    async def delete(number):
        assert (await api.request("DELETE", f"{comments}/{number}", auth=auth)).status == 204

    async def seen():
        values = (await api.get(comments, auth=auth)).json()["values"]
        return {one["id"]: (one["deleted"], one["content"]["raw"]) for one in values}

    await delete(1)
    await delete(3)
    kept = (await api.get(f"{comments}/1", auth=auth)).json()
    assert (kept["deleted"], kept["content"]["raw"], kept["content"]["html"]) == (True, "", "")
    assert await seen() == {1: (True, ""), 2: (False, "1"), 3: (True, ""), 4: (False, "3")}
    # It can't be given words again, and may still be answered.
    again = await api.send_json("PUT", f"{comments}/1", said(), auth=auth)
    assert (again.status, again.message) == (400, "the comment was deleted")
    await delete(4)
    # With the last answer goes what was kept for it alone.
    assert await seen() == {1: (True, ""), 2: (False, "1")}
    await delete(2)
    assert await seen() == {}
    assert (await api.get(f"{comments}/1", auth=auth)).status == 404


async def test_an_answer_names_what_it_answers(api, auth, comments, git):
    await say(api, auth, comments)
    made = await say(api, auth, comments, parent={"id": 1})
    other = f"{CODE}/commit/{git.commit('second')}/comments"

    assert (made["parent"]["id"], made["parent"]["links"]["self"]["href"][-11:]) == (1, "/comments/1")
    for place, parent in ((comments, 7), (comments, 0), (comments, -1), (comments, 2**31), (other, 1)):
        answer = await api.send_json("POST", place, said(parent={"id": parent}), auth=auth)
        assert answer.status == 400
        assert answer.message == f"parent: Comment not found: {parent}"


async def test_a_thread_is_at_most_100_deep(api, auth, comments):
    await say(api, auth, comments)
    for number in range(1, 100):
        await say(api, auth, comments, parent={"id": number})
    deeper = await api.send_json("POST", comments, said(parent={"id": 100}), auth=auth)
    beside = await api.send_json("POST", comments, said(parent={"id": 99}), auth=auth)

    assert (deeper.status, beside.status) == (400, 201)
    for number in range(1, 102):
        await api.request("DELETE", f"{comments}/{number}", auth=auth)
    assert (await api.get(comments, auth=auth)).json()["size"] == 0


LONG = "x" * 32_769


@pytest.mark.parametrize(
    ("body", "member"),
    [
        ({}, "content.raw"),
        ({"content": {}}, "content.raw"),
        ({"content": {"raw": " \n"}}, "content.raw"),
        ({"content": {"raw": LONG}}, "content.raw"),
        ({"content": {"raw": "a\0b"}}, "content.raw"),
        ({"content": {"raw": 5}}, "content.raw"),
        ({"content": "x"}, "content"),
        (said(inline={}), "inline.path"),
        (said(inline={"path": ""}), "inline.path"),
        (said(inline={"path": "../x"}), "inline.path"),
        (said(inline={"path": "a\nb"}), "inline.path"),
        (said(inline={"path": "x" * 5000}), "inline.path"),
        (said(inline={"path": "x", "to": 0}), "inline.to"),
        (said(inline={"path": "x", "from": -1}), "inline.from"),
        (said(inline={"path": "x", "from": 2**31}), "inline.from"),
        (said(inline={"path": "x", "start_to": 2**70}), "inline.start_to"),
        (said(inline={"path": "x", "to": "7"}), "inline.to"),
        (said(parent={}), "parent.id"),
        (said(parent={"id": "1"}), "parent.id"),
        (said(parent={"id": 2**70}), "parent"),
    ],
)
async def test_what_is_wrong_is_named(api, auth, comments, body, member):
    answer = await api.send_json("POST", comments, body, auth=auth)

    assert (answer.status, list(answer.json()["error"]["fields"])) == (400, [member])
    assert (await api.get(comments, auth=auth)).json()["values"] == []


@pytest.mark.parametrize("name", ["0", "2", "-1", "x", "1.0", "%2B1", "1e0", "9" * 30, "%C2%B9", "%7B1%7D"])
async def test_a_comment_that_is_not_there(api, auth, comments, name):
    await say(api, auth, comments)

    for method in ("GET", "PUT", "DELETE"):
        answer = await api.send_json(method, f"{comments}/{name}", said(), auth=auth)
        assert answer.status == 404, answer
    assert (await api.get(comments, auth=auth)).json()["size"] == 1


async def test_a_comment_is_of_one_commit(api, auth, comments, git):
    await say(api, auth, comments)
    other = git.commit("second")

    assert (await api.get(f"{CODE}/commit/{other}/comments/1", auth=auth)).status == 404
    assert (await api.get(f"{CODE}/commit/{other}/comments", auth=auth)).json()["size"] == 0
    nowhere = f"{CODE}/commit/{'0' * 40}/comments"
    assert (await api.send_json("POST", nowhere, said(), auth=auth)).status == 404


async def test_whoever_may_read_may_comment_and_changes_only_their_own(
    api, server, code, auth, grace, comments
):
    hers = await say(api, grace, comments, raw="hers")
    his = await say(api, auth, comments, raw="his")
    writer = await server.user("writer")
    await server.grant(code, writer, "write")
    writer = await server.auth(writer, "repository:write")

    for who, comment, status in ((writer, hers, 403), (auth, hers, 403), (grace, his, 403)):
        own = f"{comments}/{comment['id']}"
        answer = await api.send_json("PUT", own, said("mine now"), auth=who)
        assert answer.status == status, answer
    for who, comment in ((writer, hers), (grace, his)):
        assert (await api.request("DELETE", f"{comments}/{comment['id']}", auth=who)).status == 403
    assert [one["content"]["raw"] for one in (await api.get(comments, auth=auth)).json()["values"]] == [
        "hers", "his",
    ]  # fmt: skip
    # Whoever administers the repository takes away what should not stand there.
    assert (await api.request("DELETE", f"{comments}/{hers['id']}", auth=auth)).status == 204


async def test_a_public_repository_hears_everybody_who_is_signed_in(api, server, ada, git):
    tip = git.commit("first")
    await server.adopted("ada", "code", git, public=True)
    comments = f"{CODE}/commit/{tip}/comments"
    stranger = await server.auth(await server.user("stranger"), "repository")

    assert (await api.send_json("POST", comments, said(), auth=stranger)).status == 201
    assert (await api.send_json("POST", comments, said())).status == 401
    assert (await api.get(comments)).json()["values"][0]["user"]["nickname"] == "stranger"


async def test_who_has_lost_the_repository_says_nothing_more(api, server, code, auth, grace, comments):
    hers = await say(api, grace, comments)
    await server.grant(code, await users.named(server.site, "grace"), "none")

    own = f"{comments}/{hers['id']}"
    assert (await api.send_json("PUT", own, said("still here"), auth=grace)).status == 404
    assert (await api.request("DELETE", own, auth=grace)).status == 404
    assert (await api.get(own, auth=auth)).json()["content"]["raw"] == "Looks *good*"


async def test_many_who_speak_at_once_are_all_heard(api, auth, grace, comments):
    answers = await asyncio.gather(
        *[api.send_json("POST", comments, said(f"{n}"), auth=(auth, grace)[n % 2]) for n in range(12)]
    )

    assert {answer.status for answer in answers} == {201}
    assert sorted(answer.json()["id"] for answer in answers) == list(range(1, 13))


async def test_markup_of_others_is_shown_and_not_run(api, auth, comments):
    attack = "<script>alert(1)</script> [x](javascript:alert(1)) <img src=x onerror=alert(1)>"
    made = await say(api, auth, comments, raw=attack)

    html = made["content"]["html"].lower()
    assert made["content"]["raw"] == attack
    assert "<script" not in html
    assert "<img src=x" not in html
    assert 'href="javascript' not in html


async def test_comments_go_with_their_repository(api, auth, server, comments, tmp_path):
    await say(api, auth, comments)
    assert (await api.request("DELETE", CODE, auth=auth)).status == 204

    again = GitRepository(tmp_path / "again")
    tip = again.commit("first")
    await server.adopted("ada", "code", again)

    assert (await api.get(f"{CODE}/commit/{tip}/comments", auth=auth)).json()["size"] == 0
    assert (await say(api, auth, f"{CODE}/commit/{tip}/comments"))["id"] == 1
