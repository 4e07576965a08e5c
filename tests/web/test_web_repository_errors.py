"""What goes wrong on a page of a repository: told inside of its frame, with ways on that lead somewhere."""

import pytest
from support.browser import PASSWORD, Browser, Page
from test_web_commits import commit

pytestmark = pytest.mark.anyio

HOME = "/engines/difference"


@pytest.fixture
async def made(server, ada, git):
    """``docs/old.txt`` was on the main branch."""
    await server.workspace("engines", ada)
    first = commit(git, {"docs/old.txt": b"x\n", "a.txt": b"x\n"})
    commit(git, {"a.txt": b"x\n"}, first)
    await server.adopted("engines", "difference", git, public=True)


def links(answer):
    return Page(answer.text.partition("<main")[2]).links


async def test_a_path_that_is_gone_leads_to_the_files_a_search_and_its_history(page, made):
    answer = await page.get(f"{HOME}/src/main/docs/old.txt")

    assert answer.status == 404
    assert "No such file or directory: docs/old.txt." in answer.text
    assert f'<a href="{HOME}/commits/">Commits</a>' in answer.text
    assert links(answer) == [
        f"{HOME}/src/main/",
        f"{HOME}/find/main?q=old.txt",
        f"{HOME}/history-node/main/docs/old.txt",
    ]
    for way in links(answer):
        assert (await page.get(way)).status == 200, way


@pytest.mark.parametrize("path", ["<b>.txt", "a\u202eb", "a?b#c%25", "caf%E9"])
async def test_names_that_are_not_there_are_text_and_lead_on(page, made, path):
    address = path.replace("?", "%3F").replace("#", "%23").replace("\u202e", "%E2%80%AE").replace("<", "%3C")

    answer = await page.get(f"{HOME}/src/main/{address}")

    assert answer.status == 404
    assert "<b>.txt" not in answer.text
    assert "\u202e" not in answer.text
    files, search, history = links(answer)
    assert (await page.get(files)).status == (await page.get(search)).status == 200
    # It never was there: that is told, and nothing offered twice.
    assert links(await page.get(history))[:2] == [files, search]


@pytest.mark.parametrize(
    ("path", "tab"),
    [
        ("src/nobody/a.txt", "Source"),
        ("commits/ffffffff", "Commits"),
        ("commits/branch/nobody", "Commits"),
        ("downloads/nothing.zip", "Downloads"),
    ],
)
async def test_what_no_ref_or_file_is_leads_back_to_the_repository(page, made, path, tab):
    answer = await page.get(f"{HOME}/{path}")

    assert answer.status == 404
    assert f'aria-current="page">{tab}</a>' in answer.text
    assert links(answer) == [f"{HOME}/"]


async def test_who_is_not_logged_in_finds_the_way_in_what_is_public(server, made):
    answer = await Browser(server.application).get(f"{HOME}/src/main/docs/old.txt")

    assert answer.status == 404
    assert len(links(answer)) == 3
    assert "Settings</a>" not in answer.text


async def test_who_may_not_see_a_repository_sees_nothing_of_it(server, page, made):
    hidden = await server.user("grace", password="another long password")
    await server.workspace("hidden", hidden)
    await server.repository("hidden", "plans")

    for path in ("/hidden/plans/src/main/a.txt", "/hidden/none/src/main/a.txt"):
        answer = await page.get(path)
        assert answer.status == 404
        assert "hidden/" not in answer.text
        assert links(answer) == ["/"]


@pytest.mark.parametrize(
    ("path", "verb"),
    [("create-file/main/", "write"), ("edit/main/a.txt", "write"), ("admin/", "administer")],
)
async def test_who_may_only_read_is_told_what_it_needs_and_led_back(server, made, path, verb):
    await server.user("grace", password=PASSWORD)
    reader = Browser(server.application)
    await reader.log_in("grace", PASSWORD)

    answer = await reader.get(f"{HOME}/{path}")

    assert answer.status == 403
    assert f"needs the permission to {verb}; yours is to read" in answer.text
    assert links(answer) == [f"{HOME}/"]
    assert (await reader.get(f"{HOME}/")).status == 200
