"""Where answers may go. The tricks are those of RFC 6819 section 4.1.5, RFC 9700 section 4.1 and of known holes."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpail.errors import Invalid
from bitpail.policy.redirect_uris import (
    ANSWERED,
    check_registered,
    form_source,
    matches,
    parse,
    with_answer,
)

GOOD = [
    "https://app.example.org/callback",
    "https://app.example.org",
    "https://app.example.org/",
    "https://app.example.org:8443/callback?tenant=7&next=%2Fhome",
    "https://APP.example.org/Callback/",
    "https://app.example.org/a/b;v=1/c,d/~e/@f",
    "https://app.example.org/caf%C3%A9",
    "http://127.0.0.1:53682/",
    "http://[::1]:8080/callback",
    "http://localhost/callback",
    "https://192.0.2.7:8443/callback",
    "https://[2001:db8::7]/callback",
    "https://1.app.example.org/callback",
    "com.example.app:/callback",
    "com.example.app://callback",
]

NONE_AT_ALL = [
    "",
    " ",
    "callback",
    "/callback",
    "//app.example.org/callback",
    "app.example.org/callback",
    "https:",
    "https://",
    "https:///callback",
    "https:/app.example.org/callback",
    "https:app.example.org/callback",
    "http:/127.0.0.1/",
    # A user name is not the host.
    "https://app.example.org@evil.example/callback",
    "https://app.example.org:443@evil.example/",
    "https://user:pass@app.example.org/callback",
    "https://evil.example%40app.example.org/callback",
    # What a browser takes for a slash, drops, or ends the host with.
    "https://app.example.org\\@evil.example/callback",
    "https://evil.example\\.app.example.org/",
    "https:\\\\app.example.org/callback",
    "https://app.example.org/call\tback",
    "https://app.example.org/callback\n",
    "\thttps://app.example.org/callback",
    " https://app.example.org/callback",
    "https://app.example.org/callback ",
    "https://app.example.org/call back",
    "https://app.example.org/callback\0",
    "https://evil.example#@app.example.org/callback",
    "https://evil.example?@app.example.org/callback#",
    "https://app.example.org/callback#fragment",
    "https://app.example.org/callback#",
    # Hosts that are written in two ways.
    "https://evil.example%2f.app.example.org/",
    "https://evil.example%00.app.example.org/",
    "https://ａpp.example.org/callback",
    "https://app。example.org/callback",
    "https://äpp.example.org/",
    "https://[::1/callback",
    "https://[:08]/callback",
    "https://[0:0:0:0:0:0:0:1]/callback",
    "https://[127.0.0.1]/callback",
    "https://127.1/callback",
    "https://2130706433/callback",
    "https://0x7f000001/callback",
    "https://0x7f.0.0.1/callback",
    "https://127.0.0.01/callback",
    "https://127.0.0.1./callback",
    "https://app.example.9/callback",
    "https://[app.example.org]/callback",
    "https://app.example.org:/callback",
    "https://app.example.org:0/callback",
    "https://app.example.org:65536/callback",
    "https://app.example.org:99999999/",
    "https://app.example.org:80:80/",
    "https://app.example.org:8o/",
    "https://app.example.org:-1/",
    # Up and elsewhere, in every disguise.
    "https://app.example.org/callback/../evil",
    "https://app.example.org/callback/..",
    "https://app.example.org/callback/./x",
    "https://app.example.org/callback/%2e%2e/evil",
    "https://app.example.org/callback/%2E./evil",
    "https://app.example.org/callback/.%2e/evil",
    "https://app.example.org/callback/..%2fevil",
    "https://app.example.org/callback%2f..%2fevil",
    "https://app.example.org/callback/..%5cevil",
    "https://app.example.org/callback/..\\evil",
    "https://app.example.org/callback/..;/evil",
    "https://app.example.org/callback/..;a=b/evil",
    "https://app.example.org/callback/%252e%252e/evil",
    "https://app.example.org/callback//evil.example",
    "https://app.example.org//evil.example/callback",
    "https://app.example.org/callback%00",
    "https://app.example.org/callback%0d%0aLocation:%20https://evil.example",
    "https://app.example.org/%63allback",
    "https://app.example.org/callback%",
    "https://app.example.org/callback%2",
    "https://app.example.org/callback%zz",
    "https://app.example.org/<script>",
    'https://app.example.org/"onload=',
    "https://app.example.org/callback?x=%0d%0aSet-Cookie:a=b",
    "https://app.example.org/callback?x=%00",
    "https://app.example.org/callback?x=a b",
    # An answer of its own.
    *(f"https://app.example.org/callback?{name}=mine" for name in sorted(ANSWERED)),
    "https://app.example.org/callback?a=b&c%6fde=mine",
    "https://app.example.org/callback?a=b;code=mine",
    "https://app.example.org/callback?a=b%3B&Code=mine",
    "https://app.example.org/callback?+state=mine",
    "https://app.example.org/callback?code%5B%5D=mine",
    # Schemes that run or read something, and that nobody owns.
    "javascript:alert(1)",
    "javascript://app.example.org/%0aalert(1)",
    "JavaScript://app.example.org/",
    "data:text/html,<script>alert(1)</script>",
    "data:/text",
    "vbscript:/x",
    "file:///etc/passwd",
    "blob:https://app.example.org/1",
    "about:blank",
    "view-source:https://app.example.org/",
    "intent://callback",
    "ws://app.example.org/",
    "ftp://app.example.org/",
    "myapp:/callback",
    "myapp://callback",
    "urn:ietf:wg:oauth:2.0:oob",
    "com.example.app:",
    "com.example.app:callback",
    "https://app.example.org/" + "x" * 2000,
]

TRICKS = [
    # Against https://app.example.org/callback, each of them well-formed.
    "http://app.example.org/callback",
    "https://app.example.org:8443/callback",
    "https://app.example.org:80/callback",
    "https://app.example.org.evil.example/callback",
    "https://app.example.org./callback",
    "https://app.example.orgevil/callback",
    "https://evilapp.example.org/callback",
    "https://evil.app.example.org/callback",
    "https://example.org/callback",
    "https://evil.example/callback",
    "https://evil.example/https://app.example.org/callback".replace("//app", "/app"),
    "https://evil.example/?x=https://app.example.org/callback",
    "https://localhost/callback",
    "http://127.0.0.1/callback",
    "https://app.example.org/",
    "https://app.example.org/callbackevil",
    "https://app.example.org/callback.evil",
    "https://app.example.org/callback;evil",
    "https://app.example.org/callback%20",
    "https://app.example.org/Callback",
    "https://app.example.org/evil/callback",
    "com.example.app:/callback",
]


@pytest.mark.parametrize("text", GOOD)
def test_an_address_is_read_in_one_way(text):
    uri = parse(text)

    assert uri.text == text
    assert matches(uri, uri, is_public=True)
    assert matches(uri, uri, is_public=False)


@pytest.mark.parametrize("text", NONE_AT_ALL)
def test_what_can_be_read_in_two_ways_is_no_address(text):
    with pytest.raises(Invalid):
        parse(text)


@pytest.mark.parametrize("is_public", [False, True])
@pytest.mark.parametrize("text", TRICKS)
def test_no_other_place_passes_for_the_registered_one(text, is_public):
    registered = parse("https://app.example.org/callback")

    assert not matches(registered, parse(text), is_public=is_public)


@pytest.mark.parametrize(
    ("registered", "wanted", "confidential", "public"),
    [
        ("https://app.example.org/cb", "https://app.example.org/cb/more", True, False),
        ("https://app.example.org/cb", "https://app.example.org/cb/", True, False),
        ("https://app.example.org/cb", "https://app.example.org/cb?a=b", True, False),
        ("https://app.example.org/cb", "https://app.example.org/cb/more?a=b", True, False),
        ("https://app.example.org/cb", "https://APP.EXAMPLE.org/cb", True, True),
        ("https://app.example.org/cb", "HTTPS://app.example.org/cb", True, True),
        ("https://app.example.org/cb", "https://app.example.org:443/cb", True, True),
        ("https://app.example.org", "https://app.example.org/", True, True),
        ("https://app.example.org", "https://app.example.org/cb", True, False),
        ("https://app.example.org/cb/", "https://app.example.org/cb/more", True, False),
        ("https://app.example.org/cb/", "https://app.example.org/cb", False, False),
        ("https://app.example.org/cb?t=7", "https://app.example.org/cb?t=7", True, True),
        ("https://app.example.org/cb?t=7", "https://app.example.org/cb?t=7&a=b", True, False),
        ("https://app.example.org/cb?t=7", "https://app.example.org/cb", False, False),
        ("https://app.example.org/cb?t=7", "https://app.example.org/cb?t=77", False, False),
        ("https://app.example.org/cb?t=7", "https://app.example.org/cb?a=b&t=7", False, False),
        ("https://app.example.org/cb?t=7", "https://app.example.org/cb/more?t=7", False, False),
        # RFC 8252, section 7.3: any port, at the machine itself alone.
        ("http://127.0.0.1/cb", "http://127.0.0.1:53682/cb", True, True),
        ("http://127.0.0.1:1000/cb", "http://127.0.0.1:2000/cb", True, True),
        ("http://[::1]/cb", "http://[::1]:53682/cb", True, True),
        ("http://localhost/cb", "http://localhost:53682/cb", True, True),
        ("http://localhost/cb", "http://127.0.0.1:53682/cb", False, False),
        ("http://127.0.0.1/cb", "http://localhost:53682/cb", False, False),
        ("http://127.0.0.1/cb", "http://127.0.0.1.evil.example:53682/cb", False, False),
        ("http://127.0.0.1/cb", "http://127.0.0.2:53682/cb", False, False),
        ("http://127.0.0.1/cb", "https://127.0.0.1:53682/cb", False, False),
        ("http://127.0.0.1/cb", "http://127.0.0.1:53682/other", False, False),
        ("https://localhost/cb", "https://localhost:53682/cb", False, False),
        ("com.example.app:/cb", "com.example.app:/cb", True, True),
        ("com.example.app:/cb", "com.example.app:/evil", False, False),
        ("com.example.app:/cb", "com.example.app.evil:/cb", False, False),
        ("com.example.app:/cb", "com.example.app://cb", False, False),
    ],
)
def test_a_confidential_app_may_extend_its_address_and_a_public_one_not(
    registered, wanted, confidential, public
):
    known, asked = parse(registered), parse(wanted)

    assert matches(known, asked, is_public=False) is confidential
    assert matches(known, asked, is_public=True) is public


@pytest.mark.parametrize(
    ("text", "confidential", "public"),
    [
        ("https://app.example.org/cb", True, True),
        ("http://app.example.org/cb", True, False),
        ("http://127.0.0.1/cb", True, True),
        ("http://localhost:99/cb", True, True),
        ("http://[::1]/cb", True, True),
        ("com.example.app:/cb", False, True),
        ("myapp:/cb", False, False),
    ],
)
def test_a_public_app_has_no_plain_http_and_it_alone_a_scheme_of_its_own(text, confidential, public):
    for is_public, allowed in ((False, confidential), (True, public)):
        if allowed:
            assert check_registered(text, is_public=is_public).text == text
        else:
            with pytest.raises(Invalid):
                check_registered(text, is_public=is_public)


def test_the_answer_is_added_to_what_the_query_has():
    assert with_answer(parse("https://a.example/cb"), {"code": "x y&z", "iss": "https://b"}) == (
        "https://a.example/cb?code=x+y%26z&iss=https%3A%2F%2Fb"
    )
    assert with_answer(parse("https://a.example/cb?t=7"), {"code": "x"}) == "https://a.example/cb?t=7&code=x"
    assert with_answer(parse("https://a.example"), {"code": "x"}) == "https://a.example?code=x"
    assert with_answer(parse("com.example.app:/cb"), {"code": "x"}) == "com.example.app:/cb?code=x"


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("https://app.example.org/cb?x=1", "https://app.example.org"),
        ("https://app.example.org:443/cb", "https://app.example.org"),
        ("http://127.0.0.1:53682/cb", "http://127.0.0.1:53682"),
        ("http://[::1]:53682/cb", "http:"),
        ("com.example.app:/cb", "com.example.app:"),
    ],
)
def test_the_policy_of_a_page_names_where_its_form_leads(text, source):
    assert form_source(parse(text)) == source


@given(st.text(alphabet=st.sampled_from("htps:/.@#?\\%2eE5cfF;a[]1 \t\n-_~&=+é"), max_size=40))
def test_whatever_is_taken_urllib_reads_likewise(tail):
    text = f"https://app.example.org/{tail}"
    try:
        uri = parse(text)
    except Invalid:
        return

    parts = urlsplit(text)
    assert (parts.scheme, parts.hostname, parts.username, parts.fragment) == ("https", uri.host, None, "")
    assert text.isascii()
    assert text.isprintable()
    answered = urlsplit(with_answer(uri, {"code": "c0de"}))
    assert (answered.netloc, answered.path) == (parts.netloc, parts.path)
    assert parse_qs(answered.query)["code"] == ["c0de"]
    assert not set(form_source(uri)) & set(" ;,'\"")
