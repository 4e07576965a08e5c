"""The process beside the workers that serves git over SSH: started when somebody comes, and again when it ends."""

import multiprocessing
import os
import select
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import SpawnProcess
from socket import socket
from types import FrameType

import click

from bitpail.cli import sshd
from bitpail.settings import Settings

_AGAIN_AFTER = 1.0
_KILL_AFTER = 5.0


class _Stopped(BaseException):
    """SIGTERM, once the workers have finished."""


@contextmanager
def beside(settings: Settings, listening: socket | None) -> Iterator[None]:
    """Serve SSH on this socket, and for an sshd, in a process of its own for as long as the body runs."""
    local = sshd.listening(settings) if settings.ssh_sshd == "on" else None
    if listening is None and local is None:
        yield
        return
    keeper = _Keeper(settings, listening, local)
    # uvicorn repeats the signal to us when it is done, and the process would end before ours does.
    signal.signal(signal.SIGTERM, _raise_stopped)
    try:
        keeper.start()
        yield
    except _Stopped:
        keeper.stop()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.raise_signal(signal.SIGTERM)
    finally:
        keeper.stop()


def _raise_stopped(_number: int, _frame: FrameType | None) -> None:
    raise _Stopped


class _Keeper:
    """Starts the process when the first client comes, and again whenever it ends by itself.

    A server to which nobody comes over SSH is without it: it takes 60 MiB, and half a second to start.
    """

    def __init__(self, settings: Settings, listening: socket | None, local: socket | None) -> None:
        self._settings = settings
        self._sockets = (listening, local)
        self._stopping = threading.Event()
        self._process: SpawnProcess | None = None
        self._woken, self._wake = os.pipe()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        self._watcher.start()

    def stop(self) -> None:
        if self._stopping.is_set():
            return
        self._stopping.set()
        os.close(self._wake)
        if self._process is not None:
            self._process.terminate()
            self._process.join(self._settings.graceful_stop + _KILL_AFTER)
            self._process.kill()
        self._watcher.join()
        os.close(self._woken)

    def _started(self) -> SpawnProcess:
        context = multiprocessing.get_context("spawn")
        process = context.Process(target=_serve, args=(self._settings, *self._sockets))
        process.start()
        return process

    def _watch(self) -> None:
        while True:
            listening = [one.fileno() for one in self._sockets if one is not None]
            select.select([*listening, self._woken], [], [])
            if self._stopping.is_set():
                return
            self._process = self._started()
            if self._stopping.is_set():
                self._process.terminate()
            self._process.join()
            if self._stopping.wait(_AGAIN_AFTER):
                return
            click.echo(f"bitpail: SSH ended with {self._process.exitcode}; starting it again", err=True)


def _serve(settings: Settings, listening: socket | None, local: socket | None) -> None:
    # asyncssh takes a fifth of a second to import, which no other process should pay.
    from bitpail.ssh.door import run  # noqa: PLC0415 - see above

    run(settings, listening, local)
