"""What all processes of this server count, brought together.

A request for the metrics reaches one process of several. So each keeps a file of
what it counted, written anew when that has changed, and whoever is asked adds them
up. What ended processes counted stays until the server starts again: a counter
that goes down would look like a restart of all.
"""

import asyncio
import os
import secrets
import socket
from contextlib import suppress
from pathlib import Path

import msgspec
import structlog
from msgspec import Struct

from bitpail.git import command
from bitpail.services.counts import Durations, Key
from bitpail.services.site import Site
from bitpail.settings import Settings

log = structlog.get_logger()

_WRITTEN_EVERY = 5.0
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Family(Struct, frozen=True):
    """A name with its labels. Kinds: counter, gauge (of the processes that run, added up), histogram (seconds)."""

    kind: str
    name: str
    help: str
    labels: tuple[str, ...] = ()


FAMILIES = (
    Family("counter", "requests", "Requests answered; status 0: the client left before.", ("door", "method", "status")),
    Family("histogram", "request_duration_seconds", "From the request to the end of its answer.", ("door",)),
    Family("counter", "refusals", "Requests refused, by reason.", ("door", "reason")),
    Family("counter", "fetches", "Packs given out: clones, and fetches of clients that have something.", ("door", "of", "kind")),
    Family("counter", "pushes", "Pushes: landed with all their refs, refused by a rule or by git, or failed.", ("door", "of", "outcome")),
    Family("counter", "git_bytes", "Bytes of fetches given out, and of pushes taken in.", ("service",)),
    Family("histogram", "git_duration_seconds", "One request of a git client, its wait for a turn included.", ("service",)),
    Family("counter", "clone_cache_answers", "From a file (hit), from one that was being written (follow), written for it (miss), or past the cache (pass).", ("result",)),
    Family("counter", "clone_cache_bytes", "Bytes given out that git did not make for their reader."),
    Family("counter", "git_processes_started", "Gits started, for whatever reason."),
    Family("gauge", "git_processes", "Gits that run now, for whatever reason."),
    Family("gauge", "git_slots_used", "Gits that serve a fetch or a push now."),
    Family("gauge", "git_slots_waiting", "Requests that wait for one."),
    Family("counter", "upkeep_runs", "Git directories put in order, or not.", ("outcome",)),
    Family("counter", "upkeep_duration_seconds", "What that took."),
    Family("counter", "upkeep_packs_removed", "Packs fewer."),
    Family("counter", "upkeep_loose_objects_packed", "Loose objects fewer."),
    Family("gauge", "upkeep_bytes_saved", "Bytes fewer on disk; an index takes some, so it may be below 0."),
    Family("gauge", "processes", "Processes of the server."),
    Family("gauge", "resident_memory_bytes", "Memory of these processes."),
)  # fmt: skip


class Counted(Struct):
    """What one process wrote down."""

    pid: int
    numbers: list[tuple[Key, float]]
    durations: list[tuple[Key, Durations]]
    gauges: list[tuple[Key, float]]


class Publisher:
    """Writes the file of this process, which is gone only with the next start of the server."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._file = _directory(site.settings) / f"{_host()}-{os.getpid()}-{secrets.token_hex(4)}.json"
        self._written = b""

    async def run(self) -> None:
        """Write every few seconds until cancelled, if something has changed."""
        try:
            while True:
                self.write()
                await asyncio.sleep(_WRITTEN_EVERY)
        finally:
            self.write(ended=True)

    def write(self, *, ended: bool = False) -> None:
        """Write it now. Never raises: a full disk must not end a server for its metrics."""
        content = msgspec.json.encode(_counted(self._site, ended=ended))
        if content == self._written:
            return
        new = self._file.with_suffix(".new")
        try:
            self._file.parent.mkdir(mode=0o700, exist_ok=True)
            new.write_bytes(content)
            new.replace(self._file)
        except OSError as error:
            log.warning("metrics.not_written", reason=str(error.strerror))
        else:
            self._written = content


def forget(settings: Settings) -> None:
    """Remove what an earlier run of the server on this host has left; for its start."""
    for file in _files(settings):
        with suppress(OSError):
            file.unlink()


def _counted(site: Site, *, ended: bool) -> Counted:
    cache, effect = site.fetches.cache.counts, site.upkeep.effect
    others: list[tuple[Key, float]] = [
        (("clone_cache_answers", "hit"), cache.hits),
        (("clone_cache_answers", "follow"), cache.follows),
        (("clone_cache_answers", "miss"), cache.misses),
        (("clone_cache_answers", "pass"), cache.passed),
        (("clone_cache_bytes",), cache.bytes),
        (("git_processes_started",), command.PROCESSES.started),
        (("upkeep_runs", "done"), effect.runs),
        (("upkeep_runs", "failed"), effect.failures),
        (("upkeep_duration_seconds",), effect.seconds),
        (("upkeep_packs_removed",), max(0, effect.packs_removed)),
        (("upkeep_loose_objects_packed",), max(0, effect.loose_packed)),
    ]
    gauges: list[tuple[Key, float]] = [
        (("git_processes",), command.PROCESSES.running),
        (("git_slots_used",), site.slots.running),
        (("git_slots_waiting",), site.slots.waiting),
        (("processes",), 1),
    ]
    return Counted(
        pid=os.getpid(),
        numbers=[*site.counts.numbers.items(), *others, (("upkeep_bytes_saved",), effect.bytes_saved)],
        durations=list(site.counts.durations.items()),
        gauges=[] if ended else gauges,
    )


def read_all(settings: Settings) -> list[Counted]:
    """What all processes of this host counted; of those that ended no gauges."""
    found = []
    for file in _files(settings, ".json"):
        try:
            counted = msgspec.json.decode(file.read_bytes(), type=Counted)
        except (OSError, ValueError):
            continue  # it has just gone, or a full disk has cut it
        memory = _resident(counted.pid)
        if memory is None:
            counted.gauges = []
        elif counted.gauges:
            counted.gauges.append((("resident_memory_bytes",), memory))
        found.append(counted)
    return found


def _resident(pid: int) -> int | None:
    """Bytes; None if there is no such process."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError, ValueError):
        return None


def _directory(settings: Settings) -> Path:
    return settings.data_path / "metrics"


def _files(settings: Settings, ending: str = "") -> list[Path]:
    """Of this host: several nodes may share the directory, and each tells of itself."""
    host = _host()
    return [path for path in _directory(settings).glob(f"*{ending}") if path.name.startswith(f"{host}-")]


def _host() -> str:
    return "".join(c if c.isalnum() else "_" for c in socket.gethostname()) or "host"
