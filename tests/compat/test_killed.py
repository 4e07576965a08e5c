"""Whatever is killed in the middle of pushes and clones, what was acknowledged is there and nothing is broken.

``pytest tests/compat/test_killed.py --kills 200`` kills as often as that.
"""

import os
import random
import signal
import subprocess
from collections import Counter
from contextlib import suppress
from fnmatch import fnmatch

import psutil
from support.clients import is_intact, refs
from support.processes import eventually, family, gits
from support.ssh import SshPerson, put_user_key

from bitpail.testing import Bitpail

SEED = 20
LATEST = 1.5
"""Seconds after the start of the clients; most are done then."""


class Killed:
    """A server with one repository, two ways to it, and somebody who kills."""

    def __init__(self, server, home, rounds):
        self.server, self.rng = server, random.Random(SEED)
        ada = server.user("ada")
        server.repository("ada/code", files={"random.bin": self.rng.randbytes(4 << 20)})
        self.secret = server.app_password(ada, "repository:write")
        self.person = SshPerson(home, server)
        put_user_key(server, ada, self.person.public_key())
        self.directory = server.directory("ada/code")
        self.main = refs(self.directory)["refs/heads/main"]
        self.source = home / "source"
        self.person.well("clone", "--quiet", "--bare", str(self.directory), str(self.source))
        self.person.run("git", "fast-import", "--quiet", at=self.source, given=self._history(rounds))
        self.commits = refs(self.source)
        self.acknowledged, self.counts = {}, Counter()

    def _history(self, rounds):
        stream = bytearray()
        for number in range(rounds):
            content = self.rng.randbytes(self.rng.choice([100, 100, 3 << 20]))
            stream += (
                f"commit refs/heads/r{number}\ncommitter Ada <ada@example.org> 1700000000 +0000\n"
                f"data 1\nx\nfrom {self.main}\nM 100644 inline f{number}\ndata {len(content)}\n"
            ).encode()
            stream += content + b"\n"
        return bytes(stream)

    def url(self):
        if self.rng.random() < 0.25:
            return self.person.url("ada/code")
        return self.server.git_url("ada/code", "ada", self.secret)

    def round(self, number):
        """One push and one clone at once, one of the three killed, and what came of it."""
        names = (f"r{number}:refs/heads/r{number}", f"+r{number}:refs/heads/shared{number % 3}")
        target = self.person.home / f"clone{number}"
        clone = ("clone", "--quiet", "--bare", "--single-branch", "--branch=main", self.url(), str(target))
        clients = [
            self.client("push", "--quiet", self.url(), *names, at=self.source),
            self.client(*clone, at=self.person.home),
        ]
        victim = self.rng.choice(["server", "server and git", "git", "git", "git", "client", "client"])
        moment = self.rng.uniform(0.01, LATEST)
        if victim == "git":
            eventually(lambda: bool(gits(self.server.process.pid)), moment)
            moment /= 10
        with suppress(subprocess.TimeoutExpired):
            clients[0].wait(moment)
        self.counts[f"rounds that kill {victim}"] += 1
        self.counts["processes killed"] += self.kill(victim, clients)
        pushed, cloned = (client.wait(180) == 0 for client in clients)
        if victim.startswith("server"):
            self.server.process.wait()
            self.server.start()
        if pushed:
            self.acknowledged[f"refs/heads/r{number}"] = self.commits[f"refs/heads/r{number}"]
        self.counts["push acknowledged" if pushed else "push failed"] += 1
        self.counts["clone worked" if cloned else "clone failed"] += 1
        if cloned:
            assert self.person.well("rev-parse", "main", at=target) == self.main

    def client(self, *arguments, at):
        return subprocess.Popen(
            ["git", *arguments],
            cwd=at,
            env=self.person.environment | {"GIT_TERMINAL_PROMPT": "0"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def kill(self, victim, clients):
        """How many processes it was."""
        if victim == "client":
            for client in clients:
                with suppress(ProcessLookupError):
                    os.killpg(client.pid, signal.SIGKILL)
            return len(clients)
        running = gits(self.server.process.pid)
        if victim == "git":
            victims = running
        else:
            victims = [one for one in family(self.server.process.pid) if one not in running]
            victims += running if victim == "server and git" else []
        for process in victims:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        return len(victims)


PASSING = ("tmp_objdir-*", "tmp_*", "*.lock", ".tmp-*", "pushing-*", ".[0-9]*-[0-9]*", "push-*")


def left(server):
    """What only something that is under way has on disk."""
    found = []
    for place, directories, files in os.walk(server.settings.data_path):
        names = [*directories, *files]
        found += [f"{place}/{name}" for name in names if any(fnmatch(name, pattern) for pattern in PASSING)]
    return sorted(found)


def test_what_was_acknowledged_survives_kills_of_servers_gits_and_clients(tmp_path, request, record_property):
    kills = request.config.getoption("--kills")
    with Bitpail.started() as server:
        killed = Killed(server, tmp_path / "home", kills)
        for number in range(kills):
            killed.round(number)
        server.process.kill()
        server.process.wait()
        before = len(left(server))
        server.start()

        assert eventually(lambda: not left(server)), left(server)
        there = refs(killed.directory)
        assert killed.acknowledged.items() <= there.items()
        assert is_intact(killed.directory)
        for number in range(2):
            target = killed.person.home / f"after{number}"
            killed.person.well("clone", "--quiet", "--mirror", killed.url(), str(target))
            assert refs(target) == there
            assert is_intact(target)
        killed.person.well(
            "push", "--quiet", "--force", killed.url(), "refs/heads/r*:refs/heads/r*", at=killed.source
        )
        assert (
            refs(killed.directory).items() >= {k: v for k, v in killed.commits.items() if "/r" in k}.items()
        )
        record_property("kills", dict(killed.counts))
        print(f"{kills} rounds: {dict(killed.counts)}; {before} files were left before the last start")
