import asyncio

import pytest
from support.asgi import HOST

from bitpail.services import projects

pytestmark = pytest.mark.anyio

CODE = "/2.0/repositories/ada/code"


async def test_a_repository_is_made_read_changed_and_deleted(api, auth):
    made = await api.send_json("POST", CODE, {"scm": "git", "description": "Notes"}, auth=auth)
    assert made.status == 200
    assert made.json()["full_name"] == "ada/code"

    read = await api.get(CODE, auth=auth)
    assert read.json() == made.json()
    assert (read.json()["is_private"], read.json()["mainbranch"]) == (True, None)

    changed = await api.send_json("PUT", CODE, {"description": "", "has_wiki": False}, auth=auth)
    assert changed.status == 200
    assert (changed.json()["description"], changed.json()["has_wiki"]) == ("", False)
    assert changed.headers["location"] == f"https://{HOST}{CODE}"

    deleted = await api.request("DELETE", CODE, auth=auth)
    assert (deleted.status, deleted.body) == (204, b"")
    gone = await api.get(CODE, auth=auth)
    assert gone.status == 404
    assert gone.message.startswith("You may not have access to this repository or it no longer exists")


async def test_a_body_is_not_needed(api, auth):
    made = await api.request("POST", CODE, auth=auth)

    assert (made.status, made.json()["name"]) == (200, "code")


async def test_the_name_may_differ_from_the_slug_of_a_new_repository(api, auth):
    made = await api.send_json("POST", CODE, {"name": "Ada's code"}, auth=auth)

    assert (made.json()["slug"], made.json()["name"]) == ("code", "Ada's code")


async def test_a_taken_slug_is_refused_in_the_recorded_words(api, auth):
    await api.request("POST", CODE, auth=auth)

    again = await api.request("POST", CODE, auth=auth)

    assert again.status == 400
    assert again.json()["error"] == {
        "message": "Repository with this Slug and Owner already exists.",
        "fields": {"name": ["You already have a repository with this name."]},
    }


async def test_of_many_who_make_the_same_repository_one_does(api, auth):
    answers = await asyncio.gather(*(api.request("POST", CODE, auth=auth) for _ in range(8)))

    assert sorted(answer.status for answer in answers) == [200] + [400] * 7
    assert (await api.get("/2.0/repositories/ada", auth=auth)).json()["size"] == 1


@pytest.mark.parametrize(
    "slug",
    [
        "Code",
        "a b",
        "a%20b",
        "-x",
        ".x",
        "x.git",
        "x.lock",
        "a..b",
        "x.",
        "a" * 63,
        "k%C3%B8de",
        "a%2Fb",
        "%7B%7D",
    ],
)
async def test_a_slug_follows_the_vendor_s_rules(api, auth, slug):
    answer = await api.request("POST", f"/2.0/repositories/ada/{slug}", auth=auth)

    assert answer.status == 400, answer
    assert "slug" in answer.message


@pytest.mark.parametrize("slug", ["x", "_x", "1", "a.b_c-d", "a" * 62])
async def test_slugs_that_are_fine(api, auth, slug):
    assert (await api.request("POST", f"/2.0/repositories/ada/{slug}", auth=auth)).status == 200


async def test_a_repository_is_found_by_uuid_even_without_its_workspace(server, api, ada, auth):
    made = (await api.request("POST", CODE, auth=auth)).json()
    repository, workspace = made["uuid"], made["workspace"]["uuid"]

    for path in (
        f"ada/{repository}",
        f"{workspace}/code",
        f"{workspace}/{repository}",
        f"{{}}/{repository}",
        f"%7B%7D/%7B{repository.strip('{}').upper()}%7D",
    ):
        found = await api.get(f"/2.0/repositories/{path}", auth=auth)
        assert found.status == 200, found
        assert found.json()["full_name"] == "ada/code"


async def test_a_repository_s_uuid_does_not_open_it_below_another_workspace(server, api, ada, auth):
    other = await server.workspace("acme", ada)
    repository = (await api.request("POST", CODE, auth=auth)).json()["uuid"]

    for path in (f"acme/{repository}", f"{{{other.id}}}/{repository}", "{}/code"):
        assert (await api.get(f"/2.0/repositories/{path}", auth=auth)).status == 404


async def test_a_new_name_moves_the_repository_and_its_clone_address(api, auth):
    made = (await api.request("POST", CODE, auth=auth)).json()

    moved = await api.send_json("PUT", CODE, {"name": "Føø Bar!"}, auth=auth)

    assert moved.status == 200
    assert moved.headers["location"] == f"https://{HOST}/2.0/repositories/ada/foo-bar"
    assert (moved.json()["slug"], moved.json()["name"]) == ("foo-bar", "Føø Bar!")
    assert moved.json()["uuid"] == made["uuid"]
    assert moved.json()["links"]["clone"][0]["href"] == f"https://ada@{HOST}/ada/foo-bar.git"
    assert (await api.get(CODE, auth=auth)).status == 404
    assert (await api.follow(moved.headers["location"], auth=auth)).json() == moved.json()


async def test_a_rename_onto_another_repository_is_refused_and_changes_nothing(api, auth):
    before = (await api.request("POST", CODE, auth=auth)).json()
    await api.request("POST", "/2.0/repositories/ada/taken", auth=auth)

    refused = await api.send_json("PUT", CODE, {"name": "taken", "description": "new"}, auth=auth)

    assert refused.status == 400
    assert refused.message == "Repository with this Slug and Owner already exists."
    assert (await api.get(CODE, auth=auth)).json() == before


@pytest.mark.parametrize("name", ["", "!!!", "a" * 256, "a\u0000b", "a\nb"])
async def test_a_name_that_makes_no_slug_is_refused(api, auth, name):
    await api.request("POST", CODE, auth=auth)

    assert (await api.send_json("PUT", CODE, {"name": name}, auth=auth)).status == 400
    assert (await api.get(CODE, auth=auth)).status == 200


async def test_put_makes_what_is_not_there(api, auth):
    made = await api.send_json("PUT", CODE, {"description": "by PUT"}, auth=auth)
    again = await api.send_json("PUT", CODE, {}, auth=auth)

    assert (made.status, again.status) == (201, 200)
    assert again.json()["description"] == "by PUT"


async def test_whoever_may_not_make_repositories_makes_none_by_put(server, api, ada):
    eve = await server.auth(await server.user("eve"), "repository:admin")
    workspace = await server.workspace("acme", ada)
    await server.member(workspace, await server.user("bob"), "member", "admin")

    answer = await api.send_json("PUT", "/2.0/repositories/acme/new", {}, auth=eve)

    assert (answer.status, answer.message) == (404, "No workspace with identifier 'acme'.")


async def test_the_project_is_chosen_by_key_or_uuid_and_else_the_oldest(server, api, ada, auth):
    acme = await server.workspace("acme", ada)
    made = await projects.create(server.site, acme, "LIB", "Libraries")
    root = "/2.0/repositories/acme"

    chosen = [
        await api.send_json("POST", f"{root}/one", {"project": {"key": "LIB"}}, auth=auth),
        await api.send_json("POST", f"{root}/two", {"project": {"uuid": f"{{{made.id}}}"}}, auth=auth),
        await api.send_json(
            "POST", f"{root}/six", {"project": {"uuid": f"{{{made.id.upper()}}}"}}, auth=auth
        ),
        # The vendor's own example has the UUID as key.
        await api.send_json("POST", f"{root}/seven", {"project": {"key": f"{{{made.id}}}"}}, auth=auth),
        await api.send_json("POST", f"{root}/three", {}, auth=auth),
        await api.send_json("PUT", f"{root}/three", {"project": {"key": "LIB"}}, auth=auth),
    ]

    assert [answer.status for answer in chosen] == [200] * 6
    assert [answer.json()["project"]["key"] for answer in chosen] == [*["LIB"] * 4, "PROJ", "LIB"]


@pytest.mark.parametrize(
    "project",
    [
        {"key": "NONE"},
        {"key": "lib"},
        {"key": "\0"},
        {"key": "{}"},
        {"uuid": "{}"},
        {"uuid": "\0"},
        {"uuid": "x"},
        {},
    ],
)
async def test_an_unknown_project_is_named_in_fields(api, auth, project):
    answer = await api.send_json("POST", CODE, {"project": project}, auth=auth)

    assert answer.status == 400
    assert list(answer.json()["error"]["fields"]) == ["project"]
    assert (await api.get(CODE, auth=auth)).status == 404


async def test_another_workspace_s_project_is_unknown(server, api, ada, auth):
    acme = await server.workspace("acme", ada)
    made = await projects.create(server.site, acme, "LIB", "Libraries")

    answer = await api.send_json("POST", CODE, {"project": {"uuid": f"{{{made.id}}}"}}, auth=auth)

    assert answer.status == 400


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("name", 5),
        ("description", ["x"]),
        ("is_private", "maybe"),
        ("is_private", 2**80),
        ("fork_policy", "sometimes"),
        ("project", "LIB"),
        ("project.key", {"key": 5}),
        ("has_wiki", {}),
        ("scm", "hg"),
    ],
)
async def test_a_member_of_the_wrong_type_is_named_in_fields(api, auth, member, value):
    answer = await api.send_json("POST", CODE, {member.partition(".")[0]: value}, auth=auth)

    assert answer.status == 400
    assert list(answer.json()["error"]["fields"]) == [member]
    assert answer.message.startswith(f"{member}: ")
    assert (await api.get(CODE, auth=auth)).status == 404


async def test_members_that_we_do_not_know_and_nulls_are_left_alone(api, auth):
    body = {"type": "repository", "enforced_signed_commits": None, "description": None, "uuid": "{x}"}

    assert (await api.send_json("POST", CODE, body, auth=auth, beyond={"description"})).status == 200


async def test_flat_members_may_come_as_a_form(api, auth):
    made = await api.send_form(
        "POST", CODE, {"is_private": "false", "description": "für alle", "has_issues": "true"}, auth=auth
    )

    assert made.status == 200
    shown = made.json()
    assert (shown["is_private"], shown["description"], shown["has_issues"]) == (False, "für alle", True)


@pytest.mark.parametrize("fields", [{"is_private": "maybe"}, {"project": "LIB"}, {"fork_policy": "x"}])
async def test_a_form_is_checked_too(api, auth, fields):
    answer = await api.send_form("POST", CODE, fields, auth=auth)

    assert answer.status == 400
    assert list(answer.json()["error"]["fields"]) == list(fields)


async def test_the_clone_links_name_the_person_who_asks(server, api, auth):
    await server.repository("ada", "code", public=True)

    mine = (await api.get(CODE, auth=auth)).json()["links"]["clone"]
    anybody_s = (await api.get(CODE)).json()["links"]["clone"]

    assert mine == [
        {"href": f"https://ada@{HOST}/ada/code.git", "name": "https"},
        {"href": f"git@{HOST}:ada/code.git", "name": "ssh"},
    ]
    assert anybody_s[0]["href"] == f"https://{HOST}/ada/code.git"


async def test_what_was_made_here_can_be_cloned_with_the_same_password(server, api, auth):
    await api.request("POST", CODE, auth=auth)

    answer = await server.client.get("/ada/code.git/info/refs?service=git-upload-pack", auth=auth)

    assert answer.status == 200
    assert answer.body.startswith(b"001e# service=git-upload-pack\n0000")


async def test_a_deleted_repository_leaves_no_directory(server, api, ada, auth):
    await api.request("POST", CODE, auth=auth)
    wiki = "/ada/code.git/wiki/info/refs?service=git-upload-pack"
    owner = await server.auth(ada, "wiki")
    assert (await server.client.get(wiki, auth=owner)).status == 200
    assert len(list(server.site.repositories.glob("*/*"))) == 2

    await api.request("DELETE", CODE, auth=auth)

    assert list(server.site.repositories.glob("*/*")) == []
