import asyncio
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.processes import becomes, children
from support.repositories import EPOCH, Repository

from bitpail.errors import Invalid, NotFound
from bitpail.git.cat_file import CatFiles
from bitpail.git.commits import parse_commit, parse_metadata, parse_signature, parse_tag
from bitpail.git.directories import GitDirectory
from bitpail.git.revisions import Revision

pytestmark = pytest.mark.anyio


@pytest.fixture
def repository(tmp_path):
    return Repository(tmp_path / "r.git")


async def test_a_commit_as_git_shows_it(repository, objects):
    repository.commit("first\n\nwith ü")
    second = repository.commit("second")

    commit = await objects.commit(GitDirectory(repository.path), second)

    assert commit.hash == second
    assert commit.tree == repository.git("rev-parse", "main^{tree}")
    assert commit.parents == (repository.git("rev-parse", "main~1"),)
    assert commit.message == "second\n"
    assert (commit.author.name, commit.author.email) == ("Ada", "ada@example.com")
    assert (commit.author.raw, commit.author.time, commit.author.offset) == (
        "Ada <ada@example.com>",
        EPOCH,
        0,
    )


async def test_many_commits_keep_their_order(repository, objects):
    repository.import_history(
        [(EPOCH + n, [n - 1] if n else []) for n in range(1500)], [("refs/heads/main", 1499)]
    )
    hashes = repository.git("rev-list", "main").split()

    commits = await objects.commits(GitDirectory(repository.path), hashes)

    assert [commit.hash for commit in commits] == hashes


async def test_what_is_no_commit_is_not_found(repository, objects):
    commit = repository.commit()
    directory = GitDirectory(repository.path)
    blob = repository.git("rev-parse", f"{commit}:file.txt")
    huge = repository.git("hash-object", "-w", "--stdin", stdin=b"x" * 9_000_000)

    for hash_ in (blob, huge, "0" * 40):
        with pytest.raises(NotFound):
            await objects.commit(directory, hash_)
    with pytest.raises(Invalid):
        await objects.commit(directory, f"{commit}\ncontents {blob}")

    assert (await objects.commit(directory, commit)).hash == commit


async def test_tags_are_read_and_peeled(repository, objects):
    commit = repository.commit()
    repository.git("tag", "-m", "one", "v1")
    repository.git("tag", "-m", "two", "v2", "v1")
    outer, inner = repository.git("rev-parse", "v2", "v1").split()
    directory = GitDirectory(repository.path)

    tag = (await objects.tags(directory, [outer]))[outer]

    assert (tag.target, tag.message) == (inner, "two\n")
    assert tag.tagger.name == "Ada"
    assert await objects.peel(directory, [outer, commit, "1" * 40]) == {outer: commit, commit: commit}


async def test_names_resolve_branch_before_tag_before_hash(repository, objects):
    first, second = repository.commit("1"), repository.commit("2")
    third = repository.commit("3")
    directory = GitDirectory(repository.path)
    repository.git("update-ref", "refs/heads/both", first)
    repository.git("tag", "-m", "x", "both", second)
    repository.git("update-ref", f"refs/heads/{third[:8]}", first)

    async def resolve(text):
        return await objects.resolve(directory, Revision(text))

    assert await resolve("both") == first
    assert await resolve("refs/tags/both") == second
    assert await resolve("HEAD") == third
    assert await resolve(third[:8]) == first
    assert await resolve(third[:9]) == third
    assert await resolve(second) == second
    for text in (
        "nothing",
        "f" * 40,
        second[:3],
        repository.git("rev-parse", "main^{tree}"),
        "refs/heads",
        "config",
    ):
        with pytest.raises(NotFound, match="Commit not found"):
            await resolve(text)


async def test_a_hidden_ref_is_no_way_to_a_commit(repository, objects):
    commit = repository.commit()
    repository.git("update-ref", "refs/bitpail/secret", commit)
    repository.git("update-ref", "refs/abcdef", commit)

    for text in ("refs/bitpail/secret", "bitpail/secret", "abcdef"):
        with pytest.raises(NotFound):
            await objects.resolve(GitDirectory(repository.path), Revision(text))


async def test_an_ambiguous_abbreviation_says_so(repository, objects):
    repository.import_history(
        [(EPOCH + n, [n - 1] if n else []) for n in range(2000)], [("refs/heads/main", 1999)]
    )
    seen = {}
    for hash_ in repository.git("rev-list", "main").split():
        if hash_[:4] in seen:
            break
        seen[hash_[:4]] = hash_

    with pytest.raises(Invalid, match="ambiguous"):
        await objects.resolve(GitDirectory(repository.path), Revision(hash_[:4]))


async def test_callers_share_a_process_and_each_gets_its_own_answer(repository, objects):
    hashes = [repository.commit(str(n)) for n in range(20)]
    directory = GitDirectory(repository.path)

    commits = await asyncio.gather(*(objects.commit(directory, hash_) for hash_ in hashes * 5))

    assert [commit.hash for commit in commits] == hashes * 5
    assert len(children()) == 1


async def test_a_caller_that_leaves_in_mid_answer_harms_nobody(repository, objects):
    hashes = [repository.commit(str(n)) for n in range(5)]
    directory = GitDirectory(repository.path)

    for delay in (0, 0.0001, 0.0005, 0.001, 0.002):
        task = asyncio.create_task(objects.commits(directory, hashes * 50))
        other = asyncio.create_task(objects.commit(directory, hashes[1]))
        await asyncio.sleep(delay)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert (await other).hash == hashes[1]


async def test_processes_are_few_and_end_when_idle(tmp_path):
    cat_files = CatFiles(kept=2, idle=0.1)
    directories = []
    for number in range(4):
        repository = Repository(tmp_path / f"{number}.git")
        repository.commit()
        directories.append(GitDirectory(repository.path))

    for directory in directories:
        await cat_files.ask(directory, "info", ["HEAD"])
    assert await becomes(lambda: len(children()) <= 2)
    assert await becomes(lambda: children() == [])
    assert await cat_files.ask(directories[0], "info", ["HEAD"]) != [None]
    await cat_files.close()
    assert children() == []


async def test_a_replaced_repository_is_read_anew(repository, objects, tmp_path):
    repository.commit("old")
    directory = GitDirectory(repository.path)
    await objects.resolve(directory, Revision("main"))
    shutil.rmtree(repository.path)
    with pytest.raises(NotFound):
        await objects.commit(directory, "1" * 40)

    fresh = Repository(repository.path)
    new = fresh.commit("new")

    assert (await objects.commit(directory, new)).message == "new\n"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"Ada L <a@b> 1700000000 +0130", ("Ada L", "a@b", 1700000000, 90)),
        (b"Ada L <a@b> 1700000000 -0830", ("Ada L", "a@b", 1700000000, -510)),
        (b"Ada <a@b 1700000000 +0000", ("Ada", "a@b", 1700000000, 0)),
        (b"Ada 1700000000 +0000", ("Ada", "", 1700000000, 0)),
        (b"Ada <<a@b>> 5 +0000", ("Ada", "a@b", 5, 0)),
        (b"<> 5", ("", "", 5, 0)),
        (b"Ada <a@b> 99999999999999999999 +9999999", ("Ada", "a@b", 0, 0)),
        (b"Ada <a@b> -5 +9900", ("Ada", "a@b", 0, 0)),
        (b"Ada <a@b> when", ("Ada", "a@b", 0, 0)),
        (b"\xff <a@b> 5 +0000", ("\N{REPLACEMENT CHARACTER}", "a@b", 5, 0)),
        (b"", ("", "", 0, 0)),
    ],
)
def test_mangled_signatures_survive(line, expected):
    signature = parse_signature(line)

    assert (signature.name, signature.email, signature.time, signature.offset) == expected


def test_encodings_and_signatures_in_the_header():
    data = (
        b"tree 1\nparent 2\nauthor \xfc <a@b> 1 +0000\ncommitter C <c@d> 2 +0000\nencoding ISO-8859-1\n"
        b"gpgsig -----BEGIN-----\n \n parent 3\n -----END-----\nmergetag object 9\n parent 8\n\n\xfcber\n\nall"
    )

    commit = parse_commit("0", data)

    assert (commit.parents, commit.author.name, commit.message) == (("2",), "ü", "über\n\nall")
    assert parse_metadata(data).date == 2
    for encoding in (b"none-such", b"unicode_escape", b"rot13", b"utf-7"):
        assert "\N{REPLACEMENT CHARACTER}" in parse_commit("0", data.replace(b"ISO-8859-1", encoding)).message


@given(st.binary())
def test_any_bytes_give_a_value_that_can_be_encoded(data):
    commit, tag = parse_commit("0", data), parse_tag("0", data)

    for text in (commit.message, commit.author.raw, tag.message, *commit.parents):
        text.encode()
    assert parse_metadata(data).date >= 0
