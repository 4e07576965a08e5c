"""Git's own services, streamed both ways with flat memory.

A push is judged by the server while its objects are quarantined. Whoever leaves
the stream ends git and all that it started.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from msgspec import Struct

from bitpail.errors import GitError, Invalid
from bitpail.git import refs as git_refs
from bitpail.git.command import Process, start
from bitpail.git.directories import GitDirectory
from bitpail.git.environment import Config
from bitpail.git.gate import Gate, Judge
from bitpail.git.hooks import for_push
from bitpail.git.objects import Objects
from bitpail.model.refs import Refs
from bitpail.model.transfer import Service

_PROTOCOL = re.compile(r"version=[0-9](:[a-z0-9]+(=[a-z0-9]+)?){0,8}")
_BRANCHES = "refs/heads/"

# What git says when it dies of a request: one that is mangled or cut short, or
# that wants what a push has removed meanwhile.
_CLIENTS_MISTAKE = re.compile(
    r"not our ref|protocol error|the remote end hung up|unknown (capability|object format)|mismatched object format"
    r"|no command requested|invalid (command|shallow line|deepen)|unexpected (line|response end)|unable to parse"
)


class Limits(Struct, frozen=True):
    """``timeout`` is seconds for all of it, ``idle`` seconds in which nothing moves either way."""

    timeout: float = 3600.0
    idle: float = 120.0
    push_limit: int | None = None
    pack_threads: int | None = None


def checked_protocol(header: str | None) -> str | None:
    """What a client asked for in ``Git-Protocol``, if git should hear of it."""
    if header is None or len(header) > 100 or not _PROTOCOL.fullmatch(header):
        return None
    return header


async def advertise(
    directory: GitDirectory, service: Service, protocol: str | None, limits: Limits
) -> AsyncGenerator[bytes, None]:
    """What the service can do and, before protocol 2, the refs. Starts with git's own first line."""
    process = start(
        None,
        service.value,
        "--stateless-rpc",
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
) -> AsyncGenerator[bytes, None]:
    """One request and its answer. A push needs a judge and the directory of ``hooks.write_hooks``.

    A large push stays the pack that it is, however few objects it has: unpacked,
    each would be compressed once more now, and again for every clone.
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
        gate = None
        if judge is not None and hooks is not None:
            place, for_hooks = await stack.enter_async_context(for_push(directory, hooks))
            config.append(("core.hooksPath", str(place.absolute())))
            variables |= for_hooks
            gate = Gate(judge)
            stack.callback(gate.close)
        process = await stack.enter_async_context(
            _start(directory, service, config=config, env=variables, gate=gate)
        )
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
        for task in tasks:
            if task.done():
                task.result()
        # Whatever receive-pack has to complain about, it has told the client.
        if service is Service.UPLOAD_PACK or not progress.answered:
            _check(service, status, process.stderr, answered=progress.answered)


def _start(
    directory: GitDirectory, service: Service, *, config: Config, env: Mapping[str, str], gate: Gate | None
) -> Process:
    try:
        return start(
            None,
            service.value,
            "--stateless-rpc",
            paths=[directory.path],
            config=config,
            env=env,
            descriptors=gate.descriptors if gate else None,
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

    async def output(self, process: Process) -> AsyncIterator[bytes]:
        """Git's answer, piece by piece."""
        while piece := await self._read(process):
            self.answered = True
            yield piece
            self.moved()

    async def _read(self, process: Process) -> bytes:
        while True:
            due = min(self._deadline, self._moved + self._limits.idle)
            try:
                async with asyncio.timeout_at(due):
                    return await process.read()
            except TimeoutError:
                if self._now() >= min(self._deadline, self._moved + self._limits.idle):
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


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError, Exception):
            await task


async def after_push(objects: Objects, directory: GitDirectory, before: Refs | None = None) -> str | None:
    """Let HEAD name a branch that exists: main, else master, else the first new one.

    Gives the branch when HEAD was changed. A repository with a worktree is left
    alone: its index belongs to the branch that HEAD names.
    """
    if directory.path.name == ".git":
        return None
    refs = await git_refs.read(directory, objects.peel)
    names = [ref.name for ref in refs.refs if ref.name.startswith(_BRANCHES)]
    if refs.head is None or refs.head in names or not names:
        return None
    known = {ref.name for ref in before.refs} if before else set()
    new = [name for name in names if name not in known] or names
    preferred = [name for name in (f"{_BRANCHES}main", f"{_BRANCHES}master") if name in names]
    branch = (preferred or new)[0].removeprefix(_BRANCHES)
    await git_refs.set_head(directory, branch)
    return branch
