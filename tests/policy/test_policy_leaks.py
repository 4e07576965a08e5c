"""App passwords in bytes that come in pieces: none is missed, and nothing else is found."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpail.policy import attenuation
from bitpail.policy.attenuation import Narrowing, narrow
from bitpail.policy.leaks import Scanner
from bitpail.policy.secrets import Family, Secret, generate

SECRET = generate().reveal()
NARROWED = narrow(Secret(SECRET), Narrowing(read_only=True)).reveal()
TWICE = narrow(Secret(NARROWED), Narrowing(repositories=("acme/site",), until=1_900_000_000)).reveal()
OTHER = generate(Family.ACCESS_TOKEN).reveal()
LONGEST = len(OTHER)


def spoilt(secret):
    """One letter short and another one wrong: else the "b" of what follows would complete one in 64."""
    return secret[:-2] + ("x" if secret[-2] != "x" else "y")


def scan(*pieces):
    scanner = Scanner()
    return [(found.secret.reveal(), found.line) for piece in pieces for found in scanner.feed(piece)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", b""),
        (b"https://ada:", b"@git.example.org/a.git"),
        (b"password=", b"abc"),
        (b"PASSWORD", b"Z"),
        (b"\x00\xff\x27", b"\x00\x01"),
        (b"b", b"bp_"),
        (b"bp_", b""),
        (b"bp_" + b"x" * 33, b""),
        (b"bp_" + b"x" * 34, b""),
        (b"bp_" + b"x" * 35, b""),
        (spoilt(SECRET).encode(), b""),
        (b"\xff\xfe", b""),
    ],
    ids=range(12),
)
def test_whatever_stands_beside_it(before, after):
    assert scan(before + SECRET.encode() + after) == [(SECRET, 1)]


@pytest.mark.parametrize("family", Family)
@pytest.mark.parametrize("size", [1, 2, 3, 4, 39, 40, 41, 1000])
@pytest.mark.parametrize("encoding", ["ascii", "utf-16-le"])
def test_each_kind_is_found_in_whatever_pieces_it_comes(family, size, encoding):
    secret = generate(family).reveal()
    text = f"bp_bpt_{secret}bpa_".encode(encoding)

    assert scan(*(text[at : at + size] for at in range(0, len(text), size))) == [(secret, 1)]


@pytest.mark.parametrize("prefix", ["bpz_", "bpT_", "bp__", "bq_", "bpat_"])
def test_what_begins_otherwise_is_none(prefix):
    assert scan((prefix + SECRET[3:]).encode()) == []


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_in_the_encodings_that_shells_write(encoding):
    text = f"first\nurl = https://ada:{SECRET}@host\n{OTHER}".encode(encoding)

    assert scan(text) == [(SECRET, 2), (OTHER, 3)]


def test_lines_are_counted_from_one_over_all_pieces():
    text = b"\n" * 5 + SECRET.encode() + b"\n\n" + OTHER.encode() + b" " + SECRET.encode()

    for size in (1, 2, 7, 38, 39, 40, 1000):
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
        assert scan(*pieces) == [(SECRET, 6), (OTHER, 8), (SECRET, 8)]


@given(
    st.lists(st.sampled_from([SECRET, OTHER, "bp_", "b", "x" * 35, "\n", "\0", SECRET[:20], SECRET[20:]])),
    st.lists(st.integers(0, 400)),
    st.sampled_from(["ascii", "utf-16-le"]),
)
def test_how_it_is_cut_into_pieces_makes_no_difference(parts, cuts, encoding):
    text = "".join(parts).encode(encoding)
    places = sorted({min(cut, len(text)) for cut in cuts} | {0, len(text)})
    pieces = [text[a:b] for a, b in itertools.pairwise(places)]

    assert scan(*pieces) == scan(text)
    assert len(scan(text)) >= sum(part in {SECRET, OTHER} for part in parts)


@given(st.binary(max_size=300))
def test_other_bytes_are_no_app_password(data):
    assert scan(data) == []
    assert scan(b"bp_" + data) == []


def test_what_has_no_right_checksum_is_not_found():
    wrong = SECRET[:-1] + ("a" if SECRET[-1] != "a" else "b")

    assert scan(wrong.encode(), SECRET[:-1].encode(), b" ", SECRET.upper().encode()) == []


def test_a_scanner_keeps_less_than_two_secrets_whatever_it_is_fed():
    scanner = Scanner()

    for piece in (b"bp_" * 20_000, b"\n", SECRET.encode() * 1000, b"x" * 70_000):
        scanner.feed(piece)
        assert len(scanner._kept) < 2 * LONGEST


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        ("https://ada:", "@git.example.org/a.git"),
        ("token=", "abc"),
        ("x", "_-"),
        ("", "bpn_"),
        ("bpn_", ""),
        # What only begins as one, and says that it is longer than what is there.
        (TWICE[:40], ""),
        (spoilt(TWICE), " "),
    ],
    ids=range(8),
)
@pytest.mark.parametrize("encoding", ["ascii", "utf-16-le", "utf-16-be"])
def test_narrowed_ones_are_found_whatever_stands_beside_them(before, after, encoding):
    for secret in (NARROWED, TWICE):
        text = f"first\n{before}{secret}{after}\n".encode(encoding)
        for size in (1, 3, 50, len(secret), 5000):
            pieces = [text[at : at + size] for at in range(0, len(text), size)]
            assert scan(*pieces) == [(secret, 2)], (secret[:10], size)
        assert scan(f"{before}{secret}".encode(encoding)) == [(secret, 1)]


@given(
    st.lists(
        st.sampled_from([SECRET, NARROWED, TWICE, "bpn_", "bpn_A", TWICE[:60], TWICE[60:], "\n", "x", "\0"])
    ),
    st.lists(st.integers(0, 2000)),
    st.sampled_from(["ascii", "utf-16-le"]),
)
def test_narrowed_ones_too_however_they_are_cut(parts, cuts, encoding):
    text = "".join(parts).encode(encoding)
    places = sorted({min(cut, len(text)) for cut in cuts} | {0, len(text)})

    cut = scan(*[text[a:b] for a, b in itertools.pairwise(places)])

    assert sorted(cut) == sorted(scan(text))
    assert len(cut) >= sum(part in {SECRET, NARROWED, TWICE} for part in parts)


def test_what_looks_like_a_narrowed_one_takes_no_more_memory_than_the_longest():
    scanner = Scanner()

    for piece in (b"bpn_A" * 50_000, b"bpn_" + b"A" * 90_000, b"b\0p\0n\0_\0A\0" * 30_000, b"\n"):
        scanner.feed(piece)
        assert len(scanner._narrowed._kept) <= 2 * attenuation.LONGEST + 16
