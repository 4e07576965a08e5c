"""PKCE, scopes of requests, and the codes that people type."""

from base64 import urlsafe_b64encode
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpail.errors import Invalid
from bitpail.model.scopes import BITBUCKET, OWN, Scope
from bitpail.policy import oauth_scopes, pkce, user_codes
from bitpail.policy.oauth_scopes import InvalidScope
from bitpail.policy.scopes import expand, minimal

# RFC 7636, appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_the_example_of_the_rfc_proves_itself():
    assert pkce.check_challenge(CHALLENGE, "S256") == CHALLENGE
    assert pkce.proves(VERIFIER, CHALLENGE)


@pytest.mark.parametrize(
    "verifier",
    [
        "",
        VERIFIER[:-1],
        VERIFIER + "x",
        VERIFIER.swapcase(),
        CHALLENGE,
        "x" * 43,
        "x" * 129,
        VERIFIER + "\n",
        "é" * 43,
    ],
)
def test_another_verifier_proves_nothing(verifier):
    assert not pkce.proves(verifier, CHALLENGE)


@pytest.mark.parametrize("length", [43, 128])
def test_a_verifier_has_43_to_128_characters(length):
    def challenge(text):
        return urlsafe_b64encode(sha256(text.encode()).digest()).rstrip(b"=").decode()

    assert pkce.proves("~" * length, challenge("~" * length))
    for wrong in ("~" * 42, "~" * 129):
        assert not pkce.proves(wrong, challenge(wrong))


def test_a_code_without_a_challenge_takes_no_verifier():
    """The downgrade of RFC 9700, section 4.8: somebody took the challenge out of the request."""
    assert pkce.proves("", "")
    assert not pkce.proves(VERIFIER, "")


@pytest.mark.parametrize(
    ("challenge", "method"),
    [
        (CHALLENGE, ""),
        (CHALLENGE, "plain"),
        (CHALLENGE, "s256"),
        (CHALLENGE, "S512"),
        (VERIFIER, "plain"),
        ("", "S256"),
        ("", "plain"),
        (CHALLENGE[:-1], "S256"),
        (CHALLENGE + "=", "S256"),
        (CHALLENGE[:-1] + "+", "S256"),
        (CHALLENGE + "\n", "S256"),
    ],
)
def test_a_challenge_that_is_not_s256_is_refused(challenge, method):
    with pytest.raises(Invalid):
        pkce.check_challenge(challenge, method)


def test_a_request_may_have_no_challenge():
    assert pkce.check_challenge("", "") == ""


@pytest.mark.parametrize("separator", [" ", ",", ", ", "  "])
def test_scopes_of_a_request_come_with_blanks_or_commas(separator):
    text = separator.join(["repository:write", "account", "account"])

    assert oauth_scopes.parse(text) == (Scope.ACCOUNT, Scope.REPOSITORY_WRITE)


@pytest.mark.parametrize(
    "text",
    [
        "nothing",
        "Repository",
        "repository write",
        "read:repository:bitbucket",
        "account\0",
        "x" * 1001,
        *sorted(OWN),
    ],
)
def test_an_unknown_scope_is_refused_and_our_own_are_unknown(text):
    with pytest.raises(InvalidScope):
        oauth_scopes.parse(text)


@pytest.mark.parametrize("wanted", BITBUCKET)
@pytest.mark.parametrize("held", BITBUCKET)
def test_a_request_only_narrows_what_the_app_has(held, wanted):
    covered = wanted in expand((held,))

    if covered:
        assert oauth_scopes.granted((held,), (wanted,)) == (wanted,)
        assert oauth_scopes.narrowed((held,), (wanted,)) == (wanted,)
    else:
        for rule in (oauth_scopes.granted, oauth_scopes.narrowed):
            with pytest.raises(InvalidScope):
                rule((held,), (wanted,))


def test_what_the_app_has_not_is_left_out_of_a_first_request_and_refused_in_a_later_one():
    of_app, wanted = (Scope.ACCOUNT,), (Scope.EMAIL, Scope.REPOSITORY)

    assert oauth_scopes.granted(of_app, wanted) == (Scope.EMAIL,)
    with pytest.raises(InvalidScope):
        oauth_scopes.narrowed(of_app, wanted)
    assert oauth_scopes.granted(of_app, ()) == oauth_scopes.narrowed(of_app, ()) == of_app


@given(st.sets(st.sampled_from(BITBUCKET)), st.sets(st.sampled_from(BITBUCKET)))
def test_a_token_is_never_wider_than_its_app_is_now(before, now):
    left = oauth_scopes.still_granted(tuple(before), minimal(now))

    assert expand(left) == expand(tuple(before)) & expand(minimal(now))
    assert set(left) == before or not before <= expand(minimal(now))


@pytest.mark.parametrize("forbidden", BITBUCKET)
@pytest.mark.parametrize("held", BITBUCKET)
def test_what_administrators_forbid_no_app_gets_nor_what_includes_it(held, forbidden):
    left = oauth_scopes.without((held,), (forbidden,))

    assert expand(left) == {one for one in expand((held,)) if forbidden not in expand((one,))}
    if not left:
        with pytest.raises(InvalidScope):
            oauth_scopes.granted(left, ())


def test_an_app_needs_a_permission_and_has_them_in_minimal_form():
    assert oauth_scopes.check_permissions(["email", "account", "repository"]) == (
        Scope.ACCOUNT,
        Scope.REPOSITORY,
    )
    for wrong in ([], [""], [*OWN][:1], ["nothing"]):
        with pytest.raises(Invalid):
            oauth_scopes.check_permissions(wrong)


def test_a_code_for_people_is_read_however_it_is_typed():
    code = user_codes.generate()
    shown = user_codes.shown(code)

    assert len(shown) == 9
    for typed in (shown, code, shown.lower(), f" {shown} ", shown.replace("-", " "), "-".join(code)):
        assert user_codes.typed(typed) == code


@pytest.mark.parametrize(
    "text", ["", "WDJB", "WDJB-MJHTT", "AEIO-UAEI", "1234-5678", "W" * 41, "ＷＤＪＢＭＪＨＴ", "WDJB\0MJH"]
)
def test_what_can_be_no_code_is_none(text):
    assert user_codes.typed(text) is None


def test_codes_for_people_differ_and_spell_nothing():
    codes = {user_codes.generate() for _ in range(2000)}

    assert len(codes) == 2000
    assert not set("".join(codes)) & set("AEIOUY0123456789")
