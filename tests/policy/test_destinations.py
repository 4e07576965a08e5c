"""Where the server goes when somebody gives it an address."""

import pytest

from bitpail.errors import Invalid
from bitpail.policy.destinations import Credential, credential, is_in, name_in, parse, refuse
from bitpail.policy.secrets import Secret


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://git.example.org/a/b.git", "https://git.example.org/a/b.git"),
        (" https://Git.Example.ORG/a/b.git/ ", "https://git.example.org/a/b.git"),
        ("http://git.example.org:80/a", "http://git.example.org/a"),
        ("https://git.example.org:8443/a", "https://git.example.org:8443/a"),
        ("https://bücher.example/a", "https://xn--bcher-kva.example/a"),
        ("https://git.example.org./a", "https://git.example.org/a"),
        ("https://192.0.2.1/a", "https://192.0.2.1/a"),
        ("https://[2001:db8::1]/a", "https://[2001:0db8:0000:0000:0000:0000:0000:0001]/a"),
        ("https://git.example.org/~user/a%20b.git", "https://git.example.org/~user/a%20b.git"),
    ],
)
def test_an_address_is_put_together_anew(text, url):
    destination, given = parse(text)

    assert destination.url == url
    assert given is None


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "git.example.org/a",
            "ssh://git.example.org/a",
            "git@git.example.org:a/b.git",
            "/etc/passwd",
        ),
        *("file:///etc/passwd", "ext::sh -c id", "git://git.example.org/a", "ftp://git.example.org/a"),
        *("https://", "https:///a", "https://git.example.org", "https://git.example.org/", "https://:443/a"),
        *("https://git.example.org/a?x=1", "https://git.example.org/a#b", "https://git.example.org/../a"),
        *("https://git.example.org/%2e%2e/a", "https://git.example.org/a b", "https://git.example.org/a\nb"),
        *("https://git.example.org\\@127.0.0.1/a", "https://git.example.org/a\\b", "https://a_%00/b"),
        *("https://127.1/a", "https://0x7f.0.0.1/a", "https://2130706433/a", "https://0177.0.0.1/a"),
        *("https://[::1/a", "https://[fe80::1%25eth0]/a", "https://git.example.org:99999/a"),
        *("https://git.example.org:0/a", "https://-git.example.org/a", "https://git..example.org/a"),
        *(
            "https://" + "a" * 3000,
            "-https://git.example.org/a",
            "https://git.example.org/a\0",
            "https://*/a",
        ),
    ],
)
def test_what_is_no_plain_address_of_the_web_is_refused(text):
    with pytest.raises(Invalid):
        parse(text)


def test_a_credential_inside_of_an_address_is_taken_out_of_it_and_never_quoted():
    destination, given = parse("https://ada:s%40cret@git.example.org/a.git")

    assert destination.url == "https://git.example.org/a.git"
    assert given == Credential("ada", Secret("s@cret"))
    for wrong in (
        "https://ada:s3cret@git.example.org/",
        "https://ada:s3cret@127.1/a",
        "ftp://ada:s3cret@h/a",
    ):
        with pytest.raises(Invalid) as refused:
            parse(wrong)
        assert "s3cret" not in refused.value.message


@pytest.mark.parametrize("text", ["a\nb", "a\r", "a\0", "x" * 3000])
def test_a_credential_cannot_say_more_than_one_thing_to_git(text):
    for pair in ((text, Secret("x")), ("x", Secret(text))):
        with pytest.raises(Invalid):
            credential(*pair)


def test_nothing_typed_is_no_credential():
    assert credential("", Secret("")) is None


PRIVATE = [
    *(
        "127.0.0.1",
        "127.255.255.254",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
    ),
    *("0.0.0.0", "255.255.255.255", "224.0.0.1", "240.0.0.1", "192.0.2.1", "198.18.0.1", "203.0.113.5"),
    *(
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd12::1",
        "ff02::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
    ),
    *(
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
        "2002:a00:1::1",
    ),
    # Site-local, by the translators of a network of one's own, translated, and given out to nobody.
    *("fec0::1", "64:ff9b:1::a00:1", "::ffff:0:7f00:1", "5f00::1", "4000::1"),
    *("::10.0.0.1", "64:ff9b::a9fe:a9fe", "255.255.255.255", "198.18.0.1", "192.0.2.1"),
]


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_public_is_refused_however_it_is_written(address):
    assert refuse(address, ()) is not None
    assert refuse(address, ("198.51.100.0/24", "2001:db8:ffff::/48")) is not None


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "64:ff9b::808:808", "140.82.121.3"]
)
def test_what_is_public_is_not(address):
    assert refuse(address, ()) is None


def test_networks_that_are_allowed_open_themselves_alone():
    allowed = ("10.1.0.0/16", "::1/128")

    assert refuse("10.1.2.3", allowed) is None
    assert refuse("::ffff:10.1.2.3", allowed) is None
    assert refuse("::1", allowed) is None
    assert refuse("10.2.2.3", allowed) is not None
    assert refuse("127.0.0.1", allowed) is not None
    assert is_in("10.1.2.3", allowed)
    assert not is_in("8.8.8.8", allowed)


def test_what_is_no_address_is_refused():
    assert refuse("localhost", ()) is not None


def test_a_repository_is_called_as_it_is_there():
    assert name_in(parse("https://git.example.org/team/My%20tool.git/")[0]) == "My tool"
