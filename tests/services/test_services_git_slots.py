"""Whose git runs next: nobody waits behind one user's hundreds, and no slot is ever lost."""

import asyncio
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitpail.services.git_slots import Bounds, Busy, GitSlots

pytestmark = pytest.mark.anyio


def slots(total=2, per_user=2, per_repository=2, queue=100, longest_wait=60.0):
    return GitSlots(Bounds(total, per_user, per_repository, queue, longest_wait))


class Job:
    """One git that runs until it is told to end."""

    def __init__(self, slots, user, repository, order):
        self.user, self.repository = user, repository
        self.runs = False
        self.over = asyncio.Event()
        self.task = asyncio.create_task(self._work(slots, order))

    async def _work(self, slots, order):
        async with slots.slot(self.user, self.repository):
            self.runs = True
            order.append(self)
            await self.over.wait()
            self.runs = False

    async def end(self):
        self.over.set()
        await self.task


async def settled():
    for _ in range(5):
        await asyncio.sleep(0)


async def test_users_take_turns_however_many_one_of_them_has_waiting():
    given_out = slots(total=1, per_user=1)
    order: list[Job] = []
    many = [Job(given_out, "many", "a", order) for _ in range(50)]
    await settled()
    few = [Job(given_out, name, "b", order) for name in ("one", "other")]
    await settled()

    while len(order) < 4:
        await order[-1].end()
        await settled()

    assert [job.user for job in order] == ["many", "many", "one", "other"]
    for job in (*many, *few):
        job.task.cancel()
    await asyncio.gather(*(job.task for job in (*many, *few)), return_exceptions=True)
    assert (given_out.running, given_out.waiting) == (0, 0)


@pytest.mark.parametrize(
    ("bounds", "same", "said"),
    [
        ({"per_user": 1}, ("ada", "other"), "1 of your own fetches and pushes are running"),
        ({"per_repository": 1}, ("grace", "code"), "1 fetches and pushes of this repository are running"),
        ({"total": 1}, ("grace", "other"), "1 fetches and pushes are running"),
    ],
)
async def test_each_bound_is_kept_and_named_and_keeps_nobody_else_waiting(bounds, same, said):
    given_out = slots(**{"total": 3, "per_user": 3, "per_repository": 3, "longest_wait": 0.05} | bounds)
    async with given_out.slot("ada", "code"):
        with pytest.raises(Busy, match=said):
            async with given_out.slot(*same):
                raise AssertionError("there was none")
        if "total" not in bounds:
            async with given_out.slot("margaret", "third"):
                assert given_out.running == 2
    assert (given_out.running, given_out.waiting) == (0, 0)


async def test_who_waits_for_one_repository_does_not_keep_the_same_user_from_another():
    given_out, order = slots(total=3, per_repository=1), []
    jobs = [Job(given_out, "ada", repository, order) for repository in ("a", "a", "b")]
    await settled()

    assert [job.runs for job in jobs] == [True, False, True]
    for job in jobs:
        job.over.set()
    await asyncio.gather(*(job.task for job in jobs))


async def test_a_full_queue_is_told_at_once():
    given_out, order = slots(total=1, queue=1), []
    jobs = [Job(given_out, "ada", "a", order) for _ in range(2)]
    await settled()

    with pytest.raises(Busy, match="too many wait already") as busy:
        async with asyncio.timeout(60), given_out.slot("grace", "b"):
            raise AssertionError("there was none")

    assert busy.value.full
    for job in jobs:
        await job.end()


async def test_a_turn_that_comes_as_its_client_leaves_goes_to_the_next():
    given_out, order = slots(total=1), []
    first, leaving, last = (Job(given_out, name, "a", order) for name in ("one", "two", "three"))
    await settled()

    first.over.set()
    await first.task  # the turn of the second one has come, and it has not run yet
    leaving.task.cancel()
    await settled()

    assert last.runs
    await last.end()
    assert (given_out.running, given_out.waiting) == (0, 0)


@settings(max_examples=60)
@given(
    jobs=st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), max_size=25),
    steps=st.lists(st.tuples(st.sampled_from(["end", "leave"]), st.integers(0, 30)), max_size=40),
)
def test_whatever_happens_the_bounds_hold_and_nothing_is_lost(jobs, steps):
    async def play():
        given_out, order = slots(total=3, per_user=2, per_repository=2), []
        all_jobs = [Job(given_out, user, repository, order) for user, repository in jobs]
        await settled()
        for what, number in steps:
            alive = [job for job in all_jobs if not job.task.done()]
            if not alive:
                break
            job = alive[number % len(alive)]
            if what == "leave":
                job.task.cancel()
            else:
                job.over.set()
            if number % 3:
                await settled()
            running = [job for job in all_jobs if job.runs and not job.task.done()]
            assert len(running) <= 3
            for key in ("user", "repository"):
                assert max(Counter(getattr(job, key) for job in running).values(), default=0) <= 2
        for job in all_jobs:
            job.over.set()
        async with asyncio.timeout(60):
            await asyncio.gather(*(job.task for job in all_jobs), return_exceptions=True)
        assert (given_out.running, given_out.waiting) == (0, 0)
        assert not given_out._users
        assert not given_out._repositories
        assert not given_out._queues

    asyncio.run(play())
