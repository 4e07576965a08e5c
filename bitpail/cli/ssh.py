"""``bitpail ssh``, and the process beside the workers that serves git over SSH."""

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

from bitpail.cli.context import Context, Group
from bitpail.services import host_keys
from bitpail.settings import Settings

_AGAIN_AFTER = 1.0
_KILL_AFTER = 5.0


@click.group(cls=Group)
def ssh() -> None:
    """Git over SSH."""


@ssh.command("host-keys")
@click.pass_obj
def show(context: Context) -> None:
    """Print the server's public host keys, each with its fingerprint. Makes those that are missing."""
    data = context.settings().data_path
    host_keys.create(data)
    for key in host_keys.public(data):
        click.echo(f"{key.text} SHA256:{key.fingerprint}")


class _Stopped(BaseException):
    """SIGTERM, once the workers have finished."""


@contextmanager
def beside(settings: Settings, listening: socket | None) -> Iterator[None]:
    """Serve SSH on this socket in a process of its own for as long as the body runs."""
    if listening is None:
        yield
        return
    keeper = _Keeper(settings, listening)
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

    def __init__(self, settings: Settings, listening: socket) -> None:
        self._settings = settings
        self._listening = listening
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
        process = context.Process(target=_serve, args=(self._settings, self._listening))
        process.start()
        return process

    def _watch(self) -> None:
        while True:
            select.select([self._listening.fileno(), self._woken], [], [])
            if self._stopping.is_set():
                return
            self._process = self._started()
            if self._stopping.is_set():
                self._process.terminate()
            self._process.join()
            if self._stopping.wait(_AGAIN_AFTER):
                return
            click.echo(f"bitpail: SSH ended with {self._process.exitcode}; starting it again", err=True)


def _serve(settings: Settings, listening: socket) -> None:
    # asyncssh takes a fifth of a second to import, which no other process should pay.
    from bitpail.ssh.door import run  # noqa: PLC0415 - see above

    run(settings, listening)
