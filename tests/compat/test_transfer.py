"""The ways in which git moves data: protocols, depths, filters, forces, encodings, transports."""

import gzip
import os
from pathlib import Path

import pytest
from support.clients import refs
from support.place import Place

from bitpail.testing import Bitpail


@pytest.mark.parametrize("protocol", [0, 1, 2])
def test_every_protocol_version_clones_pushes_and_fetches(notes, protocol):
    notes.person.well("config", "--global", "protocol.version", str(protocol))

    notes.person.well("clone", "--quiet", notes.url_with_secret)

    notes.pulls_pushes_and_fetches()


@pytest.mark.parametrize("protocol", [0, 2])
def test_a_shallow_clone_can_push_deepen_and_become_whole(notes, protocol):
    for _ in range(3):
        notes.colleague_pushes()
    person, clone = notes.person, notes.clone
    person.well("config", "--global", "protocol.version", str(protocol))

    person.well("clone", "--quiet", "--depth", "1", notes.url_with_secret)
    assert person.well("rev-list", "--count", "HEAD", at=clone) == "1"

    mine = person.commit(clone)
    person.well("push", "--quiet", at=clone)
    assert notes.head == mine

    person.well("fetch", "--quiet", "--deepen", "1", at=clone)
    assert person.well("rev-list", "--count", "HEAD", at=clone) == "3"

    person.well("fetch", "--quiet", "--unshallow", at=clone)
    assert person.well("rev-list", "--count", "HEAD", at=clone) == "5"


def test_a_partial_clone_gets_blobs_when_it_needs_them(notes):
    person, clone = notes.person, notes.clone

    person.well("clone", "--quiet", "--no-checkout", "--filter=blob:none", notes.url_with_secret)

    missing = person.well("rev-list", "--objects", "--all", "--missing=print", at=clone)
    assert any(line.startswith("?") for line in missing.splitlines())
    person.well("checkout", "--quiet", "main", at=clone)
    assert (clone / "README.md").read_text() == "# Notes\n"


def test_tags_and_branches_come_and_go(notes):
    person, clone = notes.person, notes.clone
    person.well("clone", "--quiet", notes.url_with_secret)
    person.well("tag", "light", at=clone)
    person.well("tag", "--annotate", "--message", "First", "v1", at=clone)

    person.well("push", "--quiet", "origin", "HEAD:refs/heads/feature/one", "--tags", at=clone)

    assert set(refs(notes.directory)) == {
        "refs/heads/main", "refs/heads/feature/one", "refs/tags/light", "refs/tags/v1",
    }  # fmt: skip

    person.well("push", "--quiet", "origin", "--delete", "feature/one", "light", at=clone)

    assert set(refs(notes.directory)) == {"refs/heads/main", "refs/tags/v1"}


def test_the_main_branch_is_deleted_by_nobody_and_nobody_is_told_to_configure_the_server(notes):
    person, clone = notes.person, notes.clone
    person.well("clone", "--quiet", notes.url_with_secret)

    refused = person.git("push", "--force", "origin", "--delete", "main", at=clone)

    assert refused.status == 1
    assert "deletion of the current branch prohibited" in refused.err
    assert "denyDeleteCurrent" not in refused.err
    assert set(refs(notes.directory)) == {"refs/heads/main"}


def test_a_rewritten_branch_needs_force(notes):
    person, clone = notes.person, notes.clone
    person.well("clone", "--quiet", notes.url_with_secret)
    before = notes.colleague_pushes()
    mine = person.commit(clone)

    refused = person.git("push", at=clone)

    assert not refused.worked
    assert "rejected" in refused.err
    assert notes.head == before

    person.well("push", "--quiet", "--force", at=clone)

    assert notes.head == mine


def test_an_atomic_push_moves_every_ref_or_none(notes):
    person, clone = notes.person, notes.clone
    person.well("clone", "--quiet", notes.url_with_secret)
    before = notes.colleague_pushes()
    person.commit(clone)

    refused = person.git("push", "--atomic", "origin", "main", "HEAD:refs/heads/new", at=clone)

    assert not refused.worked
    assert refs(notes.directory) == {"refs/heads/main": before}

    person.well("push", "--quiet", "--atomic", "origin", "+main", "HEAD:refs/heads/new", at=clone)

    assert len(refs(notes.directory)) == 2


def test_push_options_are_refused_as_git_refuses_them_where_nobody_reads_them(notes):
    person, clone = notes.person, notes.clone
    person.well("clone", "--quiet", notes.url_with_secret)
    before = notes.head
    person.commit(clone)

    refused = person.git("push", "--push-option=ci.skip", at=clone)

    assert "the receiving end does not support push options" in refused.err
    assert notes.head == before


def test_a_push_of_more_than_the_buffer_comes_in_chunks(notes):
    person, clone = notes.person, notes.clone
    person.well("config", "--global", "http.postBuffer", "65536")
    person.well("clone", "--quiet", notes.url_with_secret)
    mine = person.commit(clone, "large.bin", os.urandom(300_000))

    pushed = person.git("push", at=clone, GIT_TRACE_CURL="1", GIT_TRACE_CURL_NO_DATA="1")

    assert "Transfer-Encoding: chunked" in pushed.err
    assert notes.head == mine


def test_a_body_is_read_after_the_client_was_told_to_continue(notes):
    request = b"0014command=ls-refs\n00010000"
    (notes.person.home / "request").write_bytes(request)

    done = notes.person.run(
        *("curl", "--silent", "--verbose", "--user", f"ada:{notes.secret}"),
        *(
            "--header",
            "Content-Type: application/x-git-upload-pack-request",
            "--header",
            "Git-Protocol: version=2",
        ),
        *("--header", "Expect: 100-continue", "--header", "Transfer-Encoding: chunked"),
        *("--data-binary", "@request", f"{notes.server.git_url('acme/notes')}/git-upload-pack"),
    )

    assert "100 Continue" in done.err
    assert f"{notes.head} refs/heads/main" in done.out


def test_a_wrong_credential_is_refused_before_its_body_is_sent(notes):
    (notes.person.home / "request").write_bytes(bytes(50_000_000))

    done = notes.person.run(
        *("curl", "--silent", "--verbose", "--user", "ada:wrong"),
        *(
            "--header",
            "Content-Type: application/x-git-receive-pack-request",
            "--header",
            "Expect: 100-continue",
        ),
        *("--data-binary", "@request", f"{notes.server.git_url('acme/notes')}/git-receive-pack"),
    )

    assert "401" in done.err
    assert "100 Continue" not in done.err
    assert "Invalid credentials" in done.out


def test_a_fetch_with_much_to_tell_sends_its_body_packed(notes):
    person, clone = notes.person, notes.clone
    person.well("clone", "--quiet", notes.url_with_secret)
    lines = []
    for number in range(2000):
        lines.append(f"commit refs/heads/local\ncommitter A <a@example.org> {2_000_000_000 + number} +0000\n")
        lines.append(f"data 2\n{number % 10}\n\n")
    person.run("git", "fast-import", "--quiet", at=clone, given="".join(lines).encode())
    theirs = notes.colleague_pushes()

    fetched = person.git("fetch", at=clone, GIT_TRACE_CURL="1", GIT_TRACE_CURL_NO_DATA="1")

    assert "Content-Encoding: gzip" in fetched.err
    assert person.well("rev-parse", "origin/main", at=clone) == theirs


def test_a_packed_request_of_curl_is_unpacked(notes):
    (notes.person.home / "request").write_bytes(gzip.compress(b"0014command=ls-refs\n00010000"))

    done = notes.person.run(
        *("curl", "--silent", "--user", f"ada:{notes.secret}", "--header", "Content-Encoding: gzip"),
        *(
            "--header",
            "Content-Type: application/x-git-upload-pack-request",
            "--header",
            "Git-Protocol: version=2",
        ),
        *("--data-binary", "@request", f"{notes.server.git_url('acme/notes')}/git-upload-pack"),
    )

    assert f"{notes.head} refs/heads/main" in done.out


def test_the_first_branch_that_is_pushed_becomes_the_main_branch(bitpail, person):
    ada = bitpail.user("ada")
    bitpail.repository("ada/old")
    secret = bitpail.app_password(ada, "repository:write")
    local = person.home / "local"
    person.well("init", "--quiet", "--initial-branch=master", str(local))
    mine = person.commit(local)

    person.well("push", "--quiet", bitpail.git_url("ada/old", "ada", secret), "master", at=local)

    person.well("clone", "--quiet", bitpail.git_url("ada/old", "ada", secret), "cloned")
    assert person.well("symbolic-ref", "HEAD", at=person.home / "cloned") == "refs/heads/master"
    status, shown = person.api(f"{bitpail.api}/repositories/ada/old", "--user", f"ada:{secret}")
    assert (status, shown["mainbranch"]["name"]) == (200, "master")
    assert refs(bitpail.directory("ada/old")) == {"refs/heads/master": mine}


def test_a_certificate_that_nobody_vouches_for_is_refused_by_git(https, person):
    https.user("ada")
    https.repository("ada/notes", public=True, files={"README.md": "# Notes\n"})

    refused = person.git("clone", https.git_url("ada/notes"))

    assert not refused.worked
    assert "certificate" in refused.err


def test_several_workers_serve_one_repository(person):
    with Bitpail.started(workers=2) as server:
        place = Place(server, person, wiki=False)
        person.well("clone", "--quiet", place.url_with_secret)

        for _ in range(3):
            place.pulls_pushes_and_fetches()

        statuses = {
            person.api(f"{server.api}/repositories/acme/notes/commits", "--user", f"ada:{place.secret}")[0]
            for _ in range(8)
        }
        assert statuses == {200}


def test_a_submodule_beside_the_repository_is_cloned_by_a_relative_address(notes):
    person = notes.person
    notes.server.repository("acme/library", files={"lib.py": "\n"})
    person.well("clone", "--quiet", notes.url_with_secret)
    person.well("submodule", "--quiet", "add", "../library.git", at=notes.clone)
    person.commit(notes.clone)
    person.well("push", "--quiet", at=notes.clone)

    person.well("clone", "--quiet", "--recurse-submodules", notes.url_with_secret, "again")

    assert Path(person.home / "again" / "library" / "lib.py").exists()
