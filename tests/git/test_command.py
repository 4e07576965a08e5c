import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from support.processes import becomes, children, eventually
from support.repositories import Repository

from bitpail.errors import GitError, TooLarge
from bitpail.git.command import run, start
from bitpail.git.revisions import Revision
from bitpail.git.version import check_version

pytestmark = pytest.mark.anyio


@pytest.fixture
def repository(tmp_path):
    repository = Repository(tmp_path / "r.git")
    repository.commit("first")
    return repository


def descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_output_and_errors_of_git(repository):
    assert (await run(repository.path, "rev-parse", "main")).decode().strip() == repository.git(
        "rev-parse", "main"
    )

    with pytest.raises(GitError) as caught:
        await run(repository.path, "rev-list", revisions=[Revision("nothing")])

    assert caught.value.status == 128
    assert "nothing" in caught.value.stderr


async def test_much_input_and_output_at_once(repository):
    text = b"x" * 3_000_000

    name = (await run(repository.path, "hash-object", "-w", "--stdin", stdin=text)).decode().strip()

    assert await run(repository.path, "cat-file", "blob", name) == text


async def test_too_much_output_ends_git(repository):
    name = repository.git("hash-object", "-w", "--stdin", stdin=b"x" * 1_000_000)

    with pytest.raises(TooLarge):
        await run(repository.path, "cat-file", "blob", name, limit=1000)

    assert children() == []


async def test_git_that_takes_too_long_is_ended(repository):
    with pytest.raises(GitError, match="longer than"):
        async with asyncio.timeout(50):
            await run(None, "-c", "alias.wait=!sleep 60; true", "wait", timeout=0.2)

    assert children() == []


async def test_a_cancelled_caller_leaves_no_process(repository):
    task = asyncio.create_task(run(None, "-c", "alias.wait=!sleep 61; true", "wait"))
    assert await becomes(lambda: len(children()) >= 2)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert children() == []


async def test_nothing_leaks(repository):
    await run(repository.path, "version")
    before = descriptors()

    await asyncio.gather(*(run(repository.path, "rev-parse", "main", stdin=b"x" * n) for n in range(30)))
    for _ in range(5):
        async with start(repository.path, "cat-file", "--batch") as process:
            await process.write(b"main\n")

    # Fewer is well: what a test before this one had forgotten may be collected meanwhile.
    assert descriptors() <= before
    assert children() == []


async def test_the_environment_is_clean_and_our_settings_win(repository, monkeypatch):
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("SECRET", "s3cret")
    repository.git("config", "gc.auto", "7")
    repository.git("config", "bitpail.own", "kept")

    environment = (await run(None, "-c", "alias.env=!env", "env")).decode()

    assert "s3cret" not in environment
    assert (await run(repository.path, "config", "gc.auto")).strip() == b"0"
    assert (await run(repository.path, "config", "bitpail.own")).strip() == b"kept"


async def test_clients_text_is_never_an_option(repository):
    repository.git("update-ref", "refs/heads/x", "main")

    assert len((await run(repository.path, "rev-list", revisions=[Revision("x")])).split()) == 1
    with pytest.raises(GitError):
        await run(repository.path, "rev-list", "--end-of-options", "--all")


async def test_the_version_is_told():
    assert (await check_version())[0].isdigit()


SERVER = """
import asyncio, sys
from pathlib import Path
from bitpail.git.command import start

async def main():
    gits = [start(Path(sys.argv[1]), "cat-file", "--batch")]
    for service in ("upload-pack", "receive-pack"):
        gits.append(start(None, service, "--stateless-rpc", paths=[Path(sys.argv[1])]))
    await asyncio.sleep(0.3)
    print(*(git.pid for git in gits), flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


def test_a_killed_server_takes_its_children_along(repository):
    server = subprocess.Popen([sys.executable, "-c", SERVER, str(repository.path)], stdout=subprocess.PIPE)
    pids = [int(pid) for pid in server.stdout.readline().split()]
    assert len(pids) == 3
    assert all(psutil.pid_exists(pid) for pid in pids)

    server.send_signal(signal.SIGKILL)
    server.communicate()

    assert eventually(lambda: [pid for pid in pids if _alive(pid)] == [])


def _alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
