import pytest
from support.asgi import HOST
from support.repositories import EPOCH

pytestmark = pytest.mark.anyio

CODE = "/2.0/repositories/ada/code"


@pytest.fixture
async def refs(server, ada, git):
    """Two branches, an annotated and a lightweight tag, refs of neither kind."""
    tip = git.commit("first", time=EPOCH)
    git.git("branch", "feature/a#b")
    git.git("tag", "light", tip)
    git.git("tag", "-a", "-m", "A release\n\nwith text", "v1.0", tip)
    git.git("update-ref", "refs/notes/x", tip)
    git.git("update-ref", "refs/pull-requests/1/from", tip)
    await server.adopted("ada", "code", git)
    return tip


def names(answer):
    assert answer.status == 200, answer
    return [(ref["type"], ref["name"]) for ref in answer.json()["values"]]


async def test_branches_then_tags(api, auth, refs):
    branches = [("branch", "feature/a#b"), ("branch", "main")]
    tags = [("tag", "light"), ("tag", "v1.0")]

    assert names(await api.get(f"{CODE}/refs", auth=auth)) == branches + tags
    assert names(await api.get(f"{CODE}/refs/branches", auth=auth)) == branches
    assert names(await api.get(f"{CODE}/refs/tags", auth=auth)) == tags


async def test_refs_come_in_pages(api, auth, refs):
    page = (await api.get(f"{CODE}/refs?pagelen=3&page=2", auth=auth)).json()

    assert (page["size"], page["page"], len(page["values"])) == (4, 2, 1)
    assert page["previous"] == f"https://{HOST}{CODE}/refs?pagelen=3&page=1"
    values = await api.everything(f"{CODE}/refs", auth=auth, query={"pagelen": 1})
    assert [ref["name"] for ref in values] == ["feature/a#b", "main", "light", "v1.0"]


async def test_a_branch_with_its_commit(api, auth, refs):
    shown = (await api.get(f"{CODE}/refs/branches", auth=auth)).json()["values"][0]

    assert shown["target"]["hash"] == refs
    assert shown["links"]["commits"]["href"] == f"https://{HOST}{CODE}/commits/feature/a%23b"
    followed = await api.follow(shown["links"]["commits"]["href"], auth=auth)
    assert followed.json()["values"][0]["hash"] == refs


async def test_an_annotated_tag_tells_who_when_and_why(api, auth, ada, refs):
    light, annotated = (await api.get(f"{CODE}/refs/tags", auth=auth)).json()["values"]

    assert annotated["message"] == "A release\n\nwith text\n"
    assert annotated["tagger"]["raw"] == "Ada <ada@example.com>"
    assert annotated["date"] == "2023-11-14T22:13:20+00:00"
    assert annotated["target"]["hash"] == refs
    assert (light["message"], light["tagger"], light["date"]) == (None, None, None)


async def test_the_tagger_is_matched_like_an_author(server, api, auth, ada, git):
    tip = git.commit("first")
    grace = await server.user("grace")
    git.git("tag", "-a", "-m", "x", "v1", tip, GIT_COMMITTER_EMAIL="GRACE@example.com")
    await server.adopted("ada", "code", git)

    (tag,) = (await api.get(f"{CODE}/refs/tags", auth=auth)).json()["values"]

    assert tag["tagger"]["user"]["uuid"] == f"{{{grace.id}}}"


async def test_a_tag_of_a_file_and_a_tag_of_a_tag(server, api, auth, ada, git):
    tip = git.commit("first")
    git.git("tag", "file", f"{tip}:file.txt")
    git.git("tag", "-a", "-m", "inner", "inner", tip)
    git.git("tag", "-a", "-m", "outer", "outer", "inner")
    await server.adopted("ada", "code", git)

    file, inner, outer = (await server.client.get(f"{CODE}/refs/tags", auth=auth)).json()["values"]

    assert file["target"]["hash"] == git.git("rev-parse", f"{tip}:file.txt")
    assert inner["target"]["hash"] == outer["target"]["hash"] == tip
    assert outer["message"] == "outer\n"


async def test_an_empty_repository_has_no_refs(server, api, auth, ada):
    await server.repository("ada", "code")

    for place in ("refs", "refs/branches", "refs/tags"):
        page = (await api.get(f"{CODE}/{place}", auth=auth)).json()
        assert (page["values"], page["size"]) == ([], 0)


async def test_names_that_are_not_utf_8_are_shown_and_can_be_followed(server, api, auth, ada, git):
    tip = git.commit("first")
    (git.path / "packed-refs").write_bytes(b"# pack-refs with:\n%s refs/heads/caf\xe9\n" % tip.encode())
    await server.adopted("ada", "code", git)

    answer = await api.get(f"{CODE}/refs/branches", auth=auth)

    assert answer.status == 200
    first, _ = answer.json()["values"]
    assert first["name"] == "caf\ufffd"
    assert (await api.follow(first["links"]["self"]["href"], auth=auth)).json() == first
    history = await api.follow(first["links"]["commits"]["href"], auth=auth)
    assert [one["hash"] for one in history.json()["values"]] == [tip]
    for place in ("diff/caf%E9", "patch/caf%E9", "merge-base/caf%E9..main", "diffstat/caf%E9..main"):
        assert (await api.get(f"{CODE}/{place}", auth=auth)).status == 200
    for place in ("refs/branches/%FF", "commits/%FF", "diff/%FF..main", "refs/tags/caf%E9"):
        answer = await api.get(f"{CODE}/{place}", auth=auth)
        assert (answer.status, "\ufffd" in answer.json()["error"]["message"]) == (404, True)
    assert (await api.request("DELETE", f"{CODE}/refs/branches/caf%E9", auth=auth)).status == 204
    assert git.git("for-each-ref", "--format=%(refname)") == "refs/heads/main"
