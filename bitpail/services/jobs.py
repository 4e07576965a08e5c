"""Work that goes on after its request has been answered, in this process: known, counted, ended with it."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class Jobs:
    """The running ones by name. Whoever runs says itself what came of it: nothing here looks at results."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Let it run until it ends, or until ``close``."""
        task = asyncio.create_task(work, name=name)
        self._tasks[name] = task
        task.add_done_callback(lambda _: self._tasks.pop(name, None))

    @property
    def running(self) -> int:
        """How many there are."""
        return len(self._tasks)

    async def close(self) -> None:
        """Cancel all and wait for them."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
