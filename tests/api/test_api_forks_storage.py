"""What forks share: nothing of one is read or lost by another."""

from hashlib import sha256

import pytest
from support.forked import CODE, FORKS, code_of_ada, committed, filled, located, pool_files, user_named
from support.repositories import Repository as GitRepository

from bitpail.model.access import Actor
from bitpail.model.scopes import Scope
from bitpail.model.transfer import PUSH
from bitpail.services import repositories
from bitpail.services.access import to_repository
from bitpail.services.ref_updates import PushRefused, RefUpdate, apply

pytestmark = pytest.mark.anyio


async def test_a_deleted_parent_leaves_its_forks_whole_and_without_one(server, api, auth, graces):
    tip = await filled(api, auth, is_private=False)
    await api.send_json("POST", FORKS, {}, auth=graces)
    fork = "/2.0/repositories/grace/code"

    assert (await api.request("DELETE", CODE, auth=auth)).status == 204

    read = (await api.get(fork, auth=graces)).json()
    assert read["parent"] is None
    assert (await api.get(f"{fork}/src/{tip}/a.txt", auth=graces)).text == "first"
    second = await api.send_json("POST", f"{fork}/forks", {"name": "two"}, auth=graces)
    assert (second.status, second.json()["parent"]["full_name"]) == (201, "grace/code")
    await committed(api, graces, "/2.0/repositories/grace/two", **{"b.txt": "b"})


async def test_what_nobody_borrows_any_more_is_gone_from_the_disk(server, api, auth, graces):
    await filled(api, auth, is_private=False)
    await api.send_json("POST", FORKS, {}, auth=graces)
    await api.request("DELETE", CODE, auth=auth)
    assert len(pool_files(server)) == 1

    await api.request("DELETE", "/2.0/repositories/grace/code", auth=graces)

    assert list(server.site.repositories.glob("*/*")) == []


async def test_pushes_to_either_side_stay_there(api, auth, graces):
    await filled(api, auth, is_private=False)
    await api.send_json("POST", FORKS, {}, auth=graces)
    fork = "/2.0/repositories/grace/code"

    ours = await committed(api, auth, CODE, **{"b.txt": "ours"})
    theirs = await committed(api, graces, fork, **{"b.txt": "theirs"})

    assert (await api.get(f"{CODE}/commit/main", auth=auth)).json()["hash"] == ours
    assert (await api.get(f"{fork}/commit/main", auth=graces)).json()["hash"] == theirs
    assert (await api.get(f"{fork}/commit/{ours}", auth=graces)).status == 404
    assert (await api.get(f"{CODE}/commit/{theirs}", auth=auth)).status == 404


async def test_by_its_hash_nobody_reads_in_a_fork_what_others_have_in_the_family(
    server, api, auth, grace, graces
):
    """A later fork brings the parent's newer commits into what all forks share. An earlier fork's owner, who may
    no longer read the parent, asks for one by its hash, by four digits of it, and for a branch on it."""
    await filled(api, auth)
    await server.grant(await code_of_ada(server), grace, "read")
    await api.send_json("POST", FORKS, {}, auth=graces)
    await server.grant(await code_of_ada(server), grace, "none")
    secret = await committed(api, auth, CODE, **{"secret.txt": "secret"})
    await api.send_json("POST", FORKS, {"name": "later"}, auth=auth)
    fork = "/2.0/repositories/grace/code"
    source = GitRepository.__new__(GitRepository)
    source.path = repositories.code_directory(server.site, await located(server, "grace", "code")).path
    assert source.git("cat-file", "-t", secret) == "commit"

    for name in (secret, secret[:12], secret[:4]):
        for what in (
            f"commit/{name}",
            f"commits/{name}",
            f"src/{name}/",
            f"src/{name}/secret.txt",
            f"diff/{name}",
        ):
            assert (await api.get(f"{fork}/{what}", auth=graces)).status == 404, what
        for what in (
            f"patch/{name}",
            f"diffstat/main..{name}",
            f"merge-base/main..{name}",
            f"commit/{name}/statuses",
        ):
            assert (await api.get(f"{fork}/{what}", auth=graces)).status == 404, what
        branch = {"name": "mine", "target": {"hash": name}}
        assert (await api.send_json("POST", f"{fork}/refs/branches", branch, auth=graces)).status == 400
        on_it = {"c.txt": "c", "branch": "mine", "parents": name}
        assert (await api.send_form("POST", f"{fork}/src", on_it, auth=graces)).status == 400
    assert secret not in (await api.get(f"{fork}/commits", auth=graces)).text


async def test_a_hash_that_a_push_names_without_sending_it_is_refused(server, api, auth, grace, graces):
    """The same by a push of a ref alone, and the other way round: the parent's writer on a fork's private commit."""
    await filled(api, auth)
    await server.grant(await code_of_ada(server), grace, "read")
    await api.send_json("POST", FORKS, {}, auth=graces)
    secret = await committed(api, auth, CODE, **{"secret.txt": "secret"})
    await api.send_json("POST", FORKS, {"name": "later"}, auth=auth)
    fork = "/2.0/repositories/grace/code"
    private = await committed(api, graces, fork, **{"private.txt": "private"})
    await api.send_json("POST", f"{fork}/forks", {"name": "third"}, auth=graces)

    for owner, slug, hash_ in (("grace", "code", secret), ("ada", "later", private)):
        access = await _access(server, owner, slug)
        with pytest.raises(PushRefused, match="does not hold"):
            await apply(server.site, access, [RefUpdate("refs/heads/stolen", None, hash_)])
        names = [one["name"] for one in (await api.get(f"/2.0/repositories/{owner}/{slug}/refs/branches",
            auth=auth if owner == "ada" else graces)).json()["values"]]  # fmt: skip
        assert names == ["main"]


async def test_an_adopted_directory_is_copied_and_may_go(server, ada, api, auth, git):
    git.commit("first")
    git.git("tag", "-a", "-m", "one", "v1")
    git.commit("on a branch", "topic")
    await server.adopted("ada", "code", git)

    made = await api.send_json("POST", FORKS, {"name": "copy"}, auth=auth)
    git.path.rename(git.path.with_suffix(".away"))

    assert (made.status, made.json()["parent"]["full_name"]) == (201, "ada/code")
    assert pool_files(server) == []
    refs = (await api.get("/2.0/repositories/ada/copy/refs", auth=auth)).json()["values"]
    assert {one["name"] for one in refs} == {"main", "topic", "v1"}
    assert (await api.get("/2.0/repositories/ada/copy", auth=auth)).json()["mainbranch"]["name"] == "main"


async def test_a_worktree_is_copied_with_the_branch_that_is_checked_out(server, ada, api, auth, tmp_path):
    work = GitRepository(tmp_path / "work", bare=False)
    work.commit("first")
    work.commit("second", "topic")
    work.git("worktree", "add", "-q", "../linked", "topic")
    linked = GitRepository.__new__(GitRepository)
    linked.path = tmp_path / "linked"
    await server.adopted("ada", "code", linked)

    made = await api.send_json("POST", FORKS, {"name": "copy"}, auth=auth)

    assert (made.status, made.json()["mainbranch"]["name"]) == (201, "topic")


async def test_large_files_come_along(server, api, auth, graces):
    await filled(api, auth, is_private=False)
    content = b"large"
    oid = sha256(content).hexdigest()
    at = "info/lfs/objects/" + oid
    await server.client.request("PUT", f"/ada/code.git/{at}", auth=auth, body=content)
    await api.send_json("POST", FORKS, {}, auth=graces)
    await api.request("DELETE", CODE, auth=auth)

    found = await server.client.get(f"/grace/code.git/{at}", auth=graces)

    assert (found.status, found.body) == (200, content)


async def _access(server, username, slug):
    actor = Actor(await user_named(server, username), None, frozenset(Scope))
    return await to_repository(server.site, actor, PUSH, username, slug)
