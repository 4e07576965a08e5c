import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpail.errors import Invalid
from bitpail.wire.packet_lines import LONGEST, Decoder, Special, encode, parse

packets = st.lists(st.one_of(st.binary(max_size=300), st.sampled_from(Special)))


def framed(items):
    return b"".join(item.value if isinstance(item, Special) else encode(item) for item in items)


@given(packets)
def test_what_is_encoded_is_parsed_again(items):
    assert parse(framed(items)) == items


@given(packets, st.integers(1, 7))
def test_pieces_may_be_cut_anywhere(items, size):
    data = framed(items)
    decoder = Decoder()

    found = [p for start in range(0, len(data), size) for p in decoder.feed(data[start : start + size])]

    decoder.finish()
    assert found == items


@given(st.binary(max_size=100))
def test_anything_else_is_refused_and_nothing_else_goes_wrong(data):
    try:
        items = parse(data)
    except Invalid:
        return
    assert framed(items).lower() == data.lower()


def test_the_form_of_gits_own_documentation():
    assert encode(b"a\n") == b"0006a\n"
    assert encode(b"") == b"0004"
    assert parse(b"0000000100020006a\n") == [Special.FLUSH, Special.DELIMITER, Special.RESPONSE_END, b"a\n"]


@pytest.mark.parametrize(
    "data", [b"0003", b"-001", b"00 4", b"0x04", b"zzzz", b"fff1", b"fffff", b"0006a", b"00"]
)
def test_wrong_lengths_are_refused(data):
    with pytest.raises(Invalid):
        parse(data)


def test_the_longest_packet():
    assert len(encode(b"x" * (LONGEST - 4))) == LONGEST
    with pytest.raises(Invalid):
        encode(b"x" * (LONGEST - 3))
