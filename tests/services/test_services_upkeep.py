"""Which directory is put in order when, by whom, and what becomes of one that is deleted or broken."""

import asyncio
import shutil

import msgspec
import pytest
from support.repositories import Repository

from bitpail.errors import NotFound
from bitpail.git.directories import disk_size, repository_path
from bitpail.services import forks, repositories, upkeep
from bitpail.services.repositories import Wanted
from bitpail.services.site import open_site
from bitpail.services.upkeep_counts import MANY
from bitpail.store import upkeep as store
from bitpail.store.upkeep import Waiting

pytestmark = pytest.mark.anyio


@pytest.fixture
async def notes(server, ada):
    return await server.repository("ada", "notes")


@pytest.fixture
def on_disk(server, notes):
    made = Repository(repository_path(server.site.repositories, notes.id))
    for number in range(5):
        made.commit(f"commit {number}")
    return made


@pytest.fixture
async def target(server, on_disk):
    (found,) = await upkeep.targets(server.site, [("ada", "notes")])
    return found


async def pushed(server, *keys, times=MANY):
    for key in keys:
        for _ in range(times):
            server.site.upkeep.note(key, is_large=False)
    await server.site.behind.flush()


def loose(on_disk):
    return int(on_disk.git("count-objects").partition(" ")[0])


async def test_pushes_are_counted_and_many_of_them_put_a_repository_in_order(server, notes, on_disk):
    site = server.site
    await pushed(server, notes.id, times=MANY - 1)
    await upkeep.run_due(site)
    assert loose(on_disk) == 15

    await pushed(server, notes.id, times=1)
    await upkeep.run_due(site)

    assert loose(on_disk) == 0
    assert await upkeep.waiting(site) == Waiting(0, None)
    effect = upkeep.effect(site)
    assert (effect.runs, effect.failures, effect.loose_packed) == (1, 0, 15)
    assert effect.seconds > 0
    assert effect.bytes_saved != 0
    # Not at once again, however much is pushed.
    on_disk.commit("more")
    await pushed(server, notes.id)
    await upkeep.run_due(site)
    assert loose(on_disk) == 3
    assert (await upkeep.waiting(site)).directories == 1


async def test_the_size_of_a_repository_is_exact_after_upkeep(server, on_disk, target):
    await upkeep.maintain(server.site, target)

    located = await repositories.named(server.site, "ada", "notes")
    assert located.repository.size == await disk_size(on_disk.directory)


async def test_a_large_push_is_enough_and_a_wiki_is_counted_for_itself(server, notes, on_disk):
    wiki = Repository(repository_path(server.site.repositories, notes.id, wiki=True))
    wiki.commit()
    server.site.upkeep.note(f"{notes.id}.wiki", is_large=True)
    await server.site.behind.flush()

    await upkeep.run_due(server.site)

    assert (loose(wiki), loose(on_disk)) == (0, 15)


async def test_the_setting_off_leaves_it_to_the_command_line(server, notes, on_disk, target):
    off = msgspec.structs.replace(server.settings, upkeep="off")
    site = await open_site(off)
    try:
        await pushed(server, notes.id)
        await upkeep.run_due(site)
        assert loose(on_disk) == 15
        assert (await upkeep.maintain(site, target)).outcome == "done"
    finally:
        await site.close()
    assert loose(on_disk) == 0


async def test_of_two_workers_one_does_it_and_the_other_goes_on(server, target):
    other = await open_site(server.settings)
    try:
        reports = await asyncio.gather(upkeep.maintain(server.site, target), upkeep.maintain(other, target))
    finally:
        await other.close()

    assert sorted(report.outcome for report in reports) == ["busy", "done"]
    assert (await upkeep.maintain(server.site, target)).outcome == "in order"


async def test_a_worker_that_is_stopped_gives_it_back(server, notes, target):
    await pushed(server, notes.id)
    running = asyncio.create_task(upkeep.maintain(server.site, target))
    while not await _is_claimed(server, notes.id):
        assert not running.done()
        await asyncio.sleep(0)

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert (await upkeep.waiting(server.site)).directories == 1
    assert (await upkeep.maintain(server.site, target)).outcome == "done"


async def _is_claimed(server, key):
    found = await store.due(server.site.db, many=1, old=0, at=10**18, number=9)
    return key not in await store.due(server.site.db, many=1, old=0, at=upkeep.now(), number=9) and bool(
        found
    )


async def test_a_repository_that_is_deleted_meanwhile_stays_deleted(server, notes, on_disk, target):
    await pushed(server, notes.id)
    deleting = []

    def delete(_step):
        if not deleting:
            deleting.append(asyncio.ensure_future(repositories.delete(server.site, notes)))

    report = await upkeep.maintain(server.site, target, whole=True, progress=delete)
    await asyncio.gather(*deleting)

    assert report.outcome == "gone"
    assert not on_disk.path.exists()
    assert await upkeep.waiting(server.site) == Waiting(0, None)
    with pytest.raises(NotFound):
        await upkeep.targets(server.site, [("ada", "notes")])


async def test_a_row_of_what_is_gone_is_forgotten(server, notes, on_disk):
    shutil.rmtree(on_disk.path)
    nobodys = "00000000-0000-4000-8000-000000000000"
    await pushed(server, notes.id, nobodys, f"{nobodys}.wiki")

    await upkeep.run_due(server.site)

    assert await upkeep.waiting(server.site) == Waiting(0, None)


async def test_a_broken_repository_is_told_and_left_alone_for_a_while(server, notes, on_disk, target):
    tip = on_disk.git("rev-parse", "main~1^{tree}")
    (on_disk.path / "objects" / tip[:2] / tip[2:]).unlink()
    await pushed(server, notes.id)

    await upkeep.run_due(server.site)
    await upkeep.run_due(server.site)

    assert upkeep.effect(server.site).failures == 1
    assert (await upkeep.waiting(server.site)).directories == 1
    report = await upkeep.maintain(server.site, target)
    assert report.outcome == "failed"
    assert report.reason.startswith("git repack failed: ")
    assert on_disk.git("cat-file", "-t", "main") == "commit"


async def test_an_adopted_directory_loses_nothing_that_was_in_it(server, ada, git):
    git.commit("kept")
    lost = git.commit("lost", "branch")
    git.git("update-ref", "-d", "refs/heads/branch")
    await server.adopted("ada", "adopted", git)
    (target,) = await upkeep.targets(server.site, [("ada", "adopted")])

    for _ in range(2):
        report = await upkeep.maintain(server.site, target, whole=True)

    assert report.outcome == "done"
    assert git.git("cat-file", "-t", lost) == "commit"
    shutil.rmtree(git.path)
    assert (await upkeep.maintain(server.site, target)).outcome == "gone"


async def test_what_forks_share_is_put_in_order_but_neither_rewritten_nor_cleaned(server, notes, on_disk):
    site = server.site
    access = await repositories.named(site, "ada", "notes")
    for number in range(MANY):
        on_disk.commit(f"later {number}")
        await forks.make(site, notes, access.workspace, Wanted(name=f"fork{number}"), None)
    (pool,) = site.repositories.glob("*/*.pool.git")
    shared = Repository.__new__(Repository)
    shared.path = pool
    lost = shared.commit("reached by nobody")
    shared.git("update-ref", "-d", "refs/heads/main")
    await site.behind.flush()
    before = loose(shared)

    await upkeep.run_due(site)

    assert before > 15
    assert loose(shared) == 0
    assert shared.git("cat-file", "-t", lost) == "commit"
    assert await upkeep.waiting(site) == Waiting(0, None)
    for number in range(MANY):
        fork = (await repositories.named(site, "ada", f"fork{number}")).repository
        made = Repository.__new__(Repository)
        made.path = repository_path(site.repositories, fork.id)
        assert made.git("fsck", "--full", "--no-dangling") == ""
        await repositories.delete(site, fork)
    assert not pool.exists()
