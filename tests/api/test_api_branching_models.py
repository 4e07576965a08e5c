"""Branching models of repositories and projects, and what a repository takes from its project."""

import pytest
from support.repositories import EPOCH

from bitpail.model.override_settings import ProjectSettings, RepositorySettings
from bitpail.services import workspaces
from bitpail.store import override_settings as store

pytestmark = pytest.mark.anyio

CODE = "/2.0/repositories/ada/code"
MODEL = f"{CODE}/branching-model"
SETTINGS = f"{MODEL}/settings"
EFFECTIVE = f"{CODE}/effective-branching-model"
OVERRIDES = f"{CODE}/override-settings"
PROJECT = "/2.0/workspaces/ada/projects/PROJ/branching-model"
PROJECT_SETTINGS = f"{PROJECT}/settings"
KINDS = ["release", "hotfix", "feature", "bugfix"]


@pytest.fixture
async def auth(server, ada):
    return await server.auth(ada, "repository:write", "repository:admin", "project:admin")


@pytest.fixture
async def code(server, ada, git):
    tip = git.commit("first", time=EPOCH)
    git.git("branch", "develop", tip)
    return await server.adopted("ada", "code", git)


async def put(api, auth, body, where=SETTINGS):
    answer = await api.send_json("PUT", where, body, auth=auth)
    assert answer.status == 200, answer.text
    return answer.json()


async def get(api, auth, where):
    answer = await api.get(where, auth=auth)
    assert answer.status == 200, answer.text
    return answer.json()


async def test_by_default_the_main_branch_is_developed_on_and_nothing_is_production(api, auth, code):
    said, holds = await get(api, auth, SETTINGS), await get(api, auth, MODEL)

    assert said["type"] == "branching_model_settings"
    assert said["development"] == {"is_valid": True, "name": None, "use_mainbranch": True}
    assert said["production"] == {
        "is_valid": False,
        "name": None,
        "use_mainbranch": False,
        "enabled": False,
    }
    assert said["branch_types"] == [{"kind": kind, "enabled": True, "prefix": f"{kind}/"} for kind in KINDS]
    assert said["default_branch_deletion"] == "false"
    assert said["links"]["self"]["href"].endswith(SETTINGS)
    assert holds["type"] == "branching_model"
    assert (holds["development"]["name"], holds["development"]["use_mainbranch"]) == ("main", True)
    branch = await get(api, auth, f"{CODE}/refs/branches/main")
    assert holds["development"]["branch"] == branch
    assert "production" not in holds
    assert holds["branch_types"] == [{"kind": kind, "prefix": f"{kind}/"} for kind in KINDS]
    effective = await get(api, auth, EFFECTIVE)
    assert effective.pop("type") == "effective_repo_branching_model"
    assert {**effective, "type": "branching_model", "links": holds["links"]} == holds


async def test_of_an_empty_repository_the_main_branch_has_no_name(api, auth, server, ada):
    await server.repository("ada", "code")

    holds = await get(api, auth, MODEL)

    assert holds["development"] == {"name": None, "use_mainbranch": True}
    assert (await get(api, auth, SETTINGS))["development"]["is_valid"]


async def test_what_is_not_sent_stays(api, auth, code):
    first = await put(
        api,
        auth,
        {
            "development": {"use_mainbranch": False, "name": "develop"},
            "production": {"enabled": True, "use_mainbranch": True},
            "branch_types": [{"kind": "bugfix", "enabled": False}, {"kind": "feature", "prefix": "f/"}],
            "default_branch_deletion": "true",
        },
    )
    same = await put(api, auth, {})
    less = await put(api, auth, {"production": {"enabled": False}, "branch_types": [{"kind": "feature"}]})

    assert first["development"] == {"is_valid": True, "name": "develop", "use_mainbranch": False}
    assert first["production"] == {"is_valid": True, "name": None, "use_mainbranch": True, "enabled": True}
    assert [(one["prefix"], one["enabled"]) for one in first["branch_types"]] == [
        *(("release/", True), ("hotfix/", True), ("f/", True), ("bugfix/", False))
    ]
    assert first["default_branch_deletion"] == "true"
    assert same == first == await get(api, auth, SETTINGS) | {"production": first["production"]}
    assert less == {**first, "production": {**first["production"], "enabled": False}}
    holds = await get(api, auth, MODEL)
    assert (holds["development"]["name"], "production" in holds) == ("develop", False)
    assert [one["kind"] for one in holds["branch_types"]] == ["release", "hotfix", "feature"]


async def test_back_to_the_main_branch_forgets_the_name(api, auth, code):
    await put(api, auth, {"development": {"use_mainbranch": False, "name": "develop"}})

    back = await put(api, auth, {"development": {"use_mainbranch": True}})

    assert back["development"] == {"is_valid": True, "name": None, "use_mainbranch": True}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("true", "true"),
        ("false", "false"),
        (True, "true"),
        (False, "false"),
        ("maybe", "true"),
        (1, "true"),
        (None, "true"),
        ([], "true"),
    ],
)
async def test_other_words_for_the_deletion_of_branches_are_ignored(api, auth, code, sent, kept):
    await put(api, auth, {"default_branch_deletion": "true"})

    assert (await put(api, auth, {"default_branch_deletion": sent}))["default_branch_deletion"] == kept


@pytest.mark.parametrize(
    ("body", "member"),
    [
        ({"development": {"name": "develop"}}, "development.name"),
        ({"development": {"use_mainbranch": True, "name": "develop"}}, "development.name"),
        ({"development": {"use_mainbranch": False}}, "development.name"),
        ({"development": {"use_mainbranch": False, "name": None}}, "development.name"),
        ({"development": {"use_mainbranch": False, "name": ""}}, "development.name"),
        ({"development": {"use_mainbranch": False, "name": "nowhere"}}, "development.name"),
        ({"development": {"use_mainbranch": False, "name": "a\0b"}}, "development.name"),
        ({"development": {"use_mainbranch": False, "name": "x" * 5000}}, "development.name"),
        ({"development": {"use_mainbranch": False, "name": "../main"}}, "development.name"),
        ({"development": {"use_mainbranch": "yes"}}, "development.use_mainbranch"),
        ({"development": "main"}, "development"),
        ({"production": {"enabled": True}}, "production.name"),
        ({"production": {"enabled": True, "name": "nowhere"}}, "production.name"),
        ({"branch_types": [{"kind": "feature", "prefix": "a*"}]}, "branch_types"),
        ({"branch_types": [{"kind": "feature", "prefix": ""}]}, "branch_types"),
        ({"branch_types": [{"kind": "feature", "prefix": "bugfix/"}]}, "branch_types"),
        ({"branch_types": [{"kind": "feature", "prefix": "b"}]}, "branch_types"),
        ({"branch_types": [{"kind": "feature"}, {"kind": "feature"}]}, "branch_types"),
        ({"branch_types": [{"kind": "development", "prefix": "d/"}]}, "branch_types"),
        ({"branch_types": [{"kind": "chore", "prefix": "c/"}]}, "branch_types"),
        ({"branch_types": [{"prefix": "c/"}]}, "branch_types"),
        ({"branch_types": {"kind": "feature"}}, "branch_types"),
        ({"branch_types": [{"kind": "feature", "prefix": "x" * 5000, "enabled": False}]}, "branch_types"),
    ],
)
async def test_what_is_wrong_is_named_and_nothing_changes(api, auth, code, body, member):
    before = await get(api, auth, SETTINGS)

    answer = await api.send_json("PUT", SETTINGS, body, auth=auth)

    assert answer.status == 400
    assert answer.json()["error"]["message"].startswith(member)
    assert await get(api, auth, SETTINGS) == before


async def test_a_branch_that_was_deleted_makes_the_model_invalid_until_it_is_mended(api, auth, git, code):
    both = {"use_mainbranch": False, "name": "develop"}
    await put(api, auth, {"development": both, "production": {**both, "enabled": True}})
    git.git("branch", "-D", "develop")

    said, holds = await get(api, auth, SETTINGS), await get(api, auth, MODEL)

    assert (said["development"]["is_valid"], said["production"]["is_valid"]) == (False, False)
    for part in ("development", "production"):
        assert holds[part] == {"name": "develop", "use_mainbranch": False}
    # What isn't touched doesn't stand in the way.
    await put(api, auth, {"branch_types": [{"kind": "feature", "prefix": "f/"}]})
    for body in ({"development": {}}, {"production": {}}):
        assert (await api.send_json("PUT", SETTINGS, body, auth=auth)).status == 400
    assert not (await put(api, auth, {"production": {"enabled": False}}))["production"]["is_valid"]


async def test_a_prefix_that_is_not_valid_may_be_kept_while_it_is_not_enabled(api, auth, code):
    kept = await put(api, auth, {"branch_types": [{"kind": "feature", "prefix": "a*", "enabled": False}]})

    assert kept["branch_types"][2] == {"kind": "feature", "enabled": False, "prefix": "a*"}
    enabled = {"branch_types": [{"kind": "feature", "enabled": True}]}
    assert (await api.send_json("PUT", SETTINGS, enabled, auth=auth)).status == 400


async def test_a_project_hands_its_model_down(api, auth, code):
    made = await put(
        api,
        auth,
        {
            "development": {"use_mainbranch": False, "name": "nowhere"},
            "production": {"enabled": True, "use_mainbranch": False, "name": "develop"},
            "branch_types": [{"kind": "feature", "prefix": "f/"}],
        },
        PROJECT_SETTINGS,
    )

    assert made["type"] == "branching_model_settings"
    assert made["development"] == {"name": "nowhere", "use_mainbranch": False}
    assert made["production"] == {"name": "develop", "use_mainbranch": False, "enabled": True}
    assert made == await get(api, auth, PROJECT_SETTINGS)
    handed = await get(api, auth, PROJECT)
    assert handed["type"] == "project_branching_model"
    assert handed["production"] == {"name": "develop", "use_mainbranch": False}
    assert handed["branch_types"][2] == {"kind": "feature", "prefix": "f/"}
    for where in (MODEL, EFFECTIVE):
        holds = await get(api, auth, where)
        assert holds["development"] == {"name": "nowhere", "use_mainbranch": False}
        assert holds["production"]["branch"]["name"] == "develop"
    assert (await get(api, auth, SETTINGS))["development"]["is_valid"] is False


async def test_a_project_has_no_branches_and_rules_for_names_nevertheless(api, auth, code):
    for body in (
        {"development": {"use_mainbranch": False, "name": "a b"}},
        {"production": {"enabled": True}},
        {"branch_types": [{"kind": "feature", "prefix": "bugfix/"}]},
    ):
        assert (await api.send_json("PUT", PROJECT_SETTINGS, body, auth=auth)).status == 400
    assert "production" not in await get(api, auth, PROJECT)
    assert (await get(api, auth, PROJECT))["development"] == {"name": None, "use_mainbranch": True}


async def overridden(api, auth):
    answer = await get(api, auth, OVERRIDES)
    assert answer["type"] == "repository_inheritance_state"
    whole = await get(api, auth, CODE)
    listed = await get(api, auth, "/2.0/repositories/ada")
    assert whole["override_settings"] == listed["values"][0]["override_settings"]
    assert whole["override_settings"] == answer["override_settings"]
    return answer["override_settings"]


async def test_a_repository_that_changes_its_model_overrides_its_projects(api, auth, code):
    assert await overridden(api, auth) == {"default_merge_strategy": False, "branching_model": False}
    await put(api, auth, {"branch_types": [{"kind": "feature", "prefix": "p/"}]}, PROJECT_SETTINGS)

    own = await put(api, auth, {"branch_types": [{"kind": "bugfix", "prefix": "b/"}]})

    assert [one["prefix"] for one in own["branch_types"]] == ["release/", "hotfix/", "p/", "b/"]
    assert await overridden(api, auth) == {"default_merge_strategy": False, "branching_model": True}
    await put(api, auth, {"branch_types": [{"kind": "feature", "prefix": "q/"}]}, PROJECT_SETTINGS)
    assert await get(api, auth, SETTINGS) == own


@pytest.mark.parametrize("bare", [True, False])
async def test_to_inherit_again_keeps_what_was_said_for_later(api, auth, code, bare):
    async def override(**flags):
        body = flags if bare else {"override_settings": flags}
        assert (await api.send_json("PUT", OVERRIDES, body, auth=auth)).status == 204

    inherited = await get(api, auth, SETTINGS)
    own = await put(api, auth, {"branch_types": [{"kind": "bugfix", "prefix": "b/"}]})

    await override(branching_model=False)
    assert await get(api, auth, SETTINGS) == inherited
    assert await overridden(api, auth) == {"default_merge_strategy": False, "branching_model": False}
    await override(branching_model=True)
    assert await get(api, auth, SETTINGS) == own
    await override(default_merge_strategy=True)
    assert await overridden(api, auth) == {"default_merge_strategy": True, "branching_model": True}
    await override()
    assert await overridden(api, auth) == {"default_merge_strategy": True, "branching_model": True}


async def test_to_override_changes_nothing_by_itself(api, auth, code):
    prefixes = {"branch_types": [{"kind": "feature", "prefix": "p/"}]}
    await put(api, auth, prefixes, PROJECT_SETTINGS)
    inherited = await get(api, auth, SETTINGS)

    await api.send_json("PUT", OVERRIDES, {"override_settings": {"branching_model": True}}, auth=auth)
    await put(api, auth, {"branch_types": [{"kind": "feature", "prefix": "q/"}]}, PROJECT_SETTINGS)

    assert await get(api, auth, SETTINGS) == inherited


@pytest.mark.parametrize(
    "body",
    [{"override_settings": {"branching_model": "yes"}}, {"override_settings": []}, {"branching_model": 1}],
)
async def test_flags_are_true_or_false(api, auth, code, body):
    assert (await api.send_json("PUT", OVERRIDES, body, auth=auth)).status == 400
    assert await overridden(api, auth) == {"default_merge_strategy": False, "branching_model": False}


async def test_branches_tell_the_merge_strategy_that_holds(api, auth, server, code):
    project = await workspaces.project_of(server.site, code)
    branch = f"{CODE}/refs/branches/main"

    async def strategy():
        shown, listed = await get(api, auth, branch), await get(api, auth, f"{CODE}/refs/branches")
        holds = await get(api, auth, MODEL)
        assert shown == listed["values"][1] == holds["development"]["branch"]
        return shown["default_merge_strategy"]

    assert await strategy() == "merge_commit"
    await store.put_project(server.site.db, project.id, ProjectSettings(default_merge_strategy="squash"))
    assert await strategy() == "squash"
    own = RepositorySettings(default_merge_strategy="fast_forward")
    await store.put_repository(server.site.db, code.id, own)
    assert await strategy() == "squash"
    await api.send_json("PUT", OVERRIDES, {"default_merge_strategy": True}, auth=auth)
    assert await strategy() == "fast_forward"


async def test_a_repository_that_goes_to_another_project_inherits_from_there(api, auth, server, code):
    await put(api, auth, {"branch_types": [{"kind": "feature", "prefix": "p/"}]}, PROJECT_SETTINGS)
    await api.send_json("POST", "/2.0/workspaces/ada/projects", {"key": "NEW", "name": "New"}, auth=auth)

    moved = await api.send_json("PUT", CODE, {"project": {"key": "NEW"}}, auth=auth)

    assert moved.status == 200
    assert (await get(api, auth, MODEL))["branch_types"][2]["prefix"] == "feature/"
