"""Git's own services, streamed both ways with flat memory.

A push is judged by the server while its objects are quarantined. Whoever leaves
the stream ends git and all that it started.
"""

import asyncio
import os
import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from msgspec import Struct

from bitpail.errors import GitError, Invalid
from bitpail.git.command import Process, start
from bitpail.git.directories import GitDirectory
from bitpail.git.environment import Config
from bitpail.git.gate import Gate, Judge
from bitpail.git.hooks import for_push
from bitpail.git.pushing import LOCK, Push, under_way
from bitpail.model.transfer import Service
from bitpail.wire import git_protocol

_PROTOCOL = re.compile(r"version=[0-9](:[a-z0-9]+(=[a-z0-9]+)?){0,8}")

# Seconds between two looks at the length of a file.
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.002, 0.02

# Seconds by which a client that is waited for is found silent before git is.
_GRACE = 1.0

# What git says when it dies of a request: one that is mangled or cut short, or
# that wants what a push has removed meanwhile.
_CLIENTS_MISTAKE = re.compile(
    r"not our ref|protocol error|the remote end hung up|unknown (capability|object format)|mismatched object format"
    r"|no command requested|invalid (command|shallow line|deepen)|unexpected (line|response end)|unable to parse"
    r"|filter '.*' not supported|invalid filter-spec|something after combine|ambiguous deepen-not"
)


class Limits(Struct, frozen=True):
    """``timeout`` is seconds for all of it, ``idle`` seconds in which nothing moves either way."""

    timeout: float = 3600.0
    idle: float = 120.0
    push_limit: int | None = None
    pack_threads: int | None = None


def checked_protocol(header: str | None) -> str | None:
    """What a client asked for in ``Git-Protocol``, if git should hear of it."""
    if header is not None and len(header) <= 100 and _PROTOCOL.fullmatch(header):
        return header
    version = git_protocol.version(header)
    return f"version={version}" if version else None


async def advertise(
    directory: GitDirectory,
    service: Service,
    protocol: str | None,
    limits: Limits,
    *,
    stateless: bool = True,
) -> AsyncGenerator[bytes, None]:
    """What the service can do and, before protocol 2, the refs. Starts with git's own first line."""
    process = start(
        None,
        service.value,
        *(["--stateless-rpc"] if stateless else []),
        "--advertise-refs",
        paths=[directory.path],
        config=_config(limits),
        env=_protocol(protocol),
        stdin=False,
    )
    async with process:
        async for piece in _Progress(limits).output(process):
            yield piece
        _check(service, await process.wait(), process.stderr)


async def serve(
    directory: GitDirectory,
    service: Service,
    protocol: str | None,
    body: AsyncIterator[bytes],
    limits: Limits,
    *,
    judge: Judge | None = None,
    hooks: Path | None = None,
    env: Mapping[str, str] | None = None,
    is_large: bool = False,
    stateless: bool = True,
) -> AsyncGenerator[bytes, None]:
    """One request and its answer. A push needs a judge and the directory of ``hooks.write_hooks``.

    A large push stays the pack that it is, however few objects it has: unpacked,
    each would be compressed once more now, and again for every clone.
    Not ``stateless``: git says what there is, and talks with the client until both are done.
    ``env`` is what an adopted repository's hooks may want to know, REMOTE_USER
    for one. Close the iterator (``aclosing``) when it is not read to its end.
    """
    if service is Service.RECEIVE_PACK and (judge is None or hooks is None):
        raise ValueError("a push needs a judge and hooks")
    # A client's session-id kills upload-pack unless it was advertised.
    config = [*_config(limits), ("transfer.advertiseSID", "true")]
    if is_large:
        config.append(("receive.unpackLimit", "1"))
    variables = {**(env or {}), **_protocol(protocol)}
    async with AsyncExitStack() as stack:
        gate = pushing = None
        if judge is not None and hooks is not None:
            pushing = stack.enter_context(under_way(directory, hooks))
            place, for_hooks = await stack.enter_async_context(for_push(directory, hooks))
            config.append(("core.hooksPath", str(place.absolute())))
            variables |= for_hooks
            gate = Gate(judge)
            variables |= gate.environment
            stack.callback(gate.close)
        started = _start(directory, service, config, variables, gate, pushing, stateless=stateless)
        process = await stack.enter_async_context(started)
        if gate is not None:
            stack.callback(gate.close)  # before the process is waited for: its hook may wait for us
        progress = _Progress(limits)
        tasks = [asyncio.create_task(_feed(process, body, progress))]
        if gate is not None:
            tasks.append(asyncio.create_task(gate.answer()))
        stack.push_async_callback(_end, tasks)
        async for piece in progress.output(process):
            yield piece
        status = await process.wait()
        if pushing is not None and status == 0:
            pushing.ended_well()
        _raise_from(tasks)
        # Whatever receive-pack has to complain about, it has told the client.
        if service is Service.UPLOAD_PACK or not progress.answered:
            _check(service, status, process.stderr, answered=progress.answered)


async def fetch_into(
    descriptor: int, directory: GitDirectory, request: bytes, limits: Limits
) -> AsyncGenerator[int, None]:
    """Let git write its answer to one request of protocol 2 into a file; gives the length when it has grown.

    Git is as fast as the disk, and done before the slowest client is. Close the
    iterator to end it. Raises what ``serve`` raises.
    """
    process = start(
        None,
        Service.UPLOAD_PACK.value,
        "--stateless-rpc",
        paths=[directory.path],
        config=_config(limits),
        env={"GIT_PROTOCOL": "version=2"},
        descriptors={1: descriptor},
    )
    progress = _Progress(limits)
    size, pause = 0, _SHORTEST_PAUSE
    async with process:
        tasks = {asyncio.create_task(_feed(process, _whole(request), progress))}
        ended = asyncio.create_task(process.wait())
        try:
            while not ended.done():
                # Nothing tells that a file grows. Looking costs little, and less each time.
                await asyncio.wait({ended}, timeout=pause)
                pause = min(pause * 1.3, _LONGEST_PAUSE)
                grown = os.fstat(descriptor).st_size
                if grown > size:
                    size = grown
                    progress.moved()
                    yield size
                elif progress.overdue:
                    raise GitError("git did not go on in time", stderr=process.stderr)
        finally:
            ended.cancel()
            await _end([*tasks])
        _check(Service.UPLOAD_PACK, await process.wait(), process.stderr, answered=size > 0)


async def _whole(request: bytes) -> AsyncIterator[bytes]:
    yield request


def _start(
    directory: GitDirectory,
    service: Service,
    config: Config,
    env: Mapping[str, str],
    gate: Gate | None,
    pushing: Push | None,
    *,
    stateless: bool,
) -> Process:
    try:
        return start(
            None,
            service.value,
            *(["--stateless-rpc"] if stateless else []),
            paths=[directory.path],
            config=config,
            env=env,
            descriptors={**gate.descriptors, LOCK: pushing.descriptor} if gate and pushing else None,
            polite=service is Service.RECEIVE_PACK,
        )
    finally:
        if gate:
            gate.started()


def _check(service: Service, status: int, stderr: str, *, answered: bool = False) -> None:
    if status and _CLIENTS_MISTAKE.search(stderr):
        # After a part of an answer git has told the client with an ERR line.
        if not answered:
            raise Invalid(f"this is no request that git {service.value} understands")
    elif status:
        raise GitError(f"git {service.value} failed", status, stderr)


def _protocol(protocol: str | None) -> dict[str, str]:
    checked = checked_protocol(protocol)
    return {} if checked is None else {"GIT_PROTOCOL": checked}


def _config(limits: Limits) -> list[tuple[str, str]]:
    config = []
    if limits.push_limit is not None:
        config.append(("receive.maxInputSize", str(limits.push_limit)))
    if limits.pack_threads is not None:
        config.append(("pack.threads", str(limits.pack_threads)))
    return config


class _Progress:
    """Notes when something last moved, and ends what does not move any more."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._now = asyncio.get_running_loop().time
        self._deadline = self._now() + limits.timeout
        self._moved = self._now()
        self.answered = False

    def moved(self) -> None:
        """Something came in or went out."""
        self._moved = self._now()

    @property
    def overdue(self) -> bool:
        """Whether there was too little movement, or too much of it."""
        return self._now() >= self._due

    @property
    def _due(self) -> float:
        return min(self._deadline, self._moved + self._limits.idle + _GRACE)

    async def output(self, process: Process) -> AsyncIterator[bytes]:
        """Git's answer, piece by piece."""
        while piece := await self._read(process):
            self.answered = True
            yield piece
            self.moved()

    async def _read(self, process: Process) -> bytes:
        while True:
            try:
                async with asyncio.timeout_at(self._due):
                    return await process.read()
            except TimeoutError:
                if self.overdue:
                    raise GitError("git did not go on in time", stderr=process.stderr) from None


async def _feed(process: Process, body: AsyncIterator[bytes], progress: _Progress) -> None:
    try:
        async for piece in body:
            await process.write(piece)
            progress.moved()
    except BrokenPipeError:
        return  # git has heard enough; what it says tells why
    except BaseException:
        # A pack that breaks off is no pack: git refuses it at the end of its input.
        process.end()
        raise
    process.close_stdin()


def _raise_from(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        if task.done():
            task.result()


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError, Exception):
            await task
