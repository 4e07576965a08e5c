"""What the API says of files and directories is what git says."""

import asyncio
from hashlib import sha256
from urllib.parse import quote

import pytest
from support.repositories import EPOCH
from test_api_diffs import commit

from bitpail.git.command import PROCESSES

pytestmark = pytest.mark.anyio

CODE = "/2.0/repositories/ada/code"
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:%b\nsize 12345\n" % (b"a" * 64)
CONTENT = {
    "README.md": b"# Notes\n",
    "dir/a.py": b"print(1)\n",
    "dir/deep/er/b.txt": b"b\n",
    "dir/with space#?.txt": b"odd\n",
    "ü/ö.txt": "ü\n".encode(),
    "bytes-\udcff.bin": bytes(range(256)),
    "empty": b"",
    "large.txt": b"0123456789abcdef" * 70_000,
    "lfs.bin": POINTER,
}


@pytest.fixture
async def tip(server, ada, git):
    first = commit(git, "main", [], 0, **{"old.txt": b"a\nb\nc\nd\n", "README.md": b"# Old\n"})
    special = {
        "link": ("120000", b"README.md"),
        "run": ("100755", b"#!/bin/sh\n"),
        "module": ("160000", first.encode()),
    }
    second = commit(git, "main", [first], 1, **{"moved.txt": b"a\nb\nc\nd\n"}, **CONTENT, **special)
    await server.adopted("ada", "code", git)
    return second


def address(path):
    return quote(path.encode("utf-8", "surrogateescape"))


@pytest.mark.parametrize("path", [*CONTENT, "run"])
@pytest.mark.parametrize("revision", ["main", "HEAD", "{tip}"])
async def test_a_file_is_the_bytes_that_git_has(api, auth, git, tip, path, revision):
    answer = await api.get(f"{CODE}/src/{revision.format(tip=tip)}/{address(path)}", auth=auth)

    assert answer.status == 200
    assert answer.body == git.raw("cat-file", "blob", f"main:{path}")
    assert answer.headers["content-disposition"] == "attachment"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    again = await api.get(
        f"{CODE}/src/{tip}/{address(path)}", auth=auth, headers=[("if-none-match", answer.headers["etag"])]
    )
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("README.md", "text/markdown"),
        ("dir/a.py", "text/x-python"),
        ("empty", "text/plain"),
        ("bytes-%FF.bin", "application/octet-stream"),
    ],
)
async def test_the_ending_says_the_media_type(api, auth, tip, path, media_type):
    assert (await api.get(f"{CODE}/src/main/{path}", auth=auth)).headers["content-type"] == media_type


async def everything(api, auth, path):
    values, following = [], path
    while following:
        page = (await api.get(following, auth=auth)).json()
        assert set(page) <= {"pagelen", "values", "next"}
        values += page["values"]
        following = "/2.0" + page["next"].partition("/2.0")[2] if "next" in page else None
    return values


async def test_a_directory_lists_what_git_lists(api, auth, git, tip):
    top = await everything(api, auth, f"{CODE}/src/{tip}/?pagelen=3")

    assert [one["path"] for one in top] == [
        name.decode("utf-8", "replace")
        for name in git.raw("ls-tree", "-z", "--name-only", tip).split(b"\0")[:-1]
    ]
    by_path = {one["path"]: one for one in top}
    assert by_path["dir"]["type"] == "commit_directory"
    assert by_path["dir"]["links"]["self"]["href"].endswith(f"/src/{tip}/dir/")
    assert by_path["README.md"]["size"] == 8
    assert {path: one["attributes"] for path, one in by_path.items() if one.get("attributes")} == {
        "bytes-�.bin": ["binary"], "lfs.bin": ["lfs"], "link": ["link"], "run": ["executable"],
        "module": ["subrepository"],
    }  # fmt: skip
    for one in top:
        back = await api.get("/2.0" + one["links"]["meta"]["href"].partition("/2.0")[2], auth=auth)
        assert back.json() == one


@pytest.mark.parametrize("depth", [1, 2, 3, 100])
async def test_more_levels_come_breadth_first(api, auth, git, tip, depth):
    found = [one["path"] for one in await everything(api, auth, f"{CODE}/src/main/dir/?max_depth={depth}")]

    names = git.git("ls-tree", "-r", "-t", "-z", "--name-only", "main", "dir").split("\0")
    assert sorted(found) == sorted(
        name for name in names if name.startswith("dir/") and name.count("/") <= depth
    )
    assert [path.count("/") for path in found] == sorted(path.count("/") for path in found)


async def test_src_alone_leads_to_the_main_branch(api, auth, server, tip):
    answer = await api.get(f"{CODE}/src?format=meta", auth=auth)

    assert (answer.status, answer.headers["location"].partition("/2.0")[2]) == (
        302, f"/repositories/ada/code/src/{tip}/?format=meta",
    )  # fmt: skip
    await server.repository("ada", "empty")
    assert (await api.get("/2.0/repositories/ada/empty/src", auth=auth)).status == 404


async def test_the_history_of_a_file_follows_its_names(api, auth, git, tip):
    found = await everything(api, auth, f"{CODE}/filehistory/main/moved.txt?pagelen=1")

    assert [(one["path"], one["commit"]["message"]) for one in found] == [
        ("moved.txt", "commit 1\n"), ("old.txt", "commit 0\n"),
    ]  # fmt: skip
    alone = await everything(api, auth, f"{CODE}/filehistory/main/moved.txt?renames=false")
    assert [one["path"] for one in alone] == ["moved.txt"]
    assert [one["size"] for one in await everything(api, auth, f"{CODE}/filehistory/main/README.md")] == [
        8,
        6,
    ]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("src/main/none", 404),
        ("src/main/README.md/below", 404),
        ("src/nowhere/README.md", 404),
        ("src/main/../secret", 400),
        ("src/main/dir/%2e%2e/x", 400),
        ("src/main/%00", 400),
        ("src/--all/x", 400),
        ("src/main/module", 404),
        ("src/main/?max_depth=0", 400),
        ("src/main/?max_depth=x", 400),
        ("src/main/?format=odd", 400),
        ("src/main/" + "x" * 5000, 400),
        ("filehistory/main/none", 404),
        ("filehistory/main/../x", 400),
        ("filehistory/nowhere/README.md", 404),
    ],
)
async def test_what_is_not_there_is_refused(api, auth, tip, path, status):
    answer = await api.get(f"{CODE}/{path}", auth=auth)

    assert answer.status == status
    if path == "src/main/none":
        assert answer.json()["error"]["message"] == "No such file or directory: none"


async def test_a_directory_of_many_thousands_is_listed_a_page_at_a_time(api, auth, server, ada, git):
    blob = git.git("hash-object", "-w", "--stdin", stdin=b"x")
    tree = git.git("mktree", stdin="".join(f"100644 blob {blob}\tf{n:05}\n" for n in range(12_000)).encode())
    made = git.git("commit-tree", tree, "-m", "many", GIT_COMMITTER_DATE=f"{EPOCH} +0000")
    git.git("update-ref", "refs/heads/main", made)
    await server.adopted("ada", "code", git)

    found = await everything(api, auth, f"{CODE}/src/main/?pagelen=100")

    assert [one["path"] for one in found] == [f"f{n:05}" for n in range(12_000)]


RENDERED = {
    "README.md": (b"# A\n\n<script>alert(1)</script>\n", "<h1>A</h1>\n&lt;script&gt;alert(1)&lt;/script&gt;"),
    "b.rst": (b"B\n=\n\n.. raw:: html\n\n   <b>x</b>\n\n*c*\n", "<em>c</em>"),
    "c.textile": (b"h2. C\n", "<h2>C</h2>"),
    "latin.text": (b"\xef\xbb\xbf*caf\xe9*\n", "<p><em>caf\ufffd</em></p>"),
    "nothing.md": (b"", ""),
}


async def test_files_of_markup_are_rendered_as_html(api, auth, server, ada, git):
    commit(git, "main", [], 0, **{path: content for path, (content, _) in RENDERED.items()})
    await server.adopted("ada", "code", git)

    for path, (_, made) in RENDERED.items():
        answer = await api.get(f"{CODE}/src/main/{path}?format=rendered", auth=auth)
        assert answer.status == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert "sandbox" in answer.headers["content-security-policy"]
        assert made in answer.body.decode()
        again = await api.get(
            f"{CODE}/src/main/{path}?format=rendered",
            auth=auth,
            headers=[("if-none-match", answer.headers["etag"])],
        )
        assert (again.status, again.body) == (304, b"")
        raw = await api.get(f"{CODE}/src/main/{path}", auth=auth)
        assert raw.headers["etag"] != answer.headers["etag"]


@pytest.mark.parametrize("path", ["dir/", "", "dir/a.py", "empty", "run", "link"])
async def test_what_is_no_file_of_markup_is_not_rendered(api, auth, tip, path):
    answer = await api.get(f"{CODE}/src/main/{path}?format=rendered", auth=auth)

    assert answer.status == 400
    assert answer.json()["error"]["fields"]["format"]


async def test_a_file_that_keeps_a_parser_busy_is_given_up(api, auth, server, ada, git, monkeypatch):
    monkeypatch.setattr("bitpail.services.rendering._SLOWEST", 1.0)
    # Each name stands for ten of the one before.
    bomb = ".. |a0| replace:: aaaaaaaaaa\n" + "".join(
        f".. |a{n}| replace:: {' '.join([f'|a{n - 1}|'] * 10)}\n" for n in range(1, 12)
    )
    commit(
        git, "main", [], 0,
        **{"bomb.rst": f"{bomb}\n|a11|\n".encode(), "large.md": b"a" * ((1 << 20) + 1), "a.md": b"*a*"},
    )  # fmt: skip
    await server.adopted("ada", "code", git)

    for path in ("bomb.rst", "large.md"):
        answer = await api.get(f"{CODE}/src/main/{path}?format=rendered", auth=auth)
        assert answer.status == 555
        assert (await api.get(f"{CODE}/src/main/{path}", auth=auth)).status == 200
    assert await processes_end()


async def processes_end():
    async with asyncio.timeout(30):
        while PROCESSES.running > 2:  # those that read objects stay
            await asyncio.sleep(0.05)
    return True


async def test_the_same_file_has_one_tag_at_any_path_and_commit(api, auth, server, ada, git):
    first = commit(git, "main", [], 0, **{"a.txt": b"same\n", "b/c.py": b"same\n", "d.txt": b"other\n"})
    second = commit(git, "main", [first], 1, **{"e.txt": b"same\n", "run": ("100755", b"same\n")})
    await server.adopted("ada", "code", git)

    async def tag(revision, path):
        return (await api.get(f"{CODE}/src/{revision}/{path}", auth=auth)).headers["etag"]

    same = {await tag(first, "a.txt"), await tag(first, "b/c.py"), await tag(second, "e.txt")}
    assert len(same) == 1
    # The attributes count, as the contents do.
    assert not same & {await tag(first, "d.txt"), await tag(second, "run")}


@pytest.mark.parametrize("path", ["dir/a.py", "large.txt", "empty"])
async def test_a_head_tells_what_get_would_send(server, api, auth, tip, path):
    whole = await api.get(f"{CODE}/src/main/{path}", auth=auth)
    head = await server.client.request("HEAD", f"{CODE}/src/main/{path}", auth=auth)

    assert (head.status, head.body) == (200, b"")
    for name in ("content-length", "content-type", "etag", "accept-ranges", "content-disposition"):
        assert head.headers[name] == whole.headers[name]


@pytest.mark.parametrize("path", ["dir/a.py", "large.txt"])
@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("bytes=0-0", 0, 1), ("bytes=2-4", 2, 5), ("bytes=3-", 3, None), ("bytes=-3", -3, None), ("bytes=1-99999999", 1, None)],
)  # fmt: skip
async def test_a_part_of_a_file_is_sent_alone(api, auth, git, tip, path, asked, start, end):
    content = git.raw("cat-file", "blob", f"main:{path}")
    wanted = content[start:end]

    answer = await api.get(f"{CODE}/src/main/{path}", auth=auth, headers=[("range", asked)])

    assert (answer.status, answer.body) == (206, wanted)
    first = content.index(wanted) if start != -3 else len(content) - 3
    first = start if start > 0 else first
    assert answer.headers["content-range"] == f"bytes {first}-{first + len(wanted) - 1}/{len(content)}"
    assert answer.headers["content-length"] == str(len(wanted))


async def test_a_part_that_is_not_there_is_refused_and_an_odd_one_is_not_heard(api, auth, git, tip):
    size = len(git.raw("cat-file", "blob", "main:dir/a.py"))
    for asked in (f"bytes={size}-", "bytes=-0", "bytes=9999999-9999999"):
        answer = await api.get(f"{CODE}/src/main/dir/a.py", auth=auth, headers=[("range", asked)])
        assert (answer.status, answer.headers["content-range"]) == (416, f"bytes */{size}")
    for asked in (
        "bytes=4-2",
        "bytes=-",
        "lines=1-2",
        "bytes=0-1,3-4",
        "bytes=x-",
        "bytes=" + "9" * 30 + "-",
    ):
        answer = await api.get(f"{CODE}/src/main/dir/a.py", auth=auth, headers=[("range", asked)])
        assert (answer.status, len(answer.body)) == (200, size)
    old = [("range", "bytes=0-0"), ("if-range", '"another"')]
    assert (await api.get(f"{CODE}/src/main/dir/a.py", auth=auth, headers=old)).status == 200


async def test_a_large_file_leads_to_where_it_is_kept(api, auth, server, ada, git):
    content = b"a large picture"
    oid = sha256(content).hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(content)}\n".encode()
    lost = pointer.replace(oid.encode(), b"b" * 64)
    made = commit(git, "main", [], 0, **{"picture.png": pointer, "lost.png": lost})
    await server.adopted("ada", "code", git)
    writing = await server.auth(ada, "repository:write")
    sent = await server.client.request(
        "PUT", f"/ada/code.git/info/lfs/objects/{oid}", body=content, auth=writing
    )
    assert sent.status == 200

    answer = await api.get(f"{CODE}/src/{made}/picture.png", auth=auth)

    assert (answer.status, answer.body) == (301, b"")
    assert answer.headers["cache-control"] == "no-cache"
    place = "/" + answer.headers["location"].split("/", 3)[3]
    assert (await server.client.get(place, auth=auth)).body == content
    # The address alone opens nothing.
    assert (await server.client.get(place)).status == 401
    meta = (await api.get(f"{CODE}/src/{made}/picture.png?format=meta", auth=auth)).json()
    assert (meta["attributes"], meta["size"]) == (["lfs"], len(pointer))
    # What was never sent is what Git has: the pointer.
    assert (await api.get(f"{CODE}/src/{made}/lost.png", auth=auth)).body == lost


@pytest.mark.parametrize("pagelen", [1, 2, 3, 5])
@pytest.mark.parametrize("depth", [1, 2, 3, 9])
async def test_a_listing_of_levels_goes_on_where_it_stopped(api, auth, server, ada, git, pagelen, depth):
    paths = [
        *("a/b/c/d", "a/b/e", "a.b/c", "a-b", "b/x/y", "b/z", "c", "d/e/f/g/h", "d/e/f0", "d0/q"),
        *(f"many/{n}/{m}" for n in range(4) for m in range(3)),
    ]
    made = commit(git, "main", [], 0, **dict.fromkeys(paths, b"x"))
    await server.adopted("ada", "code", git)
    address = f"{CODE}/src/main/?max_depth={depth}"
    git.git("branch", "other", made)

    found = await everything(api, auth, f"{address}&pagelen={pagelen}")

    # By level, in each in Git's own order of what stands there.
    listed = git.git("ls-tree", "-r", "-t", "--name-only", made).splitlines()
    assert [one["path"] for one in found] == sorted(
        (path for path in listed if path.count("/") < depth), key=lambda path: path.count("/")
    )
    by_name = await everything(api, auth, f'{address}&pagelen={pagelen}&q=path~"b"')
    assert by_name == [one for one in found if "b" in one["path"]]
    by_size = await everything(api, auth, f"{address}&pagelen={pagelen}&q=size=1")
    assert by_size == [one for one in found if one["type"] == "commit_file"]
    backwards = await everything(api, auth, f"{address}&pagelen={pagelen}&sort=-path")
    assert backwards == sorted(found, key=lambda one: one["path"], reverse=True)


async def test_a_listing_that_has_begun_goes_on_in_its_commit(api, auth, git, tip):
    whole = await everything(api, auth, f"{CODE}/src/{tip}/?pagelen=100")
    first = (await api.get(f"{CODE}/src/main/?pagelen=4", auth=auth)).json()
    commit(git, "main", [], 99, **{"only.txt": b"x"})

    rest = await everything(api, auth, "/2.0" + first["next"].partition("/2.0")[2])

    assert [*first["values"], *rest] == whole


async def test_a_listing_deeper_than_anybody_waits_for_is_given_up(api, auth, tip, monkeypatch):
    assert (await api.get(f"{CODE}/src/main/?max_depth={10**30}", auth=auth)).status == 200
    monkeypatch.setattr("bitpail.services.source._SLOWEST", 0.0)

    answer = await api.get(f"{CODE}/src/main/?max_depth=100", auth=auth)

    assert answer.status == 555
    assert "max_depth" in answer.json()["error"]["message"]


async def test_more_than_can_be_sorted_is_refused(api, auth, tip, monkeypatch):
    monkeypatch.setattr("bitpail.services.source._MOST_LISTED", 10)

    assert (await api.get(f"{CODE}/src/main/?max_depth=3&sort=path", auth=auth)).status == 555
    assert (await api.get(f"{CODE}/src/main/dir/?max_depth=3&sort=path", auth=auth)).status == 200
