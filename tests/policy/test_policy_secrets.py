"""An app password's form, and the many ways in which it must not be seen."""

import copy
import json
import math
import pickle
import string
import sys
import traceback

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpail.policy import secrets
from bitpail.policy.secrets import PATTERN, PREFIX, Secret, digest, generate, looks_right, lookup_name

ALPHABET = string.digits + string.ascii_letters
LENGTH = 39
HIDDEN = "do-not-show-this-anywhere"
KEY = b"k" * 32


def test_the_form_is_prefix_name_secret_and_checksum():
    text = generate().reveal()

    assert PREFIX == "bp_"
    assert len(text) == LENGTH == len(PREFIX) + 5 + 27 + 4
    assert set(text[len(PREFIX) :]) <= set(ALPHABET)
    assert PATTERN.fullmatch(text)
    assert looks_right(Secret(text))
    assert lookup_name(Secret(text)) == text[3:8]


@pytest.mark.parametrize("family", secrets.Family)
def test_each_kind_is_told_by_its_prefix_and_digested_with_it(family):
    secret = generate(family)
    text = secret.reveal()

    assert text.startswith(family.value)
    assert secrets.family_of(secret) is family
    assert lookup_name(secret) == text[len(family.value) :][:5]
    assert secrets.scrub(f"x {text} {text[:-4]}") == "x *** ***"
    for other in set(secrets.Family) - {family}:
        changed = Secret(other.value + text.removeprefix(family.value))
        assert secrets.family_of(changed) is other
        assert digest(changed, KEY) != digest(secret, KEY)


def test_the_secret_part_has_160_random_bits():
    assert math.floor(secrets.SECRET_LENGTH * math.log2(len(ALPHABET))) == 160


def test_with_a_username_of_17_characters_a_header_is_one_line_of_base64():
    assert len("u" * 17 + ":" + generate().reveal()) == 57


def test_none_is_like_another():
    made = [generate().reveal() for _ in range(500)]

    assert len({text[8:35] for text in made}) == 500
    # Each place of the secret takes many letters: nothing in it is fixed.
    assert all(len({text[place] for text in made}) > 40 for place in range(3, 35))


def test_a_scanner_finds_one_in_a_line_of_text():
    text = generate().reveal()

    assert PATTERN.findall(f"origin https://ada:{text}@git.example.org/a/b.git (fetch)") == [text]


@pytest.mark.parametrize("text", [generate().reveal() for _ in range(5)], ids=range(5))
def test_every_change_of_one_character_is_refused(text):
    for place in range(LENGTH):
        for letter in ALPHABET + "_-=\n ":
            if letter != text[place]:
                assert not looks_right(Secret(text[:place] + letter + text[place + 1 :]))


def test_swapping_two_neighbours_is_refused():
    text = generate().reveal()

    for place in range(LENGTH - 1):
        if text[place] != text[place + 1]:
            swapped = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
            assert not looks_right(Secret(swapped))


def test_more_or_less_text_is_refused():
    text = generate().reveal()

    for changed in ("", text[:-1], text + "0", f" {text}", f"{text}\n", text.upper(), "ATBB" + text[3:]):
        assert not looks_right(Secret(changed))


def test_a_right_checksum_over_foreign_letters_is_refused():
    body = "%_'\"; drop --".ljust(32, "x")
    forged = PREFIX + body + secrets._checksum(body)

    assert len(forged) == LENGTH
    assert not looks_right(Secret(forged))


@given(st.text(st.characters()))
def test_anything_else_is_refused_without_an_error(text):
    assert not looks_right(Secret(text))
    assert not looks_right(Secret(PREFIX + text))


def test_the_checksum_is_four_letters_whatever_it_is():
    assert secrets._checksum("") == "0000"
    assert all(len(secrets._checksum(str(number))) == 4 for number in range(2000))


def test_the_modulus_of_the_checksum_is_a_prime_that_four_letters_hold():
    prime = secrets._PRIME

    assert 256 < prime < len(ALPHABET) ** secrets.CHECKSUM_LENGTH
    assert all(prime % number for number in range(2, math.isqrt(prime) + 1))


def test_the_digest_needs_the_key_and_the_whole_text():
    secret = generate()

    made = digest(secret, KEY)

    assert len(made) == 32
    assert made == digest(Secret(secret.reveal()), KEY)
    assert made != digest(secret, b"K" * 32)
    assert made != digest(generate(), KEY)
    assert secret.reveal().encode() not in made


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        format,
        lambda secret: f"{secret}",
        lambda secret: f"{secret!s} {secret!r} {secret!a} {secret:>40}",
        lambda secret: "%s %r" % (secret, secret),  # noqa: UP031 - this way of printing too
        lambda secret: repr([secret, {"a": secret}]),
        lambda secret: repr(dir(secret)),
        lambda secret: repr(Exception(secret)),
        lambda secret: json.dumps(secret, default=str),
    ],
)
def test_a_secret_never_shows_itself(show):
    assert HIDDEN not in show(Secret(HIDDEN))
    assert "***" in show(Secret(HIDDEN)) or show(Secret(HIDDEN)).startswith("['__")


@pytest.mark.parametrize(
    "write",
    [
        json.dumps,
        msgspec.json.encode,
        msgspec.msgpack.encode,
        msgspec.to_builtins,
        copy.copy,
        copy.deepcopy,
        vars,
        hash,
        *(lambda secret, protocol=protocol: pickle.dumps(secret, protocol) for protocol in range(6)),
    ],
)
def test_a_secret_is_not_written_down(write):
    with pytest.raises(TypeError) as refusal:
        write(Secret(HIDDEN))

    assert HIDDEN not in str(refusal.value)


def test_a_traceback_with_variables_does_not_show_it():
    secret = Secret(HIDDEN)
    try:
        _ = secret + 1
    except TypeError:
        told = traceback.TracebackException(*sys.exc_info(), capture_locals=True)

    text = "".join(told.format())
    assert "secret = ***" in text
    assert HIDDEN not in text


def test_secrets_compare_by_their_text_and_only_with_secrets():
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert Secret("\udc80") == Secret("\udc80")
