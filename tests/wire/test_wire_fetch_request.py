"""Requests of upload-pack are understood to the last byte or refused."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpail.errors import Invalid
from bitpail.wire.fetch_request import Fetch, parse_fetch, parse_old_fetch
from bitpail.wire.packet_lines import FLUSH, encode
from bitpail.wire.v2_request import parse_request

A, B, C = "a" * 40, "b" * 40, "c" * 40


def body(*arguments, capabilities=(b"agent=git/2.39.5-Linux", b"object-format=sha1")):
    lines = [b"command=fetch", *capabilities]
    return b"".join(
        [*(encode(line + b"\n") for line in lines), b"0001", *(encode(a + b"\n") for a in arguments), FLUSH]
    )


def parsed(*arguments, **given):
    request = parse_request(body(*arguments, **given))
    assert request is not None
    return parse_fetch(request)


def line(name, hash_):
    return f"{name} {hash_}".encode()


def test_a_fetch_is_what_its_lines_say_in_any_order():
    one = parsed(b"thin-pack", b"deepen 1", line("want", B), line("want", A), line("have", C), b"done")
    other = parsed(
        *(line("have", C), b"deepen 1", line("want", A), line("want", B), line("want", A), b"thin-pack"),
        b"done",
        capabilities=(b"session-id=17", b"object-format=sha1", b"agent=JGit"),
    )

    assert one == other
    assert one.encoded() == other.encoded()
    assert (one.wants, one.haves, one.is_done) == ((A, B), (C,), True)
    assert one.has(b"deepen")
    assert not one.has(b"filter")


@pytest.mark.parametrize(
    "different",
    [
        b"deepen 2",
        b"filter blob:none",
        b"ofs-delta",
        b"include-tag",
        b"shallow " + A.encode(),
        b"no-progress",
    ],
)
def test_whatever_changes_the_answer_changes_the_request_that_git_is_given(different):
    assert parsed(line("want", A), b"done", different).encoded() != parsed(line("want", A), b"done").encoded()


def test_what_git_is_given_means_the_same():
    fetch = parsed(line("want", A), line("have", B), b"filter tree:0", line("shallow", C), b"done")

    request = parse_request(fetch.encoded())

    assert request is not None
    assert parse_fetch(request) == fetch
    nothing_git_has = ("0" * 40,)
    assert fetch.without({B, C}) == Fetch(
        "sha1", fetch.capabilities, (A,), nothing_git_has, (), (b"done", b"filter tree:0")
    )


@pytest.mark.parametrize(
    "argument",
    [
        *(b"want", b"want ", b"want " + b"A" * 40, b"want " + b"a" * 39, b"want " + b"a" * 64),
        *(b"want " + b"a" * 40 + b" ", b"want  " + b"a" * 40, b"WANT " + b"a" * 40),
        *(
            b"have x",
            b"shallow x",
            b"deepen",
            b"deepen x",
            b"deepen -1",
            b"deepen 0",
            b"deepen 2147483648",
            b"deepen 1 2",
            b"done ",
        ),
        *(b"filter", b"filter ", b"filter " + b"x" * 5000, b"unknown", b"--upload-pack=x", b"\xff\xfe"),
    ],
)
def test_a_malformed_argument_is_refused(argument):
    with pytest.raises(Invalid):
        parsed(line("want", A), argument)


def test_an_unknown_capability_and_a_second_filter_are_refused():
    with pytest.raises(Invalid):
        parsed(line("want", A), capabilities=(b"object-format=md5",))
    with pytest.raises(Invalid):
        parsed(line("want", A), b"filter tree:0", b"filter blob:none")
    with pytest.raises(Invalid):
        parsed(line("want", A), b"deepen 1", b"deepen-since 1")


OLD = (
    encode(f"want {A} multi_ack side-band-64k agent=git/1.7".encode() + b"\n")
    + encode(f"want {B}\n".encode())
    + encode(f"shallow {C}".encode())
    + encode(b"deepen 3")
    + FLUSH
    + encode(f"have {B}\n".encode())
    + FLUSH
    + encode(b"done\n")
)


def test_a_request_of_the_first_protocol_is_passed_on_as_it_came():
    fetch = parse_old_fetch(OLD)

    assert (fetch.wants, fetch.haves, fetch.shallows) == ((A, B), (B,), (C,))
    assert fetch.without(set()) == OLD
    assert parse_old_fetch(fetch.without({B, C})).wants == (A, B)
    assert parse_old_fetch(fetch.without({B, C})).haves == ()


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"junk", b"0000junk", encode(b"have x") + FLUSH, encode(b"want x") + FLUSH, OLD[:-3]),
        encode(f"want {A}\0{B}".encode()) + FLUSH,
        encode(f"want {A}".encode()) + encode(f"want {B} thin-pack".encode()) + FLUSH,
        OLD + encode(f"want {C}\n".encode()),
        OLD + b"0001",
    ],
)
def test_what_is_no_request_of_the_first_protocol_is_refused(content):
    with pytest.raises(Invalid):
        parse_old_fetch(content)


words = st.sampled_from(
    [b"want ", b"have ", b"shallow ", b"done", b"deepen 1", b"filter tree:0", A.encode(), b"\n", b"\0", b" "]
)
lines = st.lists(st.one_of(words, st.binary(max_size=20)), max_size=4).map(b"".join).map(encode)
packets = st.lists(st.one_of(lines, st.sampled_from([FLUSH, b"0001", b"0002", b"0003"])), max_size=12)


@given(st.one_of(st.binary(max_size=300), packets.map(b"".join)))
def test_no_bytes_do_anything_but_parse_or_be_refused(content):
    with suppress(Invalid):
        assert parse_old_fetch(content).without(set()) is not None
    request = parse_request(content)
    if request is not None:
        with suppress(Invalid):
            again = parse_request(parse_fetch(request).encoded())
            assert again is not None
            assert parse_fetch(again) == parse_fetch(request)
