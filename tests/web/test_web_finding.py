"""The ways to a file: by words of its path, and by what is in it."""

import re
from urllib.parse import quote

import pytest
from support.repositories import Repository
from test_web_commits import EVIL, commit, shown

from bitpail.services import search_indexing

pytestmark = pytest.mark.anyio

HOME = "/engines/difference"


@pytest.fixture
async def engines(server, ada):
    return await server.workspace("engines", ada)


def paths(answer):
    """What was found, in its order."""
    block = answer.text.partition('<div id="found"')[2]
    return re.findall(r'<li><a href="([^"]*)">', block)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("cards", ["src/cards.py", "src/cards/deep/other.txt", "docs/playing cards.md"]),
        ("CARDS", ["src/cards.py", "src/cards/deep/other.txt", "docs/playing cards.md"]),
        ("src other", ["src/cards/deep/other.txt"]),
        ("deep/other", ["src/cards/deep/other.txt"]),
        ("none", []),
        ("<b>", []),
        ("\\n", []),
        ("é", ["é.txt"]),
    ],
)
async def test_files_are_found_by_words_of_their_paths(server, page, engines, git, words, found):
    files = ["src/cards.py", "src/cards/deep/other.txt", "docs/playing cards.md", "é.txt", "a"]
    commit(git, dict.fromkeys(files, b"1\n"))
    await server.adopted("engines", "difference", git)

    answer = await shown(page, f"{HOME}/find/main?q={quote(words)}")

    assert len(paths(answer)) == len(found)
    names = re.findall(r'<li><a href="[^"]*">([^<]*)</a></li>', answer.text.partition('id="found"')[2])
    assert sorted(names) == sorted(found)
    assert names[:1] == found[:1]


async def test_all_files_are_listed_up_to_a_hundred(server, page, engines, git):
    commit(git, {f"f{number:03}": b"1\n" for number in range(120)})
    await server.adopted("engines", "difference", git)

    answer = await shown(page, f"{HOME}/find/main")

    assert len(paths(answer)) == 100
    assert "These are the first 100" in answer.text


async def test_names_that_were_found_are_text(server, page, engines, git):
    commit(git, {EVIL.replace("/", "|"): b"1\n", b"\xff": b"1\n", "line\nend": b"1\n"})
    await server.adopted("engines", "difference", git)

    answer = await shown(page, f"{HOME}/find/main?q=")

    assert "<script>alert" not in answer.text
    assert len(paths(answer)) == 2
    for path in paths(answer):
        assert (await page.get(path)).status == 200


async def test_search_finds_lines_of_this_repository_alone(server, page, engines, git, tmp_path):
    made = commit(git, {"a.py": f"one\ntwo needle {EVIL}\nthree\n".encode(), "b.py": b"nothing\n"})
    await server.adopted("engines", "difference", git)
    other = Repository(tmp_path / "other.git")
    commit(other, {"elsewhere.py": b"needle\n"})
    await server.adopted("engines", "other", other)
    await search_indexing.run_due(server.site)

    answer = await shown(page, f"{HOME}/search/?q=needle")

    assert "1 file<" in answer.text
    assert f'href="{HOME}/src/{made}/a.py?viewer=source&amp;from=2#lines-2"' in answer.text
    assert f'href="{HOME}/src/{made}/a.py">a.py</a>' in answer.text
    assert "two <mark>needle</mark> &lt;script&gt;" in answer.text
    assert "elsewhere" not in answer.text
    assert "No file has this" in (await shown(page, f"{HOME}/search/?q=nowhere")).text


@pytest.mark.parametrize(
    "query", ["x", "NOT needle", '"open', "(a", "%00abc", "a" * 2000, "needle OR", "%FF"]
)
async def test_a_query_that_is_wrong_is_told_why_and_kept(server, page, engines, git, query):
    commit(git, {"a": b"1\n"})
    await server.adopted("engines", "difference", git)
    await search_indexing.run_due(server.site)

    answer = await page.get(f"{HOME}/search/?q={query.replace(' ', '+')}")

    assert answer.status in {200, 422}
    if answer.status == 422:
        assert 'role="alert"' in answer.text
        assert "search_query" not in answer.text.lower()
