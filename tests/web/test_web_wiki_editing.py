"""The pages of a wiki: written, renamed, removed, with pictures; conflicts, and what nobody may do."""

import asyncio

import pytest
from support.browser import PASSWORD, Browser, Page
from support.wiki_pages import PNG, WIKI, article, shown, token, write

pytestmark = pytest.mark.anyio

EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&"


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


async def test_who_saves_after_somebody_else_sees_their_text_and_loses_nothing(server, engine, page, push):
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


async def test_of_many_who_begin_a_wiki_at_once_one_does(page, engine, push):
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


async def test_a_new_page_with_the_name_of_another_takes_nothing_from_it(page, push):
    push({"Home.md": b"theirs\n"})

    answer = await write(page, f"{WIKI}/create/", status=409, name="Home", text="mine")

    assert "There is a page of this name already" in answer.text
    assert "Somebody else" not in answer.text
    assert f"{WIKI}/edit/Home.md" in Page(answer.text).links
    again = Page(answer.text).forms[-1]
    assert "mine</textarea>" in answer.text
    sent = [pair for pair in again.fields if pair[0] not in {"name", "text"}]
    sent += [("name", "Mine"), ("text", "mine")]
    assert (await page.ask("POST", again.action, fields=sent)).headers["location"] == f"{WIKI}/Mine"
    assert push.git("cat-file", "blob", "main:Home.md") == b"theirs\n"
    assert push.git("cat-file", "blob", "main:Mine.md") == b"mine\n"


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


async def test_what_is_no_text_or_too_long_is_edited_with_git(page, push):
    push({"latin.md": b"caf\xe9\n", "long.md": b"x\n" * 300_000, "link.md": (b"120000", b"/etc/passwd")})

    for name in ("latin", "long"):
        assert (await page.get(f"{WIKI}/edit/{name}")).status == 422
    link = await page.get(f"{WIKI}/link.md")
    assert link.body == b"/etc/passwd"


async def test_lines_that_end_as_windows_has_it_stay_so(page, push):
    push({"Home.md": b"one\r\ntwo\r\n"})

    await write(page, f"{WIKI}/edit/Home", text="one\r\nthree\r\n")

    assert push.git("cat-file", "blob", "main:Home.md") == b"one\r\nthree\r\n"


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


async def test_nobody_puts_files_there_without_the_token_or_the_right(server, engine, page, push):
    push({"Home.md": b"x"})
    await server.grant(engine, await server.user("charles", password=PASSWORD), "read")
    charles = Browser(server.application)
    await charles.log_in("charles", PASSWORD)

    assert "Add pictures" not in (await shown(charles, f"{WIKI}/browse")).text
    for visitor, first in ((page, "x"), (page, ""), (charles, "x")):
        assert (await upload(visitor, ("a.png", PNG), first=first)).status == 403
    assert push.git("rev-list", "--count", "main") == b"1\n"
