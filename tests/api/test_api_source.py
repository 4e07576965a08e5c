"""What the API says of files and directories is what git says."""

from urllib.parse import quote

import pytest
from support.repositories import EPOCH
from test_api_diffs import commit

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
    tree = git.git("mktree", stdin="".join(f"100644 blob {blob}\tf{n:05}\n" for n in range(40_000)).encode())
    made = git.git("commit-tree", tree, "-m", "many", GIT_COMMITTER_DATE=f"{EPOCH} +0000")
    git.git("update-ref", "refs/heads/main", made)
    await server.adopted("ada", "code", git)

    page = (await api.get(f"{CODE}/src/main/?page=4000", auth=auth)).json()

    assert [one["path"] for one in page["values"]] == [f"f{n:05}" for n in range(39_990, 40_000)]
    assert "next" not in page
