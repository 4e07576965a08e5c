"""The pages of a wiki: read, linked, searched; languages, limits, and who may see them."""

import re

import pytest
from support.browser import PASSWORD, Browser, Page
from support.wiki_pages import PNG, WIKI, article, shown, write

pytestmark = pytest.mark.anyio

EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&"


async def test_an_empty_wiki_says_how_to_begin(page, engine):
    assert (await page.get(WIKI)).headers["location"] == f"{WIKI}/Home"
    answer = await shown(page, f"{WIKI}/Home")

    assert "git clone https://ada@" in answer.text
    assert "/engines/difference.git/wiki" in answer.text
    assert "scopes=wiki&amp;" in answer.text
    assert f'href="{WIKI}/create/Home"' in answer.text


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
    assert "The <mark>Engine</mark> &lt;adds&gt;." in found
    assert f'href="{WIKI}/engine"><mark>engine</mark></a>' in found
    both = (await shown(page, f"{WIKI}/search?q=engine+more")).text
    assert f'href="{WIKI}/engine"' not in both
    assert "<mark>Größe</mark>" in (await shown(page, f"{WIKI}/search?q=gr%C3%B6%C3%9Fe")).text
    for nothing in ("zzz", "-e", "--help", "%00", "%FF", "x" * 5000, "*", ""):
        await shown(page, f"{WIKI}/search?q={nothing}")


async def test_each_directory_of_the_list_is_named_once_below_the_one_that_holds_it(page, push):
    paths = ("a.md", "guide/b.md", "guide/more/c.md", "guide/most/deep/d.md", "guide/z.md", "other/more/e.md")
    push(dict.fromkeys(paths, b"x"))

    text = (await shown(page, f"{WIKI}/browse")).text.split('<ul class="pages">')[1].split("</ul>")[0]
    listed = [
        f"{depth} {re.sub('<[^>]*>', '', line)}"
        for depth, line in re.findall(r'<li class="deep-(\d)">(.*?)</li>', text)
    ]

    first = ["0 a", "0 guide/", "1 b", "1 more/", "2 c", "1 most/", "2 deep/", "3 d", "1 z"]
    assert listed == [*first, "0 other/", "1 more/", "2 e"]


@pytest.mark.parametrize(
    ("link", "is_there"),
    [
        *(("Use", True), ("Use.md", True), ("../Home", True), ("../Home#top", True), ("deep/", True)),
        *(("deep/er/Caf%C3%A9", True), ("../pics/a.png", True), ("browse", False), ("../browse", True)),
        *(
            ("..", True),
            ("#none", True),
            ("https://example.org/none", True),
            ("/engines/difference/src", True),
        ),
        *(("None", False), ("use", False), ("Home", False), ("../None.md?x#y", False), ("deep/none/", False)),
        *(("%FF", False), ("%25", False), ("Use/x", False)),
    ],
)
async def test_a_link_to_a_page_that_is_not_there_yet_is_marked(page, push, link, is_there):
    files = ("Home.md", "guide/Use.md", "guide/deep/er/Café.md", "pics/a.png")
    push({**dict.fromkeys(files, b"x"), "guide/Start.md": f"[go]({link})".encode()})

    text = article(await shown(page, f"{WIKI}/guide/Start"))

    assert ">go</a>" in text
    assert (' class="missing"' not in text) == is_there


async def test_what_a_search_finds_stands_in_order_names_first(page, push):
    push(
        {f"Chapter-{number}.md": b"cards" for number in (10, 2, 1)} | {"Cards-9.md": b"x", "Zoo.md": b"cards"}
    )

    text = (await shown(page, f"{WIKI}/search?q=cards")).text

    found = re.findall(rf'<a href="{WIKI}/([A-Z][^"]*)"', text.partition('class="found"')[2])
    assert found == ["Cards-9", "Chapter-1", "Chapter-2", "Chapter-10", "Zoo"]


async def test_chapters_are_listed_in_the_order_of_their_numbers(page, push):
    push(dict.fromkeys(("Chapter-10.md", "Chapter-2.md", "Home.md", "Chapter-1.md"), b"x"))

    for at in ("browse", "Home"):
        text = (await shown(page, f"{WIKI}/{at}")).text
        places = [text.index(f">{name}</a>") for name in ("Chapter-1", "Chapter-2", "Chapter-10")]
        assert places == sorted(places)


async def test_a_page_called_like_one_of_our_words_is_reached(page, push):
    push({"edit/x.md": b"one", "HEAD.md": b"two", "search.md": b"three", "create.md": b"four"})

    listed = await shown(page, f"{WIKI}/browse")

    for address, text in (("edit/x", "one"), ("HEAD", "two"), ("search", "three"), ("create", "four")):
        assert f'href="{WIKI}/view/{address}"' in listed.text
        assert text in article(await shown(page, f"{WIKI}/view/{address}"))


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


async def test_who_may_read_reads_and_who_may_write_writes(server, engine, page, push):
    push({"Home.md": b"one\n"})
    for name, right in (("grace", "write"), ("charles", "read"), ("mallory", None)):
        user = await server.user(name, password=PASSWORD)
        if right:
            await server.grant(engine, user, right)
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
