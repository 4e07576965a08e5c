"""Directories are what git says they are."""

import pytest
from support.repositories import Repository

from bitpail.git.directories import GitDirectory
from bitpail.git.tree_objects import Tree
from bitpail.model.trees import Entry

pytestmark = pytest.mark.anyio


@pytest.fixture
def repository(tmp_path):
    return Repository(tmp_path / "r.git")


def written(*entries):
    return b"".join(b"%b %b\0%b" % (mode, name, hash_) for mode, name, hash_ in entries)


async def test_entries_are_those_of_ls_tree(repository, objects):
    blob = repository.git("hash-object", "-w", "--stdin", stdin=b"x")
    names = [b"a", b"a b", b"a.b", b"odd\xff", "ü".encode(), b"line\nbreak", b"z" * 250]
    lines = b"".join(b"100644 blob %b\t%b\0" % (blob.encode(), name) for name in names)
    inner = repository.git("mktree", "-z", stdin=lines)
    outer = repository.git("mktree", "-z", stdin=lines + b"040000 tree %b\tdir\0" % inner.encode())

    tree = await objects.tree(GitDirectory(repository.path), outer)

    said = repository.raw("ls-tree", "-z", outer).rstrip(b"\0").split(b"\0")
    expected = []
    for line in said:
        described, _, name = line.partition(b"\t")
        mode, _, hash_ = described.decode().split(" ")
        expected.append(Entry(name.decode("utf-8", "surrogateescape"), mode, hash_))
    assert tree.entries() == expected
    assert [tree.find(entry.path) for entry in expected] == expected
    assert tree.entries("top/", 2, 3) == [
        Entry(f"top/{one.path}", one.mode, one.hash) for one in expected[2:5]
    ]
    assert len(tree) == 8
    assert tree.entries(first=8, count=10) == []
    assert tree.find("nowhere") is None


@pytest.mark.parametrize(
    "hash_", [b" secret\0".ljust(20, b"x"), b"100644 secret\0".ljust(20, b"x"), b"x" * 12 + b" secret\0"]
)
def test_bytes_of_a_hash_are_no_name(hash_):
    lies = written((b"100644", b"a", hash_), (b"100644", b"b", b"y" * 20))
    with_it = lies + written((b"100644", b"secret", b"z" * 20))

    assert Tree(lies, 20).find("secret") is None
    assert Tree(with_it, 20).find("secret") == Entry("secret", "100644", (b"z" * 20).hex())


def test_part_of_a_name_is_no_name():
    tree = Tree(written((b"100644", b"the secret", b"y" * 20)), 20)

    assert tree.find("secret") is None
    assert tree.find("the") is None


@pytest.mark.parametrize("cut", range(1, 28))
def test_a_broken_tree_ends_at_its_last_whole_entry(cut):
    first = written((b"40000", b"a", b"x" * 20))

    tree = Tree((first + written((b"100644", b"b", b"y" * 20)))[: -cut or None], 20)

    assert tree.entries() == [Entry("a", "040000", (b"x" * 20).hex())]
    assert Tree(b"nothing of a tree", 20).entries() == []
