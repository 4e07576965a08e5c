"""A Python of ours that stays for a while and is asked one thing after the other.

What it works on may keep it busy for ever or make it fall over: then it is ended, and
the next question starts another. Whoever asks gets an answer in time, or an error.
"""

import asyncio
from struct import Struct as Layout

from bitpail.errors import GitError, TookTooLong, TooLarge, Unavailable
from bitpail.git.command import Process, start_python

_LENGTH = Layout(">I")


class KeptPython:
    """One process that runs ``module``: it reads two texts, each behind its length, and writes one likewise.

    ``slowest`` is how many seconds an answer may take, ``longest_wait`` how many to wait for others
    that ask, ``idle`` after how many without a question it ends; ``largest`` is bytes of an answer.
    """

    def __init__(
        self,
        module: str,
        *,
        slowest: float = 2.0,
        longest_wait: float = 1.0,
        idle: float = 30.0,
        largest: int = 8 << 20,
    ) -> None:
        self._module = module
        self._slowest, self._longest_wait, self._idle, self._largest = slowest, longest_wait, idle, largest
        self._process: Process | None = None
        self._lock = asyncio.Lock()
        self._end: asyncio.TimerHandle | None = None

    async def ask(self, head: bytes, data: bytes) -> bytes:
        """Its answer. Raises TookTooLong, TooLarge, GitError if it fell over; Unavailable if others hold it up."""
        try:
            async with asyncio.timeout(self._longest_wait):
                await self._lock.acquire()
        except TimeoutError:
            raise Unavailable(f"{self._module} is busy") from None
        try:
            if self._end is not None:
                self._end.cancel()
            async with asyncio.timeout(self._slowest):
                answer = await self._ask(head, data)
            self._end = asyncio.get_running_loop().call_later(self._idle, self._drop)
        except TimeoutError:
            self._drop()
            raise TookTooLong(f"{self._module} took longer than {self._slowest:g} seconds") from None
        except BrokenPipeError:
            self._drop()
            raise GitError(f"{self._module} fell over") from None
        except BaseException:
            # Half of an answer may be on its way: nobody may read on from there.
            self._drop()
            raise
        finally:
            self._lock.release()
        return answer

    async def _ask(self, head: bytes, data: bytes) -> bytes:
        if self._process is None or not self._process.running:
            self._drop()
            self._process = start_python(self._module)
        process = self._process
        await process.write(b"".join([_LENGTH.pack(len(head)), head, _LENGTH.pack(len(data)), data]))
        answer = bytearray()
        while len(answer) < _LENGTH.size or len(answer) < _LENGTH.size + _LENGTH.unpack_from(answer)[0]:
            piece = await process.read()
            if not piece:
                raise GitError(f"{self._module} fell over", stderr=process.stderr)
            answer += piece
            if len(answer) > self._largest:
                raise TooLarge(f"the output of {self._module} is larger than {self._largest} bytes")
        return bytes(answer[_LENGTH.size :])

    def _drop(self) -> None:
        if self._end is not None:
            self._end.cancel()
            self._end = None
        process, self._process = self._process, None
        if process is not None:
            process.close()

    async def close(self) -> None:
        """End it and wait until it is gone."""
        process = self._process
        self._drop()
        if process is not None:
            await process.wait()
