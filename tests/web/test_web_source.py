"""The pages of files and directories: lines, pictures, markup, files as they are, and the choice of a ref."""

import re
from hashlib import sha256

import pytest
from support.browser import PASSWORD, Browser, Page
from test_web_commits import EVIL, commit, shown

from bitpail.model.access import Actor, Client, Need
from bitpail.model.permissions import Permission
from bitpail.model.scopes import Scope
from bitpail.services import lfs
from bitpail.services.access import to_repository

pytestmark = pytest.mark.anyio

HOME = "/engines/difference"
SRC = f"{HOME}/src/main"
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452")


@pytest.fixture
async def engines(server, ada):
    return await server.workspace("engines", ada)


@pytest.fixture
async def made(server, engines, git):
    """Commit files to the main branch, once, and have them on the server."""

    async def make(files, **more):
        hash_ = commit(git, files, **more)
        await server.adopted("engines", "difference", git, public=True)
        return hash_

    return make


def numbers(answer):
    return [int(number) for number in re.findall(r"<tr id=lines-(\d+)>", answer.text)]


async def test_a_file_has_its_lines_in_colour_with_their_numbers_as_anchors(page, made):
    hash_ = await made({"src/run.py": b'def run():\r\n    return "<b>"  # done\n\n\nlast'})

    answer = await shown(page, f"{SRC}/src/run.py")

    assert numbers(answer) == [1, 2, 3, 4, 5]
    assert "<a href=#lines-2 tabindex=-1>2</a>" in answer.text
    assert "<i class=k>def</i> <i class=f>run</i>():\n" in answer.text
    assert '<i class=s>"&lt;b&gt;"</i>' in answer.text
    assert "5 lines, 43 bytes" in answer.text
    assert f'<a href="{SRC}/src/">src</a>/run.py</span>' in answer.text
    assert f'href="{HOME}/src/{hash_}/src/run.py" class="permalink"' in answer.text
    assert 'class="permalink"' not in (await shown(page, f"{HOME}/src/{hash_}/src/run.py")).text


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.txt", b"", "This file is empty."),
        ("data.bin", b"a\0b", "Not a text that can be shown"),
        ("link", ("120000", b"docs/use.md"), f'href="{SRC}/docs/use.md"><code>docs/use.md</code>'),
        ("out", ("120000", b"../../etc/passwd"), "<code>../../etc/passwd</code>"),
        ("absolute", ("120000", b"/etc/passwd"), "<code>/etc/passwd</code>"),
        ("picture.png", PNG, f'<img src="{HOME}/raw/main/picture.png" alt="picture.png">'),
        (
            "drawing.svg",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            f'<img src="{HOME}/raw/main/drawing.svg"',
        ),
        (
            "large",
            b"version https://git-lfs.github.com/spec/v1\noid sha256:%b\nsize 5000\n" % (b"0" * 64),
            "Kept by Git LFS: 5.0 kB",
        ),
        ("run", ("100755", b"x\n"), "1 line, 2 bytes, executable"),
        ("latin.txt", b"caf\xe9\n", "café"),
        ("control.txt", b"a\x1b[31mb\xe2\x80\xaec\n", "a<mark>U+001B</mark>[31mb<mark>U+202E</mark>c"),
        ("page.html", EVIL.encode(), "&lt;<i class=k>script</i>&gt;"),
    ],
)
async def test_each_kind_of_file_has_its_page(page, made, name, content, words):
    await made({name: content, "docs/use.md": b"x\n"})

    answer = await shown(page, f"{SRC}/{name}")

    assert words in answer.text
    assert "<script>alert" not in answer.text


async def test_what_turns_the_direction_of_text_is_seen_in_the_name_of_a_file(page, made):
    await made({"a\u202egnp.exe": b"x\n", "שלום.md": b"x\n"})

    listed = await shown(page, f"{SRC}/")

    assert "\u202e" not in listed.text
    assert "a[U+202E]gnp.exe</a>" in listed.text
    assert "שלום.md</a>" in listed.text
    one = await shown(page, f"{SRC}/a%E2%80%AEgnp.exe")
    assert "\u202e" not in one.text
    # A field holds the name itself: else the form would rename the file.
    assert 'value="a\u202egnp.exe"' in (await shown(page, f"{HOME}/edit/main/a%E2%80%AEgnp.exe")).text


async def test_a_submodule_is_named(page, made, git):
    first = git.commit("first", "other")
    await made({"sub": ("160000", first)})

    assert first in (await shown(page, f"{SRC}/sub")).text
    assert (await page.get(f"{HOME}/raw/main/sub")).status == 404
    assert f"submodule at {first[:7]}" in (await shown(page, f"{SRC}/")).text


async def test_a_file_of_many_lines_goes_on_by_pages_that_hold_each_line_once(page, made):
    await made({"long.txt": b"".join(b"line %d\n" % number for number in range(1, 3001))})
    path, seen = f"{SRC}/long.txt", []

    while path:
        answer = await shown(page, path)
        seen += numbers(answer)
        assert len(answer.body) < 110_000
        following = re.search(r'href="([^"]*)" class="more-lines"', answer.text)
        path = following and f"{SRC}/long.txt{following[1].replace('&amp;', '&')}"

    assert seen == [*range(1, 3001)]
    assert 1500 in numbers(await shown(page, f"{SRC}/long.txt?from=1500"))
    assert numbers(await shown(page, f"{SRC}/long.txt?from=99999"))[-1] == 3000


@pytest.mark.parametrize("line", ["12", "12:20"])
async def test_a_line_that_is_typed_leads_to_it(page, made, line):
    await made({"a.txt": b"x\n" * 30})

    answer = await page.get(f"{SRC}/a.txt?line={line}")

    assert answer.status == 303
    assert answer.headers["location"] == f"{SRC}/a.txt?viewer=source&from=12#lines-{line}"


@pytest.mark.parametrize("line", ["0", "x", "-1", "1:x", "9" * 40, "%FF", "12:"])
async def test_what_is_no_line_shows_the_file(page, made, line):
    await made({"a.txt": b"x\n" * 30})

    assert (await page.get(f"{SRC}/a.txt?line={line}")).status in {200, 303}
    assert 1 in numbers(await shown(page, f"{SRC}/a.txt?from={line}"))


async def test_a_line_of_ten_megabytes_and_a_large_file_are_shown_as_far_as_a_page_goes(page, made):
    await made(
        {
            "line.js": b"x" * 10_000_000 + b"\nnext\n",
            "middle.js": b"y" * 500_000 + b"\nnext\n",
            "large.txt": b"".join(b"line %d\n" % number for number in range(1, 400_001)),
            "endless.js": b"x" * 30_000_000 + b"\nnext\n",
            "zeros.dat": b"\0" * 2_000_000,
        }
    )

    line, middle = await shown(page, f"{SRC}/line.js"), await shown(page, f"{SRC}/middle.js")
    large = await shown(page, f"{SRC}/large.txt?from=300000")

    assert numbers(line) == numbers(middle) == [1, 2]
    assert len(line.body) < 20_000
    assert "<mark>… more</mark>" in line.text
    assert "<mark>… 498,000 more characters</mark>" in middle.text
    assert ">line 300000" in large.text
    endless = await shown(page, f"{SRC}/endless.js")
    assert numbers(endless) == [1]
    assert "so long that nothing behind it was looked for" in endless.text
    assert numbers(large)[0] == 300_000
    assert len(large.body) < 110_000
    assert (await page.get(f"{SRC}/large.txt?from=500000")).status == 404
    assert "Not a text" in (await shown(page, f"{SRC}/zeros.dat")).text


@pytest.mark.parametrize(
    "path",
    [
        *("nothing", "a.txt/b", "../a.txt", "%2e%2e/a.txt", "a%00b", "a.txt%2F..", "--output=x", "a" * 5000),
        *("%FF", "docs//use.md"),
    ],
)
async def test_what_is_not_there_is_said_and_never_an_error_of_ours(page, made, path):
    await made({"a.txt": b"x\n", "docs/use.md": b"x\n"})

    for part in ("src", "raw"):
        assert (await page.get(f"{HOME}/{part}/main/{path}")).status in {404, 422}
        assert (await page.get(f"{HOME}/{part}/{path}/a.txt")).status in {404, 422}


@pytest.mark.parametrize(
    ("name", "kind", "disposition"),
    [
        ("page.html", "text/plain; charset=utf-8", "inline"),
        ("run.js", "text/plain; charset=utf-8", "inline"),
        ("style.css", "text/plain; charset=utf-8", "inline"),
        ("feed.xml", "text/plain; charset=utf-8", "inline"),
        ("plain", "text/plain; charset=utf-8", "inline"),
        ("drawing.svg", "image/svg+xml", "attachment; filename*=UTF-8''drawing.svg"),
        ("picture.png", "image/png", "inline"),
        ("paper.pdf", "application/octet-stream", "attachment; filename*=UTF-8''paper.pdf"),
        ('a";\r\nb.bin', "application/octet-stream", "attachment; filename*=UTF-8''a%22%3B%0D%0Ab.bin"),
    ],
)
async def test_a_file_as_it_is_can_do_nothing_in_a_browser(page, made, name, kind, disposition):
    content = b"\0" + EVIL.encode() if name.endswith((".pdf", ".bin", ".png")) else EVIL.encode()
    await made({name: content})
    path = name.replace('"', "%22").replace("\r\n", "%0D%0A").replace(";", "%3B")

    answer = await page.get(f"{HOME}/raw/main/{path}")

    assert answer.body == content
    assert answer.headers["content-type"] == kind
    assert answer.headers["content-disposition"] == disposition
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"


async def test_a_file_as_it_is_comes_in_parts_and_only_if_it_has_changed(page, made):
    await made({"a.txt": b"0123456789", "large.txt": b"x" * 3_000_000})
    path = f"{HOME}/raw/main/a.txt"
    tag = (await page.get(path)).headers["etag"]

    part = await page.ask("GET", path, headers=[("range", "bytes=2-4")])
    known = await page.ask("GET", path, headers=[("if-none-match", tag)])
    beyond = await page.ask("GET", path, headers=[("range", "bytes=20-")])

    assert (part.status, part.body, part.headers["content-range"]) == (206, b"234", "bytes 2-4/10")
    assert (known.status, known.body) == (304, b"")
    assert (beyond.status, beyond.headers["content-range"]) == (416, "bytes */10")
    assert len((await page.get(f"{HOME}/raw/main/large.txt")).body) == 3_000_000
    head = await page.ask("HEAD", f"{HOME}/raw/main/large.txt")
    assert (head.body, head.headers["content-length"]) == (b"", "3000000")


@pytest.mark.parametrize(
    "part",
    [
        *(
            "",
            "src/main/",
            "src/main/a.txt",
            "raw/main/a.txt",
            "annotate/main/a.txt",
            "history-node/main/a.txt",
        ),
        *("history-node/main/", "last-changes/main/", "find/main?q=a", "search/?q=secret"),
        *("edit/main/a.txt", "create-file/main/", "delete-file/main/a.txt"),
    ],
)
async def test_the_pages_of_a_private_repository_are_for_who_may_read_it(
    server, browser, page, engines, git, part
):
    commit(git, {"a.txt": b"secret words\n"})
    await server.adopted("engines", "difference", git)
    await server.user("grace", password=PASSWORD)
    grace, nobody = Browser(server.application), Browser(server.application)
    await grace.log_in("grace", PASSWORD)

    refused, missing = await grace.get(f"{HOME}/{part}"), await grace.get(f"/engines/nothing/{part}")
    unknown = await nobody.get(f"{HOME}/{part}")

    assert (await page.get(f"{HOME}/{part}")).status == 200
    assert refused.status == missing.status == 404
    assert refused.text.replace("difference", "nothing") == missing.text
    assert unknown.status == 303
    assert unknown.headers["location"].startswith("/login?")


async def test_a_directory_has_its_directories_first_and_goes_on_by_pages(page, made):
    files = {f"f{number:04}": b"x\n" for number in range(700)}
    await made({**files, "z/inside": b"x\n"})
    path, seen = f"{SRC}/", []

    while path:
        answer = await shown(page, path)
        seen += re.findall(r'<td><a href="[^"]*"(?: class="directory")?>([^<]+)</a>', answer.text)
        following = [link for link in Page(answer.text).links if link.startswith("?page=")]
        path = f"{SRC}/{following[-1]}" if 'rel="next"' in answer.text else None

    assert seen == ["z/", *sorted(files)]
    assert "701 entries" in answer.text


async def test_the_front_page_stays_on_the_main_branch_and_shows_the_readme(page, made):
    await made(
        {
            "README.txt": b"not this",
            "readme.md": b"# Notes\n\n[Use](docs/use.md#how) ![Logo](/logo.png) ![CI](https://ci.example.org/b.svg)",
            "docs/README": b"plain <b> text",
            "logo.png": PNG,
        }
    )

    front = await shown(page, f"{HOME}/")

    assert front.text.count("<h1") == 1
    assert '<h2 id="markdown-header-notes">Notes</h2>' in front.text
    assert f'<a href="{SRC}/docs/use.md#markdown-header-how"' in front.text
    assert f'<img src="{HOME}/raw/main/logo.png" alt="Logo">' in front.text
    assert '<span class="no-picture">CI</span>' in front.text
    assert "not this" not in front.text
    assert "<pre>plain &lt;b&gt; text</pre>" in (await shown(page, f"{SRC}/docs/")).text


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("README.md", EVIL + "\n\n[x](javascript:alert(1)) ![x](javascript:alert(1))\n<svg/onload=alert(1)>"),
        ("README.rst", f"{EVIL}\n\n.. raw:: html\n\n   {EVIL}\n\n.. image:: javascript:alert(1)\n"),
        ("README.textile", f'{EVIL}\n\n"x":javascript:alert(1) !javascript:alert(1)!\n'),
        ("README", EVIL),
    ],
)
async def test_a_readme_can_neither_script_nor_style_nor_embed(page, made, name, content):
    await made({name: content.encode()})

    for path in (f"{HOME}/", f"{SRC}/{name}"):
        answer = await shown(page, path)
        assert "<script>alert" not in answer.text
        assert not re.search(r'(?:href|src)="\s*javascript:', answer.text, re.IGNORECASE)
        assert "<svg" not in answer.text


async def test_names_are_shown_as_text_and_lead_to_their_files(page, made):
    names = [EVIL.replace("/", "|"), "a b#c?d%e", "é", "-x", b"\xff"]
    await made(dict.fromkeys(names, b"x\n"))

    answer = await shown(page, f"{SRC}/")
    links = [link for link in Page(answer.text).links if link.startswith(f"{SRC}/") and link != f"{SRC}/"]

    assert len(links) == len(names)
    assert "<script>alert" not in answer.text
    for link in links:
        assert numbers(await shown(page, link)) == [1]


async def test_markup_is_rendered_and_its_source_is_one_link_away(page, made):
    await made({"docs/use.md": b"# Use\n\nSee [other](other.md).\n"})

    rendered = await shown(page, f"{SRC}/docs/use.md")
    source = await shown(page, f"{SRC}/docs/use.md?viewer=source")

    assert f'<a href="{SRC}/docs/other.md"' in rendered.text
    assert numbers(rendered) == []
    assert 'href="?viewer=source"' in rendered.text
    assert numbers(source) == [1, 2, 3]


async def test_markup_that_is_too_much_is_shown_as_lines(page, made):
    await made({"big.md": b"> " * 200_000, "README.md": b"words " * 20_000})

    assert "too much to be rendered" in (await shown(page, f"{SRC}/big.md")).text
    assert "Too long to be shown here" in (await shown(page, f"{SRC}/")).text


async def test_another_branch_or_tag_is_chosen_by_link_or_by_name(page, made, git):
    first = commit(git, {"a.txt": b"x\n"}, branch="feature/x")
    git.git("tag", "v1", first)
    for number in range(100):
        git.git("update-ref", f"refs/heads/many/{number:03}", first)
    await made({"a.txt": b"y\n"})

    answer = await shown(page, f"{SRC}/a.txt")
    searched = await shown(page, f"{SRC}/a.txt?ref=many/09")
    typed = await page.get(f"{SRC}/a.txt?ref=feature/x")

    assert f'href="{HOME}/src/feature%2Fx/a.txt"' in answer.text
    assert f'href="{HOME}/src/v1/a.txt"' in answer.text
    assert "and 62 more" in answer.text
    assert len(re.findall(r'href="[^"]*many%2F09\d/a.txt"', searched.text)) == 10
    assert (typed.status, typed.headers["location"]) == (303, f"{HOME}/src/feature%2Fx/a.txt")
    assert "There is no branch or tag" in (await shown(page, f"{SRC}/a.txt?ref=%3Cb%3E")).text
    assert ">x" in (await shown(page, f"{HOME}/src/feature%2Fx/a.txt")).text


async def test_who_is_not_logged_in_sees_the_source_of_a_public_repository(server, made):
    await made({"a.txt": b"x\n"})
    anybody = Browser(server.application)

    assert numbers(await shown(anybody, f"{SRC}/a.txt")) == [1]
    assert (await anybody.get(f"{HOME}/raw/main/a.txt")).body == b"x\n"


async def test_a_large_file_is_what_its_pointer_stands_for_once_it_was_sent(server, page, made, ada):
    content = PNG + b"large" * 1000
    oid = sha256(content).hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(content)}\n".encode()
    await made({"picture.png": pointer})

    before = await shown(page, f"{SRC}/picture.png")
    assert "It was not sent to this server" in before.text
    assert (await page.get(f"{HOME}/raw/main/picture.png")).body == pointer

    actor = Actor(ada, None, frozenset(Scope), Client("192.0.2.1", "git-lfs"))
    access = await to_repository(
        server.site, actor, Need(permission=Permission.WRITE), "engines", "difference"
    )

    async def pieces():
        yield content

    await lfs.receive(server.site, access, oid, pieces())
    assert "<img src" in (await shown(page, f"{SRC}/picture.png")).text
    raw = await page.get(f"{HOME}/raw/main/picture.png")
    part = await page.ask("GET", f"{HOME}/raw/main/picture.png", headers=[("range", "bytes=0-3")])
    known = await page.ask(
        "GET", f"{HOME}/raw/main/picture.png", headers=[("if-none-match", raw.headers["etag"])]
    )
    assert (raw.body, raw.headers["content-type"]) == (content, "image/png")
    assert raw.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert (part.status, part.body) == (206, content[:4])
    assert known.status == 304
