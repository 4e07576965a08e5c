"""The limits of an app password over their whole tables, and that none of them ever widens anything."""

import itertools
import re
import time

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitpail.errors import Invalid
from bitpail.model.access import Actor, Need
from bitpail.model.limits import NO_LIMITS, Limits
from bitpail.model.permissions import Permission
from bitpail.model.scopes import Scope
from bitpail.model.users import User, UserId
from bitpail.policy import limits as policy
from bitpail.policy.decide import Decision, decide
from bitpail.policy.scopes import expand

ADA = User(UserId("1"), "ada", "Ada", "ada", "a", is_admin=False, is_active=True, created_on=0)

REPOSITORIES, PROJECTS, WORKSPACES = ("r1", "r2"), ("p1", "p2"), ("w1", "w2")
NETWORKS = ("192.0.2.0/24", "192.0.2.7/32", "2001:db8::/32", "::/0", "0.0.0.0/0")
ADDRESSES = ("192.0.2.7", "192.0.2.8", "198.51.100.1", "2001:db8::1", "::1", "::ffff:192.0.2.7", "", "a name")
PATTERNS = ("refs/heads/*", "refs/heads/bot/*", "refs/heads/main", "refs/tags/v*", "*", "refs/heads/*/fix")
REFS = ("refs/heads/main", "refs/heads/bot/a", "refs/heads/bot/a/fix", "refs/tags/v1", "refs/heads/[x]")


def subsets(values):
    return st.lists(st.sampled_from(values), unique=True).map(tuple)


ALL_LIMITS = st.builds(
    Limits,
    repositories=subsets(REPOSITORIES),
    projects=subsets(PROJECTS),
    workspaces=subsets(WORKSPACES),
    networks=subsets(NETWORKS),
    branches=subsets(PATTERNS),
    no_force=st.booleans(),
    no_delete=st.booleans(),
)
QUESTIONS = st.fixed_dictionaries(
    {
        "address": st.sampled_from(ADDRESSES),
        "repository": st.sampled_from(REPOSITORIES),
        "project": st.sampled_from(PROJECTS),
        "workspace": st.sampled_from(WORKSPACES),
        "ref": st.sampled_from(REFS),
        "deletes": st.booleans(),
        "forces": st.booleans(),
    }
)


def refusals(limits, asked):
    """All that a request to one repository, and a push to it, is asked."""
    return (
        policy.refuse_network(limits, asked["address"]),
        policy.refuse_repository(
            limits,
            repository=asked["repository"],
            project=asked["project"],
            workspace=asked["workspace"],
        ),
        policy.refuse_project(limits, project=asked["project"], workspace=asked["workspace"]),
        policy.refuse_workspace(limits, asked["workspace"]),
        policy.refuse_push(limits, asked["ref"], deletes=asked["deletes"], forces=asked["forces"]),
    )


@given(ALL_LIMITS, QUESTIONS, st.sampled_from(Scope), st.sampled_from(Scope), st.sampled_from(Permission))
def test_no_combination_of_limits_widens_anything(limits, asked, granted, needed, held):
    actor = Actor(user=ADA, scopes=expand((granted,)))
    need = Need((frozenset({needed}),), Permission.WRITE)
    without = decide(actor, need, held, None)

    for refusal in refusals(limits, asked):
        limited = decide(actor, need, held, refusal)

        assert limited is (without if refusal is None else Decision.LIMIT)
        assert limited is not Decision.ALLOW or without is Decision.ALLOW


@given(ALL_LIMITS, QUESTIONS)
def test_whatever_a_limit_refuses_would_be_allowed_without_it(limits, asked):
    assert set(refusals(NO_LIMITS, asked)) == {None}
    assert all(refusal is None or refusal for refusal in refusals(limits, asked))


@given(ALL_LIMITS, QUESTIONS, st.sampled_from(Limits.__struct_fields__), ALL_LIMITS)
def test_adding_a_limit_never_allows_more(limits, asked, field, others):
    """A limit is added where there was none of its kind. A second place beside a first is another place."""
    places = {"repositories", "projects", "workspaces"}
    kind = places if field in places else {field}
    before = msgspec.structs.replace(limits, **{name: getattr(NO_LIMITS, name) for name in kind})
    after = msgspec.structs.replace(before, **{name: getattr(others, name) for name in kind})

    for was, now in zip(refusals(before, asked), refusals(after, asked), strict=True):
        assert was is None or now is not None


@given(ALL_LIMITS)
def test_limits_survive_being_stored(limits):
    assert msgspec.json.decode(msgspec.json.encode(limits), type=Limits) == limits


@pytest.mark.parametrize(
    ("limits", "inside"),
    [
        (Limits(), True),
        (Limits(repositories=("r1",)), True),
        (Limits(repositories=("r2",)), False),
        (Limits(projects=("p1",)), True),
        (Limits(projects=("p2",)), False),
        (Limits(workspaces=("w1",)), True),
        (Limits(workspaces=("w2",)), False),
        (Limits(repositories=("r2",), projects=("p2",), workspaces=("w1",)), True),
        (Limits(repositories=("r2",), projects=("p1",), workspaces=("w2",)), True),
        (Limits(repositories=("r2",), projects=("p2",), workspaces=("w2",)), False),
        # An id of another kind is not one of this kind.
        (Limits(repositories=("w1", "p1"), projects=("r1", "w1"), workspaces=("r1", "p1")), False),
    ],
)
def test_places_are_one_set(limits, inside):
    refusal = policy.refuse_repository(limits, repository="r1", project="p1", workspace="w1")

    assert (refusal is None) == inside
    assert refusal is None or "limited to certain repositories, projects or workspaces" in refusal


@pytest.mark.parametrize(
    "limits", [Limits(repositories=("r1",)), Limits(projects=("p1",)), Limits(workspaces=("w2",))]
)
def test_a_workspace_as_a_whole_is_inside_only_if_it_is_named(limits):
    assert policy.refuse_workspace(limits, "w1") == policy.refuse_elsewhere(limits)
    assert policy.refuse_workspace(Limits(workspaces=("w1",)), "w1") is None
    assert policy.refuse_elsewhere(limits)
    assert policy.refuse_elsewhere(Limits(networks=("192.0.2.0/24",))) is None


@pytest.mark.parametrize(
    ("network", "address", "inside"),
    [
        ("192.0.2.0/24", "192.0.2.0", True),
        ("192.0.2.0/24", "192.0.2.255", True),
        ("192.0.2.0/24", "192.0.3.0", False),
        ("192.0.2.7/32", "192.0.2.7", True),
        ("192.0.2.7/32", "192.0.2.8", False),
        ("0.0.0.0/0", "198.51.100.1", True),
        ("0.0.0.0/0", "::1", False),
        ("::/0", "2001:db8::1", True),
        ("::/0", "192.0.2.1", False),
        ("2001:db8::/32", "2001:db8:ffff::1", True),
        ("2001:db8::/32", "2001:db9::1", False),
        ("2001:db8::/32", "2001:DB8::1", True),
        ("fe80::/10", "fe80::1%eth0", True),
        # An IPv4 client of an IPv6 socket is that IPv4 client.
        ("192.0.2.0/24", "::ffff:192.0.2.7", True),
        ("192.0.2.0/24", "::ffff:192.0.3.7", False),
        ("192.0.2.0/24", "::ffff:c000:0207", True),
        # What is no address is inside no network.
        ("0.0.0.0/0", "", False),
        ("::/0", "testclient", False),
        ("0.0.0.0/0", "192.0.2.7/32", False),
        ("0.0.0.0/0", "192.0.2.007", False),
        ("0.0.0.0/0", "3221225991", False),
    ],
)
def test_a_network_and_who_is_in_it(network, address, inside):
    limits = Limits(networks=(policy.check_network(network),))

    refusal = policy.refuse_network(limits, address)

    assert (refusal is None) == inside
    assert refusal is None or (network in refusal and address in refusal)


def test_one_of_several_networks_is_enough():
    limits = Limits(networks=("192.0.2.0/24", "2001:db8::/32"))

    assert [policy.refuse_network(limits, a) is None for a in ("192.0.2.1", "2001:db8::1", "10.0.0.1")] == [
        *(True, True, False)
    ]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("192.0.2.7", "192.0.2.7/32"),
        ("192.0.2.7/24", "192.0.2.0/24"),
        ("192.0.2.0/255.255.255.0", "192.0.2.0/24"),
        ("2001:DB8::1/32", "2001:db8::/32"),
        ("::ffff:192.0.2.7/120", "192.0.2.0/24"),
        ("::ffff:192.0.2.7", "192.0.2.7/32"),
        ("::ffff:0:0/96", "0.0.0.0/0"),
        ("::/0", "::/0"),
    ],
)
def test_a_network_in_its_usual_form(text, kept):
    assert policy.check_network(text) == kept


@pytest.mark.parametrize(
    "text",
    ["", "*", "localhost", "192.0.2.0/33", "192.0.2", "192.0.2.0/-1", "::/129", "1.2.3.4 ", "a" * 9999],
)
def test_what_is_no_network(text):
    with pytest.raises(Invalid):
        policy.check_network(text)


@pytest.mark.parametrize(
    ("pattern", "ref", "matches"),
    [
        ("main", "refs/heads/main", True),
        ("main", "refs/heads/main2", False),
        ("main", "refs/heads/Main", False),
        ("main", "refs/tags/main", False),
        ("bot/*", "refs/heads/bot/a", True),
        ("bot/*", "refs/heads/bot/a/b", True),
        ("bot/*", "refs/heads/bot/", True),
        ("bot/*", "refs/heads/bot", False),
        ("bot/*", "refs/heads/robot/a", False),
        ("bot/*", "refs/tags/bot/a", False),
        ("*", "refs/heads/anything", True),
        ("*", "refs/tags/v1", False),
        ("refs/*", "refs/tags/v1", True),
        ("refs/tags/v*", "refs/tags/v1", True),
        ("refs/tags/v*", "refs/tags/w1", False),
        ("*/fix", "refs/heads/a/fix", True),
        ("*/fix", "refs/heads/a/fixed", False),
        ("a*a", "refs/heads/aa", True),
        ("a*a", "refs/heads/a", False),
        ("a**a", "refs/heads/aXa", True),
        ("a*b*c", "refs/heads/a-b-c", True),
        ("a*b*c", "refs/heads/a-c-b", False),
        ("*.*", "refs/heads/v1x2", False),
        ("v1.0", "refs/heads/v1x0", False),
        ("[ab]", "refs/heads/a", False),
        ("[ab]", "refs/heads/[ab]", True),
        ("a?", "refs/heads/ab", False),
        ("(a|b)+$", "refs/heads/a", False),
        ("release", "refs/heads/release\n", False),
        ("bot/*", "refs/heads/bot/x\ny", True),
        ("bücher/*", "refs/heads/bücher/1", True),
    ],
)
def test_a_branch_pattern_and_the_refs_it_lets_through(pattern, ref, matches):
    limits = Limits(branches=(policy.check_branch_pattern(pattern),))

    refusal = policy.refuse_push(limits, ref, deletes=False, forces=False)

    assert (refusal is None) == matches


@given(st.text("ab*/", min_size=1, max_size=12), st.text("ab/", max_size=12))
def test_a_pattern_means_what_its_regular_expression_would(pattern, name):
    full, ref = policy.check_branch_pattern(pattern), f"refs/heads/{name}"
    meant = re.fullmatch(full.replace("*", ".*"), ref) is not None

    assert (policy.refuse_push(Limits(branches=(full,)), ref, deletes=False, forces=False) is None) == meant


@pytest.mark.parametrize("pattern", ["*a" * 110 + "b", "*" * 230, "a*" * 110, "*" + "ab*" * 70 + "c"])
def test_a_hostile_pattern_costs_nothing(pattern):
    limits = Limits(branches=(policy.check_branch_pattern(pattern),) * 10)
    began = time.thread_time()

    for letters in ("a" * 240, "ab" * 120, "b" * 240):
        policy.refuse_push(limits, f"refs/heads/{letters}", deletes=False, forces=False)

    # Some milliseconds; a pattern that goes back and forth needs years.
    assert time.thread_time() - began < 5


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "a b", "a\nb", "a\0b", "a\x7fb", "a~1", "a^", "a:b", "a\\b", "a..b", "../x"),
        *("refs/heads/../x", "x" * 240, "refs/" + "x" * 250),
    ],
)
def test_what_is_no_branch_pattern(text):
    with pytest.raises(Invalid):
        policy.check_branch_pattern(text)


@pytest.mark.parametrize(
    ("no_force", "no_delete", "forces", "deletes"), list(itertools.product([False, True], repeat=4))
)
def test_force_and_delete_over_the_whole_table(no_force, no_delete, forces, deletes):
    limits = Limits(no_force=no_force, no_delete=no_delete, branches=("refs/heads/*",))

    inside = policy.refuse_push(limits, "refs/heads/main", deletes=deletes, forces=forces)
    outside = policy.refuse_push(limits, "refs/tags/v1", deletes=deletes, forces=forces)

    assert (inside is None) == (not (no_delete and deletes) and not (no_force and forces))
    assert outside == "the app password is limited to pushes to refs/heads/*"
    if no_delete and deletes:
        assert "delete" in inside
    elif no_force and forces:
        assert "force" in inside


@settings(max_examples=300)
@given(st.text(max_size=300))
def test_any_text_is_a_pattern_or_refused_in_words(text):
    try:
        full = policy.check_branch_pattern(text)
    except Invalid:
        return
    assert full.startswith("refs/")
    assert policy.check_branch_pattern(full) == full
