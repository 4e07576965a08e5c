"""Real git over the real OpenSSH client: clone, fetch, push, for code and wiki, in each protocol."""

import pytest
from support.clients import refs
from support.processes import eventually, gits
from support.ssh import SshPerson, grant_to_group, keys_of, put_access_key, put_user_key, take_user_key

CODE_AND_WIKI = {"code": "", "wiki": "/wiki"}


@pytest.mark.parametrize("version", ["0", "1", "2"])
@pytest.mark.parametrize("of", CODE_AND_WIKI)
def test_clone_push_fetch_and_shallow_clone_work_over_ssh(bitpail, ada, version, of):
    url, clone = ada.url("ada/notes", tail=CODE_AND_WIKI[of]), ada.home / "clone"
    spoken = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "protocol.version", "GIT_CONFIG_VALUE_0": version}

    ada.well("clone", url, str(clone), **spoken)
    ada.well("checkout", "-q", "-B", "main", at=clone)
    head = ada.commit(clone)
    ada.well("push", "origin", "main", at=clone, **spoken)
    ada.well("clone", "--depth=1", url, str(ada.home / "shallow"), **spoken)
    newer = ada.commit(clone, "second.txt")
    ada.well("push", "origin", "main", at=clone, **spoken)
    ada.well("pull", "--unshallow", at=ada.home / "shallow", **spoken)

    assert refs(bitpail.directory("ada/notes", wiki=of == "wiki"))["refs/heads/main"] == newer
    assert ada.head(ada.home / "shallow") == newer
    assert head in ada.well("log", "--format=%H", at=ada.home / "shallow")
    assert "Everything up-to-date" in ada.git("push", "origin", "main", at=clone, **spoken).err


def test_a_branch_is_created_and_deleted_over_ssh(bitpail, ada):
    clone = ada.home / "clone"
    ada.well("clone", ada.url("ada/notes"), str(clone))

    ada.well("push", "origin", "HEAD:refs/heads/topic", at=clone)
    assert "refs/heads/topic" in refs(bitpail.directory("ada/notes"))
    ada.well("push", "origin", ":refs/heads/topic", at=clone)

    assert "refs/heads/topic" not in refs(bitpail.directory("ada/notes"))


@pytest.mark.parametrize("place", ["repository", "project"])
def test_an_access_key_reads_where_it_stands_and_writes_nowhere(bitpail, ada, tmp_path, place):
    machine = SshPerson(tmp_path / "machine", bitpail)
    bitpail.workspace("acme", bitpail.user("grace"))
    bitpail.repository("acme/other", files={"a": "b"}, public=True)
    where = {"repository": "ada/notes"} if place == "repository" else {"project": "ada/" + _project(bitpail)}
    put_access_key(bitpail, machine.public_key(), **where)
    clone = machine.home / "clone"

    machine.well("clone", machine.url("ada/notes"), str(clone))
    machine.commit(clone)
    pushed = machine.git("push", "origin", "HEAD", at=clone)
    elsewhere = machine.git("clone", machine.url("acme/other"))

    assert pushed.err.startswith("repository access denied. access via a deployment key is read-only.")
    assert elsewhere.err.replace("Cloning into 'other'...\n", "").startswith(
        "conq: repository does not exist."
    )
    assert machine.ssh().out.startswith("authenticated via a deploy key.\n\n")


def _project(server):
    from bitpail.services import repositories

    async def work(site):
        return (await repositories.named(site, "ada", "notes")).project.key

    return server.do(work)


def test_a_key_that_was_removed_opens_nothing_through_a_connection_that_is_still_there(bitpail, ada):
    held = ("-o", "ControlMaster=auto", "-o", f"ControlPath={ada.home}/c", "-o", "ControlPersist=30")
    assert ada.ssh(options=held).worked

    take_user_key(bitpail, "ada", keys_of(bitpail, "ada")[0].id)
    after = ada.ssh("git-upload-pack 'ada/notes.git'", options=held)
    ada.ssh(options=(*held, "-O", "exit"))

    assert (after.status, after.out) == (1, "")
    assert "this SSH key is no longer in force" in after.err


def test_a_reader_cannot_push_and_a_stranger_sees_nothing(bitpail, ada, tmp_path):
    grace = SshPerson(tmp_path / "grace", bitpail)
    put_user_key(bitpail, bitpail.user("grace"), grace.public_key())
    unseen = grace.git("ls-remote", grace.url("ada/notes")).err
    assert unseen == grace.git("ls-remote", grace.url("ada/nothing")).err
    assert unseen.startswith("conq: repository does not exist.")

    bitpail.grant("ada/notes", type("P", (), {"username": "grace"}), "read")
    clone = grace.home / "clone"
    grace.well("clone", grace.url("ada/notes"), str(clone))
    before = refs(bitpail.directory("ada/notes"))
    grace.commit(clone)

    assert "needs write permission" in grace.git("push", "origin", "HEAD", at=clone).err
    assert refs(bitpail.directory("ada/notes")) == before


def test_a_push_with_a_live_app_password_is_refused_over_ssh_too(bitpail, ada):
    secret = bitpail.app_password(type("P", (), {"username": "ada"}), "repository")
    clone = ada.home / "clone"
    ada.well("clone", ada.url("ada/notes"), str(clone))
    before = refs(bitpail.directory("ada/notes"))
    ada.commit(clone, "deploy.sh", f"curl -u ada:{secret} x\n")

    assert "live app password" in ada.git("push", "origin", "HEAD", at=clone).err
    assert refs(bitpail.directory("ada/notes")) == before


@pytest.mark.parametrize("version", ["0", "2"])
def test_a_commit_that_no_ref_reaches_cannot_be_fetched_over_ssh(bitpail, ada, version):
    clone = ada.home / "clone"
    ada.well("clone", ada.url("ada/notes"), str(clone))
    hidden = ada.commit(clone, "secret.txt")
    ada.well("push", "origin", "HEAD:refs/heads/gone", at=clone)
    ada.well("push", "origin", ":refs/heads/gone", at=clone)
    ada.well("init", "other", at=ada.home)

    done = ada.git(
        "-c", f"protocol.version={version}", "fetch", ada.url("ada/notes"), hidden, at=ada.home / "other"
    )

    assert not done.worked
    assert "not our ref" in done.err or "unadvertised object" in done.err


@pytest.mark.parametrize("command", ["git-receive-pack", "git-upload-pack"])
def test_a_client_that_dies_leaves_no_git(bitpail, ada, command):
    started = ada.pipe(f"{command} 'ada/notes.git'")
    try:
        # Protocol 0 keeps a git for the whole fetch; a push starts one at its first command.
        assert started.stdout.read(4) != b""
        if command == "git-receive-pack":
            started.stdin.write(b"0094" + b"0" * 40)
            started.stdin.flush()
        assert eventually(lambda: gits(bitpail.process.pid))
    finally:
        started.kill()
        started.communicate()

    assert eventually(lambda: not gits(bitpail.process.pid))


@pytest.mark.parametrize("place", ["repository", "project"])
def test_what_a_group_was_granted_counts_over_ssh(bitpail, tmp_path, place):
    owner, grace = bitpail.user("owner"), bitpail.user("grace")
    bitpail.workspace("acme", owner)
    bitpail.repository("acme/code", files={"a": "b"})
    person = SshPerson(tmp_path / "grace", bitpail)
    put_user_key(bitpail, grace, person.public_key())
    clone = person.home / "clone"
    before = person.git("clone", person.url("acme/code"), str(clone))

    grant_to_group(bitpail, "acme", "code" if place == "repository" else None, "grace", "write")
    person.well("clone", person.url("acme/code"), str(clone))
    head = person.commit(clone)
    person.well("push", "origin", "HEAD:main", at=clone)

    assert "repository does not exist" in before.err
    assert refs(bitpail.directory("acme/code"))["refs/heads/main"] == head
