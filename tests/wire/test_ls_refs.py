import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpail.wire import git_protocol, ls_refs
from bitpail.wire.ls_refs import Listing, LsRefs
from bitpail.wire.packet_lines import FLUSH, encode
from bitpail.wire.v2_request import V2Request, parse_request


def body(*lines: bytes) -> bytes:
    return b"".join(line if line in {b"0001", b"0002"} else encode(line) for line in lines) + FLUSH


def test_a_request_is_taken_apart():
    content = body(b"command=ls-refs\n", b"agent=git/2", b"0001", b"peel\n", b"ref-prefix refs/heads/")

    assert parse_request(content) == V2Request(
        b"ls-refs", (b"agent=git/2",), (b"peel", b"ref-prefix refs/heads/")
    )


@pytest.mark.parametrize(
    "content",
    [
        *(b"", FLUSH, b"0000" * 2, body(b"agent=x"), body(b"command=a", b"command=b"), b"00"),
        *(body(b"command=ls-refs")[:-4], body(b"command=ls-refs")[:-1], body(b"command=ls-refs") + b"junk"),
        *(body(b"command=ls-refs", b"0001", b"0001"), body(b"command=ls-refs", b"0002"), b"zzzz0000"),
        *(body(b"command=ls-refs", b"0001", b"ERR no"), body(b"command=ls-refs\0x"), b"0004" + FLUSH),
    ],
)
def test_what_is_not_one_whole_request_goes_to_git(content):
    assert parse_request(content) is None


@pytest.mark.parametrize(
    ("capabilities", "arguments", "object_format"),
    [
        ((b"fancy",), (), b"sha1"),
        ((b"object-format=sha256",), (), b"sha1"),
        ((), (), b"sha256"),
        ((b"object-format",), (), b"sha1"),
        ((), (b"PEEL",), b"sha1"),
        ((), (b"ref-prefix",), b"sha1"),
        ((), (b"peel ",), b"sha1"),
    ],
)
def test_what_git_may_refuse_goes_to_git(capabilities, arguments, object_format):
    assert ls_refs.parse(V2Request(b"ls-refs", capabilities, arguments), object_format) is None


def test_too_many_prefixes_are_none():
    arguments = (b"ref-prefix x",) * 65536

    assert ls_refs.parse(V2Request(b"ls-refs", (), arguments), b"sha1") == LsRefs()
    assert ls_refs.parse(V2Request(b"ls-refs", (), arguments[1:]), b"sha1") == LsRefs(
        prefixes=(b"x",) * 65535
    )


@given(st.binary(max_size=200))
def test_any_bytes_are_a_request_or_none(content):
    request = parse_request(content)

    assert request is None or isinstance(ls_refs.parse(request, b"sha1"), LsRefs | None)


LINES = st.one_of(
    st.sampled_from([b"0001", b"0002", b"command=ls-refs", b"command=fetch\n", b"peel\n"]),
    st.binary(min_size=1, max_size=20),
)


@given(st.lists(LINES, max_size=8))
def test_a_request_says_what_its_lines_say(lines):
    content = body(*lines)
    request = parse_request(content)

    if request is not None:
        told = [b"command=" + request.command, *request.capabilities, *request.arguments]
        assert sorted(told) == sorted(line.removesuffix(b"\n") for line in lines if line != b"0001")


@given(st.lists(st.binary(max_size=4), unique=True), st.lists(st.binary(max_size=3)))
def test_prefixes_choose_each_line_once_and_in_order(names, prefixes):
    names.sort()
    listing = Listing.of([b"<%b>" % name for name in names])

    chosen = b"".join(listing.matching(names, prefixes))

    assert chosen == b"".join(b"<%b>" % name for name in names if name.startswith(tuple(prefixes)))


@pytest.mark.parametrize(
    ("header", "version"),
    [
        *((None, 0), ("", 0), ("version=2", 2), ("version=1", 1), ("version=0", 0), ("version=3", 0)),
        *(("version=1:version=2", 2), ("x=y:version=2:z", 2), ("version=2:version=1", 2), ("version=2;", 0)),
    ],
)
def test_the_highest_known_version_counts(header, version):
    assert git_protocol.version(header) == version
