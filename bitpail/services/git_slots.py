"""How many gits serve fetches and pushes at once, and whose turn is next.

Turns go round between users, so that one with 500 clones waiting holds up nobody's
first. One for each process. What is answered without a git needs no turn.
"""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager

from msgspec import Struct

from bitpail.errors import BitpailError
from bitpail.model.access import Access
from bitpail.services import origin
from bitpail.services.throttle import network
from bitpail.settings import Settings


class Busy(BitpailError):
    """No turn in time; ``wait`` is seconds after which to try again. ``full``: nobody may even queue."""

    def __init__(self, message: str, wait: int, *, full: bool) -> None:
        super().__init__(message)
        self.wait = wait
        self.full = full


class Bounds(Struct, frozen=True):
    """How many gits at once, and how many requests wait for one, no longer than ``longest_wait`` seconds.

    ``what`` is what they are doing, in the words of the refusal.
    """

    total: int
    per_user: int
    per_repository: int
    queue: int
    longest_wait: float
    what: str = "fetches and pushes"


class _Waiting(Struct, eq=False):
    user: str
    repository: str
    turn: asyncio.Future[None]


class GitSlots:
    """The gits of one process and those who wait for one."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._users: Counter[str] = Counter()
        self._repositories: Counter[str] = Counter()
        self._queues: OrderedDict[str, deque[_Waiting]] = OrderedDict()
        self.running = 0
        self.waiting = 0

    @asynccontextmanager
    async def slot(self, user: str, repository: str) -> AsyncGenerator[None, None]:
        """Wait for a turn and hold it; raises Busy."""
        await self._take(user, repository)
        try:
            yield
        finally:
            self._give_back(user, repository)

    async def _take(self, user: str, repository: str) -> None:
        # Nobody who waits could start now: each change hands out all that it frees.
        if user not in self._queues and self._is_free(user, repository):
            self._start(user, repository)
            return
        if self.waiting >= self._bounds.queue:
            raise self._busy(user, repository, full=True)
        waiting = _Waiting(user, repository, asyncio.get_running_loop().create_future())
        self._queues.setdefault(user, deque()).append(waiting)
        self.waiting += 1
        # It may be free for this one although an earlier one of the same user waits for another repository.
        self._hand_out()
        try:
            async with asyncio.timeout(self._bounds.longest_wait):
                await waiting.turn
        except BaseException as error:
            # The turn may have come in the same moment in which the client left.
            if waiting.turn.done() and not waiting.turn.cancelled():
                self._give_back(user, repository)
            else:
                self._leave(waiting)
            if isinstance(error, TimeoutError):
                raise self._busy(user, repository, full=False) from None
            raise

    def _is_free(self, user: str, repository: str) -> bool:
        return (
            self.running < self._bounds.total
            and self._users[user] < self._bounds.per_user
            and self._repositories[repository] < self._bounds.per_repository
        )

    def _start(self, user: str, repository: str) -> None:
        self.running += 1
        self._users[user] += 1
        self._repositories[repository] += 1

    def _give_back(self, user: str, repository: str) -> None:
        self.running -= 1
        for counts, key in ((self._users, user), (self._repositories, repository)):
            counts[key] -= 1
            if not counts[key]:
                del counts[key]
        self._hand_out()

    def _leave(self, waiting: _Waiting) -> None:
        queue = self._queues[waiting.user]
        queue.remove(waiting)
        self.waiting -= 1
        if not queue:
            del self._queues[waiting.user]

    def _hand_out(self) -> None:
        while self.running < self._bounds.total:
            chosen = self._next()
            if chosen is None:
                return
            self._leave(chosen)
            if chosen.user in self._queues:
                self._queues.move_to_end(chosen.user)
            self._start(chosen.user, chosen.repository)
            chosen.turn.set_result(None)

    def _next(self) -> _Waiting | None:
        for queue in self._queues.values():
            for waiting in queue:
                # One that is done has left and was not told yet: a slot given to it would be lost.
                if not waiting.turn.done() and self._is_free(waiting.user, waiting.repository):
                    return waiting
        return None

    def _busy(self, user: str, repository: str, *, full: bool) -> Busy:
        bounds, seconds = self._bounds, round(self._bounds.longest_wait)
        if self._users[user] >= bounds.per_user:
            what = f"{self._users[user]} of your own {bounds.what} are running"
        elif self._repositories[repository] >= bounds.per_repository:
            what = f"{self._repositories[repository]} {bounds.what} of this repository are running"
        else:
            what = f"{self.running} {bounds.what} are running"
        then = "and too many wait already" if full else f"and none of them ended within {seconds} seconds"
        return Busy(f"the server is busy: {what}, {then}", max(1, seconds), full=full)


def slots(settings: Settings) -> GitSlots:
    """With the bounds of the settings."""
    return GitSlots(
        Bounds(
            total=settings.git_processes,
            per_user=settings.git_processes_per_user,
            per_repository=settings.git_processes_per_repository,
            queue=settings.git_queue,
            longest_wait=settings.git_queue_wait,
        )
    )


def searches() -> GitSlots:
    """Turns of another kind, in which no git runs: code searches, a person's one after the other."""
    return GitSlots(
        Bounds(total=2, per_user=1, per_repository=2, queue=100, longest_wait=10.0, what="searches")
    )


def imports() -> GitSlots:
    """Those that copy repositories from elsewhere: they are long, so they take no turn from fetches and pushes."""
    return GitSlots(
        Bounds(total=4, per_user=2, per_repository=1, queue=100, longest_wait=3600.0, what="imports")
    )


def whose(access: Access) -> tuple[str, str]:
    """The user and the repository of a turn; who is not known goes by network, and a wiki by its repository."""
    actor = access.actor
    if actor.user is not None:
        who = str(actor.user.id)
    elif actor.access_key is not None:
        who = f"key {actor.access_key}"
    else:
        who = f"network {network(origin.current().client.address)}"
    return who, access.repository.id


async def in_turn(
    slots: GitSlots, access: Access, pieces: AsyncGenerator[bytes, None]
) -> AsyncGenerator[bytes, None]:
    """The same pieces, once it is their turn: what makes them must not start before the first is asked for."""
    async with slots.slot(*whose(access)), aclosing(pieces):
        async for piece in pieces:
            yield piece
