"""``bitpail repo maintain``: named repositories or all, with what it was good for."""

import sys

import pytest
from support.clients import Person, is_intact, on_disk
from support.repositories import Repository


@pytest.fixture
def filled(bitpail, tmp_path):
    source = Repository(tmp_path / "source.git")
    for number in range(20):
        source.commit(f"commit {number}", f"b{number}")
    bitpail.well("repo", "adopt", str(source.path), "ada/adopted")
    bitpail.well("repo", "create", "ada/empty")
    return source


def test_named_ones_or_all_are_put_in_order_and_told(bitpail, filled):
    said = bitpail.well("repo", "maintain", "ada/adopted")
    again = bitpail.well("repo", "maintain", "--all")
    listed = bitpail.json("repo", "maintain", "--all", "--full")

    assert "packs 0 -> 1, loose objects 60 -> 0, loose refs 20 -> 0, " in said
    assert again.splitlines() == [f"{name:50} in order" for name in ("ada/adopted", "ada/empty")]
    assert [(one["full_name"], one["of"], one["outcome"], one["full"]) for one in listed] == [
        ("ada/adopted", "code", "done", True), ("ada/empty", "code", "in order", False),
    ]  # fmt: skip
    assert listed[0]["after"]["packs"] == 1
    assert is_intact(filled.path)


@pytest.mark.parametrize(
    ("arguments", "status", "reason"),
    [
        ((), 2, "name repositories, or say --all"),
        (("ada/empty", "--all"), 2, "name repositories, or say --all"),
        (("ada/none",), 1, "no repository ada/none"),
        (("ada",), 1, "name a repository as WORKSPACE/REPOSITORY, not 'ada'"),
        (("ada/empty", "../../etc/passwd"), 1, "name a repository as"),
        (("--", "-x/y"), 1, "no repository -x/y"),
    ],
)
def test_what_is_not_there_is_refused_before_anything_is_done(bitpail, filled, arguments, status, reason):
    before = on_disk(filled.path)

    done = bitpail("repo", "maintain", *arguments)

    assert (done.status, done.out) == (status, "")
    assert reason in done.err
    assert on_disk(filled.path) == before


def test_a_broken_one_is_told_and_ends_with_a_failure_after_the_others(bitpail, filled, tmp_path):
    other = Repository(tmp_path / "other.git")
    other.commit()
    bitpail.well("repo", "adopt", str(other.path), "ada/z-last")
    tree = filled.git("rev-parse", "b0^{tree}")
    (filled.path / "objects" / tree[:2] / tree[2:]).unlink()

    done = bitpail("repo", "maintain", "--all")

    assert done.status == 1
    assert "FAILED git repack failed" in done.out.splitlines()[0]
    assert "packs 0 -> 1" in done.out.splitlines()[-1]


def test_a_terminal_sees_what_is_being_done(bitpail, filled, tmp_path):
    person = Person(tmp_path / "home")
    person.environment |= bitpail.environment

    session = person.types(f"{sys.executable} -m bitpail repo maintain --all")

    assert session.status == 0
    assert "[1/2] ada/adopted: packing what is new" in session.screen
