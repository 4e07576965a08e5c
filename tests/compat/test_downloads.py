"""Downloads with real clients, and a server that is killed in the middle."""

import hashlib
import re
import signal
import subprocess

import pytest
from support.processes import eventually, memory

from bitpail.testing import Bitpail

LARGE = 256 * 1024 * 1024


@pytest.fixture
def at(bitpail):
    return a_place(bitpail)


def a_place(server):
    ada = server.user("ada")
    server.repository("ada/code", files={"a.txt": "a\n"})
    server.secret = server.app_password(ada, "repository:write")
    return f"{server.api}/repositories/ada/code/downloads"


def curl(bitpail, person, *arguments, check=True):
    done = person.run("curl", "--silent", "--show-error", "--user", f"ada:{bitpail.secret}", *arguments)
    assert done.worked or not check, done.seen
    return done


def on_disk(bitpail):
    return [one for one in (bitpail.settings.data_path / "downloads").rglob("*") if one.is_file()]


def test_curl_uploads_and_downloads_what_is_larger_than_the_server_may_hold(bitpail, person, at):
    large = person.home / "large.bin"
    with large.open("wb") as file:
        for number in range(LARGE // (1 << 20)):
            file.write(hashlib.sha256(b"%d" % number).digest() * (1 << 15))
    curl(bitpail, person, "--form", "files=@/etc/hostname;filename=small.txt", at)
    before = memory(bitpail.process.pid)

    curl(bitpail, person, "--form", f"files=@{large}", at)
    after_upload = memory(bitpail.process.pid)
    # Curl drops the credential where a redirect leads to another host, and keeps it on the same: both will do.
    curl(bitpail, person, "--location", "--output", "again.bin", f"{at}/large.bin")
    person.run("curl", "--silent", "--location", "--output", "anonymous.bin", f"{at}/large.bin")

    assert (person.home / "again.bin").read_bytes() == large.read_bytes()
    assert (person.home / "anonymous.bin").stat().st_size < 1000
    assert after_upload - before < 32 * 1024 * 1024
    assert memory(bitpail.process.pid) - before < 48 * 1024 * 1024


def test_an_interrupted_download_goes_on_where_it_was(bitpail, person, at):
    content = b"".join(b"%d\n" % number for number in range(400_000))
    (person.home / "a.txt").write_bytes(content)
    curl(bitpail, person, "--form", "files=@a.txt", at)
    (person.home / "part.txt").write_bytes(content[:1_000_000])

    told = curl(
        bitpail,
        person,
        *(
            "--location",
            "--continue-at",
            "-",
            "--output",
            "part.txt",
            "--write-out",
            "%{http_code} %{size_download}",
        ),
        f"{at}/a.txt",
    )

    assert told.out == f"206 {len(content) - 1_000_000}"
    # The log has who fetched what, once the answer is out, and nothing by which it could be fetched again.
    assert eventually(lambda: "/bitpail/files/***/a.txt" in bitpail.log)
    assert not re.search(r"/bitpail/files/[^*]", bitpail.log)
    assert (person.home / "part.txt").read_bytes() == content


def test_a_killed_server_leaves_nothing_of_an_upload_once_it_runs_again(person):
    with Bitpail.started() as server:
        at = a_place(server)
        curl(server, person, "--form", "files=@/etc/hostname;filename=kept.txt", at)
        (person.home / "half.bin").write_bytes(bytes(64 << 20))
        sending = subprocess.Popen(
            [
                *("curl", "--silent", "--user", f"ada:{server.secret}", "--limit-rate", "8M"),
                *("--form", "files=@half.bin", at),
            ],
            cwd=person.home,
        )
        assert eventually(lambda: any(one.stat().st_size > 2 << 20 for one in on_disk(server)))
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        assert sending.wait(60) != 0
        assert len(on_disk(server)) == 2

        server.start()

        assert eventually(lambda: len(on_disk(server)) == 1)
        listed = curl(server, person, f"{server.api}/repositories/ada/code/downloads").out
        assert '"name":"kept.txt"' in listed
        assert '"size":1,"page":1' in listed.replace(" ", "")


def test_who_is_refused_hears_why_though_it_still_sends(bitpail, person, at):
    (person.home / "-rf").write_bytes(bytes(16 << 20))

    told = curl(bitpail, person, "--form", "files=@./-rf", "--write-out", "%{http_code}", at)

    assert told.out.endswith("400")
    assert "would be taken for an option" in told.out
    assert on_disk(bitpail) == []
