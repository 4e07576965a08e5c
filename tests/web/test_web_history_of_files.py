"""Who changed what last: beside the entries of a directory, beside the lines of a file, and all that touched it."""

import re

import pytest
from test_web_commits import EVIL, commit, shown

pytestmark = pytest.mark.anyio

HOME = "/engines/difference"


@pytest.fixture
async def engines(server, ada):
    return await server.workspace("engines", ada)


async def test_the_script_gets_the_last_changes_in_the_order_of_the_page(server, page, engines, git):
    first = commit(git, {"a/x": b"1\n", "b": b"1\n", "c": b"1\n"}, message="first")
    second = commit(git, {"a/x": b"2\n", "b": b"1\n", "c": b"1\n"}, first, message=f"second {EVIL}\n\nmore")
    await server.adopted("engines", "difference", git)

    listed = await shown(page, f"{HOME}/src/main/")
    address = re.search(r'data-changes="([^"]*)"', listed.text)[1]
    answer = await page.get(address)

    assert address == f"{HOME}/last-changes/{second}/?page=1"
    assert answer.headers["content-type"] == "application/json"
    assert [one["address"] for one in answer.json()] == [
        f"{HOME}/commits/{hash_}" for hash_ in (second, first, first)
    ]
    assert answer.json()[0]["title"] == f"second {EVIL}"[:120]
    assert answer.json()[0]["author"] == "ada"
    # What was found once is there at once.
    again = await shown(page, f"{HOME}/src/main/")
    assert "data-changes" not in again.text
    assert f'<a href="{HOME}/commits/{first}" title="ada">first</a>' in again.text
    assert "<script>alert" not in again.text


async def test_what_turns_the_direction_of_text_is_seen_in_a_last_change(server, page, engines, git):
    commit(git, {"a": b"1\n"}, message="a\u202eb")
    await server.adopted("engines", "difference", git)

    by_script = (await page.get(f"{HOME}/last-changes/main/")).json()
    without = await shown(page, f"{HOME}/src/main/?changes=1")

    assert [one["title"] for one in by_script] == ["a[U+202E]b"]
    assert 'title="ada">a[U+202E]b</a>' in without.text
    assert "\u202e" not in without.text


async def test_without_script_one_link_shows_them(server, page, engines, git):
    commit(git, {"d/a": b"1\n"}, message="words of the commit")
    await server.adopted("engines", "difference", git)

    listed = await shown(page, f"{HOME}/src/main/d/")
    asked = await shown(page, f"{HOME}/src/main/d/?changes=1")

    assert 'href="?changes=1"' in listed.text
    assert "words of the commit</a></td>" not in listed.text
    assert "words of the commit</a></td>" in asked.text


@pytest.mark.parametrize("path", ["nothing", "a.txt", "%00", "../x"])
async def test_what_is_no_directory_has_no_last_changes(server, page, engines, git, path):
    commit(git, {"a.txt": b"1\n"})
    await server.adopted("engines", "difference", git)

    assert (await page.get(f"{HOME}/last-changes/main/{path}")).status in {404, 422}


async def test_blame_has_a_commit_for_each_line_and_the_way_to_before(server, page, engines, git):
    first = commit(
        git, {"old.py": b"".join(b"line = %d\n" % number for number in range(10))}, message="first"
    )
    second = commit(
        git,
        {"new.py": b"".join(b"line = %d\n" % (99 if number == 3 else number) for number in range(10))},
        first,
        message=f"second {EVIL}",
    )
    await server.adopted("engines", "difference", git)

    answer = await shown(page, f"{HOME}/annotate/main/new.py")

    rows = answer.text.split("<tr id=lines-")[1:]
    assert len(rows) == 10
    assert re.findall(r"rowspan=(\d+)", answer.text) == ["3", "1", "6"]
    assert f'href="{HOME}/commits/{second}"' in rows[3]
    assert f'href="{HOME}/annotate/{first}/old.py?from=4"' in rows[3]
    assert f'href="{HOME}/commits/{first}"' in rows[0]
    assert "<i class=m>99</i>" in rows[3]
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty", b"", "This file is empty"),
        ("binary", b"\0", "Only text of up to 1 MB"),
        ("large", b"x\n" * 800_000, "Only text of up to 1 MB"),
        ("link", ("120000", b"empty"), "Only text of up to 1 MB"),
    ],
)
async def test_what_has_no_lines_to_be_traced_says_so(server, page, engines, git, name, content, words):
    commit(git, {name: content})
    await server.adopted("engines", "difference", git)

    assert words in (await shown(page, f"{HOME}/annotate/main/{name}")).text


async def test_blame_of_a_long_file_goes_on_by_pages(server, page, engines, git):
    commit(git, {"long": b"".join(b"%d\n" % number for number in range(1000))})
    await server.adopted("engines", "difference", git)

    answer = await shown(page, f"{HOME}/annotate/main/long?from=500")

    assert [int(n) for n in re.findall(r"<tr id=lines-(\d+)>", answer.text)] == [*range(301, 601)]
    assert 'href="?from=601"' in answer.text


async def test_the_history_of_a_file_follows_its_names(server, page, engines, git):
    text = b"".join(b"line %d\n" % number for number in range(20))
    first = commit(git, {"old": text}, message="first")
    second = commit(git, {"dir/new": text}, first, message="moved")
    third = commit(git, {"dir/new": text, "x": b"1\n"}, second, message="elsewhere")
    await server.adopted("engines", "difference", git)

    answer = await shown(page, f"{HOME}/history-node/main/dir/new")

    assert f'href="{HOME}/src/{second}/dir/new"' in answer.text
    assert f'href="{HOME}/src/{first}/old"' in answer.text
    assert "as <code>old</code>" in answer.text
    assert third not in answer.text.split("<ol")[1]
    directory = await shown(page, f"{HOME}/history-node/main/dir/")
    assert "moved" in directory.text
    assert ">first<" not in directory.text
    everything = await shown(page, f"{HOME}/history-node/main/")
    assert everything.text.count("<li>\n") >= 3


async def test_the_history_of_a_file_that_is_gone_can_be_seen(server, page, engines, git):
    first = commit(git, {"gone": b"1\n", "a": b"1\n"}, message="first")
    commit(git, {"a": b"1\n"}, first, message="remove it")
    await server.adopted("engines", "difference", git)

    answer = await shown(page, f"{HOME}/history-node/main/gone")

    assert "remove it" in answer.text
    assert (await page.get(f"{HOME}/src/main/gone")).status == 404


async def test_the_history_goes_on_where_it_ended(server, page, engines, git):
    tip = None
    for number in range(35):
        tip = commit(git, {"a": b"%d\n" % number}, *([tip] if tip else []), message=f"change {number}")
    await server.adopted("engines", "difference", git)
    path, seen = f"{HOME}/history-node/main/a", []

    while path:
        answer = await shown(page, path)
        seen += re.findall(r'class="message" href="[^"]*">change (\d+)<', answer.text)
        following = re.search(r'rel="next" href="([^"]*)"', answer.text)
        path = following and f"{HOME}/history-node/main/a{following[1]}"

    assert seen == [str(number) for number in range(34, -1, -1)]


@pytest.mark.parametrize("part", ["annotate", "history-node", "find", "last-changes"])
@pytest.mark.parametrize("path", ["none/a", "%00/a", "--all/a", "..%2F/a", "main/a?ctx=x", "main/%FFa"])
async def test_what_is_not_there_is_said_and_never_an_error_of_ours(server, page, engines, git, part, path):
    commit(git, {"a/b": b"1\n"})
    await server.adopted("engines", "difference", git)

    assert (await page.get(f"{HOME}/{part}/{path}")).status in {200, 404, 422}


async def test_the_history_follows_several_names_over_pages(server, page, engines, git):
    text = b"".join(b"line %d\n" % number for number in range(40))
    tip, names = None, []
    for number in range(70):
        name = f"name{number // 25}"
        names.append(name)
        content = text + b"%d\n" % (number if number % 25 else number - 1)
        tip = commit(
            git, {name: content, "x": b"%d" % number}, *([tip] if tip else []), message=f"c {number}"
        )
    await server.adopted("engines", "difference", git)
    path, seen = f"{HOME}/history-node/main/name2", []

    while path:
        answer = await shown(page, path)
        seen += re.findall(
            r'class="message" href="[^"]*">c (\d+)<.*?href="[^"]*/src/[0-9a-f]{40}/(name\d)"',
            answer.text,
            re.DOTALL,
        )
        following = re.search(r'rel="next" href="([^"]*)"', answer.text)
        path = following and f"{HOME}/history-node/main/name2{following[1]}"

    assert [int(number) for number, _ in seen] == [*range(69, -1, -1)]
    assert [name for _, name in seen] == names[::-1]
