import json
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from bitpail.errors import ConfigurationError
from bitpail.services import keys

KEY = "ab" * 32


def write(data, content, mode=0o600):
    path = data / "keys.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    path.chmod(mode)


def test_keys_are_made_once_and_never_again(tmp_path):
    assert keys.create(tmp_path) is True
    first = keys.load(tmp_path)
    before = (tmp_path / "keys.json").read_bytes()

    assert keys.create(tmp_path) is False
    assert (tmp_path / "keys.json").read_bytes() == before
    assert keys.load(tmp_path) == first
    assert [path.name for path in tmp_path.iterdir()] == ["keys.json"]


def test_a_broken_key_file_is_not_replaced_either(tmp_path):
    write(tmp_path, "broken")

    assert keys.create(tmp_path) is False
    assert (tmp_path / "keys.json").read_text() == "broken"


def test_of_several_who_make_them_at_once_one_does(tmp_path):
    with ProcessPoolExecutor(4, get_context("spawn")) as several:
        made = list(several.map(keys.create, [tmp_path] * 8))

    assert made.count(True) == 1


def test_only_the_owner_can_read_them(tmp_path):
    keys.create(tmp_path)

    assert (tmp_path / "keys.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610])
def test_keys_that_others_can_read_are_refused(tmp_path, mode):
    keys.create(tmp_path)
    (tmp_path / "keys.json").chmod(mode)

    with pytest.raises(ConfigurationError, match="chmod 600"):
        keys.load(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        *("", "{}", "[]", "\x00", "{", {"app_passwords": {}, "cursors": KEY}, {"app_passwords": {"1": KEY}}),
        {"app_passwords": {"1": KEY}, "cursors": KEY[:-2]},
        {"app_passwords": {"1": ""}, "cursors": KEY},
        {"app_passwords": {"1": "zz" * 32}, "cursors": KEY},
        {"app_passwords": {"one": KEY}, "cursors": KEY},
        {"app_passwords": [KEY], "cursors": KEY},
        {"app_passwords": {"1": KEY}, "cursors": KEY, "more": KEY},
    ],
)
def test_malformed_keys_are_refused_without_quoting_one(tmp_path, content):
    write(tmp_path, content)

    with pytest.raises(ConfigurationError) as error:
        keys.load(tmp_path)

    assert "keys.json is malformed" in error.value.message
    assert KEY[:8] not in error.value.message
    assert error.value.__cause__ is None


def test_no_keys_say_what_to_do(tmp_path):
    for place in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(ConfigurationError, match="bitpail init"):
            keys.load(place)


def test_a_directory_in_its_place_is_refused(tmp_path):
    (tmp_path / "keys.json").mkdir()

    with pytest.raises(ConfigurationError, match="cannot read"):
        keys.load(tmp_path)


def test_the_highest_number_makes_new_digests(tmp_path):
    write(tmp_path, {"app_passwords": {"2": "cd" * 32, "10": KEY, "1": KEY}, "cursors": KEY})

    loaded = keys.load(tmp_path)

    assert loaded.newest == 10
    assert repr(loaded) == "Keys(numbers=[1, 2, 10])"


def test_a_signature_depends_on_payload_and_key(tmp_path):
    write(tmp_path, {"app_passwords": {"1": KEY}, "cursors": KEY})
    first = keys.load(tmp_path)
    write(tmp_path, {"app_passwords": {"1": KEY}, "cursors": "cd" * 32})
    second = keys.load(tmp_path)

    assert len({keys.sign(b"a", first), keys.sign(b"b", first), keys.sign(b"a", second)}) == 3
