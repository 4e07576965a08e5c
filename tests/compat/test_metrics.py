"""The metrics of a server of several processes, as a scraper finds them."""

import os
import signal
import socket
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from prometheus_client.parser import text_string_to_metric_families
from support.processes import eventually

from bitpail.testing import Bitpail


def sample(person, server, name, **labels):
    """One number as it is now, added up over the labels that are not given."""
    text = person.run("curl", "--silent", "--fail", f"{server.url}/metrics").out
    return sum(
        found.value
        for family in text_string_to_metric_families(text)
        for found in family.samples
        if found.name == f"bitpail_{name}" and labels.items() <= found.labels.items()
    )


def test_all_processes_are_added_up_and_none_that_ends_is_lost(person):
    with Bitpail.started(workers=2) as server:
        server.user("ada")
        server.repository("ada/code", public=True, files={"a.txt": "a\n"})

        def requests():
            return sample(person, server, "requests_total", door="git", status="200")

        for number in range(6):
            person.well("clone", "--quiet", server.git_url("ada/code"), str(number))
        # A clone asks three times, of whichever worker; each tells within seconds.
        assert eventually(lambda: requests() == 18)
        assert sample(person, server, "fetches_total", kind="clone", door="git") == 6
        # Nobody has come over SSH. The first worker may have answered all before the second was up.
        assert eventually(lambda: sample(person, server, "processes") == 2)
        files = list((server.settings.data_path / "metrics").glob("*.json"))
        pids = {int(file.name.split("-")[-2]) for file in files}
        victim = next(pid for pid in pids if "spawn_main" in " ".join(psutil.Process(pid).cmdline()))

        where = urlsplit(server.ssh_url)
        with socket.create_connection((where.hostname, where.port), timeout=30) as client:
            assert client.recv(3) == b"SSH"
        assert eventually(lambda: sample(person, server, "processes") == 3)
        memory = sample(person, server, "resident_memory_bytes")
        assert memory > 3 * 20 << 20
        os.kill(victim, signal.SIGKILL)
        assert eventually(lambda: not Path(f"/proc/{victim}").exists())
        assert eventually(lambda: sample(person, server, "processes") == 3)
        assert requests() == 18

        server.stop()
        server.start("--workers", "2")
        assert requests() == 0
