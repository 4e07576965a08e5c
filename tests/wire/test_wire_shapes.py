"""The exact members, in the recorded order, of each object."""

import msgspec
import pytest
from wire_examples import (
    ADA,
    ADAS_EMAIL,
    ANNOTATION,
    API,
    BRANCH,
    COMMIT,
    HASH,
    LINKS,
    PEOPLE,
    PROJECT,
    REPOSITORY,
    TAG,
    WEB,
    WORKSPACE,
)
from wire_expected import (
    EMBEDDED_PROJECT,
    EMBEDDED_REPOSITORY,
    EMBEDDED_WORKSPACE,
    LISTED_COMMIT,
    OWNER,
    PLACE,
    USER,
)

from bitpail.wire import commits, emails, projects, refs, repositories, users, workspaces
from bitpail.wire.links import Links


def same(made, expected):
    """Equal, and in the same order: the text is compared, as clients get it."""
    assert msgspec.json.format(msgspec.json.encode(made)) == msgspec.json.format(
        msgspec.json.encode(expected)
    )


def test_an_embedded_user_has_the_condensed_members():
    same(users.embedded(LINKS, ADA), USER)


def test_the_public_user_keeps_the_username_and_staff_to_itself():
    made = users.public(LINKS, ADA)

    same(made, {**USER, "created_on": "2017-01-27T14:15:58.600540+00:00", "account_status": "active"})
    assert not {"username", "is_staff", "email"} & set(made)


def test_ones_own_user_has_a_username():
    extra = {
        "username": "ada",
        "created_on": "2017-01-27T14:15:58.600540+00:00",
        "is_staff": False,
        "location": None,
        "account_status": "active",
    }

    same(users.full(LINKS, ADA), {**USER, **extra})


def test_an_inactive_user_is_said_to_be():
    away = msgspec.structs.replace(ADA, is_active=False)

    assert users.public(LINKS, away)["account_status"] == "inactive"
    assert users.full(LINKS, away)["account_status"] == "inactive"


def test_an_email_has_an_address_of_its_own():
    expected = {
        "type": "email",
        "email": "ada+git@example.org",
        "is_primary": True,
        "is_confirmed": False,
        "links": {"self": {"href": f"{API}/user/emails/ada%2Bgit@example.org"}},
    }

    same(emails.email(LINKS, ADAS_EMAIL), expected)


def test_workspaces_whole_and_embedded():
    whole = {
        "type": "workspace",
        "uuid": "{c5716604-73d9-4ad4-a3dd-a75485652c57}",
        "name": "Acme",
        "slug": "acme",
        "is_private": False,
        "is_privacy_enforced": False,
        "forking_mode": "allow_forks",
        "is_personal": False,
        "created_on": "2017-01-27T14:15:58.600540+00:00",
        "links": {
            "avatar": {"href": f"{WEB}/workspaces/acme/avatar/?ts=1537545238"},
            "hooks": {"href": f"{API}/workspaces/acme/hooks"},
            "html": {"href": f"{WEB}/acme/"},
            "html_overview": {"href": f"{WEB}/acme/workspace/overview/"},
            "members": {"href": f"{API}/workspaces/acme/members"},
            "owners": {"href": f"{API}/workspaces/acme/members?q=permission%3D%22owner%22"},
            "projects": {"href": f"{API}/workspaces/acme/projects"},
            "repositories": {"href": f"{API}/repositories/acme"},
            "snippets": {"href": f"{API}/snippets/acme"},
            "self": {"href": f"{API}/workspaces/acme"},
        },
    }

    same(workspaces.full(LINKS, WORKSPACE), whole)
    same(workspaces.embedded(LINKS, WORKSPACE), EMBEDDED_WORKSPACE)


def test_projects_whole_and_embedded():
    whole = {
        "type": "project",
        "key": "LIB",
        "uuid": "{645d71c9-e01c-40ab-976c-3992b9b695a4}",
        "name": "Libraries",
        "description": "What others use",
        "is_private": True,
        "owner": OWNER,
        "workspace": EMBEDDED_WORKSPACE,
        "created_on": "2017-01-27T14:15:58.600540+00:00",
        "updated_on": "2018-09-21T15:53:58.794718+00:00",
        "links": EMBEDDED_PROJECT["links"],
    }

    same(projects.full(LINKS, WORKSPACE, PROJECT), whole)
    same(projects.embedded(LINKS, WORKSPACE, PROJECT), EMBEDDED_PROJECT)


def test_a_repository_has_all_members_in_the_recorded_order():
    expected = {
        "type": "repository",
        "full_name": "acme/test-repos",
        "links": {
            **EMBEDDED_REPOSITORY["links"],
            **{
                name: {"href": f"{PLACE}/{name}"} for name in ("pullrequests", "commits", "forks", "watchers")
            },
            "branches": {"href": f"{PLACE}/refs/branches"},
            "tags": {"href": f"{PLACE}/refs/tags"},
            "downloads": {"href": f"{PLACE}/downloads"},
            "source": {"href": f"{PLACE}/src"},
            "clone": [
                {"href": "https://ada@git.example.org/acme/test-repos.git", "name": "https"},
                {"href": "git@git.example.org:acme/test-repos.git", "name": "ssh"},
            ],
            "hooks": {"href": f"{PLACE}/hooks"},
        },
        "name": "Test repos",
        "slug": "test-repos",
        "description": "",
        "scm": "git",
        "website": "",
        "owner": OWNER,
        "workspace": EMBEDDED_WORKSPACE,
        "is_private": True,
        "project": EMBEDDED_PROJECT,
        "fork_policy": "no_public_forks",
        "created_on": "2017-01-27T14:15:58.600540+00:00",
        "updated_on": "2018-09-21T15:53:58.794718+00:00",
        "size": 84351,
        "language": "java",
        "uuid": "{3deb8c29-778a-450c-8f69-3e50a18079df}",
        "mainbranch": {"name": "main", "type": "branch"},
        "override_settings": {"default_merge_strategy": False, "branching_model": False},
        "parent": None,
        "enforced_signed_commits": None,
        "has_issues": False,
        "has_wiki": True,
    }

    same(repositories.full(LINKS, WORKSPACE, PROJECT, REPOSITORY, main_branch="main"), expected)


def test_an_embedded_repository_has_the_condensed_members():
    same(repositories.embedded(LINKS, WORKSPACE, REPOSITORY), EMBEDDED_REPOSITORY)


def test_an_empty_repository_has_no_main_branch():
    assert repositories.full(LINKS, WORKSPACE, PROJECT, REPOSITORY, main_branch=None)["mainbranch"] is None


def test_a_repository_with_issues_links_them():
    tracked = msgspec.structs.replace(REPOSITORY, has_issues=True)

    made = repositories.full(LINKS, WORKSPACE, PROJECT, tracked, main_branch=None)

    assert made["links"]["issues"] == {"href": f"{PLACE}/issues"}
    assert list(made["links"])[-1] == "issues"


def test_what_lies_in_a_personal_workspace_is_owned_by_the_person():
    made = repositories.full(LINKS, WORKSPACE, PROJECT, REPOSITORY, main_branch=None, person=ADA)

    same(made["owner"], USER)
    same(projects.full(LINKS, WORKSPACE, PROJECT, ADA)["owner"], USER)


@pytest.mark.parametrize(
    ("web", "username", "expected"),
    [
        ("https://h", None, "https://h/acme/test-repos.git"),
        ("http://127.0.0.1:7990", "ada", "http://ada@127.0.0.1:7990/acme/test-repos.git"),
        ("https://h", "a@b:c/d", "https://a%40b%3Ac%2Fd@h/acme/test-repos.git"),
    ],
)
def test_the_clone_link_holds_the_signed_in_username(web, username, expected):
    links = Links(api=f"{web}/2.0", web=web, ssh="h", username=username)

    assert links.clone(WORKSPACE, REPOSITORY)[0]["href"] == expected


def test_a_listed_commit_has_all_members_in_the_recorded_order():
    same(commits.listed(LINKS, WORKSPACE, REPOSITORY, [COMMIT], PEOPLE), [LISTED_COMMIT])


def test_a_single_commit_tells_its_participants_too():
    same(
        commits.single(LINKS, WORKSPACE, REPOSITORY, COMMIT, PEOPLE, ()),
        {**LISTED_COMMIT, "participants": []},
    )


def test_a_branch_has_all_members_in_the_recorded_order():
    expected = {
        "name": "feature/draft",
        "target": LISTED_COMMIT,
        "links": {
            "self": {"href": f"{PLACE}/refs/branches/feature/draft"},
            "commits": {"href": f"{PLACE}/commits/feature/draft"},
            "html": {"href": f"{WEB}/acme/test-repos/branch/feature/draft"},
        },
        "type": "branch",
        "merge_strategies": [
            "merge_commit",
            "squash",
            "fast_forward",
            "squash_fast_forward",
            "rebase_fast_forward",
            "rebase_merge",
        ],
        "sync_strategies": ["merge_commit", "rebase"],
        "default_merge_strategy": "merge_commit",
    }
    writer = commits.Writer(LINKS, WORKSPACE, REPOSITORY, PEOPLE)

    same(refs.branch(writer, BRANCH, COMMIT), expected)


def test_an_annotated_tag_tells_who_when_and_why():
    writer = commits.Writer(LINKS, WORKSPACE, REPOSITORY, PEOPLE)
    expected = {
        "name": "v1.0",
        "target": LISTED_COMMIT,
        "links": {
            "self": {"href": f"{PLACE}/refs/tags/v1.0"},
            "commits": {"href": f"{PLACE}/commits/v1.0"},
            "html": {"href": f"{WEB}/acme/test-repos/commits/tag/v1.0"},
        },
        "type": "tag",
        "message": "The first\n",
        "date": "2026-04-07T09:12:21+00:00",
        "tagger": {"type": "author", "raw": "Ada Byron <Ada@Example.org>", "user": USER},
    }

    same(refs.tag(writer, TAG, COMMIT, ANNOTATION), expected)


def test_a_lightweight_tag_has_null_for_all_three():
    writer = commits.Writer(LINKS, WORKSPACE, REPOSITORY, PEOPLE)

    made = refs.tag(writer, TAG, COMMIT, None)

    assert [made[name] for name in ("message", "date", "tagger")] == [None, None, None]


def test_a_very_old_annotated_tag_has_a_message_and_no_tagger():
    writer = commits.Writer(LINKS, WORKSPACE, REPOSITORY, PEOPLE)

    made = refs.tag(writer, TAG, COMMIT, msgspec.structs.replace(ANNOTATION, tagger=None))

    assert [made[name] for name in ("message", "date", "tagger")] == ["The first\n", None, None]


def test_a_tag_of_something_that_is_no_commit_says_only_what_it_is_called():
    writer = commits.Writer(LINKS, WORKSPACE, REPOSITORY, PEOPLE)

    assert refs.tag(writer, TAG, None, None)["target"] == {"type": "object", "hash": HASH}
