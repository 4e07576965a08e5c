"""The one place where processes start.

Options are data; what clients said comes as typed revisions and paths and goes
behind ``--end-of-options`` and ``--``. The environment is clean, our settings
win over a repository's own, and a child dies with whoever waits for it.
"""

import asyncio
import fcntl
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from bitpail.errors import GitError, TookTooLong, TooLarge
from bitpail.git.environment import Config, environment, executable
from bitpail.git.pipes import PIECE, ReadEnd, WriteEnd
from bitpail.git.revisions import RepositoryPath, Revision, Source

GRACE: Final = 2.0
"""Seconds between asking a child to end, so that it tidies up, and ending it."""

STDERR_KEPT: Final = 8192

_NICEST: Final = 19


@dataclass(slots=True)
class Processes:
    """The gits of this process."""

    started: int = 0
    running: int = 0


PROCESSES: Final = Processes()
"""Of all that was started here; nothing but a metric."""


def _arguments(
    git_dir: Path | None,
    command: str,
    flags: Sequence[str],
    revisions: Sequence[Revision],
    paths: Sequence[RepositoryPath | Source | Path],
) -> list[str]:
    arguments = ["git", *([f"--git-dir={git_dir}"] if git_dir else []), command, *flags]
    if revisions:
        arguments += ["--end-of-options", *(revision.text for revision in revisions)]
    if paths:
        arguments += ["--", *(str(path) if isinstance(path, Path) else path.text for path in paths)]
    return arguments


class Process:
    """One running git with everything that it starts, which are one process group.

    Leave its ``async with`` and it is gone: ended if need be, and reaped.
    """

    def __init__(
        self,
        pid: int,
        stdin: WriteEnd | None,
        stdout: ReadEnd,
        stderr: ReadEnd,
        on_stderr: Callable[[bytes], None] | None,
        *,
        polite: bool,
    ) -> None:
        self.pid = pid
        self._polite = polite
        self._loop = asyncio.get_running_loop()
        self._stdin, self._stdout, self._stderr = stdin, stdout, stderr
        self._on_stderr = on_stderr
        self._last_words = b""
        self._status: asyncio.Future[int] = self._loop.create_future()
        self._killing = False
        self._patience: asyncio.TimerHandle | None = None
        self._pidfd = os.pidfd_open(pid)
        PROCESSES.started += 1
        PROCESSES.running += 1
        self._loop.add_reader(self._pidfd, self._reap)
        stderr.watch(self._listen)

    async def read(self, size: int = PIECE) -> bytes:
        """What git says, as soon as it says something; nothing at the end."""
        return await self._stdout.read(size)

    async def write(self, data: bytes | memoryview) -> None:
        """Wait until git took it; BrokenPipeError when it no longer listens."""
        if self._stdin is not None:
            await self._stdin.write(data)

    def close_stdin(self) -> None:
        """Tell git that this was all."""
        if self._stdin is not None:
            self._stdin.close()

    async def wait(self) -> int:
        """The exit status; negative for a signal."""
        return await asyncio.shield(self._status)

    @property
    def running(self) -> bool:
        """Whether its status has not been collected yet."""
        return not self._status.done()

    @property
    def stderr(self) -> str:
        """The last words, for the log."""
        self._listen()
        return self._last_words.decode(errors="replace").strip()

    def kill(self) -> None:
        """End git and what it started: by a signal that it may handle, then by one that it can't."""
        if self.running and not self._killing:
            self._killing = True
            self._expect_end(lambda: self._signal(signal.SIGKILL))
            self._signal(signal.SIGTERM)

    def end(self) -> None:
        """Make it end. A polite one hears that nobody is there any more, and tidies up first."""
        if not self._polite:
            self.kill()
        elif self.running and self._patience is None:
            self._expect_end(self.kill)
        self.close_stdin()

    def close(self) -> None:
        """End what still runs and give every descriptor back. The status is collected in any case."""
        self.end()
        # Git tidies up when its input ends, and not when a signal or a broken pipe ends it.
        if not (self._polite and self.running):
            self._close_output()

    def _close_output(self) -> None:
        self._stdout.close()
        self._listen()
        self._stderr.close()

    def _expect_end(self, otherwise: Callable[[], None]) -> None:
        if self._patience is not None:
            self._patience.cancel()
        self._patience = self._loop.call_later(GRACE, otherwise)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        await self.wait()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    def _reap(self) -> None:
        if self._killing:
            # The leader is still a zombie, so its group's number can't be somebody else's.
            self._signal(signal.SIGKILL)
        try:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
        except ChildProcessError:
            pid, status = self.pid, 0xFF00
        if pid == 0:
            return
        self._loop.remove_reader(self._pidfd)
        os.close(self._pidfd)
        PROCESSES.running -= 1
        if self._patience is not None:
            self._patience.cancel()
            self._close_output()
        self._status.set_result(os.waitstatus_to_exitcode(status))

    def _listen(self) -> None:
        while piece := self._stderr.read_now():
            self._last_words = (self._last_words + piece)[-STDERR_KEPT:]
            if self._on_stderr is not None:
                self._on_stderr(piece)
        if piece is not None:
            self._stderr.close()


def start(
    git_dir: Path | None,
    command: str,
    *flags: str,
    revisions: Sequence[Revision] = (),
    paths: Sequence[RepositoryPath | Source | Path] = (),
    config: Config = (),
    env: Mapping[str, str] | None = None,
    descriptors: Mapping[int, int] | None = None,
    stdin: bool = True,
    polite: bool = False,
    background: bool = False,
    on_stderr: Callable[[bytes], None] | None = None,
) -> Process:
    """Start git. ``descriptors`` maps a number in the child (3 to 9) to one of ours, which stays ours.
    Number 1 is taken for its output, of which nothing can be read here then.

    A ``polite`` one is ended by the end of its input, and by signals only if that does not help.
    One in the ``background`` gets what others leave of processor and disk.
    """
    arguments = _arguments(git_dir, command, flags, revisions, paths)
    process = _start(
        executable(),
        arguments,
        environment(config, env or {}),
        descriptors=descriptors or {},
        stdin=stdin,
        polite=polite,
        on_stderr=on_stderr,
    )
    if background:
        _stand_back(process.pid)
    return process


def _start(
    program: str,
    arguments: list[str],
    variables: Mapping[str, str],
    *,
    descriptors: Mapping[int, int],
    stdin: bool,
    polite: bool,
    on_stderr: Callable[[bytes], None] | None,
) -> Process:
    with ExitStack() as given, ExitStack() as ours:
        stdout, child_stdout = os.pipe()
        ours.callback(os.close, stdout)
        actions = [_hand_over(given, child_stdout, 1)]
        stderr, child_stderr = os.pipe()
        ours.callback(os.close, stderr)
        actions.append(_hand_over(given, child_stderr, 2))
        child_stdin, stdin_end = os.pipe() if stdin else (os.open(os.devnull, os.O_RDONLY), None)
        actions.append(_hand_over(given, child_stdin, 0))
        if stdin_end is not None:
            ours.callback(os.close, stdin_end)
        actions += [_hand_over(given, os.dup(kept), number) for number, kept in descriptors.items()]
        pid = _spawn(program, arguments, variables, actions)
        ours.pop_all()
    feed = None if stdin_end is None else WriteEnd(stdin_end)
    return Process(pid, feed, ReadEnd(stdout), ReadEnd(stderr), on_stderr, polite=polite)


def _hand_over(given: ExitStack, descriptor: int, number: int) -> tuple[int, int, int]:
    """Move a descriptor of ours out of the way of the child's own numbers; it is closed after the start."""
    high = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10)
    os.close(descriptor)
    given.callback(os.close, high)
    return (os.POSIX_SPAWN_DUP2, high, number)


def _spawn(
    program: str, arguments: list[str], variables: Mapping[str, str], actions: list[tuple[int, int, int]]
) -> int:
    # posix_spawn does not copy the server's page tables, as the loop's own
    # subprocess does on uvloop. Python ignores SIGPIPE; git must not, so that it
    # ends when the server has died and its pipes are closed.
    return os.posix_spawn(
        program,
        arguments,
        variables,
        file_actions=actions,
        setsid=True,
        setsigmask=(),
        setsigdef=(signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGTERM, signal.SIGHUP),
    )


def _stand_back(pid: int) -> None:
    """Before it has started anything: its children inherit it. The kernel takes the disk's turn from it too."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PGRP, pid, _NICEST)
    # Where the kernel groups by session, niceness counts inside a group only, unless the group has it.
    with suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text(str(_NICEST))


async def run(
    git_dir: Path | None,
    command: str,
    *flags: str,
    revisions: Sequence[Revision] = (),
    paths: Sequence[RepositoryPath | Source | Path] = (),
    stdin: bytes = b"",
    limit: int = 64 << 20,
    timeout: float = 60,  # noqa: ASYNC109 the limit is part of starting a process, not the caller's choice
    config: Config = (),
    env: Mapping[str, str] | None = None,
    descriptors: Mapping[int, int] | None = None,
    background: bool = False,
    on_stderr: Callable[[bytes], None] | None = None,
) -> bytes:
    """What git prints. GitError when it fails, TookTooLong, TooLarge when it says too much."""
    try:
        async with (
            asyncio.timeout(timeout),
            start(
                git_dir,
                command,
                *flags,
                revisions=revisions,
                paths=paths,
                config=config,
                env=env,
                descriptors=descriptors,
                background=background,
                stdin=bool(stdin),
                on_stderr=on_stderr,
            ) as process,
        ):
            output = await _converse(process, f"git {command}", stdin, limit)
            status = await process.wait()
    except TimeoutError:
        raise TookTooLong(f"git {command} took longer than {timeout:g} seconds") from None
    if status:
        raise GitError(f"git {command} failed", status, process.stderr)
    return output


def start_python(module: str, *arguments: str) -> Process:
    """Start a module of ours as a program. Of the server's environment it gets to know where modules are
    found, and nothing else.
    """
    return _start(
        sys.executable,
        ["python", "-s", "-P", "-m", module, *arguments],
        {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONIOENCODING": "utf-8"},
        descriptors={},
        stdin=True,
        polite=False,
        on_stderr=None,
    )


async def run_python(module: str, *arguments: str, stdin: bytes, limit: int, timeout: float) -> bytes:  # noqa: ASYNC109 as above
    """What a module of ours prints as a program. Raises as ``run`` does."""
    try:
        async with asyncio.timeout(timeout), start_python(module, *arguments) as process:
            output = await _converse(process, module, stdin, limit)
            status = await process.wait()
    except TimeoutError:
        raise TookTooLong(f"{module} took longer than {timeout:g} seconds") from None
    if status:
        raise GitError(f"{module} failed", status, process.stderr)
    return output


async def _converse(process: Process, command: str, stdin: bytes, limit: int) -> bytes:
    feeding = asyncio.create_task(_feed(process, stdin)) if len(stdin) > PIECE else None
    if feeding is None:
        await _feed(process, stdin)  # fits the pipe, so nothing waits
    try:
        pieces = []
        size = 0
        while piece := await process.read():
            size += len(piece)
            if size > limit:
                raise TooLarge(f"the output of {command} is larger than {limit} bytes")
            pieces.append(piece)
    finally:
        if feeding is not None:
            feeding.cancel()
    return b"".join(pieces)


async def _feed(process: Process, data: bytes) -> None:
    with suppress(BrokenPipeError):  # git has heard enough; its status tells why
        await process.write(data)
    process.close_stdin()
