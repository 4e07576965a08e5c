from base64 import b64encode

import pytest
from starlette.datastructures import Headers

from bitpail.http.credentials import MalformedCredential, credential


def presented(*values):
    return credential(Headers(raw=[(b"authorization", value) for value in values]))


def basic(content):
    return b"Basic " + b64encode(content)


@pytest.mark.parametrize(
    ("content", "name", "secret"),
    [
        (b"ada:word", "ada", "word"),
        (b"ada:wo:rd:", "ada", "wo:rd:"),
        (b":word", "", "word"),
        (b"ada:", "ada", ""),
        ("ädä:wörd".encode(), "ädä", "wörd"),
        (b"a\x00b:c\x00", "a\x00b", "c\x00"),
    ],
)
def test_name_and_secret_are_parted_at_the_first_colon(content, name, secret):
    found = presented(basic(content))

    assert (found.username, found.secret.reveal()) == (name, secret)


@pytest.mark.parametrize("scheme", [b"basic ", b"BASIC ", b"Basic   "])
def test_the_scheme_is_taken_in_any_case(scheme):
    assert presented(scheme + b64encode(b"ada:word")).username == "ada"


@pytest.mark.parametrize(
    "value",
    [
        *(
            b"",
            b"Basic",
            b"Basic ",
            b"Basic !!!",
            b"Basic YQ",
            b"Basic \xff\xfe",
            b"Basic\tYTpi",
        ),
        *(basic(b"no colon"), basic(b"\xff:\xfe"), basic(b"a:b") + b"\x80", basic(b"a:" + b"b" * 1_000_000)),
    ],
)
def test_what_is_no_credential_is_not_taken_for_anonymous(value):
    with pytest.raises(MalformedCredential) as refused:
        presented(value)
    assert len(refused.value.message) < 100


@pytest.mark.parametrize(
    ("value", "secret"),
    [
        (b"Bearer abc", "abc"),
        (b"bearer  abc ", "abc"),
        (b"Bearer", ""),
        (b"BEARER a b", "a b"),
        (b"Bearer \xff", "\xff"),
    ],
)
def test_a_bearer_token_is_a_secret_without_a_name(value, secret):
    found = presented(value)

    assert found.username is None
    assert found.secret.reveal() == secret
    assert not secret or secret not in repr(found)


def test_two_headers_are_refused_and_none_is_anonymous():
    assert presented() is None
    with pytest.raises(MalformedCredential):
        presented(basic(b"a:b"), basic(b"a:b"))


def test_a_credential_does_not_print_its_secret():
    assert "word" not in repr(presented(basic(b"ada:word")))
