"""What people put into names, messages, dates and refs cannot hurt an answer."""

import json
import string
from datetime import datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.contract import contract
from wire_examples import ADA, HASH, LINKS, PROJECT, REPOSITORY, WORKSPACE, commit, signature

from bitpail.model.commits import TagObject
from bitpail.model.refs import Ref
from bitpail.wire import commits, errors, pages, projects, refs, repositories, users, workspaces
from bitpail.wire.dates import commit_date, instant
from bitpail.wire.links import ref_path
from bitpail.wire.text import clean

# Any code point at all, lone surrogates included.
ANYTHING = st.text(st.characters())
NUMBERS = st.integers(-(2**80), 2**80)
replace = msgspec.structs.replace


@given(ANYTHING)
def test_cleaned_text_is_unicode_and_otherwise_the_same(text):
    cleaned = clean(text)

    cleaned.encode()
    assert len(cleaned) == len(text)
    assert all(
        a == b or (b == "\ufffd" and "\ud800" <= a <= "\udfff") for a, b in zip(text, cleaned, strict=True)
    )


@given(ANYTHING, NUMBERS)
def test_any_text_in_names_and_messages_gives_json(text, time):
    user = replace(ADA, display_name=text, nickname=text, username=text)
    workspace = replace(WORKSPACE, name=text)
    project = replace(PROJECT, name=text, description=text)
    repository = replace(
        REPOSITORY, name=text, description=text, website=text, language=text, created_on=time
    )
    people = {text.lower(): user}
    writer = commits.Writer(LINKS, workspace, repository, people)
    ref = Ref(f"refs/tags/{text}", HASH, HASH)
    made = [
        users.embedded(LINKS, user),
        workspaces.full(LINKS, workspace),
        projects.full(LINKS, workspace, project),
        repositories.full(LINKS, workspace, project, repository, main_branch=text),
        commits.single(LINKS, workspace, repository, commit(text, time), people, ()),
        refs.tag(writer, ref, None, TagObject(HASH, HASH, signature(text, time), text)),
        refs.branch(writer, Ref(f"refs/heads/{text}", HASH, HASH), commit(text, time)),
        errors.validation({text: [text]}),
        errors.no_workspace(text),
        pages.iterated([], pagelen=1, following=None),
    ]

    json.loads(msgspec.json.encode(made))


@given(ANYTHING.filter(bool), NUMBERS)
def test_any_text_in_names_and_messages_keeps_the_contract(text, time):
    writer = commits.Writer(LINKS, WORKSPACE, REPOSITORY, {})
    ref = Ref(f"refs/tags/{text}", HASH, HASH)

    contract().validate("tag", refs.tag(writer, ref, commit(text, time), None))


@given(NUMBERS)
def test_any_time_is_a_date(time):
    assert datetime.fromisoformat(instant(time)).utcoffset() is not None
    assert datetime.fromisoformat(commit_date(time)).utcoffset() is not None


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "1970-01-01T00:00:00+00:00"),
        (-1, "1969-12-31T23:59:59+00:00"),
        (1_775_553_141, "2026-04-07T09:12:21+00:00"),
        (2**63, "9999-12-31T23:59:59+00:00"),
        (-(2**63), "0001-01-01T00:00:00+00:00"),
    ],
)
def test_a_commit_date_has_no_fraction(seconds, expected):
    assert commit_date(seconds) == expected


@pytest.mark.parametrize(
    ("microseconds", "expected"),
    [
        (1_737_987_358_600_540, "2025-01-27T14:15:58.600540+00:00"),
        (0, "1970-01-01T00:00:00.000000+00:00"),
        (2**70, "9999-12-31T23:59:59.000000+00:00"),
        (-(2**70), "0001-01-01T00:00:00.000000+00:00"),
    ],
)
def test_an_instant_has_microseconds(microseconds, expected):
    assert instant(microseconds) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("feature/draft", "feature/draft"),
        ('a"b<c#d', "a%22b%3Cc%23d"),
        ("/$;&=@!.,", "/$;&=@!.,"),
        ("100% ä?", "100%25%20%C3%A4%3F"),
        ("\udcff\udc80", "%FF%80"),  # bytes that are no UTF-8, as Git has them
        ("\ud800", "%3F"),
    ],
)
def test_a_ref_is_only_partly_escaped_in_links(name, expected):
    assert ref_path(name) == expected


@given(ANYTHING)
def test_a_ref_in_a_link_breaks_out_of_nothing(name):
    assert set(ref_path(name)) <= set(string.ascii_letters + string.digits + "-_~%/$;&=@!.,")


def test_a_ref_that_is_no_utf8_is_shown_with_replacements():
    writer = commits.Writer(LINKS, WORKSPACE, REPOSITORY, {})

    made = refs.branch(writer, Ref("refs/heads/caf\udce9", HASH, HASH), None)

    assert made["name"] == "caf\ufffd"
    assert made["links"]["self"]["href"].endswith("/refs/branches/caf%E9")
