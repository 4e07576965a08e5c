"""Keys are made by the real ssh-keygen; what it prints of them is what we must say."""

import base64
import struct
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpail.errors import Invalid
from bitpail.policy.ssh_keys import LONGEST, parse


@pytest.fixture(scope="module")
def keygen(tmp_path_factory):
    directory = tmp_path_factory.mktemp("keys")
    made = {}

    def make(*kind):
        if kind not in made:
            path = directory / "-".join(kind)
            command = ["ssh-keygen", "-q", "-N", "", "-C", "ada@laptop", "-f", str(path), "-t", *kind]
            subprocess.run(command, check=True)
            made[kind] = path
        return made[kind]

    return make


def public(path):
    return path.with_name(f"{path.name}.pub").read_text()


@pytest.mark.parametrize(
    ("kind", "bits"),
    [
        (("ed25519",), 256),
        (("ecdsa", "-b", "256"), 256),
        (("ecdsa", "-b", "384"), 384),
        (("ecdsa", "-b", "521"), 521),
        (("rsa", "-b", "2048"), 2048),
    ],
)
def test_a_key_has_the_fingerprint_that_ssh_keygen_prints(keygen, kind, bits):
    path = keygen(*kind)

    key = parse(public(path))

    printed = subprocess.run(["ssh-keygen", "-lf", str(path)], capture_output=True, text=True, check=True)
    assert printed.stdout.split()[:2] == [str(bits), f"SHA256:{key.fingerprint}"]
    assert (key.bits, key.comment) == (bits, "ada@laptop")
    assert f"{key.text} ada@laptop\n" == public(path)


def packed(*parts):
    return base64.b64encode(b"".join(struct.pack(">I", len(part)) + part for part in parts)).decode()


def test_keys_in_hardware_are_taken(keygen):
    name = "sk-ssh-ed25519@openssh.com"
    half = base64.b64decode(public(keygen("ed25519")).split()[1])[-32:]

    key = parse(f"{name} {packed(name.encode(), half, b'ssh:')} a token")

    assert (key.type, key.bits, key.comment) == (name, 256, "a token")


def test_blanks_around_the_line_and_the_end_of_a_windows_line_do_not_matter(keygen):
    line = public(keygen("ed25519")).strip()

    assert parse(f"\n  {line.replace(' ', '   ', 1)} \r\n") == parse(line)
    assert parse(" ".join(line.split()[:2])).comment == ""


def test_what_is_not_taken_is_refused_with_a_reason(keygen):
    line = public(keygen("ed25519")).strip()
    name, encoded, _ = line.split()
    refused = {
        "": "empty",
        " \n": "empty",
        "hello": "not a public key",
        "-oProxyCommand=x": "not a public key",
        name: "damaged",
        f"{name} {encoded[:-8]}": "damaged",
        f"{name} {encoded[:20]}!{encoded[21:]}": "not base64",
        f"{name} {encoded}\N{LATIN SMALL LETTER E WITH ACUTE}": "not base64",
        f"ecdsa-sha2-nistp256 {encoded}": "damaged",
        f"ssh-rsa {encoded}": "damaged",
        f"{name} {packed(name.encode(), bytes(31))}": "damaged",
        f"{name} {base64.b64encode(base64.b64decode(encoded) + b'x').decode()}": "damaged",
        f'command="sh" {line}': "options",
        f"restrict {line}": "options",
        f"{line}\n{line}": "several lines",
        f"{line}\rssh-rsa": "several lines",
        f"{line} {'x' * LONGEST}": "longer than",
        f"{line} {'x' * 300}": "longer than 255",
        f"{line}\0": "control character",
        f"{line} \udcff": "control character",
        f"{line} bp_{'0' * 36}": "app password",
        "---- BEGIN SSH2 PUBLIC KEY ----\nAAAA": "ssh-keygen -i",
        f"ssh-ed25519-cert-v01@openssh.com {encoded}": "certificate",
        f"ssh-dss {encoded}": "DSA",
        public(keygen("rsa", "-b", "1024")): "2048 to 16384 bits; this one has 1024",
    }

    for given_line, reason in refused.items():
        with pytest.raises(Invalid, match=reason):
            parse(given_line)


@pytest.mark.parametrize("kind", [("ed25519",), ("rsa", "-b", "2048"), ("rsa", "-b", "2048", "-m", "PEM")])
def test_a_private_key_is_refused_kindly_and_never_repeated(keygen, kind):
    private = keygen(*kind).read_text()

    with pytest.raises(Invalid, match="private key") as refused:
        parse(private)
    with pytest.raises(Invalid, match="private key"):
        parse("PuTTY-User-Key-File-3: ssh-ed25519")

    assert not any(line in refused.value.message for line in private.splitlines())


@given(st.text())
def test_no_text_at_all_breaks_it(text):
    for line in (
        text,
        f"ssh-ed25519 {text}",
        f"ssh-rsa {base64.b64encode(text.encode('utf-8', 'replace')).decode()}",
    ):
        with pytest.raises(Invalid):
            parse(line)
