"""Narrowed secrets: their form, what holds a chain of them together, and that none is ever wider."""

import base64
import itertools

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitpail.errors import Invalid
from bitpail.model.access import Need
from bitpail.model.app_passwords import AppPassword, AppPasswordId
from bitpail.model.limits import Limits
from bitpail.model.permissions import Permission
from bitpail.model.repositories import RepositoryId
from bitpail.model.scopes import Scope
from bitpail.model.users import UserId
from bitpail.policy import attenuation
from bitpail.policy.attenuation import (
    MOST_BLOCKS,
    PATTERN,
    PREFIX,
    Narrowing,
    is_proved,
    left_of,
    narrow,
    parse,
    public_key,
)
from bitpail.policy.limits import refuse_change, refuse_push, refuse_repository
from bitpail.policy.scopes import expand, minimal
from bitpail.policy.secrets import Family, Secret, generate, scrub

SECRET = generate()
ROOT = public_key(SECRET)
OTHER = generate()
READ = Narrowing(repositories=("acme/site",), read_only=True)
SOON = Narrowing(until=1_900_000_000)
ONCE = narrow(SECRET, READ)
TWICE = narrow(ONCE, SOON)


def proved(secret, root=ROOT):
    parsed = parse(secret)
    return parsed is not None and is_proved(parsed, root)


def data(secret):
    body = secret.reveal().removeprefix(PREFIX)
    return base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))


def written(raw):
    """Any bytes as a secret with the right checksum: the checksum keeps out slips, not attackers."""
    return Secret(PREFIX + base64.urlsafe_b64encode(raw + attenuation._checksum(raw)).rstrip(b"=").decode())


def chain(lookup, blocks, last_key):
    return Secret(attenuation._text(lookup, tuple(blocks), last_key))


def test_a_narrowed_secret_begins_as_no_other_and_says_what_it_is_narrowed_to():
    parsed = parse(TWICE)

    assert PREFIX == "bpn_"
    assert PATTERN.fullmatch(TWICE.reveal())
    assert parsed.lookup == attenuation.lookup_name(SECRET)
    assert parsed.narrowings == (READ, SOON)
    assert is_proved(parsed, ROOT)


def test_one_of_a_repository_has_room_in_a_header_and_an_address():
    assert len(ONCE.reveal()) < 300
    assert set(ONCE.reveal()) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


def test_the_longest_one_fits_into_a_header_of_8_kib():
    assert 4 * (attenuation.LONGEST + 40) // 3 < 8 * 1024


def test_nothing_of_the_secret_is_in_it_and_the_public_key_signs_nothing():
    secret = SECRET.reveal()

    for made in (ONCE, TWICE):
        raw = data(made)
        assert all(secret[place : place + 6].encode() not in raw for place in range(8, len(secret) - 6))
        # The key that the secret gives is not in it either: only keys made afresh.
        assert attenuation._root(SECRET).private_bytes_raw() not in raw
    with pytest.raises(Invalid):
        narrow(Secret(ROOT.hex()), READ)


def test_narrowed_alike_twice_two_are_different_and_called_differently():
    again = narrow(SECRET, READ)

    assert again.reveal() != ONCE.reveal()
    assert parse(again).digest != parse(ONCE).digest
    assert proved(again)


def test_another_secret_proves_nothing():
    assert not proved(ONCE, public_key(OTHER))
    assert not proved(TWICE, public_key(OTHER))
    assert not proved(ONCE, bytes(32))
    assert not proved(ONCE, b"\xff" * 32)


def test_the_last_block_cannot_be_taken_off():
    first, second = parse(TWICE).blocks
    last_key = parse(TWICE).last_key

    assert proved(chain(parse(TWICE).lookup, [first, second], last_key))
    for blocks in ([first], [second], [second, first], [first, first], [first, second, second]):
        assert not proved(chain(parse(TWICE).lookup, blocks, last_key))


def test_blocks_of_two_chains_make_no_third():
    mine, theirs = parse(TWICE), parse(narrow(narrow(SECRET, SOON), READ))

    for blocks in itertools.permutations((*mine.blocks, *theirs.blocks), 2):
        for last_key in (mine.last_key, theirs.last_key):
            together = chain(mine.lookup, blocks, last_key)
            assert proved(together) == (
                blocks in {mine.blocks, theirs.blocks}
                and last_key == (mine.last_key if blocks == mine.blocks else theirs.last_key)
            )


def test_a_block_under_another_look_up_name_is_not_proved():
    parsed = parse(ONCE)

    assert not proved(chain("zzzzz", parsed.blocks, parsed.last_key))


def test_whoever_signs_with_a_key_of_their_own_is_not_believed():
    other = parse(narrow(OTHER, READ))

    assert not proved(chain(parse(ONCE).lookup, other.blocks, other.last_key))


@settings(max_examples=300)
@given(st.data())
def test_no_change_of_any_byte_is_proved(draw):
    original = draw.draw(st.sampled_from([ONCE, TWICE]))
    raw = bytearray(data(original)[:-4])
    place = draw.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= draw.draw(st.integers(1, 255))

    assert not proved(written(bytes(raw)))


@settings(max_examples=300)
@given(st.binary(max_size=400))
def test_other_bytes_are_refused_without_an_error(raw):
    assert parse(written(raw)) is None or not proved(written(raw))
    assert parse(written(b"\x01" + raw)) is None or not proved(written(b"\x01" + raw))
    assert parse(Secret(PREFIX + raw.decode("latin-1"))) is None


@given(st.text(st.characters()))
def test_any_other_text_is_refused_without_an_error(text):
    assert parse(Secret(text)) is None
    assert parse(Secret(PREFIX + text)) is None


def test_every_change_of_one_letter_is_refused_before_any_look_up():
    text = ONCE.reveal()

    for place in range(len(text)):
        changed = "A" if text[place] != "A" else "B"
        assert parse(Secret(text[:place] + changed + text[place + 1 :])) is None
    for longer in (text + "A", text + "=", f"{text}\n", f" {text}", text[:-1], text.upper()):
        assert parse(Secret(longer)) is None


@pytest.mark.parametrize(
    "block",
    [
        msgspec.msgpack.encode({"r": ["acme/site"], "zoom": True}),
        msgspec.msgpack.encode({"r": ["acme"]}),
        msgspec.msgpack.encode({"r": ["acme/site/x"]}),
        msgspec.msgpack.encode({"r": ["../site"]}),
        msgspec.msgpack.encode({"r": "acme/site"}),
        msgspec.msgpack.encode({"r": ["a/b\n"]}),
        msgspec.msgpack.encode({"b": ["main"]}),
        msgspec.msgpack.encode({"b": ["refs/heads/a b"]}),
        msgspec.msgpack.encode({"b": ["refs/heads/\nfake line"]}),
        msgspec.msgpack.encode({"p": ["everything"]}),
        msgspec.msgpack.encode({"u": "tomorrow"}),
        msgspec.msgpack.encode({"u": 1.5}),
        msgspec.msgpack.encode({"o": False}),
        msgspec.msgpack.encode([]),
        msgspec.msgpack.encode({"o": True}) + b"\xc0",
        b"\x82\xa1o\xc3\xa1o\xc3",
        b"\xc1",
        b"\xdd\xff\xff\xff\xff",
    ],
    ids=range(18),
)
def test_what_is_not_understood_is_not_left_out_though_its_holder_signed_it(block):
    key, seed = attenuation._root(SECRET), bytes(32)
    last = attenuation._public(attenuation.Ed25519PrivateKey.from_private_bytes(seed))
    lookup = attenuation.lookup_name(SECRET)
    signature = key.sign(attenuation._signed(lookup, (), block, last))
    made = chain(lookup, [attenuation.Block(block, last, signature)], seed)

    assert parse(made) is None


def test_it_is_narrowed_so_often_and_no_oftener():
    secret = SECRET
    for _ in range(MOST_BLOCKS):
        secret = narrow(secret, READ)

    assert proved(secret)
    assert len(parse(secret).narrowings) == MOST_BLOCKS
    with pytest.raises(Invalid, match="8 times already"):
        narrow(secret, SOON)
    nine = chain(parse(secret).lookup, (*parse(secret).blocks, parse(secret).blocks[-1]), bytes(32))
    assert parse(nine) is None


@pytest.mark.parametrize(
    ("to", "words"),
    [
        (Narrowing(), "in what"),
        (Narrowing(repositories=("acme",)), "WORKSPACE/REPOSITORY"),
        (Narrowing(repositories=("acme/" + "x" * 500,)), "at most 400"),
        (Narrowing(branches=("main",)), "full branch pattern"),
        (Narrowing(branches=("refs/heads/a..b",)), "branch pattern"),
        (Narrowing(permissions=("everything",)), "not a permission"),
    ],
    ids=range(6),
)
def test_what_it_shall_be_narrowed_to_is_checked(to, words):
    with pytest.raises(Invalid, match=words):
        narrow(SECRET, to)


@pytest.mark.parametrize(
    "text", ["", "x", SECRET.reveal()[:-1], ONCE.reveal()[:-1], "bpn_", "ghp_" + "x" * 36], ids=range(6)
)
def test_of_what_is_no_secret_of_ours_nothing_is_made_and_nothing_of_it_is_said(text):
    with pytest.raises(Invalid) as error:
        narrow(Secret(text), READ)

    assert len(text) < 5 or text not in error.value.message


@pytest.mark.parametrize("family", [one for one in Family if one is not Family.APP_PASSWORD], ids=str)
def test_a_token_of_another_kind_is_told_to_be_none(family):
    with pytest.raises(Invalid, match="only app passwords"):
        narrow(generate(family), READ)


def test_it_is_hidden_wherever_text_is_scrubbed():
    for text in (ONCE.reveal(), TWICE.reveal(), ONCE.reveal()[:-1], ONCE.reveal()[:40]):
        assert scrub(f"clone https://ada:{text}@git.example.org/") == "clone https://ada:***@git.example.org/"
    assert repr(parse(ONCE)).count(ONCE.reveal()[30:40]) == 0
    assert parse(ONCE).last_key.hex() not in repr(parse(ONCE))
    assert repr(parse(ONCE).last_key) not in repr(parse(ONCE))


# What may be done with it -----------------------------------------------------

REPOSITORIES = ("acme/site", "acme/notes", "acme/gone")
PLACES = {"acme/site": RepositoryId("1"), "acme/notes": RepositoryId("2")}
BRANCHES = ("refs/heads/*", "refs/heads/bot/*", "refs/heads/main", "refs/tags/v*")
REFS = ("refs/heads/main", "refs/heads/bot/x", "refs/heads/x", "refs/tags/v1")
NEEDS = [
    (Need(permission=permission, signed_in=signed_in), method)
    for permission in (Permission.READ, Permission.WRITE, Permission.ADMIN)
    for signed_in in (False, True)
    for method in ("GET", "POST", "DELETE")
]


def some(values):
    return st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)


narrowings = st.builds(
    Narrowing,
    repositories=some(REPOSITORIES),
    branches=some(BRANCHES),
    permissions=st.none() | some([scope.value for scope in Scope]),
    until=st.none() | st.integers(0, 100),
    read_only=st.booleans(),
)
parents = st.builds(
    lambda scopes, limits, expires: AppPassword(
        AppPasswordId("1"), UserId("1"), "ci", minimal(scopes), limits, 0, expires, None, None, None, None
    ),
    st.lists(st.sampled_from(list(Scope)), min_size=1, max_size=4),
    st.builds(
        Limits,
        repositories=some(["1", "2"]),
        projects=some(["p"]),
        branches=some(BRANCHES),
        no_force=st.booleans(),
        no_delete=st.booleans(),
    ),
    st.none() | st.integers(0, 100_000_000),
)


def allowed(one):
    """Everything that a credential may do, as a set: what is compared is the whole of it."""
    found = {("scope", scope) for scope in expand(one.scopes)}
    found |= {
        ("place", repository)
        for repository in ("1", "2", "3", "")
        if not refuse_repository(one.limits, repository=repository, project="p", workspace="w")
    }
    found |= {
        ("push", ref, deletes, forces)
        for ref in REFS
        for deletes in (False, True)
        for forces in (False, True)
        if not refuse_push(one.limits, ref, deletes=deletes, forces=forces)
    }
    found |= {
        ("do", place)
        for place, (need, method) in enumerate(NEEDS)
        if not refuse_change(one.limits, need, method)
    }
    return found


@settings(max_examples=400)
@given(parents, st.lists(narrowings, max_size=4))
def test_whatever_it_is_narrowed_to_it_may_do_nothing_more_than_before(parent, chain_of):
    before = parent
    for count in range(1, len(chain_of) + 1):
        after = left_of(parent, chain_of[:count], PLACES)
        assert allowed(after) <= allowed(before)
        assert before.expires_on is None or after.expires_on <= before.expires_on
        assert (after.id, after.user_id, after.label) == (parent.id, parent.user_id, parent.label)
        before = after


@settings(max_examples=200)
@given(parents, narrowings)
def test_what_it_is_narrowed_to_is_what_is_left(parent, to):
    left = left_of(parent, [to], PLACES)

    if to.repositories:
        named = {PLACES.get(name, "") for name in to.repositories}
        assert {value[1] for value in allowed(left) if value[0] == "place"} <= named
    if to.permissions is not None:
        assert expand(left.scopes) == expand(parent.scopes) & expand(tuple(map(Scope, to.permissions)))
    if to.until is not None:
        assert left.expires_on <= to.until * 1_000_000


def test_a_repository_that_is_not_there_leaves_none_and_not_all():
    parent = AppPassword(
        AppPasswordId("1"), UserId("1"), "ci", (Scope.REPOSITORY,), Limits(), 0, None, None, None, None, None
    )

    left = left_of(parent, [Narrowing(repositories=("acme/gone",))], PLACES)

    assert left.limits.places
    assert not any(kind == "place" and which in {"1", "2", "3"} for kind, which, *_ in allowed(left))
