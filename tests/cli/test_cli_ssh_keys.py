import json
import subprocess

import pytest


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("key") / "id_ed25519"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ada@laptop", "-f", path], check=True
    )
    printed = subprocess.run(["ssh-keygen", "-lf", path], capture_output=True, text=True, check=True)
    return path, printed.stdout.split()[1]


def test_a_key_is_added_from_a_file_listed_and_removed_by_its_fingerprint(bitpail, made):
    path, fingerprint = made
    public = f"{path}.pub"

    assert fingerprint in bitpail.well("ssh-key", "add", public, "--user", "ada", "--label", "laptop")
    (listed,) = bitpail.json("ssh-key", "list", "--user", "ada")
    assert (listed["label"], listed["fingerprint"], listed["comment"]) == (
        "laptop",
        fingerprint,
        "ada@laptop",
    )
    assert f"{fingerprint}  ssh-ed25519" in bitpail.well("ssh-key", "list", "--user", "ada")
    removed = bitpail.json("ssh-key", "remove", fingerprint, "--user", "ada")

    assert removed == listed
    assert bitpail.json("ssh-key", "list", "--user", "ada") == []
    kinds = [json.loads(line)["kind"] for line in bitpail.well("audit", "list", "--jsonl").splitlines()]
    assert kinds[-2:] == ["ssh_key.added", "ssh_key.removed"]


def test_a_key_comes_from_standard_input_too(bitpail, made):
    path, fingerprint = made

    told = bitpail.well(
        "ssh-key", "add", "-", "--user", "ada", given=f"{path.with_suffix('.pub').read_text()}\n"
    )

    assert told == f"added {fingerprint} 'ada@laptop' to ada\n"


def test_what_is_not_a_public_key_is_refused_without_repeating_it(bitpail, made, tmp_path):
    private, binary = made[0], tmp_path / "binary"
    binary.write_bytes(b"\xff\x00")
    empty = tmp_path / "empty"
    empty.touch()

    for file, reason in ((private, "private key"), (binary, "not text"), (empty, "empty")):
        done = bitpail("ssh-key", "add", str(file), "--user", "ada")
        assert (done.status, reason in done.err) == (1, True)
        assert private.read_text().splitlines()[1] not in done.err
    assert not bitpail("ssh-key", "add", f"{private}.pub", "--user", "nobody").worked
    assert not bitpail("ssh-key", "remove", "SHA256:x", "--user", "ada").worked


def test_an_address_is_confirmed_by_an_administrator(bitpail):
    refused = bitpail("user", "confirm-email", "ada", "new@example.org")

    assert "ada has no address 'new@example.org'" in refused.err
    assert bitpail.well("user", "confirm-email", "ada", "ada@example.org")


def test_a_key_may_have_an_end(bitpail, made):
    public = f"{made[0]}.pub"

    past = bitpail("ssh-key", "add", public, "--user", "ada", "--expires", "2001-01-01")
    wrong = bitpail("ssh-key", "add", public, "--user", "ada", "--expires", "soon")
    bitpail.well("ssh-key", "add", public, "--user", "ada", "--expires", "2099-01-31")

    assert (past.status, "must be in the future" in past.err) == (1, True)
    assert (wrong.status, "neither a span of time nor a date" in wrong.err) == (1, True)
    assert "expires: 2099-01-31T00:00:00+00:00" in bitpail.well("ssh-key", "list", "--user", "ada")
    bitpail.well("ssh-key", "remove", made[1], "--user", "ada")
