"""What people may call things, and what they try."""

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpail.errors import Invalid
from bitpail.policy.names import (
    HIDDEN_REFS,
    RESERVED,
    SLUG_LENGTH,
    check_branch,
    check_email,
    check_label,
    check_project_key,
    check_slug,
    check_text,
    check_username,
    check_workspace_slug,
    printable,
    refuse_ref,
    slugify,
)

ANYTHING = st.text(st.characters())
SLUG_LETTERS = set(string.ascii_lowercase + string.digits + "_.-")
HOSTILE = [
    *("", " ", ".", "..", "-", "-rf", "--upload-pack=x", ".hidden", "a/b", "a\\b", "../etc/passwd", "a..b"),
    *("a\n", "\na", "a\0", "a b", "a%2fb", "é", "Ⅷ", "a:b", "a@b", "a?b", "a#b", "{a}", "~", "a.", "$(id)"),
    *("\ud800", "\u202ea", "a" * (SLUG_LENGTH + 1), "a" * 100_000),
]


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("foo bar", "foo-bar"),
        ("føøbar", "foobar"),
        ("Ünïcödé", "unicode"),
        ("Straße", "strasse"),
        ("_private", "_private"),
        ("a  &  b", "a-b"),
        ("-a-", "a"),
        ("..a..", "a"),
        ("C++", "c"),
        ("tds.cm.maven", "tds.cm.maven"),
        ("ℌello", "hello"),
        ("日本", ""),
        ("", ""),
        ("x" * 62, "x" * 62),
        ("x" * 63, "x" * 62),
        ("x" * 61 + " y", "x" * 61),
    ],
)
def test_a_name_becomes_a_slug(name, slug):
    assert slugify(name) == slug


@given(ANYTHING)
def test_a_slug_has_only_its_letters_and_its_length(name):
    slug = slugify(name)

    assert set(slug) <= SLUG_LETTERS
    assert len(slug) <= SLUG_LENGTH == 62
    assert not slug.startswith(("-", "."))
    assert not slug.endswith(("-", "."))
    assert slugify(slug) == slug


@given(ANYTHING)
def test_a_made_slug_is_right_or_refused_for_a_stated_reason(name):
    slug = slugify(name)
    if slug and ".." not in slug and not slug.endswith((".git", ".lock")):
        assert check_slug(slug) == slug
    else:
        with pytest.raises(Invalid):
            check_slug(slug)


@pytest.mark.parametrize("check", [check_slug, check_workspace_slug, check_username])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_refused(check, name):
    with pytest.raises(Invalid) as refusal:
        check(name)

    assert len(refusal.value.message) < 1000


@pytest.mark.parametrize("check", [check_slug, check_workspace_slug, check_username])
@given(name=ANYTHING)
def test_an_accepted_name_is_one_harmless_segment(check, name):
    try:
        accepted = check(name)
    except Invalid:
        return

    assert accepted == name
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,61}", name)
    assert ".." not in name
    assert not name.endswith(".")


@pytest.mark.parametrize("name", ["a", "_", "_a", "0", "a-b_c.d", "x" * SLUG_LENGTH])
def test_plain_names_are_accepted(name):
    assert check_slug(name) == check_workspace_slug(name) == check_username(name) == name


def test_case_is_for_usernames_only():
    assert check_username("Ada") == "Ada"
    for check in (check_slug, check_workspace_slug):
        with pytest.raises(Invalid):
            check("Ada")


@pytest.mark.parametrize("name", ["a.git", "a.lock", ".git"])
def test_a_slug_does_not_look_like_a_directory_of_git(name):
    with pytest.raises(Invalid):
        check_slug(name)


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_our_own_pages_are_nobodys_workspace(name):
    for check, text in ((check_workspace_slug, name), (check_username, name), (check_username, name.upper())):
        with pytest.raises(Invalid):
            check(text)


@pytest.mark.parametrize("key", ["A", "LIB", "LIB_2", "A" * SLUG_LENGTH])
def test_project_keys(key):
    assert check_project_key(key) == key


@pytest.mark.parametrize("key", ["", "lib", "2LIB", "_A", "A-B", "A B", "A\n", "Ä", "A" * (SLUG_LENGTH + 1)])
def test_what_is_no_project_key(key):
    with pytest.raises(Invalid):
        check_project_key(key)


@pytest.mark.parametrize("address", ["a@b", "ada+git@example.org", "ü@exämple.org"])
def test_email_addresses(address):
    assert check_email(address) == address


@pytest.mark.parametrize(
    "address", ["", "a", "@", "a@", "@b", "a@b@c", "a b@c", "a@b\n", "a\0@b", "a" * 254 + "@b"]
)
def test_what_is_no_email_address(address):
    with pytest.raises(Invalid):
        check_email(address)


@pytest.mark.parametrize("label", ["ci", " spaced ", "日本", "x" * 255])
def test_labels(label):
    assert check_label(label) == label


@pytest.mark.parametrize(
    "label", ["", "  ", "\u3000", "a\nb", "a\0", "\x1b[31m", "\x7f", "\x85", "\udc80", "x" * 256]
)
def test_what_is_no_label(label):
    with pytest.raises(Invalid):
        check_label(label)


def test_only_longer_texts_have_lines():
    assert check_text("a\n\tb\r\n", "description", 10, multiline=True) == "a\n\tb\r\n"
    for text in ("a\n", "a\t"):
        with pytest.raises(Invalid):
            check_text(text, "name", 10)
    with pytest.raises(Invalid):
        check_text("a\0", "description", 10, multiline=True)


@pytest.mark.parametrize(
    "name",
    [
        *(b"refs/heads/main", b"refs/heads/feature/x", b"refs/tags/v1.0", "refs/heads/日本".encode()),
        *(b"refs/notes/commits", b"refs/heads/x/HEAD", b"refs/heads/abcdef1", b"refs/heads/a-b"),
        b"refs/heads/" + b"x" * 239,
    ],
)
def test_ordinary_refs_may_be_pushed(name):
    assert refuse_ref(name) is None


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (b"", "start"),
        (b"HEAD", "start"),
        (b"refs/stash", "start"),
        (b"/refs/heads/x", "start"),
        (b"refs/heads/\xff", "UTF-8"),
        (b"refs/heads/" + b"x" * 240, "longer"),
        (b"refs/bitpail/x", "hidden"),
        (b"refs/pull-requests/1/from", "hidden"),
        (b"refs/heads/HEAD", "commit"),
        (b"refs/tags/HEAD", "commit"),
        (b"refs/heads/" + b"a" * 40, "commit"),
        (b"refs/tags/" + b"0" * 64, "commit"),
        (b"refs/heads/-x", "'-'"),
        (b"refs/heads/--upload-pack=touch", "'-'"),
        (b"refs/heads/a/-b", "'-'"),
    ],
)
def test_a_ref_that_people_would_regret_is_refused(name, reason):
    assert reason in (refuse_ref(name) or "")


@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda rest: b"refs/heads/" + rest))
def test_any_bytes_get_an_answer_and_what_passes_is_harmless(name):
    if refuse_ref(name) is None:
        text = name.decode()
        assert text.startswith("refs/")
        assert not text.startswith(HIDDEN_REFS)
        assert len(name) <= 250
        assert "/-" not in text
        assert not text.endswith(("refs/heads/HEAD", "refs/tags/HEAD")) or text.count("/") > 2


@pytest.mark.parametrize("name", ["main", "feature/x", "a.b", "lock", "@a", "größe", "a{b", "x" * 200])
def test_branches_that_may_be_made(name):
    assert check_branch(name) == name


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        *(("", ""), ("git/2.39.5", "git/2.39.5"), ("Müller 東京", "Müller 東京"), ("a\x1b[31mb", "a?[31mb")),
        *(
            ("a\nb\r\0", "a?b??"),
            ("\x9b2J", "?2J"),
            ("a\u202eb\u200b", "a?b?"),
            ("\ud800", "?"),
            ("\x7f", "?"),
        ),
    ],
)
def test_what_somebody_else_says_of_themselves_is_one_line_that_is_shown_as_it_is(said, shown):
    assert printable(said) == shown
