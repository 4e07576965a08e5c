"""Files edited, added, moved and deleted in the browser: commits like any other, and nothing typed is lost."""

from html.parser import HTMLParser

import pytest
from support.browser import PASSWORD, Browser, Page
from test_web_commits import EVIL, commit, shown

from bitpail.model.access import Actor, Client, Need
from bitpail.model.branch_restrictions import Kind, MatchKind
from bitpail.model.permissions import Permission
from bitpail.model.scopes import Scope
from bitpail.services import branch_restrictions, repositories
from bitpail.services.access import to_repository
from bitpail.services.branch_restrictions import Told

pytestmark = pytest.mark.anyio

HOME = "/engines/difference"
EDIT = f"{HOME}/edit/main/a.txt"


@pytest.fixture
async def engines(server, ada):
    return await server.workspace("engines", ada)


@pytest.fixture
async def made(server, engines, git):
    async def make(files, **more):
        hash_ = commit(git, files, **more)
        await server.adopted("engines", "difference", git)
        return hash_

    return make


async def test_a_file_that_is_too_large_to_be_edited_offers_no_form(page, made):
    await made({"large.txt": b"line\n" * 100_001, "small.txt": b"line\n"})

    large, small = [(await page.get(f"{HOME}/src/main/{name}.txt")).text for name in ("large", "small")]

    assert ">Edit</a>" not in large
    assert ">Delete</a>" in large
    assert ">Edit</a>" in small
    assert (await page.get(f"{HOME}/edit/main/large.txt")).status == 422


class Form(HTMLParser):
    """What a browser would send of the form that is sent in parts."""

    def __init__(self, text):
        super().__init__()
        self.fields, self._is_inside, self._area = {}, False, None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        has = dict(attrs)
        if tag == "form":
            self._is_inside = has.get("enctype") == "multipart/form-data"
        elif self._is_inside and tag == "textarea":
            self._area, self.fields[has["name"]] = has["name"], ""
        elif self._is_inside and tag == "input" and (has.get("type") != "radio" or "checked" in has):
            self.fields[has["name"]] = has.get("value", "")

    def handle_data(self, data):
        if self._area:
            # A browser leaves out one line end at the beginning.
            self.fields[self._area] = data.removeprefix("\n")

    def handle_endtag(self, tag):
        if tag == "textarea":
            self._area = None


async def send(browser, address, opened=None, **fields):
    """Open a form, or take one that was opened before, and send it with other fields, in parts as browsers do."""
    filled = {**Form((opened or await browser.get(address)).text).fields, **fields}
    edge = "----edge"
    body = "".join(
        f'--{edge}\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in filled.items()
    )
    return await browser.send(
        "POST", address, f"{body}--{edge}--\r\n".encode(), f"multipart/form-data; boundary={edge}"
    )


def at(git, revision, path):
    return git.raw("cat-file", "blob", f"{revision}:{path}")


async def test_a_file_is_edited_and_committed_to_its_branch(page, made, git):
    first = await made({"a.txt": b"one\ntwo\n", "b.txt": b"b\n"})

    opened = await shown(page, EDIT)
    answer = await send(page, EDIT, content="one\r\nTWO\r\n", message="Say it louder")

    assert "\none\ntwo\n</textarea>" in opened.text
    assert (answer.status, answer.headers["location"]) == (303, f"{HOME}/src/main/a.txt?done=edit")
    assert at(git, "main", "a.txt") == b"one\nTWO\n"
    assert at(git, "main", "b.txt") == b"b\n"
    assert (
        git.git("log", "-1", "--format=%s|%an|%ae|%P", "main") == f"Say it louder|ada|ada@example.com|{first}"
    )
    assert "Committed." in (await page.get(answer.headers["location"])).text


@pytest.mark.parametrize(
    ("before", "typed", "after"),
    [
        (b"a\r\nb\r\n", "a\nc\n", b"a\r\nc\r\n"),
        (b"a\nb", "a\r\nb\r\nc", b"a\nb\nc"),
        (b"\n\na\n", "\r\n\r\nb\r\n", b"\n\nb\n"),
        (b"\xef\xbb\xbfa\n", "b\n", b"\xef\xbb\xbfb\n"),
        (b"a\r\nb\nc\n", "a\nb\nd\n", b"a\nb\nd\n"),
        ("é😀\n".encode(), "é😀!\n", "é😀!\n".encode()),
        (b"</textarea><script>\n", "</textarea><b>\n", b"</textarea><b>\n"),
        (b"", "x", b"x"),
    ],
)
async def test_line_ends_and_marks_stay_as_they_were(page, made, git, before, typed, after):
    await made({"a.txt": before})

    opened = await shown(page, EDIT)
    answer = await send(page, EDIT, content=typed)

    assert answer.status == 303, answer.text
    assert at(git, "main", "a.txt") == after
    assert ("end in several ways" in opened.text) == (before == b"a\r\nb\nc\n")


async def test_an_executable_stays_one_also_under_another_name(page, made, git):
    await made({"run.sh": ("100755", b"#!/bin/sh\n")})

    answer = await send(page, f"{HOME}/edit/main/run.sh", path="bin/go.sh", content="#!/bin/sh\nls\n")

    assert answer.headers["location"] == f"{HOME}/src/main/bin/go.sh?done=edit"
    assert git.git("ls-tree", "-r", "main").split()[0] == "100755"
    assert git.git("ls-tree", "-r", "--name-only", "main") == "bin/go.sh"


async def test_a_file_is_added_to_a_new_branch_and_deleted_again(page, made, git):
    first = await made({"docs/a.txt": b"a\n"})

    added = await send(
        page,
        f"{HOME}/create-file/main/docs",
        path="docs/new.txt",
        content="x\n",
        target="new",
        branch="more/docs",
    )
    removed = await send(page, f"{HOME}/delete-file/more%2Fdocs/docs/new.txt", message="Not that")

    assert added.headers["location"] == f"{HOME}/src/more%2Fdocs/docs/new.txt?done=create-file"
    assert removed.headers["location"] == f"{HOME}/src/more%2Fdocs/docs?done=delete-file"
    assert git.git("rev-parse", "main") == first
    assert at(git, "more/docs~1", "docs/new.txt") == b"x\n"
    assert git.git("ls-tree", "-r", "--name-only", "more/docs") == "docs/a.txt"


@pytest.mark.parametrize(
    ("files", "gone", "left"),
    [
        ({"a/b/c.txt": b"x\n", "a/z.txt": b"x\n"}, "a/b/c.txt", "/a"),
        ({"a/b/c.txt": b"x\n", "b": b"x\n"}, "a/b/c.txt", ""),
        ({"a/b/c.txt": b"x\n"}, "a/b/c.txt", ""),
        ({"c.txt": b"x\n"}, "c.txt", ""),
    ],
)
async def test_who_deletes_the_last_file_of_a_directory_comes_to_what_is_left(page, made, files, gone, left):
    await made(files)

    answer = await page.follow(await send(page, f"{HOME}/delete-file/main/{gone}"))

    assert answer.status == 200
    assert "Deleted." in answer.text
    assert f'href="{HOME}/history-node/main{left}' in answer.text


async def test_the_first_file_of_an_empty_repository(server, page, engines, git):
    made = await server.adopted("engines", "difference", git)

    empty = await shown(page, f"{HOME}/")
    answer = await send(page, f"{HOME}/create-file/main/", path="README.md", content="# Hello\n")

    assert f'href="{HOME}/create-file/main/"' in empty.text
    assert answer.status == 303, (answer.text, made)
    assert at(git, "main", "README.md") == b"# Hello\n"


async def test_what_was_changed_meanwhile_is_a_conflict_in_which_nothing_typed_is_lost(page, made, git):
    first = await made({"a.txt": b"one\n", "b.txt": b"b\n"})
    opened = await page.get(EDIT)
    second = commit(git, {"a.txt": b"theirs\n", "b.txt": b"b\n"}, first)

    refused = await send(page, EDIT, opened, content=f"mine {EVIL}\n", message="Mine")

    assert refused.status == 409
    assert "Somebody has changed a.txt on main meanwhile" in refused.text
    assert "mine &lt;script&gt;" in refused.text
    assert ">\nMine</textarea>" in refused.text
    assert f'href="{HOME}/src/{second}/a.txt"' in refused.text
    assert git.git("rev-parse", "main") == second
    assert Page(refused.text).inline == []
    # Once more, knowing it.
    again = await send(page, EDIT, refused, content="mine\n")
    assert again.status == 303
    assert at(git, "main", "a.txt") == b"mine\n"
    assert git.git("rev-parse", "main~1") == second


async def test_what_others_did_to_other_files_is_no_conflict(page, made, git):
    first = await made({"a.txt": b"one\n", "b.txt": b"b\n"})
    opened = await page.get(EDIT)
    second = commit(git, {"a.txt": b"one\n", "b.txt": b"theirs\n"}, first)

    answer = await send(page, EDIT, opened, content="mine\n")

    assert answer.status == 303
    assert (at(git, "main", "a.txt"), at(git, "main", "b.txt")) == (b"mine\n", b"theirs\n")
    assert git.git("rev-parse", "main~1") == second


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"content": "one\n"}, 422, "Nothing was changed"),
        ({"path": "../a"}, 422, "Not a path"),
        ({"path": ""}, 422, "Not a path"),
        ({"path": "b.txt"}, 409, "There is already something called b.txt"),
        ({"path": "b.txt/inside"}, 409, "Nothing can be inside of b.txt"),
        ({"path": "docs"}, 409, "There is already something called docs"),
        ({"path": ".git/config"}, 422, "Git does not take a file of that name"),
        ({"target": "new", "branch": ""}, 422, "Name the new branch"),
        ({"target": "new", "branch": "main"}, 409, "There is already a branch main"),
        ({"target": "new", "branch": "-x"}, 422, "Branch: "),
        ({"target": "new", "branch": "a..b"}, 422, "Branch: not a revision"),
        ({"target": "new", "branch": "x" * 400}, 422, "longer than 250"),
        ({"base": "0" * 40}, 404, "Commit not found"),
        ({"base": "--output=x"}, 422, "Not a revision"),
        ({"message": "a\0b"}, 422, "control character"),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_said_and_what_was_typed_stays(page, made, git, fields, status, words):
    first = await made({"a.txt": b"one\n", "b.txt": b"b\n", "docs/x": b"x\n"})

    refused = await send(page, EDIT, **{"content": "typed words\n", **fields})

    assert refused.status == status
    assert words in refused.text
    assert fields.get("content", "typed words") in refused.text
    assert git.git("rev-parse", "main") == first
    assert git.git("branch", "--list", "--format=%(refname:short)") == "main"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.txt", b"\0", "This is no text"),
        ("a.txt", b"caf\xe9\n", "This is not UTF-8"),
        ("a.txt", b"x" * 600_000, "of more than 500,000 bytes"),
        ("a.txt", ("120000", b"b"), "This is no text"),
        ("a.txt/b", b"x\n", "is a directory"),
    ],
)
async def test_what_can_not_be_edited_says_why(page, made, name, content, words):
    await made({name: content})

    answer = await page.get(EDIT)

    assert answer.status in {404, 422}
    assert words in answer.text


async def test_a_tag_or_a_commit_takes_no_commit_but_a_new_branch_from_it_does(page, made, git):
    first = await made({"a.txt": b"one\n"})
    commit(git, {"a.txt": b"two\n"}, first)
    path = f"{HOME}/edit/{first}/a.txt"

    opened = await shown(page, path)
    refused = await send(page, path, content="x\n", target="same")
    answer = await send(page, path, content="x\n", target="new", branch="from-first")

    assert 'value="same"' not in opened.text
    assert refused.status == 422
    assert answer.status == 303
    assert git.git("rev-parse", "from-first~1") == first


async def test_only_who_may_write_is_shown_or_served_a_form(server, page, made, ada, git):
    first = await made({"a.txt": b"one\n"})
    grace = await server.user("grace", password=PASSWORD)
    reader = Browser(server.application)
    await reader.log_in("grace", PASSWORD)
    located = await repositories.named(server.site, "engines", "difference")
    await server.grant(located.repository, grace, "read")

    seen = await reader.get(f"{HOME}/src/main/a.txt")

    assert seen.status == 200
    assert "/edit/" not in seen.text
    assert "/edit/" in (await page.get(f"{HOME}/src/main/a.txt")).text
    for form in ("edit/main/a.txt", "create-file/main/", "delete-file/main/a.txt"):
        assert (await reader.get(f"{HOME}/{form}")).status == 403
        assert (await reader.ask("POST", f"{HOME}/{form}", fields=[])).status == 403
        assert (await Browser(server.application).get(f"{HOME}/{form}")).status == 303
    assert git.git("rev-parse", "main") == first


async def test_a_form_that_is_not_ours_changes_nothing(page, made, git):
    first = await made({"a.txt": b"one\n"})
    body = b'--x\r\ncontent-disposition: form-data; name="content"\r\n\r\nevil\r\n--x--\r\n'

    answer = await page.send("POST", EDIT, body, "multipart/form-data; boundary=x")

    assert answer.status == 403
    assert git.git("rev-parse", "main") == first


async def test_a_branch_restriction_is_named_and_nothing_is_lost(server, page, made, ada, git):
    first = await made({"a.txt": b"one\n"})
    actor = Actor(ada, None, frozenset(Scope), Client("192.0.2.1", "curl"))
    access = await to_repository(
        server.site, actor, Need(permission=Permission.ADMIN), "engines", "difference"
    )
    told = Told(kind=Kind.PUSH, match_kind=MatchKind.GLOB, pattern="main", users=[])
    await branch_restrictions.create(server.site, access, told)

    refused = await send(page, EDIT, content="typed words\n")

    assert refused.status == 403
    assert "typed words" in refused.text
    assert "main" in refused.text.partition('role="alert"')[2].partition("</p>")[0]
    assert git.git("rev-parse", "main") == first
    assert (await send(page, EDIT, content="x\n", target="new", branch="topic")).status == 303


async def test_a_file_that_was_deleted_meanwhile_can_be_put_back_as_it_was_typed(page, made, git):
    first = await made({"a.txt": b"one\n", "b.txt": b"b\n"})
    opened = await page.get(EDIT)
    second = commit(git, {"b.txt": b"b\n"}, first)

    refused = await send(page, EDIT, opened, content="mine\n")
    again = await send(page, EDIT, refused)

    assert refused.status == 409
    assert "mine" in refused.text
    assert again.status == 303
    assert at(git, "main", "a.txt") == b"mine\n"
    assert git.git("rev-parse", "main~1") == second
    gone = commit(git, {"b.txt": b"b\n"}, git.git("rev-parse", "main"))
    assert (await page.get(f"{HOME}/delete-file/main/a.txt")).status == 404
    assert git.git("rev-parse", "main") == gone
