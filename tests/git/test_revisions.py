import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpail.errors import Invalid
from bitpail.git.revisions import RepositoryPath, Revision, Source, check_hash


@pytest.mark.parametrize(
    "text", ["main", "feature/x", "refs/heads/ü", "HEAD", "a" * 40, "v1.0", "a-b", "x@y"]
)
def test_names_and_hashes_are_revisions(text):
    assert Revision(text).text == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-x",
        "--all",
        "a..b",
        "a...b",
        "^a",
        "a^",
        "a~1",
        "a:b",
        "@",
        "@{u}",
        "a@{1}",
        "a\x00",
        "a\n",
        "a b",
        "\x7f",
        "/a",
        "a/",
        "a//b",
        ".a",
        "a/.b",
        "a.lock",
        "a.lock/b",
        "a.",
        "a*",
        "a?",
        "a[",
        "a\\b",
        "a" * 1001,
    ],
)
def test_expressions_and_options_are_not(text):
    with pytest.raises(Invalid):
        Revision(text)


@given(st.text())
def test_whatever_is_a_revision_is_one_line_and_no_option(text):
    try:
        revision = Revision(text)
    except Invalid:
        return
    assert revision.text == text
    assert not text.startswith("-")
    assert not {"\0", "\n", " "} & set(text)


@pytest.mark.parametrize(
    ("text", "kept"), [("a", "a"), ("/a/b/", "a/b"), ("-a", "-a"), ("...", "..."), ("a\nb", "a\nb")]
)
def test_paths_lose_their_outer_slashes(text, kept):
    assert RepositoryPath(text).text == kept


@pytest.mark.parametrize("text", ["", "/", "a\0b", ".", "..", "../a", "a/../b", "a//b", "a/.", "a" * 4097])
def test_paths_out_of_the_tree_are_refused(text):
    with pytest.raises(Invalid):
        RepositoryPath(text)


@pytest.mark.parametrize("text", ["", "-u", "ext::sh -c true", "fd::7", "a\nb"])
def test_sources_that_run_commands_are_refused(text):
    with pytest.raises(Invalid):
        Source(text)


@pytest.mark.parametrize("text", ["a" * 39, "A" * 40, "a" * 40 + "\n", "g" * 40, "a" * 63])
def test_hashes_are_whole_and_lower_case(text):
    with pytest.raises(Invalid):
        check_hash(text)
