"""The pages of a wiki: read, written, renamed, removed, searched; conflicts, limits, and what nobody may do."""

import asyncio
import subprocess

import pytest
from support.browser import PASSWORD, Browser, Page

from bitpail.git.directories import repository_path

pytestmark = pytest.mark.anyio

EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&"
WIKI = "/engines/difference/wiki"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


@pytest.fixture
async def repository(server, ada):
    await server.workspace("engines", ada)
    return await server.repository("engines", "difference")


@pytest.fixture
def push(server, repository):
    """Put files into the wiki as somebody with git would: paths to contents, None to remove one."""
    path = repository_path(server.site.repositories, repository.id, wiki=True)

    def git(*arguments, data=b"", **env):
        who = {f"GIT_{role}_{what}": "x" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        command = ["git", f"--git-dir={path}", *arguments]
        env = {"PATH": "/usr/bin:/bin:/usr/local/bin", "HOME": "/nonexistent", **who, **env}
        return subprocess.run(command, input=data, check=True, capture_output=True, env=env).stdout

    def put(files, message="pushed"):
        if not path.exists():
            subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(path)], check=True)
        index = {"GIT_INDEX_FILE": str(path / "index-of-test")}
        tip = subprocess.run(
            ["git", f"--git-dir={path}", "rev-parse", "-q", "--verify", "main"],
            capture_output=True,
            check=False,
        ).stdout.strip()
        git("read-tree", *([tip.decode()] if tip else ["--empty"]), **index)
        for name, content in files.items():
            raw = name if isinstance(name, bytes) else name.encode()
            if content is None:
                line = b"0 " + b"0" * 40 + b"\t" + raw
            else:
                mode, data = content if isinstance(content, tuple) else (b"100644", content)
                line = mode + b" " + git("hash-object", "-w", "--stdin", data=data).strip() + b"\t" + raw
            git("update-index", "-z", "--index-info", data=line + b"\0", **index)
        tree = git("write-tree", **index).decode().strip()
        parent = ["-p", tip.decode()] if tip else []
        made = git("commit-tree", tree, *parent, data=message.encode()).decode().strip()
        git("update-ref", "refs/heads/main", made)
        return made

    put.git = git
    return put


async def shown(page, path, status=200):
    """A page that holds no script, style or handler of its own."""
    answer = await page.get(path)
    assert answer.status == status, answer.text
    assert Page(answer.text).inline == []
    return answer


def article(answer):
    return answer.text.split("<article", 1)[1].split("</article")[0]


async def token(page, path):
    return [
        pair
        for pair in Page((await page.get(path)).text).forms[-1].fields
        if pair[0] in {"form_token", "base"}
    ]


async def write(page, path, *, status=303, **fields):
    """Fill in the form of a page and send it."""
    text = fields.pop("text")
    form = Page((await page.get(path)).text).forms[-1]
    sent = [pair for pair in form.fields if pair[0] not in {"text", *fields}]
    answer = await page.ask("POST", form.action, fields=[*sent, ("text", text), *fields.items()])
    assert answer.status == status, answer.text
    return answer


async def test_an_empty_wiki_says_how_to_begin(page, repository):
    assert (await page.get(WIKI)).headers["location"] == f"{WIKI}/Home"
    answer = await shown(page, f"{WIKI}/Home")

    assert "git clone https://ada@" in answer.text
    assert "/engines/difference.git/wiki" in answer.text
    assert "scopes=wiki&amp;" in answer.text
    assert f'href="{WIKI}/create/Home"' in answer.text


async def test_a_page_is_written_read_changed_renamed_and_removed_each_time_by_a_commit(page, push):
    made = await write(page, f"{WIKI}/create/Home", text="# Engine\r\n\r\nIt *adds*.")
    assert made.headers["location"] == f"{WIKI}/Home"
    answer = await shown(page, f"{WIKI}/Home")
    assert '<h2 id="markdown-header-engine">Engine</h2>' in article(answer)
    assert "<em>adds</em>" in article(answer)
    assert push.git("cat-file", "blob", "main:Home.md") == b"# Engine\n\nIt *adds*.\n"
    assert b"Create Home.md" in push.git("log", "-1", "main")
    assert b"Author: ada <ada@example.com>" in push.git("log", "-1", "main")

    await write(page, f"{WIKI}/edit/Home", text="It divides.", message="Be true")
    assert "It divides." in article(await shown(page, f"{WIKI}/Home"))
    assert b"Be true" in push.git("log", "-1", "main")

    moved = await write(page, f"{WIKI}/edit/Home", text="It divides.", name="use/Engine")
    assert moved.headers["location"] == f"{WIKI}/use/Engine"
    assert push.git("ls-tree", "-r", "--name-only", "main") == b"use/Engine.md\n"
    history = await shown(page, f"{WIKI}/history/use/Engine")
    assert history.text.count('class="message"') == 3

    form = Page((await shown(page, f"{WIKI}/delete/use/Engine")).text).forms[-1]
    assert (await page.ask("POST", form.action, fields=form.fields)).headers["location"] == f"{WIKI}/browse"
    assert push.git("ls-tree", "-r", "main") == b""
    assert push.git("rev-list", "--count", "main") == b"4\n"
    await shown(page, f"{WIKI}/use/Engine", 404)


async def test_what_was_not_changed_makes_no_commit(page, push):
    push({"Home.md": b"Same.\n"})

    await write(page, f"{WIKI}/edit/Home", text="Same.\r\n")

    assert push.git("rev-list", "--count", "main") == b"1\n"


async def test_each_language_is_rendered_by_its_ending(page, push):
    push(
        {
            "Home.md": b"*a*",
            "rest.rst": b"Title\n=====\n\n*b* `x <Home>`__\n",
            "tile.textile": b"h1. T\n\n_c_\n",
            "old.wiki": b"= O =\n//d// [[Home|back]] [[none]] {{p.png|picture}}\n<<toc>>",
            "plain.txt": b"*d* <b>",
        }
    )

    assert "<em>a</em>" in article(await shown(page, f"{WIKI}/Home"))
    rest = article(await shown(page, f"{WIKI}/rest"))
    assert "<em>b</em>" in rest
    assert f'href="{WIKI}/Home"' in rest
    assert "<em>c</em>" in article(await shown(page, f"{WIKI}/tile"))
    old = article(await shown(page, f"{WIKI}/old"))
    assert "<em>d</em>" in old
    assert f'<a href="{WIKI}/Home" rel="nofollow noopener">back</a>' in old
    assert 'class="missing"' in old
    assert "[TOC]" not in old
    assert 'alt="picture"' in old
    assert "<pre>*d* &lt;b&gt;</pre>" in article(await shown(page, f"{WIKI}/plain.txt"))


async def test_links_lead_to_pages_and_pictures_are_those_of_the_wiki(page, push):
    push(
        {
            "Home.md": b"[[Use]] [[use/First steps|begin]] [[None]] [r](use/First%20steps) ![p](pics/a.png) `[[Use]]`",
            "Use.md": b"x",
            "use/First steps.md": b"[[Home]] [[next]] [up](../Use.md#Top) ![p](../pics/a.png)",
            "use/next.md": b"y",
            "pics/a.png": PNG,
        }
    )

    home = article(await shown(page, f"{WIKI}/Home"))
    steps = article(await shown(page, f"{WIKI}/use/First%20steps"))

    assert f'<a href="{WIKI}/Use"' in home
    assert f'<a href="{WIKI}/use/First%20steps" rel="nofollow noopener">begin</a>' in home
    assert f'<a href="{WIKI}/None" class="missing"' in home
    assert f'src="{WIKI}/pics/a.png"' in home
    assert "<code>[[Use]]</code>" in home
    assert f'<a href="{WIKI}/Home"' in steps
    assert f'<a href="{WIKI}/use/next"' in steps
    assert f'<a href="{WIKI}/Use.md#markdown-header-top"' in steps
    picture = await page.get(f"{WIKI}/pics/a.png")
    assert (picture.status, picture.body) == (200, PNG)
    assert picture.headers["content-type"] == "image/png"
    await shown(page, f"{WIKI}/Use.md")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.svg", "image/svg+xml"),
        ("a.html", "text/plain; charset=utf-8"),
        ("a.js", "text/plain; charset=utf-8"),
        ("a.bin", "application/octet-stream"),
        ("a.xhtml", "text/plain; charset=utf-8"),
    ],
)
async def test_a_file_of_the_wiki_is_never_run_as_a_page_of_ours(page, push, name, kind):
    content = b"\0\1" if name == "a.bin" else b"<svg onload=alert(1)><script>alert(1)</script></svg>"
    push({"Home.md": b"x", name: content})

    for path in (f"{WIKI}/{name}", f"{WIKI}/raw/{name}"):
        answer = await page.get(path)
        assert answer.status == 200
        assert answer.headers["content-type"] == kind
        assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.body == content
    known = await page.ask("GET", f"{WIKI}/{name}", headers=[("if-none-match", answer.headers["etag"])])
    assert (known.status, known.body) == (304, b"")


async def test_nothing_that_a_wiki_holds_becomes_a_tag(page, push):
    name = EVIL.replace("/", "_")
    body = (
        f'# {EVIL}\n\n[[{EVIL}]] [[x|{EVIL}]] [a](javascript:alert(1)) ![b](x" onerror="a) {EVIL}\n'.encode()
    )
    rest = b".. raw:: html\n\n   <script>alert(1)</script>\n\n`x <javascript:alert(1)>`__ <b>\n"
    push({f"{name}.md": body, f"{name}.rst": rest, f"{name}.textile": body, b"\xff\n<u>.md": b"x"}, EVIL)
    quoted = "%3Cscript%3Ealert(1)%3C_script%3E%3Cimg%20src=x%20onerror=alert(1)%3E%22'&"

    for path in (
        f"{quoted}.md",
        f"{quoted}.rst",
        f"{quoted}.textile",
        f"history/{quoted}",
        f"edit/{quoted}",
        f"delete/{quoted}",
        f"create/{quoted}2",
        "browse",
        f"search?q={quoted}",
        "search?q=script",
        "%FF%0A%3Cu%3E",
        "diff/main",
    ):
        answer = await shown(page, f"{WIKI}/{path}")
        main = answer.text.split("<main", 1)[1]
        for tag in ("<script", "<img src=x", "<u>", "<b>", 'href="javascript', "<iframe"):
            assert tag not in main, path
    missing = await shown(page, f"{WIKI}/{quoted}2", 404)
    assert "<script>alert" not in missing.text


async def test_who_saves_after_somebody_else_sees_their_text_and_loses_nothing(
    server, repository, page, push
):
    push({"Home.md": b"one\n", "Other.md": b"x\n"})
    fields = await token(page, f"{WIKI}/edit/Home")
    push({"Home.md": b"theirs <b>\n"})

    mine = [("name", "Home"), ("format", "markdown"), ("text", "mine <i>"), ("message", "m")]
    answer = await page.ask("POST", f"{WIKI}/edit/Home.md", fields=[*fields, *mine])

    assert answer.status == 409
    assert "theirs &lt;b&gt;" in answer.text
    assert "mine &lt;i&gt;</textarea>" in answer.text
    assert push.git("cat-file", "blob", "main:Home.md") == b"theirs <b>\n"
    again = Page(answer.text).forms[-1]
    sent = [pair for pair in again.fields if pair[0] != "text"] + [("text", "both")]
    assert (await page.ask("POST", again.action, fields=sent)).status == 303
    assert push.git("cat-file", "blob", "main:Home.md") == b"both\n"
    link = next(link for link in Page(answer.text).links if "/diff/" in link)
    assert "theirs" in (await shown(page, link)).text


async def test_a_change_of_another_page_is_no_conflict(page, push):
    push({"Home.md": b"one\n"})
    fields = await token(page, f"{WIKI}/edit/Home")
    push({"Other.md": b"theirs\n"})

    sent = [*fields, ("name", "Home"), ("format", "markdown"), ("text", "mine")]
    assert (await page.ask("POST", f"{WIKI}/edit/Home.md", fields=sent)).status == 303

    assert push.git("ls-tree", "-r", "--name-only", "main") == b"Home.md\nOther.md\n"


async def test_of_many_who_save_at_once_none_overwrites_another(server, page, push):
    push({"Home.md": b"one\n"})
    fields = await token(page, f"{WIKI}/edit/Home")

    def sent(number):
        return [*fields, ("name", "Home"), ("format", "markdown"), ("text", f"text {number}")]

    answers = await asyncio.gather(
        *(page.ask("POST", f"{WIKI}/edit/Home.md", fields=sent(number)) for number in range(6))
    )

    assert sorted(answer.status for answer in answers) == [303, 409, 409, 409, 409, 409]
    assert push.git("rev-list", "--count", "main") == b"2\n"


async def test_of_many_who_begin_a_wiki_at_once_one_does(page, repository, push):
    fields = await token(page, f"{WIKI}/create/Home")

    answers = await asyncio.gather(
        *(
            page.ask(
                "POST",
                f"{WIKI}/create",
                fields=[*fields, ("name", "Home"), ("format", "markdown"), ("text", f"{number}")],
            )
            for number in range(5)
        )
    )

    assert sorted(answer.status for answer in answers) == [303, 409, 409, 409, 409]
    assert push.git("rev-list", "--count", "main") == b"1\n"


async def test_a_page_that_was_removed_meanwhile_can_be_saved_again(page, push):
    push({"Home.md": b"one\n", "x.md": b"x"})
    fields = await token(page, f"{WIKI}/edit/Home")
    push({"Home.md": None})

    sent = [*fields, ("name", "Home"), ("format", "markdown"), ("text", "mine")]
    answer = await page.ask("POST", f"{WIKI}/edit/Home.md", fields=sent)

    assert answer.status == 409
    assert "has been removed meanwhile" in answer.text
    again = Page(answer.text).forms[-1]
    sent = [pair for pair in again.fields if pair[0] != "text"] + [("text", "mine")]
    assert (await page.ask("POST", again.action, fields=sent)).status == 303
    assert push.git("cat-file", "blob", "main:Home.md") == b"mine\n"


async def test_a_new_page_takes_no_place_that_is_taken(page, push):
    push({"Home.md": b"one\n", "dir/x.md": b"x\n", "file": b"f"})
    fields = await token(page, f"{WIKI}/create/")

    for name, status, words in (
        ("Home", 409, "one"),
        ("file/x", 422, "already"),
        ("Home.md/x", 422, "already"),
    ):
        sent = [*fields, ("name", name), ("format", "markdown"), ("text", "kept text")]
        answer = await page.ask("POST", f"{WIKI}/create", fields=sent)
        assert answer.status == status, answer.text
        assert words in answer.text
        assert "kept text</textarea>" in answer.text
    assert push.git("rev-list", "--count", "main") == b"1\n"
    renamed = await write(page, f"{WIKI}/edit/dir/x", text="x", name="Home", status=422)
    assert "already" in renamed.text


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": ""}, "needs a name"),
        ({"name": "../x"}, "not the name"),
        ({"name": "a//b"}, "not the name"),
        ({"name": ".git/x"}, "not the name"),
        ({"name": "-x"}, "not the name"),
        ({"name": "a/ b"}, "not the name"),
        ({"name": "a[b]"}, "not the name"),
        ({"name": "a\0"}, "control character"),
        ({"name": "x" * 300}, "longer than"),
        ({"name": "/".join("x" * 12)}, "at most"),
        ({"text": ""}, "empty"),
        ({"text": "x" * 600_000}, "at most"),
        ({"message": "x" * 600}, "longer than"),
        ({"message": "a\0b"}, "control character"),
    ],
)
async def test_what_is_wrong_is_said_and_what_was_typed_stays(page, push, changed, words):
    push({"Home.md": b"one\n"})
    fields = {"name": "New", "format": "markdown", "text": "kept text", "message": "kept", **changed}

    answer = await page.ask(
        "POST", f"{WIKI}/create", fields=[*await token(page, f"{WIKI}/create/"), *fields.items()]
    )

    assert answer.status == 422
    assert words in answer.text.lower()
    assert f"{fields['text'][:100]}" in answer.text
    assert push.git("rev-list", "--count", "main") == b"1\n"


async def test_a_live_app_password_in_a_page_is_refused_and_the_text_stays(server, ada, page, push):
    push({"Home.md": b"one\n"})
    secret = (await server.auth(ada, "repository"))[1]

    answer = await write(page, f"{WIKI}/edit/Home", text=f"our secret is {secret}", status=403)

    assert "app password" in answer.text
    assert "our secret is" in answer.text
    assert push.git("rev-list", "--count", "main") == b"1\n"


async def test_a_preview_shows_the_page_and_saves_nothing(page, push):
    push({"Home.md": b"one\n"})
    path = f"{WIKI}/edit/Home"
    fields = await token(page, path)

    for language, text, made in (
        ("markdown", f"*a* [[Home]] {EVIL}", "<em>a</em>"),
        ("restructuredtext", "*a*", "<em>a</em>"),
        ("textile", "_a_", "<em>a</em>"),
        ("plain", "<i>", "<pre>&lt;i&gt;</pre>"),
    ):
        sent = [*fields, ("name", "Home"), ("format", language), ("text", text), ("act", "preview")]
        answer = await page.ask("POST", f"{WIKI}/edit/Home.md", fields=sent)
        assert answer.status == 200
        preview = answer.text.split('id="preview"', 1)[1]
        assert made in preview
        assert "<script>" not in preview
        assert "</textarea>" in answer.text
    assert push.git("rev-list", "--count", "main") == b"1\n"


async def test_an_old_version_is_shown_and_can_be_begun_from(page, push):
    first = push({"Home.md": b"old words\n"}, "First")
    push({"Home.md": b"new words\n"}, "Second")

    then = await shown(page, f"{WIKI}/Home?at={first}")
    assert "old words" in article(then)
    assert "as it was in commit" in then.text
    link = next(link for link in Page(then.text).links if "from=" in link)
    begun = await shown(page, link)
    assert "old words\n</textarea>" in begun.text
    await write(page, link, text="old words")
    assert push.git("cat-file", "blob", "main:Home.md") == b"old words\n"
    changes = await shown(page, f"{WIKI}/diff/{first}?path=Home.md")
    assert "old words" in changes.text
    for odd in ("?at=nonsense", "?at=--all", "?at=" + "0" * 40):
        assert (await page.get(f"{WIKI}/Home{odd}")).status in {404, 422}


async def test_words_are_found_in_names_and_text_whatever_their_case(page, push):
    push(
        {
            "Home.md": b"The Engine <adds>.\nMore of it.\n",
            "Ueber.md": "Die Größe\n".encode(),
            "engine.md": b"nothing\n",
            "p.png": PNG,
        }
    )

    found = (await shown(page, f"{WIKI}/search?q=engine")).text
    assert f'href="{WIKI}/Home"' in found
    assert f'href="{WIKI}/engine"' in found
    assert "The Engine &lt;adds&gt;." in found
    both = (await shown(page, f"{WIKI}/search?q=engine+more")).text
    assert f'href="{WIKI}/engine"' not in both
    assert "Größe" in (await shown(page, f"{WIKI}/search?q=gr%C3%B6%C3%9Fe")).text
    for nothing in ("zzz", "-e", "--help", "%00", "%FF", "x" * 5000, "*", ""):
        await shown(page, f"{WIKI}/search?q={nothing}")


async def test_a_page_called_like_one_of_our_words_is_reached(page, push):
    push({"edit/x.md": b"one", "HEAD.md": b"two", "search.md": b"three", "create.md": b"four"})

    listed = await shown(page, f"{WIKI}/browse")

    for address, text in (("edit/x", "one"), ("HEAD", "two"), ("search", "three"), ("create", "four")):
        assert f'href="{WIKI}/view/{address}"' in listed.text
        assert text in article(await shown(page, f"{WIKI}/view/{address}"))


async def test_what_is_no_text_or_too_long_is_edited_with_git(page, push):
    push({"latin.md": b"caf\xe9\n", "long.md": b"x\n" * 300_000, "link.md": (b"120000", b"/etc/passwd")})

    for name in ("latin", "long"):
        assert (await page.get(f"{WIKI}/edit/{name}")).status == 422
    link = await page.get(f"{WIKI}/link.md")
    assert link.body == b"/etc/passwd"


async def test_a_long_page_comes_in_parts_and_a_huge_one_as_it_is(page, push):
    paragraphs = b"".join(b"# Part %d\n\nA paragraph of some words.\n\n" % number for number in range(9000))
    push({"Home.md": paragraphs, "huge.md": b"x " * 700_000, "wide.md": b"> " * 30 + b"y " * 400_000})

    first = await shown(page, f"{WIKI}/Home")
    second = await shown(page, f"{WIKI}/Home?page=2")

    assert "Part 1 of" in first.text
    assert len(first.body) < 150_000
    assert "Part 0<" in article(first)
    assert "Part 0<" not in article(second)
    await shown(page, f"{WIKI}/Home?page=99999")
    for name in ("huge", "wide"):
        answer = await shown(page, f"{WIKI}/{name}")
        assert len(answer.body) < 1_200_000
    assert "It is not shown as its language has it" in (await shown(page, f"{WIKI}/huge")).text


async def test_a_wiki_of_many_files_is_shown_without_their_list(page, push):
    blob = None
    push({"Home.md": b"x"})
    blob = push.git("hash-object", "-w", "--stdin", data=b"y").decode().strip()
    lines = "".join(f"100644 blob {blob}\tp{number:05}.md\n" for number in range(6000))
    tree = push.git("mktree", data=lines.encode()).decode().strip()
    push.git("update-ref", "refs/heads/main", push.git("commit-tree", tree, data=b"m").decode().strip())

    some = (
        "".join(f"100644 blob {blob}\tq{number:04}.md\n" for number in range(1200))
        + f"100644 blob {blob}\tz.bin\n"
    )
    half = push.git("mktree", data=some.encode()).decode().strip()
    push.git("update-ref", "refs/heads/main", push.git("commit-tree", half, data=b"m").decode().strip())
    listed = [(await shown(page, f"{WIKI}/browse?page={number}")).text for number in (1, 2, 3)]
    assert sum(text.count(f'href="{WIKI}/q') for text in listed) == 1200
    assert f'href="{WIKI}/z.bin"' in listed[2]
    assert 'rel="next"' not in listed[2]
    assert all(len(text) < 80_000 for text in listed)
    push.git("update-ref", "refs/heads/main", push.git("commit-tree", tree, data=b"m").decode().strip())

    assert "too many files" in (await shown(page, f"{WIKI}/browse")).text
    assert "y" in article(await shown(page, f"{WIKI}/p00001"))


async def test_lines_that_end_as_windows_has_it_stay_so(page, push):
    push({"Home.md": b"one\r\ntwo\r\n"})

    await write(page, f"{WIKI}/edit/Home", text="one\r\nthree\r\n")

    assert push.git("cat-file", "blob", "main:Home.md") == b"one\r\nthree\r\n"


async def test_who_may_read_reads_and_who_may_write_writes(server, repository, page, push):
    push({"Home.md": b"one\n"})
    for name, right in (("grace", "write"), ("charles", "read"), ("mallory", None)):
        user = await server.user(name, password=PASSWORD)
        if right:
            await server.grant(repository, user, right)
    people = {}
    for name in ("grace", "charles", "mallory"):
        people[name] = Browser(server.application)
        await people[name].log_in(name, PASSWORD)
    nobody = Browser(server.application)
    fields = [("name", "New"), ("format", "markdown"), ("text", "x")]

    assert "/edit/" in (await shown(people["grace"], f"{WIKI}/Home")).text
    read = await shown(people["charles"], f"{WIKI}/Home")
    assert "/edit/" not in read.text
    assert "/create/" not in read.text
    for path in ("edit/Home", "create/New", "delete/Home"):
        assert (await people["charles"].get(f"{WIKI}/{path}")).status == 403
        assert (await people["mallory"].get(f"{WIKI}/{path}")).status == 404
        assert (await nobody.get(f"{WIKI}/{path}")).status == 303
        posted = await people["charles"].ask("POST", f"{WIKI}/{path}", fields=fields)
        assert posted.status == 403
        assert (await people["mallory"].ask("POST", f"{WIKI}/{path}", fields=fields)).status == 404
    for path in ("Home", "browse", "search?q=x", "raw/Home.md", "history/Home", "diff/main"):
        assert (await people["mallory"].get(f"{WIKI}/{path}")).status == 404
        assert (await nobody.get(f"{WIKI}/{path}")).headers["location"].startswith("/login")
    assert (await page.ask("POST", f"{WIKI}/create", fields=fields)).status == 403  # no token
    await write(people["grace"], f"{WIKI}/edit/Home", text="by grace")
    assert push.git("rev-list", "--count", "main") == b"2\n"


async def test_of_a_public_repository_anybody_reads_the_wiki_and_nobody_unknown_writes(server, ada):
    await server.workspace("engines", ada)
    await server.repository("engines", "difference", public=True)
    nobody = Browser(server.application)

    assert (await shown(nobody, f"{WIKI}/Home")).status == 200
    assert (await nobody.get(f"{WIKI}/create/Home")).headers["location"].startswith("/login")


async def test_without_a_wiki_administrators_are_told_what_to_do(server, ada, page):
    await server.workspace("engines", ada)
    repository = await server.repository("engines", "difference", has_wiki=False)
    await server.grant(repository, await server.user("grace", password=PASSWORD), "write")
    grace, nobody = Browser(server.application), Browser(server.application)
    await grace.log_in("grace", PASSWORD)

    seen = await shown(page, f"{WIKI}/Home", 404)
    assert "Switch the wiki on" in seen.text
    assert f'href="{WIKI}/"' not in seen.text
    of_grace = await shown(grace, f"{WIKI}/Home", 404)
    assert "administrators can switch it on" in of_grace.text
    assert (await nobody.get(f"{WIKI}/Home")).headers["location"].startswith("/login")
    given = Page(seen.text).forms[-1].fields
    assert (await grace.ask("POST", WIKI, fields=given)).status == 403
    assert (await page.ask("POST", WIKI, fields=given)).status == 303
    assert "This wiki is empty" in (await shown(page, f"{WIKI}/Home")).text


async def upload(page, *files, directory="", first=None):
    if first is None:
        first = next(
            value
            for name, value in Page((await page.get(f"{WIKI}/browse")).text).forms[-1].fields
            if name == "form_token"
        )
    parts = [
        f'--edge\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in (("form_token", first), ("directory", directory))
    ]
    for name, content in files:
        head = f'--edge\r\ncontent-disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
        parts.append(head.encode() + content + b"\r\n")
    body = b"".join(parts) + b"--edge--\r\n"
    return await page.send("POST", f"{WIKI}/upload", body, "multipart/form-data; boundary=edge")


async def test_pictures_are_put_into_the_wiki_by_a_form_and_replace_those_of_their_name(page, push):
    push({"Home.md": b"![p](pics/a.png)"})

    sent = await upload(
        page, ("a.png", PNG), ("C:\\\\x\\\\b <b>.png".replace("<b>", "c"), PNG), directory="/pics/"
    )
    assert (sent.status, sent.headers["location"]) == (303, f"{WIKI}/browse?done=uploaded")
    await upload(page, ("a.png", PNG + b"2"), directory="pics")

    assert (await page.get(f"{WIKI}/pics/a.png")).body == PNG + b"2"
    assert b"pics/b c.png" in push.git("ls-tree", "-r", "--name-only", "main")
    assert push.git("rev-list", "--count", "main") == b"3\n"
    assert b"Add pics/a.png" in push.git("log", "-1", "main")


@pytest.mark.parametrize(
    ("name", "directory", "content", "words"),
    [
        ("", "", b"x", "choose a file"),
        ("a.png", "../x", b"x", "not the name"),
        ("a.png", ".git", b"x", "not the name"),
        ("-a.png", "", b"x", "not the name"),
        ("<b>.png", "", b"x", "not the name"),
        ("a.png", "Home.md", b"x", "already"),
        ("dir", "", b"x", "already"),
        ("a.png", "", b"x" * (9 << 20), "at most"),
        ("a.png", "x" * 2000, b"x", "at most"),
    ],
)
async def test_what_is_wrong_with_a_file_for_the_wiki_is_said(page, push, name, directory, content, words):
    push({"Home.md": b"x", "dir/a.md": b"x"})

    answer = await upload(page, (name, content), directory=directory)

    assert answer.status in {413, 422}
    assert words in answer.text.lower()
    assert push.git("rev-list", "--count", "main") == b"1\n"


async def test_nobody_puts_files_there_without_the_token_or_the_right(server, repository, page, push):
    push({"Home.md": b"x"})
    await server.grant(repository, await server.user("charles", password=PASSWORD), "read")
    charles = Browser(server.application)
    await charles.log_in("charles", PASSWORD)

    assert "Add pictures" not in (await shown(charles, f"{WIKI}/browse")).text
    for visitor, first in ((page, "x"), (page, ""), (charles, "x")):
        assert (await upload(visitor, ("a.png", PNG), first=first)).status == 403
    assert push.git("rev-list", "--count", "main") == b"1\n"
