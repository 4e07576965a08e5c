"""What is kept stays within its bound."""

from bitpail.git.kept import Kept


def names(kept):
    return [name for name in "abcdefg" if kept.get(name) is not None]


def test_what_is_out_of_use_for_longest_goes_first():
    kept = Kept(30)
    for name in "abc":
        kept.keep(name, name.upper(), 10)
    assert kept.get("a") == "A"

    kept.keep("d", "D", 10)

    assert names(kept) == ["a", "c", "d"]
    assert kept.weight == 30


def test_a_heavy_one_takes_the_place_of_several():
    kept = Kept(30)
    for name in "abc":
        kept.keep(name, name, 10)

    kept.keep("d", "d", 25)

    assert names(kept) == ["d"]
    assert kept.weight == 25


def test_what_is_heavier_than_the_bound_is_not_kept_and_drives_nothing_out():
    kept = Kept(30)
    kept.keep("a", "a", 10)

    kept.keep("b", "b", 31)

    assert names(kept) == ["a"]
    assert kept.weight == 10


def test_a_new_value_takes_the_place_of_the_old_one():
    kept = Kept(30)
    kept.keep("a", "old", 20)
    kept.keep("a", "new", 25)

    assert kept.get("a") == "new"
    assert kept.weight == 25


def test_what_is_dropped_is_gone_and_weighs_nothing():
    kept = Kept(30)
    kept.keep("a", "a", 20)
    kept.drop("a")
    kept.drop("never")

    assert kept.get("a") is None
    assert kept.weight == 0
