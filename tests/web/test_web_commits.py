"""The pages of history: lists of commits, one commit, what differs, what people say of it."""

import pytest
from support.browser import PASSWORD, Browser, Page

from bitpail.model.access import Actor, Client, Need
from bitpail.model.build_statuses import State
from bitpail.model.permissions import Permission
from bitpail.model.scopes import Scope
from bitpail.services import build_statuses
from bitpail.services.access import to_repository
from bitpail.services.build_statuses import Told

pytestmark = pytest.mark.anyio

EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&"
HOME = "/engines/difference"


def tree(git, files):
    """Write files, names to content or to (mode, content), as a tree."""
    index = {"GIT_INDEX_FILE": str(git.path / "index-of-test")}
    git.git("read-tree", "--empty", **index)
    for name, content in files.items():
        mode, data = content if isinstance(content, tuple) else ("100644", content)
        blob = data if mode == "160000" else git.git("hash-object", "-w", "--stdin", stdin=data)
        git.git(
            "update-index",
            "-z",
            "--index-info",
            stdin=f"{mode} {blob}\t".encode() + _raw(name) + b"\0",
            **index,
        )
    return git.git("write-tree", **index)


def _raw(name):
    return name if isinstance(name, bytes) else name.encode()


def commit(git, files, *parents, message="a commit", branch="main"):
    given = [word for parent in parents for word in ("-p", parent)]
    made = git.git("commit-tree", tree(git, files), "-m", message, *given)
    git.git("update-ref", f"refs/heads/{branch}", made)
    return made


@pytest.fixture
async def engines(server, ada):
    return await server.workspace("engines", ada)


async def shown(page, path, status=200):
    """A page that holds no script, style or handler of its own."""
    answer = await page.get(path)
    assert answer.status == status, answer.text
    assert Page(answer.text).inline == []
    return answer


async def test_the_list_has_each_commit_with_author_picture_and_graph(server, page, ada, engines, git):
    first = commit(git, {"a": b"1\n"}, message="first")
    side = commit(git, {"a": b"2\n"}, first, message="side\n\nand more of it", branch="side")
    commit(git, {"a": b"3\n"}, first, side, message="merge")
    await server.adopted("engines", "difference", git)

    listed = await shown(page, f"{HOME}/commits/")

    assert listed.text.count("<svg") == 3
    assert f'href="{HOME}/commits/{side}"' in listed.text
    assert "and more of it" in listed.text
    assert f'src="/users/%7B{ada.id}%7D/avatar/"' in listed.text.split("<ol")[1]
    of_side = await shown(page, f"{HOME}/commits/branch/side")
    assert "merge" not in of_side.text.split("<ol")[1]


async def test_the_list_goes_on_where_it_ended_and_back_to_the_newest(server, page, engines, git):
    git.import_history([(1_000 + n, [n - 1] if n else []) for n in range(70)], [("refs/heads/main", 69)])
    await server.adopted("engines", "difference", git)
    path, seen = f"{HOME}/commits/branch/main", []

    while path:
        listed = await shown(page, path)
        seen += [int(part.split("<")[0]) for part in listed.text.split(">commit ")[1:]]
        links = [link for link in Page(listed.text).links if link.startswith("?ctx=")]
        path = f"{HOME}/commits/branch/main{links[0]}" if links else None

    assert seen == [*range(69, -1, -1)]
    assert "Newest" in listed.text


@pytest.mark.parametrize(
    "path", ["branch/none", "tag/none", "branch/../x", "0" * 40, "main%00", "--all", "?ctx=nonsense", "%FF"]
)
async def test_what_is_not_there_is_said_and_never_an_error_of_ours(server, page, engines, git, path):
    commit(git, {"a": b"1\n"})
    await server.adopted("engines", "difference", git)

    assert (await page.get(f"{HOME}/commits/{path}")).status in {404, 422}


async def test_a_commit_shows_message_parents_refs_and_changed_words(server, page, engines, git):
    first = commit(git, {"a.py": b"def old_name(x):\n    return x\n"})
    second = commit(
        git, {"a.py": b"def new_name(x):\n    return x\n"}, first, message="Title\n\nSome *words*."
    )
    git.git("tag", "v1", second)
    await server.adopted("engines", "difference", git)

    answer = await shown(page, f"{HOME}/commits/{second[:10]}")

    assert '<h1 class="path">Title</h1>' in answer.text
    assert "<em>words</em>" in answer.text
    assert f'href="{HOME}/commits/{first}"' in answer.text
    assert f'href="{HOME}/commits/tag/v1"' in answer.text
    assert "def <mark>new_name</mark>(x):" in answer.text
    split = await shown(page, f"{HOME}/commits/{second}?view=split")
    assert 'class="lines split"' in split.text
    assert "def <mark>old_name</mark>(x):" in split.text


async def test_what_differs_in_other_ways_than_lines_is_said(server, page, engines, git):
    lfs = b"version https://git-lfs.github.com/spec/v1\noid sha256:%b\nsize 5\n" % (b"0" * 64)
    text = b"".join(b"line %d\n" % number for number in range(30))
    first = commit(git, {"old name": text, "run": b"x\n", "gone": b"x\n", "bin": b"\0", "big": b""})
    files = {
        "new name": text,
        "run": ("100755", b"x\n"),
        "bin": b"\0\1",
        "big": lfs,
        "sub": ("160000", first),
    }
    second = commit(git, files, first)
    await server.adopted("engines", "difference", git)

    answer = await shown(page, f"{HOME}/commits/{second}")

    for words in (
        "old name → new name",
        ">renamed<",
        "mode 100644 → 100755",
        ">removed<",
        ">binary<",
        ">Git LFS<",
        ">submodule<",
        f"Subproject commit {first}",
        "6 files changed",
    ):
        assert words in answer.text
    # Nothing was counted of these: two zeros would say that nothing has changed.
    for name in ("run", "bin", "new name"):
        assert f">{name}</a>" in answer.text
        assert f'>{name}</a> <span class="plus">' not in answer.text
    assert '>gone</a> <span class="plus">+0</span> <span class="minus">−1</span>' in answer.text


async def test_pictures_stand_beside_each_other_and_svg_is_text_as_well(server, page, engines, git):
    first = commit(
        git, {"a.png": b"\x89PNG\0one", "b.svg": b"<svg>1</svg>\n", "gone.gif": b"GIF\0", "x": b"\0"}
    )
    second = commit(
        git, {"a.png": b"\x89PNG\0two", "b.svg": b"<svg>2</svg>\n", 'c"<b>.jpg': b"\0", "x": b"\0\1"}, first
    )
    await server.adopted("engines", "difference", git)

    answer = await shown(page, f"{HOME}/commits/{second}")

    for commit_hash, name in ((first, "a.png"), (second, "a.png"), (first, "b.svg"), (second, "b.svg")):
        assert f'<img src="{HOME}/raw/{commit_hash}/{name}"' in answer.text
    assert f'<img src="{HOME}/raw/{first}/gone.gif"' in answer.text
    assert f'<img src="{HOME}/raw/{second}/gone.gif"' not in answer.text
    assert f'<img src="{HOME}/raw/{second}/c%22%3Cb%3E.jpg"' in answer.text
    assert answer.text.count(f'<img src="{HOME}/raw/') == 6
    assert "&lt;svg&gt;<mark>2</mark>&lt;/svg&gt;" in answer.text


async def test_white_space_can_be_ignored_and_context_widened(server, page, engines, git):
    lines = [b"line %d\n" % number for number in range(40)]
    first = commit(git, {"a": b"".join(lines), "b": b"x\n"})
    lines[20] = b"changed\n"
    second = commit(git, {"a": b"".join(lines), "b": b"  x\n"}, first)
    await server.adopted("engines", "difference", git)
    at = f"{HOME}/commits/{second}"

    plain, ignoring = await shown(page, at), await shown(page, f"{at}?w=1")

    assert "+<mark>  </mark>x" in plain.text
    assert "<mark>  </mark>" not in ignoring.text
    assert "Nothing differs but white space." in ignoring.text
    assert "line 10" not in plain.text
    assert "line 10" in (await shown(page, f"{at}?context=10")).text
    alone = await shown(page, f"{at}?path=a&context=100000")
    assert "line 0<" in alone.text
    assert "file-2" not in alone.text
    for odd in ("context=-1", "context=9999999999999", "page=x", "page=99999", "skip=x&path=a", "comments=x"):
        await shown(page, f"{at}?{odd}")
    assert (await page.get(f"{at}?path=none")).status == 404
    assert (await page.get(f"{at}?path=../x")).status in {404, 422}
    assert (await page.get(f"{at}?path=%00")).status in {404, 422}


async def test_nothing_that_a_commit_holds_becomes_a_tag(server, page, engines, git):
    name = f"{EVIL.replace('/', '_')}.html"
    first = commit(git, {name: b"x\n"}, message=EVIL)
    branch = "<b>bold</b>"
    env = {"GIT_AUTHOR_NAME": "Mallory <i>", "GIT_AUTHOR_EMAIL": f"x{EVIL}"}
    content = f"{EVIL}\n\u202e\n".encode()
    second = git.git(
        *(
            "commit-tree",
            tree(git, {name: content, b"\xff\n<u>": b"x\n"}),
            "-p",
            first,
            "-m",
            f"{EVIL}\n\n{EVIL}",
        ),
        **env,
    )
    git.git("update-ref", f"refs/heads/{branch}", second)
    git.git("update-ref", "refs/heads/main", second)
    await server.adopted("engines", "difference", git)

    for path in ("", f"{second}", f"{second}?view=split", f"branch/{branch.replace('/', '%2F')}"):
        answer = await shown(page, f"{HOME}/commits/{path}")
        main = answer.text.split("<main", 1)[1]
        assert "<script" not in main
        assert "onerror=alert(1)&gt;" in main or "onerror" not in main
        assert "<b>" not in main
        assert "<u>" not in main
        assert "<img src=x" not in main
        assert "\u202e" not in main
    alone = await shown(page, f"{HOME}/commits/{second}?path=%FF%0A%3Cu%3E")
    assert "1 file" not in alone.text.split("changes")[0]


async def test_fifty_thousand_files_show_the_first_and_the_way_to_the_rest(server, page, engines, git):
    blob = git.git("hash-object", "-w", "--stdin", stdin=b"x\n")
    entries = "".join(f"100644 blob {blob}\tfile-{number:05}\n" for number in range(50_000))
    made = git.git("commit-tree", git.git("mktree", stdin=entries.encode()), "-m", "many")
    git.git("update-ref", "refs/heads/main", made)
    await server.adopted("engines", "difference", git)

    answer = await shown(page, f"{HOME}/commits/{made}")

    assert "50000 files changed" in answer.text
    assert "file-00049" in answer.text
    assert "file-00050" not in answer.text
    assert len(answer.body) < 150_000
    assert "file-00050" in (await shown(page, f"{HOME}/commits/{made}?page=2")).text
    beyond = (await shown(page, f"{HOME}/commits/{made}?page=9999")).text
    assert "No file differs" not in beyond
    assert "No more files" in beyond
    assert "file-49999" in (await shown(page, f"{HOME}/commits/{made}?path=file-49999")).text


async def test_a_large_change_and_a_long_line_show_their_beginning_within_limits(server, page, engines, git):
    many = b"".join(b"line <%d>\n" % number for number in range(100_000))
    first = commit(git, {"keep": b"x\n"})
    second = commit(git, {"a": many, "b": b"z" * 7_000_000, "c": b"y" * 9_000_000, "keep": b"x\n"}, first)
    await server.adopted("engines", "difference", git)

    answer = await shown(page, f"{HOME}/commits/{second}")
    alone = await shown(page, f"{HOME}/commits/{second}?path=a&skip=799")

    assert "more lines" in answer.text
    assert "The page is full" in answer.text
    assert "too large to be compared" in answer.text
    assert len(answer.body) < 150_000
    assert "line &lt;900&gt;" in alone.text
    assert len(alone.body) < 150_000
    long = await shown(page, f"{HOME}/commits/{second}?path=b")
    assert len(long.body) < 50_000


async def test_the_text_of_a_difference_is_nothing_that_a_browser_runs(server, page, engines, git):
    made = commit(git, {"a.html": EVIL.encode()})
    await server.adopted("engines", "difference", git)

    answer = await page.get(f"{HOME}/commits/{made}/raw")

    assert answer.status == 200
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert EVIL in answer.text


async def test_whoever_may_read_comments_answers_edits_and_deletes(server, page, engines, git):
    made = commit(git, {"a": b"one\ntwo\n"})
    await server.adopted("engines", "difference", git)
    at = f"{HOME}/commits/{made}"

    said = await page.submit(at, f"{at}/comments", content="Why *this*?")
    assert said.headers["location"] == f"{at}?done=said#comment-1"
    answered = await page.ask(
        "POST", f"{at}/comments", fields=[*_token(await page.get(at)), ("parent", "1"), ("content", EVIL)]
    )
    assert answered.status == 303
    answer = await shown(page, at)
    assert "Why <em>this</em>?" in answer.text
    assert "2 comments" in answer.text
    assert "<script>alert" not in answer.text
    for address in ("comments", "comments/1"):
        blank = await page.submit(at, f"{at}/{address}", content=" \n")
        assert blank.status == 422
        assert "The comment is empty: write something" in blank.text
    await page.submit(at, f"{at}/comments/1", content="Because.")
    assert "Because." in (await shown(page, at)).text
    await page.submit(at, f"{at}/comments/1/delete")
    assert "This comment was deleted." in (await shown(page, at)).text


def _token(answer):
    return [pair for pair in Page(answer.text).forms[0].fields if pair[0] == "form_token"]


async def test_a_comment_on_a_line_stands_below_it_and_one_on_another_line_below_the_file(
    server, page, engines, git
):
    made = commit(git, {"a": b"one\ntwo\n", "b": b"x\n"})
    await server.adopted("engines", "difference", git)
    at = f"{HOME}/commits/{made}"
    token = _token(await page.get(at))

    for line, text in (("2", "At two."), ("77", "At nothing."), ("", "Of the file.")):
        fields = [*token, ("path", "a"), ("line", line), ("side", "new"), ("content", text)]
        assert (await page.ask("POST", f"{at}/comments", fields=fields)).status == 303

    for view in ("", "?view=split"):
        answer = (await shown(page, f"{at}{view}")).text
        table = answer.split("<table", 1)[1].split("</table", 1)[0]
        assert "At two." in table
        assert "At nothing." not in table
        assert "On line 77" in answer
        assert answer.count("Of the file.</p>") == answer.count("At two.</p>") == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"content": ""}, "The comment is empty"),
        ({"content": "x" * 40_000}, "40000 characters long, and may have at most 32768"),
        ({"content": "ж" * 300_000}, "300000 characters long, and may have at most 32768"),
        ({"content": "x\0"}, "content.raw"),
        ({"content": "kept", "path": "a", "line": "x1"}, "must be a number"),
        ({"content": "kept", "path": "a", "line": "0"}, "inline.to"),
        ({"content": "kept", "path": "../a"}, "inline.path"),
        ({"content": "kept", "parent": "99"}, "Comment not found"),
        ({"content": "kept", "parent": "9" * 30}, "must be a number"),
    ],
)
async def test_what_is_wrong_with_a_comment_is_said_and_what_was_typed_stays(
    server, page, engines, git, fields, words
):
    made = commit(git, {"a": b"one\n"})
    await server.adopted("engines", "difference", git)
    at = f"{HOME}/commits/{made}"

    answer = await page.ask("POST", f"{at}/comments", fields=[*_token(await page.get(at)), *fields.items()])

    assert answer.status == 422
    assert words.lower() in answer.text.lower()
    if len(fields["content"]) > 4:
        assert f">{fields['content']}</textarea>" in answer.text
    if fields["content"] == "kept" and "parent" not in fields and fields.get("path") != "../a":
        assert ">kept</textarea>" in answer.text


async def test_a_comment_may_have_as_many_letters_of_any_alphabet_as_by_the_api(server, page, engines, git):
    made = commit(git, {"a": b"one\n"})
    await server.adopted("engines", "difference", git)
    at = f"{HOME}/commits/{made}"

    for address, letter in (("comments", "ж"), ("comments/1", "𝄞")):
        assert (await page.submit(at, f"{at}/{address}", content=letter * 32_768)).status == 303
        assert letter * 32_768 in (await shown(page, at)).text


async def test_others_comments_are_changed_by_nobody_and_deleted_by_administrators_alone(
    server, page, engines, git
):
    made = commit(git, {"a": b"one\n"})
    repository = await server.adopted("engines", "difference", git)
    for name, right in (("grace", "write"), ("charles", "read")):
        await server.grant(repository, await server.user(name, password=PASSWORD), right)
    grace, charles = Browser(server.application), Browser(server.application)
    await grace.log_in("grace", PASSWORD)
    await charles.log_in("charles", PASSWORD)
    at = f"{HOME}/commits/{made}"
    await charles.submit(at, f"{at}/comments", content="Mine.")

    seen = (await shown(grace, at)).text

    assert "/comments/1/delete" not in seen
    token = _token(await grace.get(at))
    for path in (f"{at}/comments/1", f"{at}/comments/1/delete"):
        assert (await grace.ask("POST", path, fields=[*token, ("content", "No.")])).status == 403
    assert "Mine." in (await shown(charles, at)).text
    assert "Edit comment" not in (await shown(page, at)).text
    assert (await page.submit(at, f"{at}/comments/1/delete")).status == 303
    assert (
        await page.ask("POST", f"{at}/comments/none/delete", fields=_token(await page.get(at)))
    ).status == 404


async def test_on_a_public_repository_anybody_reads_who_is_known_comments_and_who_was_granted_approves(
    server, page, ada, engines, git
):
    made = commit(git, {"a": b"one\n"})
    repository = await server.adopted("engines", "difference", git, public=True)
    at, stranger, anonymous = (
        f"{HOME}/commits/{made}",
        Browser(server.application),
        Browser(server.application),
    )
    grace = await server.user("grace", password=PASSWORD)
    await stranger.log_in("grace", PASSWORD)

    assert "Log in</a> to comment" in (await shown(anonymous, at)).text
    assert "<form" not in (await shown(anonymous, at)).text
    seen = (await shown(stranger, at)).text
    assert f'action="{at}/comments"' in seen
    assert "Approve" not in seen
    token = _token(await stranger.get(at))
    assert (await stranger.ask("POST", f"{at}/approve", fields=token)).status == 403
    await server.grant(repository, grace, "read")
    assert (await stranger.submit(at, f"{at}/approve")).status == 303
    assert "Approved by" in (await shown(stranger, at)).text
    assert (await stranger.submit(at, f"{at}/withdraw")).status == 303
    assert "Approved by" not in (await shown(stranger, at)).text


async def test_a_thread_of_a_hundred_answers_is_shown(server, page, engines, git):
    made = commit(git, {"a": b"one\n"})
    await server.adopted("engines", "difference", git)
    at = f"{HOME}/commits/{made}"
    token = _token(await page.get(at))
    for number in range(100):
        parent = [("parent", str(number))] if number else []
        await page.ask("POST", f"{at}/comments", fields=[*token, ("content", f"No. {number}."), *parent])

    first, second = await shown(page, at), await shown(page, f"{at}?comments=2")

    assert "No. 49." in first.text
    assert "No. 50." not in first.text
    assert "No. 99." in second.text
    assert len(first.body) < 150_000


async def test_what_builds_said_stands_in_the_list_and_at_the_commit(server, page, ada, engines, git):
    made = commit(git, {"a": b"one\n"})
    await server.adopted("engines", "difference", git)
    actor = Actor(ada, None, frozenset(Scope), Client("192.0.2.1", "curl"))
    access = await to_repository(
        server.site, actor, Need(permission=Permission.WRITE), "engines", "difference"
    )
    for key, state in (("one", State.SUCCESSFUL), ("two", State.FAILED)):
        told = Told(state=state, url="https://ci.example.org/1", name=EVIL)
        await build_statuses.tell(server.site, access, made, key, told)

    listed, one = await shown(page, f"{HOME}/commits/"), await shown(page, f"{HOME}/commits/{made}")

    assert listed.text.count(">failed<") == 1
    assert ">passed<" not in listed.text
    assert one.text.count('href="https://ci.example.org/1"') == 2
    assert "<script>" not in one.text


async def test_an_empty_repository_has_no_history_and_says_how_to_begin(server, page, engines):
    await server.repository("engines", "blank")

    assert "git push" in (await shown(page, "/engines/blank/commits/")).text


async def test_the_links_of_commits_and_refs_in_the_api_lead_to_pages(server, page, ada, engines, git):
    made = commit(git, {"a": b"one\n"}, branch="feature/a#b")
    git.git("update-ref", "refs/heads/main", made)
    git.git("tag", "v1", made)
    await server.adopted("engines", "difference", git)
    auth = await server.auth(ada, "repository")
    api = "/2.0/repositories/engines/difference"

    for path in ("refs", "commits"):
        answer = await server.client.request("GET", f"{api}/{path}", auth=auth)
        for value in answer.json()["values"]:
            shown_at = await page.get(value["links"]["html"]["href"].partition("://git.example.org")[2])
            shown_at = await page.follow(shown_at) if shown_at.status == 303 else shown_at
            assert shown_at.status == 200
            assert made[:7] in shown_at.text
    assert (await page.get(f"{HOME}/branch/none")).status == 404
