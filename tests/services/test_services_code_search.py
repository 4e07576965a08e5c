"""Code search finds what looking through everything would find, as of the last push, and nothing that may not be seen."""

import asyncio
import random
from functools import cache

import pytest
from support.files import commit_files
from support.repositories import Repository

from bitpail.model.access import Actor, Need
from bitpail.model.scopes import Scope
from bitpail.services import access, code_search, repositories, search_indexing, search_marks
from bitpail.store import search_index

pytestmark = pytest.mark.anyio

WORDS = [
    *("foo", "Bar", "fooBar", "bazaar", "Straße", "STRASSE", "Σίσυφος", "ΣΊΣΥΦΟΣ", "İstanbul", "istanbul"),
    *("日本語", "日本", "naïve", "NAÏVE", "😀smile", "x.y()", '"quoted"', "a", "of", "-dash", "back\\slash"),
]
NAMES = [
    "main.py",
    "Main.java",
    "README.md",
    "straße.txt",
    "foo.js",
    "data.JSON",
    "Makefile",
    "x.tar.gz",
    "日本.py",
]
FOLDERS = ["", "src/", "SRC/", "src/main/", "tests/", "docs/ä/"]
NEED = Need((frozenset({Scope.REPOSITORY}),), signed_in=True)


@cache
def fold(text):
    """Letter by letter, written down once more."""

    def one(letter):
        return next((c for c in (letter.casefold(), letter.lower()) if len(c) == 1), letter)

    return "".join(map(one, text))


class Oracle:
    """Looks through everything, file by file."""

    def __init__(self):
        self.repositories = {}

    def found(self, query):
        return [
            (slug, path)
            for slug, files in sorted(self.repositories.items())
            for path, content in sorted(files.items())
            if self._holds(query, slug, path, content)
        ]

    def _holds(self, query, slug, path, content):
        kind, *rest = query
        if kind == "term":
            return fold(rest[0]) in fold(path) or fold(rest[0]) in fold(content or "")
        if kind == "ext":
            return fold(path.rsplit("/")[-1]).endswith(f".{fold(rest[0])}")
        if kind == "path":
            wanted, parts = fold(rest[0]).split("/"), fold(path).split("/")
            return any(parts[at : at + len(wanted)] == wanted for at in range(len(parts)))
        if kind == "repo":
            return rest[0] == slug
        each = [self._holds(one, slug, path, content) for one in rest]
        return {"and": all, "or": any, "not": lambda found: not found[0]}[kind](each)


def a_query(chance, depth=2):
    """A query as a tree. Every one holds a term of three letters."""
    kind = chance.choice(["term", "term", "and", "or", "narrowed", "without"]) if depth else "term"
    if kind == "term":
        word = chance.choice([word for word in WORDS if len(word) > 2])
        if chance.random() < 0.3:
            word = f"{word} {chance.choice(WORDS)}"
        elif chance.random() < 0.5 and len(word) > 4:
            word = word[1:-1]
        return ("term", chance.choice([word, word.upper(), word.lower()]))
    if kind == "narrowed":
        return ("and", a_query(chance, depth - 1), a_modifier(chance))
    if kind == "without":
        other = ("term", chance.choice(WORDS)) if chance.random() < 0.5 else a_modifier(chance)
        return ("and", a_query(chance, depth - 1), ("not", other))
    return (kind, a_query(chance, depth - 1), a_query(chance, depth - 1))


def a_modifier(chance):
    return chance.choice([
        ("ext", chance.choice(["py", "java", "json", "md", "gz"])),
        ("path", chance.choice(["src", "src/main", "docs", "main.py"])),
        ("repo", chance.choice(["r0", "r1", "r2"])),
    ])  # fmt: skip


def written(query):
    """The same as a client writes it."""
    kind, *rest = query
    if kind == "term":
        escaped = rest[0].replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    if kind in {"ext", "path", "repo"}:
        return f"{kind}:{rest[0]}"
    if kind == "not":
        return f"NOT ({written(rest[0])})"
    return "(" + f" {kind.upper()} ".join(written(one) for one in rest) + ")"


def some_files(chance):
    found = {}
    for _ in range(chance.randrange(1, 12)):
        path = chance.choice(FOLDERS) + chance.choice(NAMES)
        lines = [
            " ".join(chance.choices(WORDS, k=chance.randrange(1, 6))) for _ in range(chance.randrange(1, 8))
        ]
        found[path] = "\n".join(lines)
    # Long enough to be indexed in several parts.
    if chance.random() < 0.3:
        found["long.txt"] = "filler, " * chance.randrange(1900, 4000) + chance.choice(WORDS) + " end " * 1000
    return found


@pytest.fixture
async def place(server, ada):
    """Ada's access to her workspace."""
    return await access.to_workspace(
        server.site, Actor(ada, scopes=frozenset({Scope.REPOSITORY})), NEED, "ada"
    )


async def found(server, place, text, number=1000):
    answer = await code_search.find(server.site, place, text, 0, number)
    located = await code_search.located(server.site, place, answer.files)
    assert answer.size == len(answer.files)
    return sorted((located[one.repository_id].repository.slug, one.path) for one in answer.files)


@pytest.mark.parametrize("seed", range(8))
async def test_what_is_found_is_what_looking_through_everything_finds(server, place, tmp_path, seed):
    chance, oracle = random.Random(seed), Oracle()
    gits = {f"r{number}": Repository(tmp_path / f"{number}.git") for number in range(3)}
    for slug, git in gits.items():
        oracle.repositories[slug] = some_files(chance)
        commit_files(git, oracle.repositories[slug])
        await server.adopted("ada", slug, git)
    for _ in range(3):
        await search_indexing.run_due(server.site)
        for _ in range(40):
            query = a_query(chance)
            assert await found(server, place, written(query)) == sorted(oracle.found(query)), written(query)
        # Another state: files changed, renamed, gone and new.
        slug = chance.choice(list(gits))
        files = dict(oracle.repositories[slug])
        for path in chance.sample(list(files), k=len(files) // 2):
            content = files.pop(path)
            if chance.random() < 0.5:
                files[f"moved/{path}"] = content
        files |= some_files(chance) if chance.random() < 0.7 else {}
        oracle.repositories[slug] = files
        commit_files(gits[slug], files)
        await search_indexing.sweep(server.site)


def at_all(server, place):
    """Everything that the index of the workspace holds, as SQLite counts it."""
    with search_index.opened(search_indexing.index_path(server.site, place.workspace.id)) as index:
        count = "SELECT (SELECT count(*) FROM files), (SELECT count(*) FROM texts), (SELECT count(*) FROM repositories)"
        return index._db.execute(count).fetchone()


async def test_contents_that_several_files_have_are_kept_once_and_until_the_last_is_gone(
    server, place, tmp_path
):
    one, two = Repository(tmp_path / "one.git"), Repository(tmp_path / "two.git")
    commit_files(one, {"a": "same content", "b": "same content"})
    commit_files(two, {"c": "same content"})
    await server.adopted("ada", "one", one)
    second = await server.adopted("ada", "two", two)
    await search_indexing.run_due(server.site)
    assert at_all(server, place) == (3, 1, 2)

    commit_files(one, {"renamed": "same content"})
    await search_indexing.sweep(server.site)
    await search_indexing.run_due(server.site)
    assert await found(server, place, '"same content"') == [("one", "renamed"), ("two", "c")]
    assert at_all(server, place) == (2, 1, 2)

    await repositories.delete(server.site, second)
    assert await found(server, place, '"same content"') == [("one", "renamed")]
    await search_indexing.run_due(server.site)
    assert at_all(server, place) == (1, 1, 1)
    commit_files(one, {"other": "something else"})
    await search_indexing.sweep(server.site)
    await search_indexing.run_due(server.site)
    assert await found(server, place, '"same content"') == []
    assert at_all(server, place) == (1, 1, 1)


async def test_a_history_that_was_written_anew_is_read_from_the_start(server, place, git):
    commit_files(git, {"a": "old words"})
    await server.adopted("ada", "code", git)
    await search_indexing.run_due(server.site)
    git.git("update-ref", "-d", "refs/heads/main")
    commit_files(git, {"b": "new words"})
    git.git("reflog", "expire", "--expire=now", "--all")
    git.git("gc", "--quiet", "--prune=now")

    await search_indexing.sweep(server.site)
    await search_indexing.run_due(server.site)

    assert await found(server, place, "words") == [("code", "b")]
    assert await found(server, place, "old") == []
    assert at_all(server, place) == (1, 1, 1)


async def test_another_main_branch_and_one_that_is_gone(server, place, git):
    commit_files(git, {"a": "words of main"})
    commit_files(git, {"b": "words of other"}, "other")
    await server.adopted("ada", "code", git)
    await search_indexing.run_due(server.site)
    assert await found(server, place, "words") == [("code", "a")]

    git.git("symbolic-ref", "HEAD", "refs/heads/other")
    await search_indexing.sweep(server.site)
    await search_indexing.run_due(server.site)
    assert await found(server, place, "words") == [("code", "b")]
    git.git("symbolic-ref", "HEAD", "refs/heads/nothing")
    await search_indexing.sweep(server.site)
    await search_indexing.run_due(server.site)

    assert await found(server, place, "words") == []


async def test_what_is_no_text_is_found_by_its_path_only(server, place, git):
    limit = server.site.settings.search_file_limit
    commit_files(git, {
        "picture.png": b"needle\0", "large.txt": "needle " * limit, "latin.txt": "needle \xe9".encode("latin-1"),
        b"\xff\xfename": "needle", "late.bin": b"needle" + b"x" * 9000 + b"\0",
    })  # fmt: skip
    git.git("symbolic-ref", "HEAD", "refs/heads/main")
    await server.adopted("ada", "code", git)
    await search_indexing.run_due(server.site)

    assert await found(server, place, "needle") == [("code", "latin.txt"), ("code", "\udcff\udcfename")]
    assert await found(server, place, "picture") == [("code", "picture.png")]
    assert await found(server, place, "large.txt") == [("code", "large.txt")]


async def test_links_and_submodules_are_no_files(server, place, git):
    blob = git.git("hash-object", "-w", "--stdin", stdin=b"needle")
    commit = git.commit("inner", "inner")
    lines = f"120000 blob {blob}\tneedle-link\n160000 commit {commit}\tneedle-module\n100755 blob {blob}\trun.sh\n"
    tree = git.git("mktree", stdin=lines.encode())
    git.git("update-ref", "refs/heads/main", git.git("commit-tree", tree, "-m", "x"))
    await server.adopted("ada", "code", git)
    await search_indexing.run_due(server.site)

    assert await found(server, place, "needle") == [("code", "run.sh")]


async def test_only_so_many_are_found_and_the_same_on_every_page(server, place, git, monkeypatch):
    commit_files(git, {f"f{number:03}": "word" for number in range(30)})
    await server.adopted("ada", "code", git)
    await search_indexing.run_due(server.site)
    monkeypatch.setattr(code_search, "MOST", 20)

    pages = [await code_search.find(server.site, place, "word", offset, 8) for offset in (0, 8, 16, 24)]

    assert [len(page.files) for page in pages] == [8, 8, 4, 0]
    assert {page.size for page in pages} == {20}
    assert [one.path for page in pages for one in page.files] == [f"f{number:03}" for number in range(20)]


async def test_a_search_that_takes_too_long_is_refused(server, place, git, monkeypatch):
    commit_files(git, {f"f{number:03}": "word" for number in range(30)})
    await server.adopted("ada", "code", git)
    await search_indexing.run_due(server.site)
    monkeypatch.setattr(code_search, "SECONDS", -1.0)

    with pytest.raises(search_index.TooBroad, match="narrow it"):
        await code_search.find(server.site, place, "word", 0, 10)


async def test_an_index_that_is_damaged_or_of_another_form_is_made_anew(server, place, git):
    commit_files(git, {"a": "words"})
    repository = await server.adopted("ada", "code", git)
    await search_indexing.run_due(server.site)
    path = search_indexing.index_path(server.site, place.workspace.id)

    for damage in (b"no database", b"", None):
        if damage is None:
            with search_index.written(path) as index:
                index._db.execute("UPDATE form SET form = 'old'")
        else:
            search_index.delete(path)
            path.write_bytes(damage)
        await search_indexing.sweep(server.site)
        await search_indexing.run_due(server.site)
        assert await found(server, place, "words") == [("code", "a")], damage
    search_index.delete(path)
    assert await found(server, place, "words") == []
    search_marks.note(server.site, place.workspace.id, repository.id)
    await search_indexing.run_due(server.site)
    assert await found(server, place, "words") == [("code", "a")]


async def test_a_mark_stays_until_its_repository_was_read(server, place, git, monkeypatch):
    commit_files(git, {"a": "words"})
    await server.adopted("ada", "code", git)
    for marked in (search_marks.take(server.site), search_marks.take(server.site)):
        assert len(marked) == 1

    await search_indexing.run_due(server.site)

    assert search_marks.take(server.site) == []
    assert await found(server, place, "words") == [("code", "a")]


async def test_one_worker_writes_at_a_time(server, place, git):
    commit_files(git, {"a": "words"})
    await server.adopted("ada", "code", git)

    with search_indexing._turn(server.site) as is_ours:
        assert is_ours
        await search_indexing.run_due(server.site)
        assert await found(server, place, "words") == []
    await search_indexing.run_due(server.site)

    assert await found(server, place, "words") == [("code", "a")]


async def test_a_workspace_that_is_gone_leaves_no_index(server, place, tmp_path):
    stray = search_marks.place(server.site) / "00000000-0000-0000-0000-000000000000.sqlite3"
    stray.parent.mkdir(parents=True, exist_ok=True)
    with search_index.written(stray):
        pass

    await search_indexing.sweep(server.site)

    assert not stray.exists()


async def test_an_index_that_was_being_opened_when_the_server_ended_is_closed_where_it_was_opened(tmp_path):
    writing = search_indexing._Writing(tmp_path / "index.sqlite3")
    task = asyncio.create_task(writing.__aenter__())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.to_thread(writing._thread.shutdown)

    assert writing._opening.gen.gi_frame is None  # it went through to its end
