"""Clients of Bitbucket's API that others wrote: atlassian-python-api and bitbucket.js, with app passwords.

What they are told is compared with what git says. Each answer to the first is held against the contract too.
"""

import warnings
from urllib.parse import urlsplit

import pytest
from requests import HTTPError
from support.clients import Person, refs
from support.exchanges import Exchange, is_api, judge
from support.other_clients import bitbucket_js
from support.place import Place

from bitpail.testing.server import Person as User

with warnings.catch_warnings():
    # One of what it imports is deprecated by another.
    warnings.simplefilter("ignore")
    from atlassian.bitbucket import Cloud

EVERYTHING = ("account", "repository:write", "repository:admin", "repository:delete", "project:admin")
AUTHOR = "Ada <ada@example.org>"


@pytest.fixture
def code(bitpail, tmp_path):
    """A repository with 13 commits, and an app password that may do everything with it."""
    place = Place(bitpail, Person(tmp_path / "home"), wiki=False)
    for _ in range(12):
        place.colleague_pushes()
    place.secret = bitpail.app_password(User("ada", "", ""), *EVERYTHING)
    return place


def log(place, *arguments):
    """What git has, newest first."""
    return place.person.well("--git-dir", str(place.directory), "log", "--format=%H", *arguments).split()


def judged(answer, *_, **__):
    """A hook of requests: each answer goes through the same judge as those of the tests in this process."""
    parts = urlsplit(answer.request.url)
    body = answer.request.body or b""
    if is_api(parts.path.encode()):
        judge(
            Exchange(
                method=answer.request.method,
                path=parts.path,
                query=parts.query,
                sent_type=answer.request.headers.get("content-type", ""),
                sent=body if isinstance(body, bytes) else body.encode(),
                status=answer.status_code,
                answer_type=answer.headers.get("content-type", ""),
                answer=answer.content,
                host=parts.hostname,
            )
        )


class TestAtlassianPythonApi:
    @staticmethod
    def cloud(place, secret=None):
        url = place.server.url
        made = Cloud(url=url, username="ada", password=secret or place.secret, backoff_and_retry=False)
        made.session.hooks["response"].append(judged)
        return made

    def test_it_reads_a_repository_its_branches_and_its_commits(self, code):
        place = code
        repository = self.cloud(place).workspaces.get("acme").repositories.get("notes")

        assert repository.get_data("full_name") == "acme/notes"
        assert {f"refs/heads/{one.name}": one.hash for one in repository.branches.each()} == refs(
            place.directory
        )
        assert [one.hash for one in repository.commits.each(top="main")] == log(place, "main")
        last = repository.commits.get(place.head)
        assert [one["hash"] for one in last.get_data("parents")] == log(place, "main")[1:2]

    def test_it_makes_changes_and_deletes_a_repository(self, code):
        workspace = self.cloud(code).workspaces.get("acme")
        made = workspace.repositories.create("made-by-it", is_private=True)
        assert (made.slug, made.get_data("is_private")) == ("made-by-it", True)

        made.description = "Changed by the client"
        assert workspace.repositories.get("made-by-it").get_data("description") == "Changed by the client"
        assert {one.slug for one in workspace.repositories.each()} == {"notes", "made-by-it"}

        made.delete()
        with pytest.raises(HTTPError) as gone:
            workspace.repositories.get("made-by-it")
        assert gone.value.response.status_code == 404

    def test_it_makes_branches_and_finds_them_page_by_page(self, code):
        repository = self.cloud(code).repositories.get("acme", "notes")
        for number in range(12):
            made = repository.branches.create(f"many/{number:02}", code.head)
            assert made.hash == code.head

        assert refs(code.directory) == {
            "refs/heads/main": code.head,
            **{f"refs/heads/many/{number:02}": code.head for number in range(12)},
        }
        assert len(list(repository.branches.each())) == 13
        found = repository.branches.each(q='name ~ "many/1"', sort="-name")
        assert [one.name for one in found] == ["many/11", "many/10"]

    def test_it_tells_what_a_build_said(self, code):
        commit = self.cloud(code).repositories.get("acme", "notes").commits.get(code.head)
        commit.add_build("ci-1", "https://ci.example.org/1", "all good", "main", "SUCCESSFUL")

        build = commit.get_build("ci-1")
        assert (build.key, build.successful, build.description) == ("ci-1", True, "all good")
        assert [one["key"] for one in commit.statuses()] == ["ci-1"]

    def test_what_it_may_not_do_it_hears_of(self, code, bitpail):
        reader = bitpail.app_password(User("ada", "", ""), "repository")
        seen = self.cloud(code, reader).repositories.get("acme", "notes")
        assert [one.name for one in seen.branches.each()] == ["main"]

        for refused, status in (
            (lambda: seen.branches.create("no", code.head), 403),
            (seen.delete, 403),
            (lambda: self.cloud(code).repositories.get("acme", "nowhere"), 404),
            (lambda: self.cloud(code, "wrong").workspaces.get("acme"), 401),
        ):
            with pytest.raises(HTTPError) as heard:
                refused()
            assert heard.value.response.status_code == status
        assert list(refs(code.directory)) == ["refs/heads/main"]


def says(place, *calls, secret=None):
    """What came of some calls of bitbucket.js, each a name with its parameters."""
    return bitbucket_js.or_skip().does(
        "call",
        directory=str(place.person.home / "bitbucket.js"),
        api=place.server.api,
        username="ada",
        secret=secret or place.secret,
        calls=[{"what": what, **how} for what, how in calls],
    )["answers"]


NOTES = {"workspace": "acme", "repo_slug": "notes"}
MADE = {"workspace": "acme", "repo_slug": "made"}


class TestBitbucketJs:
    def test_it_reads_who_asks_and_a_repository_with_its_files(self, code):
        user, workspace, repository, root, raw = says(
            code,
            ("users.getAuthedUser", {}),
            ("workspaces.getWorkspace", {"how": {"workspace": "acme"}}),
            ("repositories.get", {"how": NOTES}),
            ("source.read", {"how": {**NOTES, "commit": code.head, "path": "", "pagelen": 100}}),
            ("source.read", {"how": {**NOTES, "commit": code.head, "path": "README.md"}}),
        )

        assert user["data"]["username"] == "ada"
        assert workspace["data"]["slug"] == "acme"
        assert repository["data"]["mainbranch"]["name"] == "main"
        tree = code.person.well("--git-dir", str(code.directory), "ls-tree", "--name-only", "main").split()
        assert sorted(one["path"] for one in root["data"]["values"]) == sorted(tree)
        assert raw["data"] == "# Notes\n"

    def test_it_follows_a_long_history_page_by_page(self, code):
        wanted = {**NOTES, "revision": "main", "pagelen": 5}
        (found,) = says(code, ("commits.listAt", {"how": wanted, "everything": True}))

        hashes = log(code, "main")
        assert [one["hash"] for page in found["pages"] for one in page] == hashes
        assert [len(page) for page in found["pages"]] == [5, 5, 3]

    def test_it_makes_a_repository_a_commit_a_branch_and_a_tag(self, code):
        fields = [
            ["hello.txt", "hello\nworld\n", "hello.txt"],
            ["docs/a b.txt", "space\n", "a b.txt"],
            ["message", "First, over the API"],
            ["branch", "main"],
            ["author", AUTHOR],
        ]
        body = {"scm": "git", "is_private": True, "description": "made by it"}
        made, _, found = says(
            code,
            ("repositories.create", {"how": {**MADE, "_body": body}}),
            # The client stumbles over an empty answer, so that what was done is looked up instead.
            ("source.createFileCommit", {"how": MADE, "fields": fields}),
            ("commits.listAt", {"how": {**MADE, "revision": "main"}}),
        )
        assert (made["data"]["slug"], made["data"]["description"]) == ("made", "made by it")
        (first,) = found["data"]["values"]
        assert (first["message"].strip(), first["author"]["raw"]) == ("First, over the API", AUTHOR)

        target = {"target": {"hash": first["hash"]}}
        branch, tag, tags = says(
            code,
            ("refs.createBranch", {"how": {**MADE, "_body": {"name": "work", **target}}}),
            ("refs.createTag", {"how": {**MADE, "_body": {"name": "v1", **target}}}),
            ("refs.listTags", {"how": MADE}),
        )
        directory = code.server.directory("acme/made")
        assert branch["data"]["target"]["hash"] == refs(directory)["refs/heads/work"] == first["hash"]
        assert tag["data"]["name"] == "v1"
        assert [one["target"]["hash"] for one in tags["data"]["values"]] == [first["hash"]]
        shown = code.person.well("--git-dir", str(directory), "show", "main:docs/a b.txt")
        assert shown == "space"

    def test_it_tells_what_a_build_said(self, code):
        at = {**NOTES, "commit": code.head}
        body = {"key": "k", "state": "INPROGRESS", "url": "https://ci.example.org/"}
        _, changed, listed = says(
            code,
            ("commitstatuses.createBuildStatus", {"how": {**at, "_body": body}}),
            ("commitstatuses.updateBuildStatus", {"how": {**at, "key": "k", "_body": {"state": "FAILED"}}}),
            ("commitstatuses.list", {"how": {**at, "node": code.head}}),
        )

        assert changed["data"]["state"] == "FAILED"
        assert [(one["key"], one["state"]) for one in listed["data"]["values"]] == [("k", "FAILED")]

    def test_what_it_may_not_do_it_hears_of(self, code, bitpail):
        reader = bitpail.app_password(User("ada", "", ""), "repository")
        branch = {"name": "x", "target": {"hash": code.head}}

        read, wrote = says(
            code,
            ("repositories.get", {"how": NOTES}),
            ("refs.createBranch", {"how": {**NOTES, "_body": branch}}),
            secret=reader,
        )
        (unknown,) = says(code, ("repositories.get", {"how": {**NOTES, "repo_slug": "nowhere"}}))
        (wrong,) = says(code, ("users.getAuthedUser", {}), secret="wrong")

        assert [one["status"] for one in (read, wrote, unknown, wrong)] == [200, 403, 404, 401]
        assert list(refs(code.directory)) == ["refs/heads/main"]
