import pytest
from support.pushes import ZERO, push, push_request, refs
from support.repositories import Repository

pytestmark = pytest.mark.anyio


def write_hook(place, name, text):
    place.mkdir(exist_ok=True)
    (place / name).write_text(f"#!/bin/sh\n{text}\n")
    (place / name).chmod(0o755)


@pytest.mark.parametrize("where", ["hooks", "core.hooksPath"])
async def test_an_adopted_repositorys_own_hooks_run(where, server, client, hooks, tmp_path):
    log = tmp_path / "log"
    place = server.path / "hooks"
    if where != "hooks":
        place = server.path / "own"
        server.git("config", "core.hooksPath", "own")
    for name in ("pre-receive", "update", "post-receive", "post-update", "reference-transaction"):
        note = f'echo "{name} $0 $REMOTE_USER $*" >> {log}'
        write_hook(
            place, name, f"{note}\n[ -t 0 ] || cat >> {log}\ngit config core.hooksPath >> {log} || true"
        )
    commit = client.commit()

    answer = await push(
        server,
        hooks,
        push_request(client, (ZERO, commit, "refs/heads/main")),
        adopted=True,
        env={"REMOTE_USER": "ada"},
    )

    text = log.read_text()
    assert "ok refs/heads/main" in answer
    for name in ("pre-receive", "update", "post-receive", "post-update", "reference-transaction"):
        assert f"{name} {place}/{name} ada" in text
    assert text.count(f"{ZERO} {commit} refs/heads/main") >= 3
    assert str(hooks) not in text
    assert sorted(entry.name for entry in hooks.iterdir()) == ["pre-receive"]


async def test_an_adopted_repositorys_own_pre_receive_can_refuse(server, client, hooks):
    write_hook(server.path / "hooks", "pre-receive", "cat >/dev/null; echo 'own refusal' >&2; exit 1")
    commit = client.commit()
    judged = []

    async def judge(pushed):
        judged.append(pushed)
        return []

    request = push_request(client, (ZERO, commit, "refs/heads/main"))
    answer = await push(server, hooks, request, judge, adopted=True)

    assert judged
    assert "own refusal" in answer
    assert refs(server) == ""


async def test_own_hooks_are_not_asked_when_the_server_refuses(server, client, hooks, tmp_path):
    write_hook(server.path / "hooks", "pre-receive", f"touch {tmp_path}/ran")
    commit = client.commit()

    async def judge(pushed):
        return ["no"]

    await push(server, hooks, push_request(client, (ZERO, commit, "refs/heads/main")), judge, adopted=True)

    assert not (tmp_path / "ran").exists()
    assert refs(server) == ""


async def test_the_branch_that_is_checked_out_is_not_pushed_over(client, hooks, tmp_path):
    worked = Repository(tmp_path / "worked", bare=False)
    commit = client.commit()
    update = push_request(client, (ZERO, commit, "refs/heads/other"))
    assert "ok refs/heads/other" in await push(worked, hooks, update, adopted=True)
    worked.git("checkout", "--quiet", "other")
    second = client.commit("two")

    answer = await push(
        worked, hooks, push_request(client, (commit, second, "refs/heads/other")), adopted=True
    )

    assert "branch is currently checked out" in answer
    assert worked.git("rev-parse", "other") == commit
