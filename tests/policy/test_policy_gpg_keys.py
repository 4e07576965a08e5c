"""OpenPGP keys are read as gpg reads them, and nothing else is taken."""

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.gpg import MISSING, Gpg, can_run

from bitpail.errors import Invalid
from bitpail.policy import gpg_keys

needs_gpg = pytest.mark.skipif(not can_run(), reason=MISSING)

# The sample of RFC 9580, A.3: version 6, without a user ID.
V6 = """-----BEGIN PGP PUBLIC KEY BLOCK-----

xioGY4d/4xsAAAAg+U2nu0jWCmHlZ3BqZYfQMxmZu52JGggkLq2EVD34laPCsQYf
GwoAAABCBYJjh3/jAwsJBwUVCg4IDAIWAAKbAwIeCSIhBssYbE8GCaaX5NUt+mxy
KwwfHifBilZwj2Ul7Ce62azJBScJAgcCAAAAAK0oIBA+LX0ifsDm185Ecds2v8lw
gyU2kCcUmKfvBXbAf6rhRYWzuQOwEn7E/aLwIwRaLsdry0+VcallHhSu4RN6HWaE
QsiPlR4zxP/TP7mhfVEe7XWPxtnMUMtf15OyA51YBM4qBmOHf+MZAAAAIIaTJINn
+eUBXbki+PSAld2nhJh/LVmFsS+60WyvXkQ1wpsGGBsKAAAALAWCY4d/4wKbDCIh
BssYbE8GCaaX5NUt+mxyKwwfHifBilZwj2Ul7Ce62azJAAAAAAQBIKbpGG2dWTX8
j+VjFM21J0hqWlEg+bdiojWnKfA5AQpWUtWnNwDEM0g12vYxoWM8Y81W+bHBw805
I8kWVkXU6vFOi+HWvv/ira7ofJu16NnoUkhclkUrk0mXubZvyl4GBg==
-----END PGP PUBLIC KEY BLOCK-----
"""
BEGIN, END = V6.splitlines()[0], V6.splitlines()[-1]


@pytest.fixture(scope="module")
def gpg(tmp_path_factory):
    made = Gpg(tmp_path_factory.mktemp("gpg") / "home")
    yield made
    made.close()


def armored(content: bytes) -> str:
    return f"{BEGIN}\n\n{base64.b64encode(content).decode()}\n{END}\n"


def as_gpg_has_it(key) -> dict[str, str]:
    return {
        "key_id": key.key_id,
        "created": str(key.created_on // 1_000_000),
        "expires": "" if key.expires_on is None else str(key.expires_on // 1_000_000),
        "fingerprint": key.fingerprint,
    }


@needs_gpg
@pytest.mark.parametrize(
    ("kind", "subkeys"),
    [
        (("ed25519", "sign", "2y"), [("cv25519", "encr", "1y"), ("ed25519", "sign", "none")]),
        (("rsa2048", "default", "none"), [("rsa2048", "sign", "30d")]),
        (("nistp256", "sign", "1y"), []),
    ],
)
def test_a_key_of_gpg_is_read_as_gpg_reads_it(gpg, kind, subkeys):
    fingerprint = gpg.make(f"Ada {kind[0]} <ada@example.org>", *kind)
    for subkey in subkeys:
        gpg.run("--quick-add-key", fingerprint, *subkey)
    gpg.run("--quick-add-uid", fingerprint, f"Ädä {kind[0]} <ada@example.com>")
    gpg.run("--quick-set-expire", fingerprint, "3y")

    found = gpg_keys.parse(gpg.public(fingerprint))

    assert [as_gpg_has_it(key) for key in (found.primary, *found.subkeys)] == gpg.facts(fingerprint)
    assert set(found.user_ids) == {f"Ada {kind[0]} <ada@example.org>", f"Ädä {kind[0]} <ada@example.com>"}


@needs_gpg
def test_what_is_kept_is_the_key_without_what_was_written_beside_it(gpg):
    gpg.make("Grace <grace@example.org>")
    text = gpg.public("grace@example.org")
    wordy = text.replace("\n\n", "\nComment: <script>\nVersion: 1\n\n", 1).replace("\n", "\r\n")

    assert gpg_keys.parse(f"\n {wordy}\n").text == text
    assert gpg_keys.parse(re.sub(r"\n=.{4}\n", "\n", text)).text == text


def test_a_key_of_version_6_is_read():
    found = gpg_keys.parse(V6)

    assert found.primary.fingerprint == "cb186c4f0609a697e4d52dfa6c722b0c1f1e27c18a56708f6525ec27bad9acc9"
    assert found.primary.key_id == "cb186c4f0609a697"
    assert (found.primary.created_on, found.primary.expires_on) == (1_669_824_483_000_000, None)
    assert [one.key_id for one in found.subkeys] == ["12c83f1e706f6308"]
    assert found.user_ids == ()


@needs_gpg
def test_a_private_key_is_refused_and_not_repeated(gpg):
    gpg.make("Private <private@example.org>")
    private = gpg.private("private@example.org")
    disguised = private.replace("PRIVATE", "PUBLIC")

    for text in (private, disguised):
        with pytest.raises(Invalid, match="this is a private key") as refused:
            gpg_keys.parse(text)
        assert private.splitlines()[3] not in refused.value.message


@needs_gpg
def test_one_key_at_a_time_and_none_that_was_revoked(gpg, tmp_path):
    gpg.make("One <one@example.org>")
    other = gpg.make("Two <two@example.org>")
    with pytest.raises(Invalid, match="several keys"):
        gpg_keys.parse(gpg.public("one@example.org", "two@example.org"))
    revocation = (gpg.home / "openpgp-revocs.d" / f"{other}.rev").read_text().replace(":-----", "-----")
    gpg.run("--import", given=revocation)

    with pytest.raises(Invalid, match="has been revoked"):
        gpg_keys.parse(gpg.public(other))


@needs_gpg
def test_the_checksum_tells_that_a_letter_was_lost(gpg):
    gpg.make("Letter <letter@example.org>")
    text = gpg.public("letter@example.org")
    at = text.index("\n\n") + 60
    other = "A" if text[at] != "A" else "B"

    with pytest.raises(Invalid, match="checksum"):
        gpg_keys.parse(text[:at] + other + text[at + 1 :])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        (" \n", "is empty"),
        ("hello", "not an armored public key"),
        ("ssh-ed25519 AAAA", "not an armored public key"),
        (V6 + "x", "has no end"),
        (V6.replace(END, ""), "has no end"),
        (V6 + V6, "several keys"),
        (V6.replace("\n\n", "\n", 1), "no empty line"),
        (V6.replace("xioG", "xi%G"), "not base64"),
        (V6.replace("xioG", "xäoG"), "not base64"),
        (V6 + "x" * 300_000, "longer than 262144"),
        (armored(b""), "no key in it"),
        (armored(b"\x00"), "not OpenPGP"),
        (armored(b"\xc6"), "cut short"),
        (armored(b"\xc6\xff\xff\xff\xff\xff"), "cut short"),
        (armored(b"\xc6\xe1" + b"x" * 100), "comes in parts"),
        (armored(b"\x9b"), "has no length"),
        (armored(b"\xc6\x01\x03"), "version 3"),
        (armored(b"\xc6\x02\x04\x00"), "cut short"),
        (armored(b"\xcd\x01x"), "does not belong"),
        (armored(b"\xcb\x01x"), "does not belong"),
        (armored(b"\xce\x0a\x04" + b"\x00" * 9), "begins with a subkey"),
        (armored(b"\xca\x03PGP" + (b"\xc6\x0a\x04" + b"\x00" * 9) * 2), "several keys"),
        (armored(b"\xc6\x0a\x04" + b"\x00" * 9 + (b"\xce\x0a\x04" + b"\x00" * 9) * 200), "more than 100"),
        (armored(b"\xc6\x0a\x04" + b"\x00" * 9 + b"\xc2\x06\x04\x13\x16\x08\x00\xff"), "signature"),
        (armored(b"\xc6\x0a\x04" + b"\x00" * 9 + b"\xcd\x27bp_" + b"x" * 36), "app password"),
    ],
)
def test_what_is_no_key_is_refused_with_the_reason(text, reason):
    with pytest.raises(Invalid, match=reason):
        gpg_keys.parse(text)


def test_a_user_id_cannot_disturb_a_page_or_a_terminal():
    key = b"\xc6\x0a\x04" + b"\x00" * 9

    found = gpg_keys.parse(armored(key + b"\xcd\x0a\x1b[31mA\xff\0\n<"))

    assert found.user_ids == ("[31mA\N{REPLACEMENT CHARACTER}<",)


@pytest.mark.parametrize("text", ["0xABCD", "ab cd", "AB:CD", "abcd"])
def test_a_fingerprint_is_known_however_it_is_pasted(text):
    assert gpg_keys.fingerprint(text) == "abcd"


@given(st.binary(max_size=200))
def test_whatever_is_in_an_armor_is_read_or_refused(content):
    for start in (b"", b"\xc6\x0a\x04" + b"\x00" * 9):
        try:
            found = gpg_keys.parse(armored(start + content))
        except Invalid:
            continue
        assert len(found.primary.fingerprint) in {40, 64}
