"""``bitpail repo fork``, ``watch`` and ``unwatch``."""

import json

import pytest
from support.clients import is_intact
from support.repositories import Repository


@pytest.fixture
def code(bitpail, tmp_path):
    source = Repository(tmp_path / "source.git")
    source.commit("first")
    bitpail.well("repo", "import", str(source.path), "ada/code")
    return source


def _directory(bitpail, full_name):
    (found,) = [one for one in bitpail.json("repo", "list") if one["full_name"] == full_name]
    id_ = found["uuid"].strip("{}")
    return bitpail.data / "repositories" / id_[:2] / f"{id_}.git"


def test_a_fork_is_made_named_and_whole_when_its_source_is_deleted(bitpail, code):
    said = bitpail.well("repo", "fork", "ada/code", "ada/fork")
    public = bitpail.json("repo", "fork", "ada/fork", "ada/public", "--public")
    bitpail.well("repo", "delete", "ada/code", "--yes")
    bitpail.well("repo", "delete", "ada/fork", "--yes")

    assert said == "forked ada/code to private repository ada/fork\n"
    assert (public["full_name"], public["is_private"]) == ("ada/public", False)
    assert is_intact(_directory(bitpail, "ada/public"))
    bitpail.well("repo", "maintain", "--all", "--full")
    assert is_intact(_directory(bitpail, "ada/public"))
    bitpail.well("repo", "delete", "ada/public", "--yes")
    assert list((bitpail.data / "repositories").glob("*/*")) == []


def test_what_forks_share_is_put_in_order_with_the_rest(bitpail, code):
    bitpail.well("repo", "fork", "ada/code", "ada/fork")

    told = bitpail.json("repo", "maintain", "--all", "--full")

    assert [(one["of"], one["outcome"]) for one in told if one["of"] == "pool"] == [("pool", "done")]
    assert is_intact(_directory(bitpail, "ada/fork"))


@pytest.mark.parametrize(
    ("source", "target", "reason"),
    [
        ("ada/none", "ada/fork", "no repository ada/none"),
        ("ada/code", "ada/code", "a repository with the slug 'code' exists already in this workspace"),
        ("ada/code", "none/fork", "no workspace 'none'"),
        ("ada/code", "fork", "name a repository as WORKSPACE/REPOSITORY, not 'fork'"),
    ],
)
def test_what_cannot_be_forked(bitpail, code, source, target, reason):
    done = bitpail("repo", "fork", source, target)

    assert (done.status, done.out) == (1, "")
    assert reason in done.err
    assert not list((bitpail.data / "repositories").glob("*/*.pool.git"))


def test_who_watches_can_be_said_here(bitpail, code):
    bitpail.well(
        "user", "create", "grace", "--email", "grace@example.org", "--password-stdin", given="long enough\n"
    )

    assert bitpail.well("repo", "watch", "ada/code", "ada") == "ada watches ada/code\n"
    assert bitpail.well("repo", "watch", "ada/code", "ada") == "ada watches ada/code\n"
    assert bitpail.well("repo", "unwatch", "ada/code", "ada") == "ada does not watch ada/code\n"
    refused = bitpail("repo", "watch", "ada/code", "grace")
    assert (refused.status, "grace sees no repository ada/code" in refused.err) == (1, True)


def test_the_doctor_misses_what_forks_share(bitpail, code):
    bitpail.well("repo", "fork", "ada/code", "ada/fork")
    assert all(one["well"] for one in bitpail.json("doctor") if one["what"].startswith("repository"))
    (pool,) = (bitpail.data / "repositories").glob("*/*.pool.git")
    pool.rename(pool.with_suffix(".away"))

    done = bitpail("doctor", "--json")

    ill = [one["what"] for one in json.loads(done.out) if not one["well"]]
    assert (done.status, "repository ada/fork" in ill, "repository ada/code" in ill) == (1, True, False)
