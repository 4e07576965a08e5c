"""Running a command at a terminal of its own and typing answers at its prompts, as a person does."""

import os
import pty
import select
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

_LAST_WORDS = 30
"""Seconds for a command to end that has lost its terminal."""


class Session(Struct, frozen=True):
    """How the command ended, and all that stood on the terminal."""

    status: int
    screen: str


def at_terminal(
    command: Sequence[str],
    answers: Sequence[tuple[str, str]],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    until: str = "",
    seconds: float = 60,
) -> Session:
    """Run a command; type each answer when its prompt appears. End it when ``until`` is read, or after ``seconds``."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(cwd)
        os.execvpe(command[0], list(command), dict(environment))  # noqa: S606 - that is its job
    try:
        screen = _converse(terminal, answers, until.encode(), time.monotonic() + seconds)
    finally:
        if until:
            # A server with workers takes a hang-up for something else.
            os.kill(child, signal.SIGTERM)
        os.close(terminal)
        status = _ended(child, time.monotonic() + _LAST_WORDS)
    return Session(status, screen.decode(errors="replace"))


def _converse(terminal: int, answers: Sequence[tuple[str, str]], until: bytes, deadline: float) -> bytes:
    screen, waiting, read_from = b"", list(answers), 0
    while (left := deadline - time.monotonic()) > 0:
        if not select.select([terminal], [], [], left)[0]:
            break
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # the last process at the terminal has ended
            break
        if not piece:
            break
        screen += piece
        if until and until in screen:
            break
        if waiting and waiting[0][0].encode() in screen[read_from:]:
            os.write(terminal, waiting.pop(0)[1].encode() + b"\n")
            read_from = len(screen)
    return screen


def _ended(child: int, deadline: float) -> int:
    while time.monotonic() < deadline:
        process, status = os.waitpid(child, os.WNOHANG)
        if process:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
