"""What the API says of a repository is what git says, whatever is in it: asked with plain commands, read by other code."""

import re
from datetime import UTC, datetime
from itertools import combinations
from urllib.parse import quote

import pytest
from support.odd_history import BRANCHES, MESSAGES, PATHS, OddHistory

pytestmark = pytest.mark.anyio

CODE = "/2.0/repositories/ada/code"


@pytest.fixture(scope="module", params=["sha1", "sha256"])
def odd(request, tmp_path_factory):
    return OddHistory(tmp_path_factory.mktemp("odd") / "odd.git", request.param)


@pytest.fixture
async def code(server, ada, odd):
    await server.adopted("ada", "code", odd.repository)
    return odd


def escaped(path):
    return quote(path.encode("utf-8", "surrogateescape") if isinstance(path, str) else path, safe="/")


def shown(data):
    """Bytes as an answer shows them."""
    return data.decode("utf-8", "replace")


async def everything(api, auth, path):
    return await api.everything(path, auth=auth)


async def one(api, auth, path):
    answer = await api.get(f"{CODE}/{path}", auth=auth)
    assert answer.status == 200, answer
    return answer.json()


def raw(code, *arguments):
    return code.repository.raw(*arguments)


def headers_of(code, name):
    """The lines of a commit or tag before its message, and the message: read here once more."""
    kind = code.git("cat-file", "-t", name)
    data = raw(code, "cat-file", kind, name)
    head, _, message = data.partition(b"\n\n")
    found = {}
    for line in head.split(b"\n"):
        if line[:1] != b" ":
            key, _, value = line.partition(b" ")
            found.setdefault(key.decode(), []).append(value)
    return found, message


def text_of(found, data):
    encoding = found.get("encoding", [b"utf-8"])[0].decode()
    return data.decode(encoding, "replace")


PERSON = re.compile(rb"(.*>) (\d+) ([+-]\d+)")


async def test_all_members_of_every_commit(api, auth, code):
    for name, hash_ in code.commits.items():
        told = await one(api, auth, f"commit/{hash_}")
        found, message = headers_of(code, hash_)

        assert told["hash"] == hash_, name
        assert [parent["hash"] for parent in told["parents"]] == [
            parent.decode() for parent in found.get("parent", [])
        ]
        assert [p["hash"] for p in told["parents"]] == code.git("log", "-1", "--format=%P", hash_).split()
        for role in ("author", "committer"):
            who, seconds, _zone = PERSON.fullmatch(found[role][0]).groups()
            assert told[role]["raw"] == text_of(found, who).strip(), name
            assert told[role]["type"] == role
            if role == "author":
                when = datetime.fromtimestamp(int(seconds), UTC).isoformat()
                assert told["date"] == when
                assert int(seconds) == int(code.git("log", "-1", "--format=%at", hash_))
        assert told["message"] == text_of(found, message), name
        # Git itself says the same of what is UTF-8 or says what it is.
        assert told["message"].rstrip("\n") == shown(
            raw(code, "log", "-1", "--format=%B", "--encoding=UTF-8", hash_)
        ).rstrip("\n")
        assert told["summary"]["raw"] == told["rendered"]["message"]["raw"] == told["message"]
        assert told["repository"]["full_name"] == "ada/code"
        for link in ("self", "html", "diff", "approve", "comments", "statuses", "patch"):
            assert hash_ in told["links"][link]["href"]
    assert len([name for name in code.commits if name.startswith("message")]) == len(MESSAGES)


async def test_history_is_git_log(api, auth, code):
    for address, arguments in (
        ("commits", ["--all"]),
        ("commits/main", ["main"]),
        ("commits/octopus", ["octopus"]),
        (f"commits/{escaped('ü')}", ["refs/heads/ü"]),
        (f"commits/{code.commits['merged'][:12]}", [code.commits["merged"]]),
        ("commits?include=main&exclude=side", ["main", "^refs/heads/side"]),
        ("commits?include=crossed/one&include=crossed/other&exclude=main", ["crossed/one", "crossed/other", "^main"]),
        ("commits?path=moved.txt", ["--all", "--", "moved.txt"]),
        ("commits/main?path=latin-%E9%FF.txt", ["main", "--", "latin-\udce9\udcff.txt"]),
        ("commits/main?path=dir", ["main", "--", "dir"]),
        ("commits/main?path=%3A(glob)*.txt", ["main", "--", ":(literal):(glob)*.txt"]),
    ):  # fmt: skip
        said = code.git("log", "--format=%H", *arguments).split()
        mark = "&" if "?" in address else "?"
        for pagelen in (3, 100):
            found = await everything(api, auth, f"{CODE}/{address}{mark}pagelen={pagelen}")
            assert [commit["hash"] for commit in found] == said, address
        for commit, hash_ in zip(found[:5], said, strict=False):
            told = await one(api, auth, f"commit/{hash_}")
            assert {**commit, "participants": []} == told


async def test_every_path_of_every_tree(api, auth, code):
    attributes = {
        b"100644": set(),
        b"100755": {"executable"},
        b"120000": {"link"},
        b"160000": {"subrepository"},
    }
    for name in ("root", "changed", "moved", "evil merge", "main", "no files", "alone"):
        tree = code.commits[name]
        found = await everything(api, auth, f"{CODE}/src/{tree}/?max_depth=50&pagelen=7")

        lines = raw(code, "ls-tree", "-r", "-t", "-z", "-l", "--full-tree", tree).split(b"\0")[:-1]
        said = {}
        for line in lines:
            facts, _, path = line.partition(b"\t")
            mode, kind, _, size = facts.split()
            said[path] = mode, kind, size
        assert len(found) == len(said)
        by_path = {one["path"]: one for one in found}
        for path, (mode, kind, size) in said.items():
            told = by_path[shown(path)]
            assert told["commit"]["hash"] == tree
            if kind == b"tree":
                assert told["type"] == "commit_directory"
                assert told["links"]["self"]["href"].endswith(f"/src/{tree}/{escaped(path)}/")
                continue
            assert told["type"] == "commit_file"
            assert told["size"] == (None if size == b"-" else int(size))
            assert set(told["attributes"]) - {"binary"} == attributes[mode]
            assert told["escaped_path"] == escaped(path)
            href = told["links"]["meta"]["href"]
            assert await one(api, auth, href.partition("/code/")[2]) == told


async def test_every_file_is_its_bytes(api, auth, code):
    for name in ("root", "changed", "moved", "main"):
        tree = code.commits[name]
        for line in raw(code, "ls-tree", "-r", "-z", "--full-tree", tree).split(b"\0")[:-1]:
            facts, _, path = line.partition(b"\t")
            _, kind, blob = facts.split()
            answer = await api.get(f"{CODE}/src/{tree}/{escaped(path)}", auth=auth)
            if kind == b"commit":
                assert answer.status == 404
                continue
            assert answer.status == 200
            assert answer.body == raw(code, "cat-file", "blob", blob.decode())
            meta = await one(api, auth, f"src/{tree}/{escaped(path)}?format=meta")
            assert ("binary" in meta["attributes"]) == (b"\0" in answer.body[:8000])


async def test_what_git_calls_binary_is_binary(api, auth, code):
    root = code.commits["root"]
    said = {}
    empty = code.git("mktree", stdin=b"")
    for line in raw(code, "diff-tree", "-r", "-z", "--numstat", empty, root).split(b"\0")[:-1]:
        added, _, path = line.split(b"\t", 2)
        said[shown(path)] = added == b"-"
    found = await everything(api, auth, f"{CODE}/src/{root}/?max_depth=50&pagelen=100")
    for one in found:
        if one["type"] == "commit_file" and "subrepository" not in one["attributes"]:
            assert ("binary" in one["attributes"]) == said[one["path"]], one["path"]


PAIRS = [
    ("root", None), ("changed", None), ("moved", None), ("merged", None), ("octopus", None), ("evil merge", None),
    ("no files", None), ("nothing changed", None), ("moved", "side"), ("side", "moved"), ("main", "changed"),
    ("crossed one", "crossed other"), ("main", "alone"), ("octopus", "second arm"), ("no files", "main"),
]  # fmt: skip
HOW = [
    ("", ()), ("context=0", ("-U0",)), ("context=1", ("-U1",)), ("context=50", ("-U50",)),
    ("ignore_whitespace=true", ("-w",)), ("renames=false", ("--no-renames",)),
    ("renames=false&context=0&ignore_whitespace=true", ("--no-renames", "-U0", "-w")),
    ("path=plain.txt&path=dir", ("--", "plain.txt", "dir")),
    ("path=latin-%E9%FF.txt&path=%3A(glob)*.txt", ("--", "latin-\udce9\udcff.txt", ":(literal):(glob)*.txt")),
    ("topic=false", ()), ("merge=false", ()), ("binary=false", ()),
]  # fmt: skip


def sides(code, new, old, query):
    """What is compared, as plain git finds it."""
    new = code.commits[new]
    if old is None:
        parents = code.git("log", "-1", "--format=%P", new).split()
        return (parents[0] if parents else code.git("mktree", stdin=b"")), new
    old = code.commits[old]
    if "topic=false" not in query and "merge=false" not in query:
        old = code.git("merge-base", new, old, check=False).split("\n")[0] or old
    return old, new


@pytest.mark.parametrize(("new", "old"), PAIRS)
async def test_every_diff_with_every_parameter(api, auth, code, new, old):
    spec = code.commits[new] + (f"..{code.commits[old]}" if old else "")
    for query, flags in HOW:
        before, after = sides(code, new, old, query)
        command = ["diff", "--no-color", *(["-M"] if "--no-renames" not in flags else [])]
        options = flags[: flags.index("--")] if "--" in flags else flags
        paths = flags[flags.index("--") :] if "--" in flags else ()
        said = raw(code, *command, *options, before, after, *paths)
        if "binary=false" in query:
            said = without_binary(said)

        answer = await api.get(f"{CODE}/diff/{spec}?{query}", auth=auth)

        assert answer.status == 200
        assert answer.body == said, query

        if "context" in query or "binary" in query:
            continue
        told = await everything(api, auth, f"{CODE}/diffstat/{spec}?{query}&pagelen=4")
        assert [summary(entry) for entry in told] == counted(code, command[2:], options, before, after, paths)


def without_binary(text):
    sections = re.split(rb"(?m)^(?=diff --git )", text)
    return b"".join(one for one in sections if not re.search(rb"(?m)^Binary files ", one))


def summary(entry):
    old, new = entry["old"], entry["new"]
    return (
        entry["status"], old and old["path"], new and new["path"], entry["lines_added"], entry["lines_removed"],
    )  # fmt: skip


def counted(code, flags, options, before, after, paths):
    """The same of two of git's own listings."""
    words = {"A": "added", "D": "removed", "R": "renamed", "C": "renamed", "M": "modified", "T": "modified"}
    names = raw(code, "diff", "--name-status", "-z", *flags, *options, before, after, *paths).split(b"\0")[
        :-1
    ]
    numbers = raw(code, "diff", "--numstat", "-z", *flags, *options, before, after, *paths).split(b"\0")[:-1]
    lines = {}
    while numbers:
        added, removed, path = numbers.pop(0).split(b"\t", 2)
        if not path:
            del numbers[0]
            path = numbers.pop(0)
        lines[path] = tuple(0 if number == b"-" else int(number) for number in (added, removed))
    found = []
    while names:
        letter = chr(names.pop(0)[0])
        first = names.pop(0)
        last = names.pop(0) if letter in "RC" else first
        if last not in lines:
            continue  # all that differs is white space
        old, new = None if letter == "A" else shown(first), None if letter == "D" else shown(last)
        found.append((words[letter], old, new, *lines[last]))
    return found


@pytest.mark.parametrize(("new", "old"), PAIRS)
async def test_every_patch(api, auth, code, new, old):
    spec = code.commits[new] + (f"..{code.commits[old]}" if old else "")
    wanted = [f"{code.commits[old]}..{code.commits[new]}"] if old else ["-1", code.commits[new]]

    answer = await api.get(f"{CODE}/patch/{spec}", auth=auth)

    assert answer.status == 200
    assert answer.body == raw(
        code, "format-patch", "--stdout", "--no-signature", "--full-index", "--binary", *wanted
    )


async def test_every_merge_base(api, auth, code):
    several = 0
    names = [
        "main",
        "merged",
        "octopus",
        "side",
        "crossed one",
        "crossed other",
        "alone",
        "root",
        "first arm",
    ]
    for new, old in combinations([code.commits[name] for name in names], 2):
        said = code.git("merge-base", new, old, check=False)
        best = code.git("merge-base", "--all", new, old, check=False).split()
        several += len(best) > 1
        answer = await api.get(f"{CODE}/merge-base/{new}..{old}", auth=auth)
        if not said:
            assert answer.status == 404
            continue
        assert answer.json()["hash"] == said
        assert answer.json()["hash"] in best
    assert several


async def test_every_ref_in_order_with_its_target(api, auth, code):
    said = [
        line.split(b"\0")
        for line in raw(
            code, "for-each-ref", "--format=%(refname)%00%(objectname)%00%(*objectname)", "refs/heads", "refs/tags"
        ).split(b"\n")[:-1]
    ]  # fmt: skip
    found = await everything(api, auth, f"{CODE}/refs?pagelen=4")

    assert [(one["type"], one["name"]) for one in found] == [
        ("branch" if name.startswith(b"refs/heads/") else "tag", shown(name.split(b"/", 2)[2]))
        for name, _, _ in said
    ]
    for one, (name, object_, _peeled) in zip(found, said, strict=True):
        peeled = code.git("rev-parse", f"{object_.decode()}^{{}}")
        assert one["target"]["hash"] == peeled, name
        if one["type"] == "branch":
            continue
        if code.git("cat-file", "-t", object_.decode()) != "tag":
            assert (one["message"], one["tagger"], one["date"]) == (None, None, None)
            continue
        headers, message = headers_of(code, object_.decode())
        assert one["message"] == text_of(headers, message)
        if "tagger" not in headers:
            assert (one["tagger"], one["date"]) == (None, None)
            continue
        who, seconds, _ = PERSON.fullmatch(headers["tagger"][0]).groups()
        assert one["tagger"]["raw"] == text_of(headers, who).strip()
        assert one["date"] == datetime.fromtimestamp(int(seconds), UTC).isoformat()


async def test_every_ref_by_its_own_address(api, auth, code):
    for one in await everything(api, auth, f"{CODE}/refs?pagelen=100"):
        answer = await api.follow(one["links"]["self"]["href"], auth=auth)
        assert answer.json() == one
        # A revision that begins so would be an option.
        if "commit" in one["target"]["type"] and not one["name"].startswith("-"):
            history = await api.follow(one["links"]["commits"]["href"], auth=auth)
            # A branch comes before a tag of the same name.
            expected = code.git("rev-parse", f"refs/heads/{one['name']}", check=False).split("\n")[0]
            assert history.json()["values"][0]["hash"] in {expected, one["target"]["hash"]}
    assert len(BRANCHES) > 10


async def test_every_history_of_a_file(api, auth, code):
    for tip in [code.commits[name] for name in ("main", "octopus", "crossed one")]:
        names = raw(code, "ls-tree", "-r", "-z", "--name-only", "--full-tree", tip).split(b"\0")[:-1]
        for path in names:
            literal = ":(literal)" + path.decode("utf-8", "surrogateescape")
            said = code.git("log", "--follow", "--format=%H", tip, "--", literal).split()
            found = await everything(api, auth, f"{CODE}/filehistory/{tip}/{escaped(path)}?pagelen=2")
            assert [one["commit"]["hash"] for one in found] == said, path
            for one in found:
                blob = f"{one['commit']['hash']}:{one['path']}"
                if "\ufffd" not in one["path"] and "subrepository" not in one["attributes"]:
                    size = code.git("cat-file", "-s", blob, check=False)
                    assert not size or one["size"] == int(size)
    assert len(PATHS) > 15
