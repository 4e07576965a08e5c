"""A narrowed secret in the hands of people and CI: made by the command without a server, used by git and curl."""

import json
import sys
from pathlib import Path

import pytest

from bitpail import __file__ as package

_CODE = str(Path(package).parents[1])


@pytest.fixture
def narrow(person):
    """``bitpail app-password narrow`` where there is no server, no data and no settings."""

    def command(*options, given):
        return person.run(
            sys.executable, "-m", "bitpail", "app-password", "narrow", *options,
            given=given.encode(), PYTHONPATH=_CODE, BITPAIL_DATA="/nonexistent",
        )  # fmt: skip

    return command


@pytest.fixture
def secret(bitpail):
    ada = bitpail.user("ada")
    bitpail.repository("ada/notes", files={"README.md": "# Notes\n"})
    bitpail.repository("ada/other", files={"README.md": "# Other\n"})
    return bitpail.app_password(ada, "repository:write", "wiki", label="laptop")


def test_git_fetches_and_pushes_what_is_left(bitpail, person, narrow, secret):
    done = narrow("--repository", "ada/notes", "--branch", "bot/*", "--until", "1h", given=secret)
    assert done.worked, done.seen
    child = done.out.strip()

    person.well("clone", "--quiet", bitpail.git_url("ada/notes", "ada", child), "clone")
    clone = person.home / "clone"
    person.commit(clone)
    assert person.git("push", "origin", "HEAD:bot/x", at=clone).worked
    refused = person.git("push", "origin", "HEAD:main", at=clone)
    other = person.git("clone", bitpail.git_url("ada/other", "ada", child))

    assert not refused.worked
    assert "limited to pushes to refs/heads/bot/*" in refused.err
    assert not other.worked
    assert "limited to certain repositories" in other.err
    assert child not in bitpail.log


def test_read_only_is_without_pushes_and_narrowing_goes_on(bitpail, person, narrow, secret):
    first = narrow("--read-only", given=secret).out.strip()
    second = narrow("--repository", "ada/notes", given=first).out.strip()

    person.well("clone", "--quiet", bitpail.git_url("ada/notes", "ada", second), "clone")
    person.commit(person.home / "clone")
    refused = person.git("push", at=person.home / "clone")
    wiki = person.git("clone", bitpail.git_url("ada/notes", "ada", first, wiki=True), "wiki")

    assert not refused.worked
    assert "it is read-only" in refused.err
    assert wiki.worked, wiki.seen


def test_curl_shows_it_as_bearer(bitpail, person, narrow, secret):
    child = narrow("--repository", "ada/notes", given=secret).out.strip()
    config = person.home / "curl"
    config.write_text(f'header = "Authorization: Bearer {child}"\n')

    assert person.api(f"{bitpail.api}/repositories/ada/notes", "--config", str(config))[0] == 200
    assert person.api(f"{bitpail.api}/repositories/ada/other", "--config", str(config))[0] == 403


def test_revoking_the_app_password_ends_it(bitpail, person, narrow, secret):
    child = narrow("--read-only", given=secret).out.strip()
    address = bitpail.git_url("ada/notes", "ada", child)
    assert person.git("ls-remote", address).worked

    bitpail.do(lambda site: _revoke(site, "laptop"))

    refused = person.git("ls-remote", address)
    assert not refused.worked
    assert "was revoked" in refused.err


async def _revoke(site, label):
    from bitpail.services import app_passwords, users

    await app_passwords.revoke(site, await users.named(site, "ada"), label)


def test_a_push_that_holds_one_is_refused(bitpail, person, narrow, secret):
    child = narrow("--read-only", given=secret).out.strip()
    person.well("clone", "--quiet", bitpail.git_url("ada/notes", "ada", secret), "clone")
    person.commit(person.home / "clone", "ci.yml", f"token: {child}\n")

    refused = person.git("push", at=person.home / "clone")

    assert not refused.worked
    assert "holds a live narrowed app password" in refused.err
    said = "".join(line for line in refused.err.splitlines() if line.startswith("remote:"))
    assert child not in said + bitpail.log


def test_the_secret_comes_by_an_open_file_or_a_prompt_and_never_by_an_argument(person, narrow, secret):
    done = person.run(
        "sh", "-c", f"exec {sys.executable} -m bitpail app-password narrow --read-only --secret-fd 0",
        given=f"{secret}\nnot this line\n".encode(), PYTHONPATH=_CODE,
    )  # fmt: skip
    typed = person.types(
        f"PYTHONPATH={_CODE} {sys.executable} -m bitpail app-password narrow --read-only",
        secret,
        prompts={0: "Secret to be narrowed"},
    )
    argument = narrow("--read-only", secret, given="")

    assert done.out.startswith("bpn_"), done.seen
    assert "bpn_" in typed.screen
    assert secret not in typed.screen
    assert argument.status == 2


def test_what_is_wrong_is_said_without_the_secret(narrow, secret):
    for options, given, words in (
        ((), secret, "say in what it shall be narrower"),
        (("--read-only",), "", "no password on standard input"),
        (("--read-only",), secret[:-1], "no app password"),
        (("--read-only",), "\ud800x".encode("utf-8", "surrogatepass").decode("latin-1"), "no app password"),
        (("--repository", "notes"), secret, "WORKSPACE/REPOSITORY"),
        (("--branch", "a..b"), secret, "not a branch pattern"),
        (("--permission", "all"), secret, "not a permission"),
        (("--until", "yesterday"), secret, "neither a span of time nor a date"),
        (("--until", "2020-01-01"), secret, "in the past"),
        (("--read-only", "--secret-fd", "99"), secret, "can't be read"),
    ):
        done = narrow(*options, given=given)

        assert done.status == 1, options
        assert words in done.err, done.err
        assert secret not in done.seen
        assert secret[:-1] not in done.seen
        assert done.out == ""


def test_for_scripts_there_is_json(narrow, secret):
    told = json.loads(narrow("--read-only", "--json", given=secret).out)

    assert told.keys() == {"secret", "name"}
    assert len(told["name"]) == 8
