import pytest

from bitpail.errors import Invalid
from bitpail.model.branching_models import DEFAULT, PREFIXED, BranchingModel, BranchType, Part, Prefix
from bitpail.policy.branching_models import check_part, check_prefixes, types_of

MAIN = Part(use_mainbranch=True)


@pytest.mark.parametrize(
    ("branch", "types"),
    [
        ("main", {BranchType.DEVELOPMENT}),
        ("feature/x", {BranchType.FEATURE}),
        ("feature/", {BranchType.FEATURE}),
        ("feature", set()),
        ("Feature/x", set()),
        ("bugfix/a/b", {BranchType.BUGFIX}),
        ("hotfix/1", {BranchType.HOTFIX}),
        ("release/1", {BranchType.RELEASE}),
        ("a/release/1", set()),
        ("other", set()),
    ],
)
def test_by_default_the_main_branch_is_developed_on_and_four_prefixes_count(branch, types):
    assert types_of(DEFAULT, "main", branch) == types


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("part", [MAIN, Part("main"), Part("live")])
def test_production_counts_while_it_is_enabled(enabled, part):
    model = BranchingModel(production=Part(part.name, part.use_mainbranch, enabled))

    found = types_of(model, "main", part.branch("main"))

    assert (BranchType.PRODUCTION in found) is enabled
    assert (BranchType.DEVELOPMENT in found) is (part.branch("main") == "main")


def test_a_branch_may_play_several_parts():
    model = BranchingModel(Part("feature/all"), Part("feature/all"))

    assert types_of(model, None, "feature/all") == {
        BranchType.DEVELOPMENT,
        BranchType.PRODUCTION,
        BranchType.FEATURE,
    }


def test_without_a_main_branch_nothing_is_it():
    assert types_of(BranchingModel(MAIN, MAIN), None, "main") == frozenset()


@pytest.mark.parametrize("kind", PREFIXED)
def test_a_prefix_that_is_not_enabled_says_nothing(kind):
    prefixes = tuple(Prefix(one.kind, one.prefix, one.kind is not kind) for one in DEFAULT.branch_types)

    assert types_of(BranchingModel(branch_types=prefixes), "main", f"{kind}/x") == frozenset()


@pytest.mark.parametrize(
    ("part", "is_right"),
    [
        (MAIN, True),
        (Part("main"), True),
        (Part("a/b"), True),
        (Part(enabled=False), True),
        (Part(None, True, False), True),
        (Part("main", True), False),
        (Part("main", True, False), False),
        (Part(), False),
        (Part(""), False),
        (Part(" "), False),
        (Part("a b"), False),
        (Part("a*"), False),
        (Part("a..b"), False),
        (Part("-x"), False),
        (Part("x.lock"), False),
        (Part("/x"), False),
        (Part("x/"), False),
        (Part("a\0"), False),
        (Part("x" * 300), False),
        (Part("\ud800"), False),
        (Part("a*", False, False), False),
    ],
)
def test_a_part_is_the_main_branch_or_one_with_a_name(part, is_right):
    if is_right:
        check_part("production", part)
    else:
        with pytest.raises(Invalid) as raised:
            check_part("production", part)
        assert list(raised.value.fields) == ["production.name"]


def prefixes(**changes):
    return [
        Prefix(kind, changes.get(kind.value, f"{kind}/"), f"{kind}_off" not in changes) for kind in PREFIXED
    ]


@pytest.mark.parametrize("prefix", ["f", "feature-", "feature/sub/", "f/x", "ü/"])
def test_a_prefix_may_be_anything_that_a_branch_may_begin_with(prefix):
    check_prefixes(prefixes(feature=prefix))


@pytest.mark.parametrize(
    "prefix",
    ["", " ", "a*", "a b", "a?", "a[", "a~", "a^", "a:", "a\\", "..", "a//", "/a", ".a", "a/.", "-a", "@{"],
)
def test_a_prefix_that_git_does_not_allow_counts_only_while_it_is_enabled(prefix):
    with pytest.raises(Invalid):
        check_prefixes(prefixes(feature=prefix))
    check_prefixes(prefixes(feature=prefix, feature_off=True))


@pytest.mark.parametrize("bad", ["a\0", "a\n", "x" * 201])
def test_what_cannot_be_shown_is_refused_always(bad):
    with pytest.raises(Invalid):
        check_prefixes(prefixes(feature=bad, feature_off=True))


@pytest.mark.parametrize("other", PREFIXED)
@pytest.mark.parametrize(("mine", "theirs"), [("x/", "x/"), ("x", "x/"), ("x/", "x/y/")])
def test_no_prefix_may_be_how_another_one_begins(other, mine, theirs):
    feature = BranchType.FEATURE
    said = [Prefix(feature, mine), Prefix(other, theirs)]
    if other is feature:
        return

    for order in (said, said[::-1]):
        with pytest.raises(Invalid):
            check_prefixes(order)
    check_prefixes([said[0], Prefix(other, theirs, enabled=False)])
