"""Which fetches are answered from the cache, and that it never opens anything."""

import asyncio
from types import SimpleNamespace

import pytest

from bitpail.model.permissions import Permission
from bitpail.services import repositories
from bitpail.services.repositories import Wanted
from bitpail.wire.packet_lines import FLUSH, encode, parse

pytestmark = pytest.mark.anyio


@pytest.fixture
async def code(server, ada, git):
    """A public repository, and what the cache of the running application counts."""
    git.commit("one")
    made = await server.adopted("ada", "code", git, public=True)
    cache = server.application._site.fetches.cache
    return SimpleNamespace(
        server=server, git=git, repository=made, counts=cache.counts, root=cache._files.root
    )


async def fetch(code, *arguments, capabilities=(b"agent=git/2.39.5",), path="/ada/code.git", **given):
    lines = [encode(f"{argument}\n".encode()) for argument in (*arguments, "done")]
    body = (
        encode(b"command=fetch\n") + b"".join(map(encode, capabilities)) + b"0001" + b"".join(lines) + FLUSH
    )
    headers = [("content-type", "application/x-git-upload-pack-request"), ("git-protocol", "version=2")]
    return await code.server.client.request(
        "POST", f"{path}/git-upload-pack", body=body, headers=headers, **given
    )


def is_pack(answer):
    packets = parse(answer.body)
    return answer.status == 200 and b"packfile\n" in packets and answer.body.endswith(FLUSH)


def want(code, name="main"):
    return f"want {code.git.git('rev-parse', name)}"


async def test_only_what_changes_the_answer_makes_another_one(code):
    first = await fetch(code, "thin-pack", want(code))
    assert (code.counts.misses, code.counts.hits) == (1, 0)

    for capabilities in ((), (b"agent=JGit/6", b"session-id=1"), (b"object-format=sha1", b"agent=x")):
        again = await fetch(code, want(code), want(code), "thin-pack", capabilities=capabilities)
        assert is_pack(again)
    assert (code.counts.misses, code.counts.hits) == (1, 3)
    assert again.headers["content-length"] == str(len(again.body))
    assert len(again.body) == len(first.body)

    for argument in (
        "deepen 1",
        "deepen 2",
        "filter blob:none",
        "filter tree:0",
        "include-tag",
        "no-progress",
    ):
        assert is_pack(await fetch(code, want(code), "thin-pack", argument))
    assert (code.counts.misses, code.counts.hits) == (7, 3)


async def test_new_tags_make_another_answer_for_who_asks_for_tags(code):
    for arguments in (["include-tag"], []):
        await fetch(code, want(code), *arguments)
    code.git.git("tag", "-a", "-m", "v1", "v1", "main")

    with_tag = await fetch(code, want(code), "include-tag")
    without = await fetch(code, want(code))

    assert (code.counts.misses, code.counts.hits) == (3, 1)
    assert with_tag.body.split(b"PACK")[1][7] == without.body.split(b"PACK")[1][7] + 1


async def test_what_depends_on_more_than_objects_is_asked_of_git_each_time(code):
    code.git.git("branch", "other", "main")
    code.git.commit("two")
    for _ in range(3):
        assert is_pack(await fetch(code, want(code), "deepen-not refs/heads/other"))
        assert is_pack(await fetch(code, want(code), "wait-for-done"))
    assert (code.counts.misses, code.counts.hits, code.counts.passed) == (0, 0, 0)


async def test_a_fetch_of_what_is_new_is_kept_when_somebody_asks_again(code):
    old = code.git.git("rev-parse", "main")
    code.git.commit("two")

    for _ in range(3):
        assert is_pack(await fetch(code, want(code), f"have {old}"))

    assert (code.counts.passed, code.counts.misses, code.counts.hits) == (1, 1, 1)


async def test_an_answer_is_kept_for_nobody_who_may_not_have_it(code, ada):
    assert is_pack(await fetch(code, want(code)))
    grace = await code.server.user("grace")
    auth = await code.server.auth(grace, "repository")
    access_to = code.repository

    site = code.server.site
    located = await repositories.named(site, "ada", "code")
    await repositories.update(site, SimpleNamespace(**_access(located)), Wanted(is_private=True))

    assert (await fetch(code, want(code))).status == 401
    assert (await fetch(code, want(code), auth=auth)).status == 404
    await repositories.grant(site, access_to, grace, Permission.READ)
    assert is_pack(await fetch(code, want(code), auth=auth))
    assert code.counts.hits == 1


def _access(located):
    return {"repository": located.repository, "workspace": located.workspace}


async def test_what_was_pushed_away_is_refused_though_it_lies_in_the_cache(code):
    old = want(code)
    assert is_pack(await fetch(code, old))
    tree = code.git.git("mktree")
    code.git.git("update-ref", "refs/heads/main", code.git.git("commit-tree", tree, "-m", "other"))

    refused = await fetch(code, old)

    assert refused.body == encode(f"ERR upload-pack: not our ref {old[5:]}".encode())
    assert is_pack(await fetch(code, want(code)))
    assert code.counts.hits == 0


async def test_clones_during_pushes_get_what_they_ask_for(code):
    first = code.git.git("rev-parse", "main")

    async def pushes():
        for number in range(15):
            await asyncio.to_thread(code.git.commit, f"{number}")

    async def clones():
        for _ in range(15):
            commit = await asyncio.to_thread(code.git.git, "rev-parse", "main")
            answer = await fetch(code, f"want {commit}", "deepen 1")
            assert encode(f"shallow {commit}".encode()) in answer.body or commit == first
            assert is_pack(answer)

    await asyncio.gather(pushes(), clones(), clones())


async def test_a_repository_that_is_deleted_takes_its_answers_along(code):
    assert is_pack(await fetch(code, want(code)))
    assert list(code.root.iterdir()) == [code.root / code.repository.id]

    await repositories.delete(code.server.site, code.repository)

    assert list(code.root.iterdir()) == []
