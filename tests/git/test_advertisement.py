"""What clients are told of refs and capabilities, held byte for byte against the installed git."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.repositories import Repository

from bitpail.git import plain_config
from bitpail.git.advertisement import Advertisements
from bitpail.git.directories import GitDirectory
from bitpail.git.environment import environment, executable
from bitpail.git.ref_snapshot import RefSnapshots
from bitpail.git.transport import Limits
from bitpail.model.transfer import Service
from bitpail.wire import ls_refs
from bitpail.wire.packet_lines import FLUSH, encode
from bitpail.wire.v2_request import parse_request

pytestmark = pytest.mark.anyio


def git_says(directory: Path, *arguments: str, version: int = 0, stdin: bytes = b"") -> bytes:
    env = environment([], {"GIT_PROTOCOL": f"version={version}"})
    done = subprocess.run(
        [executable(), *arguments, str(directory)], env=env, input=stdin, capture_output=True, check=True
    )
    return done.stdout


def request(*arguments: bytes, object_format: bytes = b"sha1") -> bytes:
    head = [b"command=ls-refs\n", b"agent=git/2.39.5", b"object-format=" + object_format]
    lines = [encode(line) for line in head]
    return b"".join([*lines, b"0001", *(encode(argument + b"\n") for argument in arguments), FLUSH])


class Discovery:
    """What a server process keeps, asked about one repository."""

    def __init__(self, repository, objects):
        self.directory = GitDirectory(repository.directory)
        self.snapshots = RefSnapshots(objects)
        self.advertisements = Advertisements()

    async def snapshot(self):
        config = plain_config.read(self.directory)
        return config and await self.snapshots.now(self.directory, config)

    async def ls_refs(self, body):
        config = plain_config.read(self.directory)
        parsed = config and ls_refs.parse(parse_request(body), config.object_format)
        snapshot = await self.snapshot()
        return parsed and snapshot and await snapshot.listing(parsed)

    async def advertised(self, service, version, *, stateless):
        config = plain_config.read(self.directory)
        if config is None:
            return None
        if version == 2:
            return await self.advertisements.v2(self.directory, config, Limits(), stateless=stateless)
        snapshot = await self.snapshots.now(self.directory, config)
        return snapshot and await self.advertisements.refs(
            self.directory, config, snapshot, service, version, Limits(), stateless=stateless
        )

    async def compare(self, *arguments):
        """Every advertisement, and ls-refs with these arguments."""
        for service, version in ((s, v) for s in Service for v in (0, 1, 2)):
            if service is Service.RECEIVE_PACK and version == 2:
                continue
            for flags in (["--stateless-rpc"], []):
                given = await self.advertised(service, version, stateless=bool(flags))
                expected = git_says(
                    self.directory.path, service.value, *flags, "--advertise-refs", version=version
                )
                assert given == expected
        await self.compare_ls_refs(*arguments)

    async def compare_ls_refs(self, *arguments):
        config = plain_config.read(self.directory)
        body = request(*arguments, object_format=config.object_format)
        expected = git_says(self.directory.path, "upload-pack", "--stateless-rpc", version=2, stdin=body)
        assert await self.ls_refs(body) == expected


@pytest.fixture
def repository(tmp_path):
    return Repository(tmp_path / "r.git")


def sha256(place):
    made = Repository(place)
    (place / "config").unlink()
    made.git("init", "--quiet", "--bare", "--initial-branch=main", "--object-format=sha256", str(place))
    return made


def empty(repository):
    assert repository.git("for-each-ref") == ""


def with_commits(repository):
    first, second = repository.commit("one"), repository.commit("two")
    for name in ("refs/heads/a", "refs/heads/a-b", "refs/heads/a.b/c", "refs/heads/A", "refs/heads/ü"):
        repository.git("update-ref", name, first)
    for name in ("refs/notes/commits", "refs/pull/1/head", "refs/stash", "refs/pull-requests-not"):
        repository.git("update-ref", name, second)
    for name in ("refs/pull-requests/1/from", "refs/bitpail/keep"):
        repository.git("update-ref", name, repository.commit("hidden", branch="side"))


def with_tags(repository):
    with_commits(repository)
    repository.git("tag", "light", "main")
    repository.git("tag", "-m", "x", "annotated", "main")
    repository.git("tag", "-m", "x", "of-a-tag", "annotated")
    repository.git("tag", "-m", "x", "of-a-tree", "main^{tree}")
    repository.git("tag", "-m", "x", "of-a-blob", "main:file.txt")
    repository.git("update-ref", "refs/other/tag", "refs/tags/of-a-tag")
    repository.git("pack-refs", "--all")
    repository.git("tag", "-f", "-m", "y", "annotated", "main~1")
    repository.git("update-ref", "-d", "refs/heads/a")
    repository.git("update-ref", "refs/heads/a/deep/er", "main")


def with_symbolic_refs(repository):
    with_tags(repository)
    repository.git("symbolic-ref", "refs/heads/alias", "refs/heads/main")
    repository.git("symbolic-ref", "refs/tags/alias", "refs/tags/of-a-tag")
    repository.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/nothing")
    repository.git("symbolic-ref", "refs/heads/of-alias", "refs/heads/alias")
    repository.git("symbolic-ref", "refs/heads/of-hidden", "refs/bitpail/keep")
    repository.git("symbolic-ref", "HEAD", "refs/heads/of-alias")


def detached(repository):
    with_tags(repository)
    (repository.path / "HEAD").write_text(repository.git("rev-parse", "main~1") + "\n")


def detached_without_refs(repository):
    commit = repository.commit()
    (repository.path / "HEAD").write_text(commit)
    repository.git("update-ref", "-d", "refs/heads/main")


def at_a_tag(repository):
    with_tags(repository)
    repository.git("symbolic-ref", "HEAD", "refs/tags/of-a-tag")


def unborn(repository):
    with_commits(repository)
    repository.git("symbolic-ref", "HEAD", "refs/heads/to-come")


def only_hidden(repository):
    repository.git("update-ref", "refs/bitpail/keep", repository.commit("x", branch="gone"))
    repository.git("update-ref", "-d", "refs/heads/gone")


def packed_by_an_old_git(repository):
    with_tags(repository)
    repository.git("pack-refs", "--all")
    packed = repository.path / "packed-refs"
    lines = packed.read_bytes().splitlines(keepends=True)
    packed.write_bytes(b"".join(line for line in lines if line[:1] not in b"#^"))


def with_locks(repository):
    with_commits(repository)
    for name in ("x.lock", ".hidden"):
        (repository.path / "refs" / "heads" / name).write_text("anything")


SHAPES = [
    *(empty, with_commits, with_tags, with_symbolic_refs, detached, at_a_tag, unborn),
    *(detached_without_refs, only_hidden, packed_by_an_old_git, with_locks),
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("make", [Repository, sha256])
async def test_every_answer_is_git_s_own(make, shape, tmp_path, objects):
    repository = make(tmp_path / "r.git")
    shape(repository)
    discovery = Discovery(repository, objects)

    await discovery.compare(b"peel", b"symrefs", b"unborn")
    await discovery.compare(b"symrefs", b"ref-prefix refs/heads/", b"ref-prefix HEAD")
    await discovery.compare(b"unborn")
    await discovery.compare()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda r: (r.path / "refs/heads/empty").write_text(""),
        lambda r: (r.path / "refs/heads/main").write_text("0" * 40),
        lambda r: (r.path / "refs/heads/missing").write_text("1" * 40),
        lambda r: (r.path / "refs/heads/bad name").write_text(r.git("rev-parse", "main")),
        lambda r: (r.path / "refs/heads/link").symlink_to("main"),
        lambda r: r.git("symbolic-ref", "refs/heads/circle", "refs/heads/circle"),
        lambda r: (r.path / "packed-refs").write_text("junk\n"),
        lambda r: (r.path / "HEAD").write_text("ref: refs/heads/a b"),
        lambda r: (r.path / "HEAD").unlink(),
        lambda r: r.git("config", "uploadpack.hideRefs", "refs/heads/a"),
        lambda r: r.git("config", "lsrefs.unborn", "ignore"),
        lambda r: r.git("config", "include.path", "/nowhere"),
    ],
)
async def test_what_only_git_can_judge_is_left_to_git(spoil, repository, objects):
    with_tags(repository)
    discovery = Discovery(repository, objects)
    assert await discovery.ls_refs(request())
    spoil(repository)

    assert await discovery.ls_refs(request()) is None


async def test_a_broken_ref_that_is_mended_is_told_again(repository, objects):
    with_tags(repository)
    commit = repository.git("rev-parse", "main")
    place = repository.path / "refs/heads/broken"
    place.write_text("")
    discovery = Discovery(repository, objects)
    assert await discovery.ls_refs(request()) is None

    place.write_text(commit)

    await discovery.compare(b"peel")


async def test_ten_thousand_refs(repository, objects):
    commits = [repository.commit(str(number)) for number in range(3)]
    lines = [
        f"create refs/heads/n{n % 17}/b{n} {commits[n % 3]}\ncreate refs/tags/v{n} {commits[n % 2]}\n"
        for n in range(5000)
    ]
    repository.git("update-ref", "--stdin", stdin="".join(lines).encode())
    repository.git("pack-refs", "--all")
    repository.git("tag", "-f", "-m", "x", "v7", "main")
    discovery = Discovery(repository, objects)

    await discovery.compare(b"peel", b"symrefs", b"ref-prefix refs/tags/v99", b"ref-prefix refs/heads/n3/")
    await discovery.compare_ls_refs(b"peel", b"symrefs")
    await discovery.compare_ls_refs(*(b"ref-prefix refs/tags/v%d" % n for n in range(1000)))
    await discovery.compare_ls_refs(*([b"ref-prefix nothing"] * 65536))
    await discovery.compare_ls_refs(*([b"ref-prefix nothing"] * 65535))


async def test_a_repository_with_another_config_gets_its_own_capabilities(repository, objects):
    with_tags(repository)
    discovery = Discovery(repository, objects)
    await discovery.compare()

    for key, value in {
        "uploadpack.allowTipSHA1InWant": "true",
        "receive.advertisePushOptions": "true",
        "receive.advertiseAtomic": "false",
        "uploadpack.advertiseSidebandAll": "true",
        "repack.useDeltaBaseOffset": "false",
    }.items():
        repository.git("config", key, value)
        await discovery.compare(b"peel")


async def test_a_shallow_repository_is_told_by_git(repository, objects, tmp_path):
    with_commits(repository)
    repository.git(
        "clone", "--bare", "-q", "--depth=1", f"file://{repository.path}", str(tmp_path / "shallow")
    )
    shallow = Repository.__new__(Repository)
    shallow.path = tmp_path / "shallow"
    discovery = Discovery(shallow, objects)

    assert await discovery.advertised(Service.UPLOAD_PACK, 0, stateless=True) is None
    await discovery.compare_ls_refs(b"peel", b"symrefs")


PREFIXES = st.one_of(
    st.sampled_from(
        [
            *(b"", b"H", b"HEAD", b"HEADS", b"refs/", b"refs/heads/a", b"refs/heads/a/", b"refs/heads/A"),
            *(
                b"refs/tags/",
                b"refs/tags/of*",
                b"refs/bitpail/",
                b"refs/pull-requests",
                b"refs/\xff",
                b"\xff",
            ),
        ]
    ),
    st.text(alphabet="HEADrefs/tgof-.*[ü", max_size=12).map(str.encode),
)


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    made = Repository(tmp_path_factory.mktemp("filled") / "r.git")
    with_symbolic_refs(made)
    return made


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    flags=st.sets(st.sampled_from([b"peel", b"symrefs", b"unborn"])), prefixes=st.lists(PREFIXES, max_size=5)
)
async def test_any_prefixes_are_answered_as_git_does(filled, objects, flags, prefixes):
    discovery = Discovery(filled, objects)

    await discovery.compare_ls_refs(*flags, *(b"ref-prefix " + prefix for prefix in prefixes))
