import pytest


@pytest.fixture
def strategy(bitpail, git):
    git.commit("first")
    bitpail.well("repo", "adopt", str(git.path), "ada/code")

    def told(*arguments):
        done = bitpail.well(*arguments)
        return done.strip().rpartition(": ")[2]

    return told


def test_a_repository_merges_as_its_project_does_unless_it_says_otherwise(bitpail, strategy):
    of_repository, of_project = (
        ("repo", "merge-strategy", "ada/code"),
        ("project", "merge-strategy", "ada/PROJ"),
    )

    assert strategy(*of_repository, "inherit") == "merge_commit"
    assert strategy(*of_project, "squash") == "squash"
    assert strategy(*of_repository, "inherit") == "squash"
    assert strategy(*of_repository, "fast_forward") == "fast_forward"
    assert strategy(*of_project, "rebase_merge") == "rebase_merge"
    assert strategy(*of_repository, "inherit") == "rebase_merge"


@pytest.mark.parametrize(
    ("arguments", "status", "reason"),
    [
        (("repo", "merge-strategy", "ada/nowhere", "squash"), 1, "no repository"),
        (("repo", "merge-strategy", "ada/code", "guess"), 2, "guess"),
        (("project", "merge-strategy", "ada/NONE", "squash"), 1, "NONE"),
        (("project", "merge-strategy", "nobody/PROJ", "squash"), 1, "no workspace"),
        (("project", "merge-strategy", "ada/PROJ", "inherit"), 2, "inherit"),
    ],
)
def test_what_is_refused_says_why(bitpail, strategy, arguments, status, reason):
    done = bitpail(*arguments)

    assert (done.status, reason in done.err) == (status, True), done.err
