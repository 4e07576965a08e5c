"""Code search through the front door: what is shown, and to whom."""

import asyncio

import pytest
from msgspec.structs import force_setattr
from support.files import commit_files

from bitpail.model.permissions import Permission
from bitpail.services import repositories, search_indexing
from bitpail.services.git_slots import Bounds, GitSlots

pytestmark = pytest.mark.anyio

SEARCH = "/2.0/workspaces/ada/search/code"


@pytest.fixture
async def auth(server, ada):
    return await server.auth(ada, "repository")


@pytest.fixture
def search(server, api, auth):
    """The paths that are found, once what was pushed is indexed."""

    async def found(query, *, who=None, path=SEARCH):
        await search_indexing.run_due(server.site)
        answer = await api.get(path, query={"search_query": query}, auth=who or auth)
        assert answer.status == 200, answer.text
        return [one["file"]["path"] for one in answer.json()["values"]]

    return found


@pytest.fixture
async def code(server, ada, git):
    files = {
        "src/main.py": "import os\n\ndef createServer(port):\n    return Server(port)\n",
        "src/Main.java": "class Server {}\n",
        "README.md": "The server.\n",
        "logo.png": b"\x89PNG\0server",
    }
    commit_files(git, files)
    return await server.adopted("ada", "code", git)


async def test_words_are_found_in_contents_and_paths_and_paths_come_first(search, code):
    assert await search("createserver") == ["src/main.py"]
    assert await search("main") == ["src/Main.java", "src/main.py"]
    assert await search("server") == ["README.md", "src/Main.java", "src/main.py"]
    assert await search("server OR logo") == ["logo.png", "README.md", "src/Main.java", "src/main.py"]


async def test_an_answer_shows_lines_with_what_was_found(server, api, auth, search, code, git):
    await search("createserver")

    answer = (await api.get(SEARCH, query={"search_query": "createserver"}, auth=auth)).json()

    assert (answer["size"], answer["page"], answer["pagelen"]) == (1, 1, 10)
    assert answer["query_substituted"] is False
    (one,) = answer["values"]
    assert (one["type"], one["content_match_count"], one["path_matches"]) == ("code_search_result", 1, [])
    matching = [{"text": "def "}, {"text": "createServer", "match": True}, {"text": "(port):"}]
    assert one["content_matches"] == [
        {
            "lines": [
                {"line": 2, "segments": []},
                {"line": 3, "segments": matching},
                {"line": 4, "segments": [{"text": "    return Server(port)"}]},
            ]
        }
    ]
    file, tip = one["file"], git.git("rev-parse", "main")
    assert (file["type"], file["path"], file["commit"]["hash"]) == ("commit_file", "src/main.py", tip)
    own = "/2.0" + file["links"]["self"]["href"].partition("/2.0")[2]
    assert own == f"/2.0/repositories/ada/code/src/{tip}/src/main.py"
    assert "createServer" in (await api.get(own, auth=auth)).text
    named = (await api.get(SEARCH, query={"search_query": "main.py"}, auth=auth)).json()["values"][0]
    assert named["path_matches"] == [{"text": "src/"}, {"text": "main.py", "match": True}]
    assert (named["content_match_count"], named["content_matches"]) == (0, [])


async def test_the_repository_is_shown_to_who_asks_for_it(api, auth, search, code):
    await search("createserver")
    fields = "-values.content_matches,+values.file.commit.repository.slug"

    plain = (await api.get(SEARCH, query={"search_query": "createserver"}, auth=auth)).json()
    asked = (
        await api.get(SEARCH, query={"search_query": "createserver", "fields": fields}, auth=auth)
    ).json()

    assert "repository" not in plain["values"][0]["file"]["commit"]
    repository = asked["values"][0]["file"]["commit"]["repository"]
    assert (repository["slug"], repository["project"]["key"]) == ("code", "PROJ")
    assert repository["mainbranch"]["name"] == "main"
    assert "content_matches" not in asked["values"][0]


async def test_results_come_in_pages(api, auth, search, server, ada, git):
    commit_files(git, {f"f{number:02}.txt": "word" for number in range(25)})
    await server.adopted("ada", "code", git)
    assert len(await search("word")) == 10

    paths = await api.everything(f"{SEARCH}?search_query=word&pagelen=7", auth=auth)

    assert [one["file"]["path"] for one in paths] == [f"f{number:02}.txt" for number in range(25)]
    beyond = await api.get(SEARCH, query={"search_query": "word", "page": "9"}, auth=auth)
    assert (beyond.json()["values"], beyond.json()["size"]) == ([], 25)


async def test_repositories_and_projects_are_named_by_modifiers(server, search, ada, tmp_path, git):
    commit_files(git, {"a": "word"})
    await server.adopted("ada", "one", git)
    await server.adopted("ada", "two", git)
    two = (await repositories.named(server.site, "ada", "two")).repository

    assert await search("word") == ["a", "a"]
    for query in (
        "repo:one",
        "repo:ONE",
        "repo:ada/one",
        "-repo:two",
        "repo:one project:proj",
        f"-repo:{{{two.id}}}",
    ):
        assert await search(f"word {query}") == ["a"], query
    for query in ("repo:three", "project:none", "repo:other/one", "repo:one -project:proj"):
        assert await search(f"word {query}") == [], query


async def test_what_may_not_be_seen_is_not_found_from_that_moment_on(server, search, ada, code):
    grace = await server.user("grace")
    who = await server.auth(grace, "repository")
    await server.grant(code, grace, "READ")
    assert await search("createserver", who=who) == ["src/main.py"]

    await repositories.grant(server.site, code, grace, Permission.NONE)

    # Or the workspace itself would not be there for her.
    await server.repository("ada", "public", public=True)
    assert await search("createserver", who=who) == []
    await server.grant(code, grace, "READ")
    assert await search("createserver", who=who) == ["src/main.py"]


async def test_a_repository_that_becomes_private_or_goes_or_has_another_name(server, api, search, ada, git):
    commit_files(git, {"a": "word"})
    made = await server.adopted("ada", "code", git, public=True)
    grace = await server.auth(await server.user("grace"), "repository")
    await server.repository("ada", "other", public=True)
    owner = await server.auth(ada, "repository:admin", "repository:write", "repository:delete")
    assert await search("word", who=grace) == ["a"]

    await api.send_json("PUT", "/2.0/repositories/ada/code", {"is_private": True}, auth=owner)
    assert await search("word", who=grace) == []
    await api.send_json("PUT", "/2.0/repositories/ada/code", {"name": "renamed"}, auth=owner)
    answer = await api.get(SEARCH, query={"search_query": "word repo:renamed"}, auth=owner)
    assert "/ada/renamed/src/" in answer.json()["values"][0]["file"]["links"]["self"]["href"]
    assert await search("word repo:code") == []
    await repositories.delete(server.site, made)

    assert await search("word", who=owner) == []


async def test_what_is_pushed_by_the_api_is_found_and_what_is_removed_is_not(server, api, search, ada):
    await server.repository("ada", "code")
    writer = await server.auth(ada, "repository:write")
    source = "/2.0/repositories/ada/code/src"
    await api.send_form("POST", source, {"a.txt": "first words", "message": "m"}, auth=writer)
    assert await search("words") == ["a.txt"]

    await api.send_form("POST", source, {"a.txt": "second", "b.txt": "words", "message": "m"}, auth=writer)

    assert await search("words") == ["b.txt"]
    assert await search("second") == ["a.txt"]


async def test_a_credential_needs_the_scope_and_a_person(server, api, ada, code):
    path = f"{SEARCH}?search_query=word"
    await server.repository("ada", "open", public=True)

    assert (await api.get(path)).status == 401
    assert (await api.get(path, auth=await server.auth(ada, "account"))).status == 403
    stranger = await server.auth(await server.user("grace"), "repository")
    assert (
        await api.get("/2.0/workspaces/nowhere/search/code?search_query=word", auth=stranger)
    ).status == 404


async def test_the_old_addresses_find_the_same(search, code, ada):
    for path in ("/2.0/teams/ada/search/code", f"/2.0/users/%7B{ada.id}%7D/search/code"):
        assert await search("createserver", path=path) == ["src/main.py"]
    assert await search("createserver", path=f"/2.0/users/{ada.account_id}/search/code") == ["src/main.py"]


@pytest.mark.parametrize(
    "selected", ["nobody", "%7Bno%7D", "x" * 300, "%7B00000000-0000-0000-0000-000000000000%7D"]
)
async def test_whoever_is_not_there_has_no_code(api, auth, selected):
    assert (await api.get(f"/2.0/users/{selected}/search/code?search_query=word", auth=auth)).status == 404


@pytest.mark.parametrize(
    "query", ["", " ", "ab", "(", "foo OR", '"foo', "x" * 2000, "foo\0", "ext:py", "foo lang:none", "NOT foo"]
)
async def test_what_is_no_query_is_refused(api, auth, code, query):
    answer = await api.get(SEARCH, query={"search_query": query}, auth=auth)

    assert answer.status == 400
    assert answer.json()["error"]["message"].startswith("search_query: ")
    assert list(answer.json()["error"]["fields"]) == ["search_query"]


async def test_without_a_query_or_with_a_wrong_page(api, auth, code):
    assert (await api.get(SEARCH, auth=auth)).status == 400
    for page in ("0", "-1", "x", "9" * 30):
        assert (await api.get(f"{SEARCH}?search_query=word&page={page}", auth=auth)).status == 400
    assert (await api.get(f"{SEARCH}?search_query=word&pagelen=101", auth=auth)).status == 400


async def test_nothing_is_found_before_anything_is_indexed(api, auth, server, ada):
    answer = await api.get(SEARCH, query={"search_query": "word"}, auth=auth)

    assert (answer.status, answer.json()["size"], answer.json()["values"]) == (200, 0, [])


async def test_searches_take_turns_and_one_person_holds_up_nobody_else(server, api, auth, ada, code):
    slots = GitSlots(Bounds(2, 1, 2, 10, 0.2, what="searches"))
    force_setattr(server.application._site, "searches", slots)
    grace = await server.auth(await server.user("grace"), "repository")

    async with slots.slot(ada.id, code.workspace_id):
        answers = await asyncio.gather(
            api.get(SEARCH, query={"search_query": "word"}, auth=auth),
            api.get("/2.0/workspaces/grace/search/code", query={"search_query": "word"}, auth=grace),
        )

    assert [answer.status for answer in answers] == [429, 200]
    assert "1 of your own searches are running" in answers[0].text
    assert int(answers[0].headers["retry-after"]) >= 1


async def test_search_may_be_switched_off(server, api, auth, code):
    force_setattr(server.site.settings, "search", "off")

    answer = await api.get(SEARCH, query={"search_query": "word"}, auth=auth)

    assert (answer.status, "switched off" in answer.json()["error"]["message"]) == (404, True)
