"""Branch restrictions as somebody with git meets them; what is refused has changed nothing."""

import msgspec
import pytest
from support.pushed import Restricted
from support.restricted import WHO, cases

from bitpail.model.branch_restrictions import Kind, Restriction, Rule
from bitpail.model.branching_models import BranchType
from bitpail.services import repositories
from bitpail.store import branch_restrictions as store


def test_who_may_do_what_to_which_branch_over_http(bitpail, person, tmp_path):
    restricted = Restricted(bitpail, tmp_path)
    urls = {
        who: bitpail.git_url("acme/notes", who, bitpail.app_password(one, "repository:write"))
        for who, one in restricted.people.items()
    }

    wrong = restricted.wrong(lambda who, refspec: person.git("push", urls[who], refspec, at=restricted.clone))

    assert len(cases()) == 5 * 2 * len(WHO) * 4
    assert wrong == []


class Scene:
    """Ada's repository with main and a clone of it; ``keep`` makes a restriction without exceptions."""

    def __init__(self, server, person):
        self.server, self.person = server, person
        self.ada = server.user("ada")
        server.repository("ada/notes", files={"README.md": "# Notes\n"})
        self.secret = server.app_password(self.ada, "repository:write", "wiki")
        self.url = server.git_url("ada/notes", "ada", self.secret)
        person.well("clone", "--quiet", self.url, "clone")
        self.clone = person.home / "clone"
        self._number = 0

    def keep(self, kind=Kind.PUSH, pattern="", **rule):
        self._number += 1
        number = self._number

        async def work(site):
            repository = (await repositories.named(site, "ada", "notes")).repository
            await store.create(site.db, Restriction(repository.id, number, kind, pattern, Rule(**rule)))

        self.server.do(work)

    def push(self, *what, url=None):
        return self.person.git("push", url or self.url, *what, at=self.clone)


@pytest.fixture
def scene(bitpail, person):
    return Scene(bitpail, person)


def test_a_refusal_says_which_rule_it_was_and_what_to_do(scene):
    scene.keep(pattern="ma*")
    scene.person.commit(scene.clone)

    refused = scene.push("HEAD:main")

    assert (
        'remote: Permission denied to update branch main. Branch restriction 1 lets nobody push to branches like "ma*"'
        in refused.err
    )
    assert "push to another branch, or ask an administrator of the repository." in refused.err
    assert "pre-receive hook declined" in refused.err
    assert scene.push("HEAD:refs/heads/topic").worked


def test_one_branch_that_is_kept_keeps_a_whole_push_back_and_each_is_named(scene):
    scene.keep(pattern="main")
    scene.keep(pattern="release/*")
    scene.person.commit(scene.clone)

    refused = scene.push("HEAD:main", "HEAD:refs/heads/topic", "HEAD:refs/heads/release/1")

    assert not refused.worked
    assert "update branch main. Branch restriction 1" in refused.err
    assert "update branch release/1. Branch restriction 2" in refused.err
    assert "topic" not in scene.person.well("ls-remote", scene.url, at=scene.clone)


def test_tags_and_the_wiki_are_not_branches(scene):
    scene.keep(pattern="*")
    wiki = scene.server.git_url("ada/notes", "ada", scene.secret, wiki=True)

    assert scene.push("HEAD:refs/tags/main").worked
    assert scene.push("HEAD:main", url=wiki).worked
    assert not scene.push("HEAD:refs/heads/new").worked


@pytest.mark.parametrize("branch_type", [BranchType.DEVELOPMENT, BranchType.FEATURE])
def test_the_branching_model_says_what_a_branch_is_without_anybody_having_set_it(scene, branch_type):
    scene.keep(branch_type=branch_type)
    scene.person.commit(scene.clone)

    kept = {
        name for name in ("main", "feature/x", "topic") if not scene.push(f"HEAD:refs/heads/{name}").worked
    }

    assert kept == {"main" if branch_type is BranchType.DEVELOPMENT else "feature/x"}


def test_the_first_push_of_all_is_judged_by_the_branch_that_it_makes_the_main_one(bitpail, person):
    scene = Scene(bitpail, person)
    bitpail.repository("ada/empty")

    async def work(site):
        repository = (await repositories.named(site, "ada", "empty")).repository
        await store.create(
            site.db, Restriction(repository.id, 1, Kind.PUSH, "", Rule(branch_type=BranchType.DEVELOPMENT))
        )

    bitpail.do(work)

    refused = scene.push("HEAD:main", url=bitpail.git_url("ada/empty", "ada", scene.secret))

    assert "Branch restriction 1 lets nobody push to the development branch" in refused.err


@pytest.mark.parametrize("format_of_refs", ["files", "reftable"])
def test_a_branch_can_not_be_moved_by_another_name_for_it(scene, tmp_path, format_of_refs):
    """An adopted repository may have symbolic refs: a push to one moves what it stands for."""
    adopted = tmp_path / "adopted.git"
    person = scene.person
    flags = ["--ref-format=reftable"] if format_of_refs == "reftable" else []
    if not person.git("clone", "--quiet", "--bare", *flags, str(scene.clone), str(adopted)).worked and flags:
        pytest.skip("this git is older than reftable")
    for name, target in [("alias", "main"), ("second", "alias")]:
        person.well("symbolic-ref", f"refs/heads/{name}", f"refs/heads/{target}", at=adopted)
    scene.server.adopt(adopted, "ada/adopted")

    async def work(site):
        repository = (await repositories.named(site, "ada", "adopted")).repository
        await store.create(site.db, Restriction(repository.id, 1, Kind.PUSH, "main", Rule()))
        await store.create(
            site.db, Restriction(repository.id, 2, Kind.PUSH, "", Rule(branch_type=BranchType.PRODUCTION))
        )

    scene.server.do(work)
    head = person.head(scene.clone)
    person.commit(scene.clone)
    url = scene.server.git_url("ada/adopted", "ada", scene.secret)

    refused = [scene.push(f"HEAD:refs/heads/{name}", url=url) for name in ("alias", "second", "main")]

    for done in refused:
        assert "remote: Permission denied to update branch main." in done.err, done.err
    assert person.well("rev-parse", "main", at=adopted) == head
    assert scene.push("HEAD:refs/heads/topic", url=url).worked


def test_limits_of_the_app_password_and_restrictions_are_told_together(scene):
    scene.keep(pattern="main")
    limited = scene.server.app_password(scene.ada, "repository:write", label="bot", branches=("bot/*",))

    scene.person.commit(scene.clone)
    refused = scene.push("HEAD:main", url=scene.server.git_url("ada/notes", "ada", limited))

    assert "limited to pushes to refs/heads/bot/*" in refused.err
    assert "Branch restriction 1" in refused.err


def test_a_force_push_is_told_from_one_that_only_says_force(scene):
    scene.keep(Kind.FORCE, pattern="main")
    scene.person.commit(scene.clone)

    assert scene.push("--force", "HEAD:main").worked
    rewritten = scene.push("--force", "HEAD~1:main")
    assert "Permission denied to rewrite branch main." in rewritten.err
    assert scene.push("--force", "HEAD~1:refs/heads/topic").worked


def test_an_administrator_keeps_a_branch_for_some_and_then_for_themself_with_curl_and_git(scene):
    secret = scene.server.app_password(scene.ada, "repository:admin", "repository", label="settings")
    place = f"{scene.server.api}/repositories/ada/notes"

    def asks(method, path, **body):
        json = ("--header", "Content-Type: application/json", "--data", msgspec.json.encode(body).decode())
        return scene.person.api(
            f"{place}/{path}", "--request", method, "--user", f"ada:{secret}", *(json if body else ())
        )

    made, rule = asks("POST", "branch-restrictions", kind="push", branch_match_kind="glob", pattern="main")
    scene.person.commit(scene.clone)
    kept = scene.push("HEAD:main")
    changed, listed = asks("PUT", f"branch-restrictions/{rule['id']}", users=[{"uuid": scene.ada.uuid}])
    pushed = scene.push("HEAD:main")
    asks("PUT", "branching-model/settings", production={"enabled": True, "use_mainbranch": True})
    asks(
        "POST",
        "branch-restrictions",
        kind="force",
        branch_match_kind="branching_model",
        branch_type="production",
        pattern="",
    )
    rewritten = scene.push("--force", "HEAD~1:main")
    gone = [asks("DELETE", f"branch-restrictions/{number}")[0] for number in (1, 2)]

    assert (made, changed) == (201, 200)
    assert "Permission denied to update branch main." in kept.err
    assert [one["display_name"] for one in listed["users"]] == ["ada"]
    assert pushed.worked, pushed.err
    assert "Branch restriction 2 keeps the history of the production branch" in rewritten.err
    assert gone == [204, 204]
    assert scene.push("--force", "HEAD~1:main").worked
