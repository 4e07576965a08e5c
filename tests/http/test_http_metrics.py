"""The metrics: who may read them, and that they count what happened and name nobody."""

import pytest
from prometheus_client.parser import text_string_to_metric_families
from support.asgi import Client
from support.pushes import push_request
from support.site import serving, settings_in

from bitpail.errors import ConfigurationError
from bitpail.services.metrics import FAMILIES
from bitpail.settings import load
from bitpail.wire.packet_lines import FLUSH, encode

pytestmark = pytest.mark.anyio

V2 = [("content-type", "application/x-git-upload-pack-request"), ("git-protocol", "version=2")]
PUSH = [("content-type", "application/x-git-receive-pack-request")]


async def read(server, peer="127.0.0.1", **more):
    return await Client(server.application, peer=peer).get("/metrics", **more)


async def values(server):
    """Every sample by its name and labels."""
    answer = await read(server)
    assert answer.status == 200
    found = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found[(sample.name, *(sample.labels[key] for key in sorted(sample.labels)))] = sample.value
    return found


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("127.8.9.10", {}, 200),
        ("::1", {}, 200),
        ("::ffff:127.0.0.1", {}, 200),
        ("192.0.2.1", {}, 403),
        ("::ffff:192.0.2.1", {}, 403),
        ("", {}, 403),
        # Behind a proxy of this host that nobody told us of, everybody comes from here.
        ("127.0.0.1", {"x-forwarded-for": "127.0.0.1"}, 403),
        ("127.0.0.1", {"forwarded": "for=127.0.0.1"}, 403),
        ("127.0.0.1", {"x-real-ip": ""}, 403),
        ("127.0.0.1", {"via": "1.1 proxy"}, 403),
    ],
)
async def test_who_may_read_them_by_default(server, peer, headers, status):
    answer = await read(server, peer, headers=list(headers.items()))

    assert answer.status == status
    assert ("bitpail_" in answer.text) is (status == 200)


@pytest.mark.parametrize(
    ("client", "status"), [("192.0.2.7", 200), ("127.0.0.1", 403), ("198.51.100.1", 403), ("rubbish", 403)]
)
async def test_behind_a_trusted_proxy_the_client_counts(
    anyio_backend, tmp_path, migrated_file, client, status
):
    settings = settings_in(
        tmp_path / "data",
        migrated_file,
        trusted_proxies=("127.0.0.0/8", "10.0.0.1"),
        metrics_networks=("192.0.2.0/24",),
    )
    async with serving(settings) as server:
        assert (await read(server, headers=[("x-forwarded-for", client)])).status == status


async def test_with_no_networks_nobody_reads_them(anyio_backend, tmp_path, migrated_file):
    async with serving(settings_in(tmp_path / "data", migrated_file, metrics_networks=())) as server:
        assert (await read(server)).status == 403


def test_a_network_that_is_none_is_refused_by_name(monkeypatch):
    monkeypatch.setenv("BITPAIL_METRICS_NETWORKS", "10.0.0.0/8, nonsense")

    with pytest.raises(ConfigurationError, match="metrics_networks: not a network: 'nonsense'"):
        load()


async def test_it_is_read_and_nothing_else(server):
    answer = await Client(server.application, peer="127.0.0.1").request("POST", "/metrics")

    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


async def test_what_happened_is_counted_and_names_nobody(server, ada, git):
    git.commit("one")
    await server.adopted("ada", "code", git)
    auth = await server.auth(ada, "repository:write")
    weak = await server.auth(ada, "account")
    tip = git.git("rev-parse", "main")

    async def fetch(*lines, auth=auth):
        wanted = b"".join(encode(f"{line}\n".encode()) for line in (f"want {tip}", *lines, "done"))
        body = encode(b"command=fetch\n") + b"0001" + wanted + FLUSH
        return await server.client.request(
            "POST", "/ada/code.git/git-upload-pack", body=body, headers=V2, auth=auth
        )

    async def push(name):
        body = push_request(git, ("0" * 40, tip, name))
        return await server.client.request(
            "POST", "/ada/code.git/git-receive-pack", body=body, headers=PUSH, auth=auth
        )

    before = await values(server)
    given_out = [await fetch(), await fetch(), await fetch(f"have {'1' * 40}")]
    assert [answer.status for answer in (*given_out, await fetch(auth=weak))] == [200, 200, 200, 403]
    assert b"ok refs/heads/new" in (await push("refs/heads/new")).body
    assert b"ng refs/heads/bad..name" in (await push("refs/heads/bad..name")).body
    assert (await server.client.get("/2.0/user", auth=("ada", "wrong"))).status == 401
    assert (await server.client.get("/2.0/user", auth=weak)).status == 200
    await server.client.request("BREW", "/ada/code.git/info/refs")
    after = await values(server)

    def more(*key):
        return after.get(key, 0) - before.get(key, 0)

    assert more("bitpail_fetches_total", "git", "clone", "code") == 2
    assert more("bitpail_fetches_total", "git", "fetch", "code") == 1
    assert more("bitpail_pushes_total", "git", "code", "landed") == 1
    assert more("bitpail_pushes_total", "git", "code", "refused") == 1
    assert more("bitpail_git_bytes_total", "upload-pack") == sum(len(answer.body) for answer in given_out)
    assert more("bitpail_git_bytes_total", "receive-pack") > 0
    assert more("bitpail_clone_cache_answers_total", "miss") == 1
    assert more("bitpail_clone_cache_answers_total", "hit") == 1
    assert more("bitpail_clone_cache_bytes_total") == len(given_out[1].body)
    assert more("bitpail_refusals_total", "git", "scope") == 1
    assert more("bitpail_refusals_total", "api", "wrong") == 1
    assert more("bitpail_requests_total", "api", "GET", "200") == 1
    assert more("bitpail_requests_total", "git", "POST", "200") == 5
    assert more("bitpail_requests_total", "git", "other", "405") == 1
    assert more("bitpail_request_duration_seconds_count", "git") == 7
    assert more("bitpail_git_duration_seconds_bucket", "+Inf", "upload-pack") == 3
    assert more("bitpail_git_processes_started_total") >= 4
    assert after["bitpail_git_slots_used",] == after["bitpail_git_slots_waiting",] == 0
    assert after["bitpail_processes",] == 1
    assert after["bitpail_resident_memory_bytes",] > 10 << 20

    text = (await read(server)).text
    for word in ("ada", "code.git", "number", auth[1], "wrong secret"):
        assert word not in text
    assert {f"bitpail_{family.name}" for family in FAMILIES} <= {
        family.name for family in text_string_to_metric_families(text)
    }


async def test_a_full_disk_ends_nothing(server, caplog):
    directory = server.settings.data_path / "metrics"
    await read(server)
    for file in directory.iterdir():
        file.unlink()
    directory.rmdir()
    directory.write_text("a file in its place")

    answer = await read(server)

    assert answer.status == 200
    assert "bitpail_upkeep_waiting " in answer.text
