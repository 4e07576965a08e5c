"""What an operator sees: health, stops, proxies, and the shipped fixture itself."""

import json
import os
import signal
import subprocess
import sys

import pytest
from support.clients import Person, refs
from support.processes import eventually, gits
from support.relay import Relay

from bitpail.testing import Bitpail

# More than the sockets of this machine take in before anybody has to wait.
ENOUGH = 24 << 20
PROXIED = (
    *("--header", "X-Forwarded-For: 203.0.113.9, 198.51.100.7", "--header", "X-Forwarded-Proto: https"),
    *("--header", "X-Forwarded-Host: git.example.org"),
)


def requests(server):
    """The lines of the access log."""
    lines = [json.loads(line) for line in server.log.splitlines() if line.startswith("{")]
    return [line for line in lines if line.get("event") == "request"]


def logged(server, done):
    """The line of the access log for an answer; it is written when the answer is out."""
    headers = [line for line in done.out.splitlines() if line.lower().startswith("x-request-id: ")]
    number = headers[0].split(": ")[1].strip()
    assert eventually(lambda: any(line["request"] == number for line in requests(server)))
    return next(line for line in requests(server) if line["request"] == number)


def status(person, url):
    return person.run("curl", "--silent", "--write-out", "%{http_code}", url).out


def test_health_and_readiness_answer_without_a_credential(bitpail, person):
    assert status(person, f"{bitpail.url}/healthz") == "ok\n200"
    assert status(person, f"{bitpail.url}/readyz") == "ok\n200"


def test_a_server_whose_repositories_are_gone_is_alive_and_not_ready(person):
    with Bitpail.started() as server:
        repositories = server.settings.data_path / "repositories"
        repositories.rename(repositories.with_name("unmounted"))

        assert status(person, f"{server.url}/healthz") == "ok\n200"
        assert status(person, f"{server.url}/readyz").endswith("503")

        repositories.with_name("unmounted").rename(repositories)
        assert status(person, f"{server.url}/readyz") == "ok\n200"


@pytest.mark.parametrize("workers", [1, 2])
def test_a_clone_that_runs_when_the_server_is_asked_to_stop_comes_to_its_end(person, workers):
    with Bitpail.started(workers=workers) as server:
        server.user("ada")
        server.repository("ada/large", public=True, files={"large.bin": os.urandom(ENOUGH)})
        with Relay.to(server.url, down=1 << 20) as relay:
            url = relay.instead_of(server.git_url("ada/large"))
            cloning = person.start("git", "clone", url, "clone")
            assert relay.holds.wait(60)

            server.process.send_signal(signal.SIGTERM)
            assert eventually(lambda: "Shutting down" in server.log)
            assert server.process.poll() is None
            relay.let_go()
            _, complaint = cloning.communicate(timeout=60)

        assert cloning.returncode == 0, complaint
        assert server.process.wait(60) in {0, -signal.SIGTERM}
        tip = refs(server.directory("ada/large"))["refs/heads/main"]
        assert person.head(person.home / "clone") == tip


def test_a_client_that_never_ends_does_not_keep_the_server_from_stopping(person):
    with Bitpail.started(graceful_stop=1) as server:
        server.user("ada")
        server.repository("ada/large", public=True, files={"large.bin": os.urandom(ENOUGH)})
        with Relay.to(server.url, down=1 << 20) as relay:
            cloning = person.start("git", "clone", relay.instead_of(server.git_url("ada/large")), "clone")
            assert relay.holds.wait(60)
            children = gits(server.process.pid)
            assert children

            server.process.send_signal(signal.SIGTERM)

            server.process.wait(60)
            relay.let_go()
            cloning.communicate(timeout=60)
        assert cloning.returncode != 0
        assert eventually(lambda: not any(child.is_running() for child in children))


def test_a_server_that_was_asked_to_stop_takes_no_new_connection_while_it_serves_the_old_one(person):
    with Bitpail.started() as server:
        server.user("ada")
        server.repository("ada/large", public=True, files={"large.bin": os.urandom(ENOUGH)})
        with Relay.to(server.url, down=1 << 20) as relay:
            cloning = person.start("git", "clone", relay.instead_of(server.git_url("ada/large")), "clone")
            assert relay.holds.wait(60)

            server.process.send_signal(signal.SIGTERM)

            assert eventually(lambda: "Shutting down" in server.log)
            refused = person.run(
                "curl", "--silent", "--show-error", "--max-time", "60", f"{server.url}/healthz"
            )
            relay.let_go()
            cloning.communicate(timeout=60)

        assert "Connection refused" in refused.err or "Couldn't connect" in refused.err


def links_and_address(server, person, *options):
    """The repository's link to itself, and the client's address in the log."""
    done = person.run("curl", "--silent", "--include", *options, f"{server.api}/repositories/ada/notes")
    shown = json.loads(done.out.splitlines()[-1])
    return shown["links"]["self"]["href"], logged(server, done)["address"]


@pytest.fixture
def behind_proxy():
    """A server that believes this machine, and one more proxy."""
    with Bitpail.started(trusted_proxies=("127.0.0.0/8", "198.51.100.0/24")) as server:
        server.user("ada")
        server.repository("ada/notes", public=True, files={"README.md": "# Notes\n"})
        yield server


def test_what_a_trusted_proxy_says_of_the_client_is_believed(behind_proxy, person):
    link, address = links_and_address(behind_proxy, person, *PROXIED)

    assert link == "https://git.example.org/2.0/repositories/ada/notes"
    assert address == "203.0.113.9"


def test_what_a_client_says_of_itself_through_a_trusted_proxy_is_not_believed(behind_proxy, person):
    forged = ("--header", "X-Forwarded-For: 192.0.2.1, 203.0.113.9, 198.51.100.7")

    _, address = links_and_address(behind_proxy, person, *forged)

    assert address == "203.0.113.9"


def test_a_forwarded_host_that_is_none_is_not_put_into_links(behind_proxy, person):
    for host in ("evil.example/path", "a b", "user@evil.example", '"><script>'):
        link, _ = links_and_address(behind_proxy, person, "--header", f"X-Forwarded-Host: {host}")

        assert link == f"{behind_proxy.api}/repositories/ada/notes"


def test_what_anybody_else_says_is_not_believed(bitpail, person):
    bitpail.user("ada")
    bitpail.repository("ada/notes", public=True, files={"README.md": "# Notes\n"})

    link, address = links_and_address(bitpail, person, *PROXIED)

    assert link == f"{bitpail.api}/repositories/ada/notes"
    assert address == "127.0.0.1"


def test_the_public_url_of_the_settings_is_in_every_link(person):
    with Bitpail.started(public_url="https://git.example.org") as server:
        server.user("ada")
        server.repository("ada/notes", public=True, files={"README.md": "# Notes\n"})

        link, _ = links_and_address(server, person)

        assert link == "https://git.example.org/2.0/repositories/ada/notes"


def test_each_answer_carries_the_number_under_which_the_log_has_it(bitpail, person):
    done = person.run("curl", "--silent", "--include", f"{bitpail.api}/workspaces/nobody")

    assert logged(bitpail, done)["status"] == 404
    assert logged(bitpail, done)["path"] == "/2.0/workspaces/nobody"


def test_the_log_of_a_use_names_the_person_and_the_label_and_the_use_is_written_down(person):
    with Bitpail.started(last_use_interval=1) as server:
        ada = server.user("ada")
        secret = server.app_password(ada, "account", label="laptop")
        done = person.run("curl", "--silent", "--include", "--user", f"ada:{secret}", f"{server.api}/user")
        line = logged(server, done)
        assert (line["user"], line["app_password"], line["status"]) == ("ada", "laptop", 200)
        listed = []

        def is_written_down():
            done = subprocess.run(
                [sys.executable, *("-m", "bitpail", "app-password", "list", "--user", "ada", "--json")],
                env=person.environment | {"BITPAIL_DATA": server.settings.data},
                capture_output=True,
                check=True,
            )
            listed[:] = json.loads(done.stdout)
            return listed[0]["last_used_on"] is not None

        assert eventually(is_written_down, 120)
        (used,) = listed
        assert used["last_used_address"] == "127.0.0.1"
        assert used["last_used_client"].startswith("curl/")


def test_a_reset_forgets_everything_and_the_server_serves_on(bitpail, person):
    def fill():
        ada = bitpail.user("ada")
        bitpail.repository("ada/notes", files={"README.md": "# Notes\n"})
        secret = bitpail.app_password(ada, "repository:write", "wiki", label="laptop")
        return secret, bitpail.git_url("ada/notes", "ada", secret)

    old_secret, url = fill()
    person.well("clone", "--quiet", url, "old")
    wiki = bitpail.git_url("ada/notes", "ada", old_secret, wiki=True)
    person.well("clone", "--quiet", wiki, "wiki")

    bitpail.reset()

    assert not any((bitpail.settings.data_path / "repositories").iterdir())
    assert not person.git("ls-remote", url).worked
    new_secret, url = fill()
    person.well("clone", "--quiet", url, "new")
    api = f"{bitpail.api}/repositories/ada/notes"
    assert person.api(api, "--user", f"ada:{old_secret}")[0] == 401
    assert person.api(api, "--user", f"ada:{new_secret}")[0] == 200


def test_two_servers_on_one_machine_know_nothing_of_each_other(bitpail, person, tmp_path):
    bitpail.user("ada")
    bitpail.repository("ada/notes", public=True, files={"README.md": "# Notes\n"})
    with Bitpail.started() as other:
        other.user("grace")

        assert Person(tmp_path / "another").git("ls-remote", bitpail.git_url("ada/notes")).worked
        assert not person.git("ls-remote", other.git_url("ada/notes")).worked
