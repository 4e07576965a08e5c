"""Where settings come from, and how wrong ones are refused: by name."""

import os

import pytest

from bitpail.errors import ConfigurationError
from bitpail.settings import Settings, load, mask_url, masked


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    for name in os.environ:
        if name.startswith("BITPAIL_"):
            monkeypatch.delenv(name)


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "bitpail.toml"
        path.write_text(text)
        return str(path)

    return write


def test_without_anything_the_defaults_are_in_force():
    settings = load()

    assert settings == Settings()
    assert settings.address == ("127.0.0.1", 7990)
    assert settings.data_path.is_absolute()
    assert settings.data_path.name == "bitpail-data"


def test_a_flag_beats_the_environment_beats_the_file(file, monkeypatch):
    path = file('workers = 2\nlisten = "127.0.0.1:1"\nlog_level = "debug"\n')
    monkeypatch.setenv("BITPAIL_WORKERS", "3")
    monkeypatch.setenv("BITPAIL_LISTEN", "127.0.0.1:2")

    settings = load({"workers": 4, "listen": None}, config=path)

    assert (settings.workers, settings.listen, settings.log_level) == (4, "127.0.0.1:2", "debug")


def test_the_environment_may_name_the_file(file, monkeypatch):
    monkeypatch.setenv("BITPAIL_CONFIG", file("workers = 2"))

    assert load().workers == 2


def test_the_file_of_the_flag_wins(file, monkeypatch, tmp_path):
    monkeypatch.setenv("BITPAIL_CONFIG", str(tmp_path / "missing.toml"))

    assert load(config=file("workers = 2")).workers == 2


def test_a_list_is_a_list_in_both_places(file, monkeypatch):
    assert load(config=file('trusted_proxies = ["10.0.0.0/8", "::1"]')).trusted_proxies == (
        "10.0.0.0/8",
        "::1",
    )

    monkeypatch.setenv("BITPAIL_TRUSTED_PROXIES", "10.0.0.0/8, 127.0.0.1,")

    assert load().trusted_proxies == ("10.0.0.0/8", "127.0.0.1")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("workerz = 2", "'workerz'"),
        ("[server]\nworkers = 2", "'server'"),
        ('workers = "2"', "workers"),
        ("workers = true", "workers"),
        ("workers = 0", "workers"),
        ("workers = 1.5", "workers"),
        ("push_limit = -1", "push_limit"),
        ("trusted_proxies = [1]", "trusted_proxies"),
        ("data = 7", "data"),
        ("workers = ", "bitpail.toml"),
    ],
)
def test_what_is_wrong_in_the_file_is_named(file, text, told):
    with pytest.raises(ConfigurationError, match=told):
        load(config=file(text))


def test_a_near_name_is_suggested(file):
    with pytest.raises(ConfigurationError, match=r"did you mean .*workers"):
        load(config=file("worker = 2"))


def test_a_missing_file_and_one_that_is_no_text_are_named(tmp_path):
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe")

    for path in (tmp_path / "missing.toml", tmp_path, binary):
        with pytest.raises(ConfigurationError, match=path.name):
            load(config=str(path))


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("BITPAIL_WORKERZ", "2", "BITPAIL_WORKERZ"),
        ("BITPAIL_WORKERS", "two", "BITPAIL_WORKERS.*'two'"),
        ("BITPAIL_WORKERS", "", "BITPAIL_WORKERS"),
        ("BITPAIL_WORKERS", "0", "workers"),
    ],
)
def test_what_is_wrong_in_the_environment_is_named(monkeypatch, name, value, told):
    monkeypatch.setenv(name, value)

    with pytest.raises(ConfigurationError, match=told):
        load()


@pytest.mark.parametrize(
    "wrong",
    [
        {"listen": "localhost"},
        {"listen": ":80"},
        {"listen": "h:x"},
        {"listen": "h:65536"},
        {"listen": "h:-1"},
        {"trusted_proxies": ["10.0.0.0/33"]},
        {"trusted_proxies": ["10.0.0.1/8"]},
        {"log_level": "loud"},
        {"sqlite_synchronous": "OFF"},
        {"tls_certificate": "cert.pem"},
        {"tls_key": "key.pem"},
        {"database": "mysql://h/db"},
        {"database": "postgresql://u:hidden@[h/db"},
        {"public_url": "git.example.org"},
        {"public_url": "http://[x"},
        {"unknown": 1},
    ],
)
def test_a_value_that_cannot_work_is_refused_by_name(wrong):
    with pytest.raises(ConfigurationError) as refusal:
        load(wrong)

    assert next(iter(wrong)) in refusal.value.message
    assert "hidden" not in refusal.value.message


@pytest.mark.parametrize(
    ("listen", "address"),
    [("[::1]:80", ("::1", 80)), ("0.0.0.0:0", ("0.0.0.0", 0)), ("h:65535", ("h", 65535))],
)
def test_listen_is_a_host_and_a_port(listen, address):
    assert load({"listen": listen}).address == address


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("", ""),
        ("postgresql://h/db", "postgresql://h/db"),
        ("postgresql://u@h:5432/db", "postgresql://u@h:5432/db"),
        ("postgresql://u:p@h:5432/db", "postgresql://u:***@h:5432/db"),
        ("postgresql://u:p@ss@h/db", "postgresql://u:***@h/db"),
        ("postgresql://u:p/a#s?s@h/db", "postgresql://u:***@h/db"),
        ("postgresql://u:p@[h/db", "postgresql://u:***@[h/db"),
        ("postgresql://h/db?user=u&password=p&x=1", "postgresql://h/db?user=u&password=***&x=1"),
        ("postgresql://:p@h/db?sslpassword=p", "postgresql://:***@h/db?sslpassword=***"),
    ],
)
def test_the_password_of_the_database_is_masked(url, shown):
    assert mask_url(url) == shown


def test_settings_for_people_hold_no_password():
    settings = load({"database": "postgresql://ada:hidden@h/db"})

    shown = masked(settings)

    assert shown["database"] == "postgresql://ada:***@h/db"
    assert set(shown) == set(Settings.__struct_fields__)
    assert "hidden" not in str(shown)
