import json

import pytest
from support.gpg import MISSING, Gpg, can_run

pytestmark = pytest.mark.skipif(not can_run(), reason=MISSING)


@pytest.fixture(scope="module")
def gpg(tmp_path_factory):
    made = Gpg(tmp_path_factory.mktemp("gpg") / "home")
    made.make("Ada <ada@example.org>")
    yield made
    made.close()


def test_a_key_is_added_from_gpgs_output_listed_and_removed(bitpail, gpg):
    (primary,) = gpg.facts("ada@example.org")
    fingerprint = primary["fingerprint"]

    added = bitpail.well("gpg-key", "add", "-", "--user", "ada", given=gpg.public())

    assert added == f"added {fingerprint} 'Ada <ada@example.org>' to ada\n"
    (listed,) = bitpail.json("gpg-key", "list", "--user", "ada")
    assert (listed["key_id"], listed["key"]) == (primary["key_id"], gpg.public())
    assert fingerprint in bitpail.well("gpg-key", "list", "--user", "ada")
    assert bitpail.json("gpg-key", "remove", fingerprint.upper(), "--user", "ada") == listed
    assert bitpail.json("gpg-key", "list", "--user", "ada") == []
    kinds = [json.loads(line)["kind"] for line in bitpail.well("audit", "list", "--jsonl").splitlines()]
    assert kinds[-2:] == ["gpg_key.added", "gpg_key.removed"]


def test_what_is_no_public_key_is_refused_without_repeating_it(bitpail, gpg, tmp_path):
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\x00")

    private = bitpail("gpg-key", "add", "-", "--user", "ada", given=gpg.private())
    not_text = bitpail("gpg-key", "add", str(binary), "--user", "ada")

    assert (private.status, "private key" in private.err) == (1, True)
    assert gpg.private().splitlines()[3] not in private.err
    assert (not_text.status, "not text" in not_text.err) == (1, True)
    assert bitpail("gpg-key", "remove", "aa", "--user", "ada").status == 1
