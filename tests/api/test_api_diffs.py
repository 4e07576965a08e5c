"""What the API says of differences is what git says."""

import pytest
from support.repositories import EPOCH

pytestmark = pytest.mark.anyio

CODE = "/2.0/repositories/ada/code"
NAMES = ["plain.txt", "dir/with space.txt", "odd\udcff.txt", "ü.txt"]


def files_of(git, **content):
    """A tree with these files: bytes, or (mode, bytes)."""
    index = str(git.path / "index-for-tests")
    git.git("read-tree", "--empty", GIT_INDEX_FILE=index)
    for path, value in content.items():
        mode, data = value if isinstance(value, tuple) else ("100644", value)
        blob = git.git("hash-object", "-w", "--stdin", stdin=data) if mode != "160000" else data.decode()
        git.git("update-index", "--add", "--cacheinfo", f"{mode},{blob},{path}", GIT_INDEX_FILE=index)
    return git.git("write-tree", GIT_INDEX_FILE=index)


def commit(git, branch, parents, time, **content):
    tree = files_of(git, **content)
    arguments = [argument for parent in parents for argument in ("-p", parent)]
    when = f"{EPOCH + time} +0000"
    made = git.git(
        "commit-tree", tree, *arguments, "-m", f"commit {time}", GIT_COMMITTER_DATE=when, GIT_AUTHOR_DATE=when
    )
    git.git("update-ref", f"refs/heads/{branch}", made)
    return made


TEXT = b"".join(b"line %d\n" % number for number in range(40))


@pytest.fixture
async def history(server, ada, git):
    """A root, a commit of every kind of change, a topic with renames, a merge and an octopus."""
    one = {name: TEXT + name.encode("utf-8", "surrogateescape") for name in NAMES}
    root = commit(git, "main", [], 0, **one, gone=b"x\n", tool=b"#!/bin/sh\n", picture=b"\0\1\2")
    changed = {**one, "plain.txt": TEXT.replace(b"line 3\n", b"line three\n  \n")}
    second = commit(
        git,
        "main",
        [root],
        1,
        **changed,
        tool=("100755", b"#!/bin/sh\n"),
        picture=b"\0\1\3",
        link=("120000", b"plain.txt"),
        module=("160000", root.encode()),
        empty=b"",
    )
    moved = {name: one[name] for name in NAMES[1:]} | {"moved/plain.txt": one["plain.txt"] + b"more\n"}
    topic = commit(git, "topic/one", [root], 2, **moved, gone=b"x\n", tool=b"#!/bin/sh\n", picture=b"\0\1\2")
    merged = commit(git, "merged", [second, topic], 3, **moved, link=("120000", b"moved/plain.txt"))
    octopus = commit(git, "octopus", [merged, second, topic], 4, **moved)
    alone = commit(git, "alone", [], 5, other=b"other\n")
    await server.adopted("ada", "code", git)
    names = ("root", "second", "topic", "merged", "octopus", "alone")
    return dict(zip(names, (root, second, topic, merged, octopus, alone), strict=True))


def git_diff(git, old, new, *flags, paths=()):
    return git.raw("diff", "--no-color", "-M", *flags, old, new, "--", *paths)


EMPTY = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


@pytest.mark.parametrize(
    ("spec", "old", "new"),
    [
        ("{second}", "{root}", "{second}"),
        ("{root}", EMPTY, "{root}"),
        ("{merged}", "{second}", "{merged}"),
        ("{octopus}", "{merged}", "{octopus}"),
        ("{topic}..{second}", "{root}", "{topic}"),
        ("{topic}..{second}?topic=false", "{second}", "{topic}"),
        ("{second}..{topic}?merge=false", "{topic}", "{second}"),
        ("topic/one..main", "{root}", "{topic}"),
        ("{alone}..main", "{second}", "{alone}"),
        ("main?context=0", "{root}", "{second}"),
        ("main?renames=false", "{root}", "{second}"),
    ],
)
async def test_diff_and_diffstat_are_those_of_git(api, auth, git, history, spec, old, new):
    path, _, query = spec.format(**history).partition("?")
    old, new = old.format(**history), new.format(**history)
    flags = ["-U0"] if "context" in query else ["--no-renames"] if "renames" in query else []

    text = await api.get(f"{CODE}/diff/{path}?{query}", auth=auth)
    stat = await api.get(f"{CODE}/diffstat/{path}?{query}", auth=auth, beyond={"context"})

    assert (text.status, text.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert text.body.replace(b"\r", b"") == git_diff(git, old, new, *flags).replace(b"\r", b"")
    numbers = git_diff(git, old, new, "--numstat", "-z", *flags).split(b"\0")
    wanted = []
    while numbers and numbers[0]:
        added, removed, name = numbers.pop(0).split(b"\t")
        if not name:
            del numbers[0]
            name = numbers.pop(0)
        wanted.append((name, int(added.replace(b"-", b"0")), int(removed.replace(b"-", b"0"))))
    assert [
        ((one["new"] or one["old"])["path"], one["lines_added"], one["lines_removed"])
        for one in stat.json()["values"]
    ] == [(name.decode("utf-8", "replace"), added, removed) for name, added, removed in wanted]


async def test_each_kind_of_change_has_its_word(api, auth, history):
    found = (await api.get(f"{CODE}/diffstat/{history['second']}", auth=auth)).json()
    entries = {(one["new"] or one["old"])["path"]: one for one in found["values"]}

    assert found["size"] == len(entries) == 7
    assert {path: one["status"] for path, one in entries.items()} == {
        "empty": "added", "gone": "removed", "link": "added", "module": "added",
        "picture": "modified", "plain.txt": "modified", "tool": "modified",
    }  # fmt: skip
    assert entries["gone"]["new"] is None
    assert entries["link"]["old"] is None
    assert entries["link"]["new"]["attributes"] == ["link"]
    assert entries["module"]["new"]["attributes"] == ["subrepository"]
    assert entries["tool"]["new"]["attributes"] == ["executable"]
    assert entries["picture"]["new"]["attributes"] == ["binary"]
    assert entries["plain.txt"]["old"]["links"]["self"]["href"].endswith(f"/src/{history['root']}/plain.txt")


async def test_a_rename_tells_both_names(api, auth, history):
    found = await api.get(f"{CODE}/diffstat/topic/one", auth=auth)

    (one,) = found.json()["values"]
    assert (one["status"], one["old"]["path"], one["new"]["path"]) == (
        "renamed", "plain.txt", "moved/plain.txt",
    )  # fmt: skip


async def test_a_diff_may_be_narrowed(api, auth, git, history):
    async def asked(query):
        return (await api.get(f"{CODE}/diff/main?{query}", auth=auth)).body

    wanted = git_diff(git, history["root"], history["second"], paths=["plain.txt", "tool"])
    assert await asked("path=plain.txt&path=/tool") == wanted
    assert b"Binary files" in await asked("")
    rest = git_diff(git, history["root"], history["second"], paths=[":(exclude)picture"])
    assert await asked("binary=false") == rest
    assert b"+  \n" in await asked("path=plain.txt")


async def test_white_space_may_be_ignored(api, auth, git, server, ada, history):
    indented = commit(git, "indented", [history["root"]], 9, **{"plain.txt": b"  " + TEXT})
    ours = await api.get(f"{CODE}/diff/indented?ignore_whitespace=true&path=plain.txt", auth=auth)

    assert ours.body == git_diff(git, history["root"], indented, "-w", paths=["plain.txt"])


@pytest.mark.parametrize("spec", ["{second}", "{topic}..{second}", "octopus..{root}", "main..main"])
async def test_patches_are_those_of_git(api, auth, git, history, spec):
    spec = spec.format(**history)
    new, separator, old = spec.partition("..")
    wanted = [f"{old}..{new}"] if separator else ["-1", new]

    answer = await api.get(f"{CODE}/patch/{spec}", auth=auth)

    flags = ["--stdout", "--no-signature", "--full-index", "--binary"]
    assert answer.body == git.raw("format-patch", *flags, *wanted)


async def test_the_merge_base_is_that_of_git(api, auth, git, history):
    found = await api.get(f"{CODE}/merge-base/topic/one..main", auth=auth)

    assert found.json()["hash"] == git.git("merge-base", "topic/one", "main") == history["root"]
    assert (await api.get(f"{CODE}/merge-base/alone..main", auth=auth)).status == 404


async def test_conflicts_are_named_and_nothing_is_written(api, auth, git, history):
    theirs = commit(git, "theirs", [history["root"]], 7, **{"plain.txt": b"else\n", "tool": b"other\n"})
    before = git.git("count-objects", "-v")

    found = (await api.get(f"{CODE}/file-conflicts/{theirs}..main", auth=auth)).json()

    assert {one["path"]: one["scenario"] for one in found["values"]}["plain.txt"] == "content"
    assert "CONFLICT" in found["values"][0]["message"]
    none = (await api.get(f"{CODE}/file-conflicts/{history['root']}..main", auth=auth)).json()
    assert none["values"] == []
    assert git.git("count-objects", "-v") == before
    assert not list((git.directory / "objects").glob("tmp_*"))


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("diff/nowhere", 404),
        ("diff/main..nowhere", 404),
        ("diff/main..", 400),
        ("diff/..main", 400),
        ("diff/--output=x", 400),
        ("diff/main%00", 400),
        ("diff/main...topic", 400),
        ("diff/main?context=-1", 400),
        ("diff/main?context=9999999999", 400),
        ("diff/main?topic=maybe", 400),
        ("diff/main?topic=true&merge=true", 400),
        ("diff/main?path=../etc", 400),
        ("diff/main?path=", 400),
        ("diffstat/main?pagelen=0", 400),
        ("diffstat/main?pagelen=5001", 400),
        ("merge-base/main", 400),
        ("file-conflicts/main", 400),
        ("patch/main..nowhere", 404),
    ],
)
async def test_what_names_nothing_is_refused(api, auth, history, path, status):
    answer = await api.get(f"{CODE}/{path}", auth=auth)

    assert answer.status == status
    assert answer.json()["type"] == "error"


@pytest.mark.parametrize("place", ["diff", "patch", "diffstat", "file-conflicts"])
async def test_what_takes_too_long_is_given_up(api, auth, history, monkeypatch, place):
    for module in ("api.diffs", "git.diffs", "git.conflicts"):
        name = "_LONGEST" if module == "git.conflicts" else "_SLOWEST"
        monkeypatch.setattr(f"bitpail.{module}.{name}", 0.0)

    answer = await api.get(f"{CODE}/{place}/topic/one..merged", auth=auth)

    assert answer.status == 555
    assert "took longer" in answer.json()["error"]["message"]


async def test_a_name_with_a_tab_is_counted(api, auth, server, git, ada):
    one = commit(git, "main", [], 0, **{"a\tb.txt": b"1\n", "c": b"x \n"})
    commit(git, "main", [one], 1, **{"a\tb.txt": b"1\n2\n", "c": b"x\n", "d\te": b""})
    await server.adopted("ada", "code", git)

    def counted(answer):
        return [
            (one["new"]["path"], one["lines_added"], one["lines_removed"]) for one in answer.json()["values"]
        ]

    stat = await api.get(f"{CODE}/diffstat/main", auth=auth)
    assert counted(stat) == [("a\tb.txt", 1, 0), ("c", 1, 1), ("d\te", 0, 0)]
    # Of a file of which nothing but white space differs nothing is left.
    less = await api.get(f"{CODE}/diffstat/main?ignore_whitespace=true", auth=auth)
    assert counted(less) == [("a\tb.txt", 1, 0), ("d\te", 0, 0)]
