"""``/{workspace}/{repo_slug}/get/{ref}.zip``: archives for programs that have no git."""

import asyncio
import io
import tarfile
import zipfile

import pytest
from support.asgi import HOST, basic
from support.browser import PASSWORD, Browser

from bitpail.git.command import PROCESSES

pytestmark = pytest.mark.anyio


@pytest.fixture
async def code(server, ada, git):
    git.commit("first")
    git.git("tag", "v1.0")
    tip = git.commit("second")
    git.commit("third", "feature/x.zip")
    await server.adopted("ada", "code", git, public=True)
    return tip


@pytest.fixture
async def auth(server, ada):
    return await server.auth(ada, "repository")


def files(body, name):
    if name.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            return {one: archive.read(one) for one in archive.namelist() if not one.endswith("/")}
    with tarfile.open(fileobj=io.BytesIO(body), mode=f"r:{name.rpartition('.')[2]}") as archive:
        return {one.name: archive.extractfile(one).read() for one in archive if one.isfile()}


KINDS = {".zip": "application/zip", ".tar.gz": "application/gzip", ".tar.bz2": "application/x-bzip2"}


@pytest.mark.parametrize("ending", KINDS)
async def test_a_branch_comes_as_an_archive_below_one_directory(server, code, ending):
    answer = await server.client.get(f"/ada/code/get/main{ending}")

    top = f"ada-code-{code[:12]}"
    assert (answer.status, answer.headers["content-type"]) == (200, KINDS[ending])
    assert answer.headers["content-disposition"] == f'attachment; filename="{top}{ending}"'
    assert files(answer.body, f"x{ending}") == {f"{top}/file.txt": b"second\n"}
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_tags_commits_abbreviations_and_names_with_slashes(server, git, code):
    first = git.git("rev-parse", "v1.0")
    third = git.git("rev-parse", "feature/x.zip")

    for name, wanted in [
        ("v1.0", first),
        (first, first),
        (first[:10], first),
        ("HEAD", code),
        ("feature/x.zip", third),
        ("feature%2Fx.zip", third),
    ]:
        answer = await server.client.get(f"/ada/code/get/{name}.tar.gz")
        assert answer.status == 200, name
        assert list(files(answer.body, "x.gz")) == [f"ada-code-{wanted[:12]}/file.txt"]


@pytest.mark.parametrize(
    "name",
    [
        "nowhere.zip",
        "main.rar",
        "main",
        ".zip",
        "-x.zip",
        "--output=x.zip",
        "main%00.zip",
        "a..b.zip",
        "main^.zip",
        "main%0A.zip",
        "%FF.zip",
        "x" * 5000 + ".zip",
        "0" * 40 + ".zip",
        "main:file.txt.zip",
        "../code.zip",
    ],
)
async def test_what_is_no_archive(server, code, name):
    assert (await server.client.get(f"/ada/code/get/{name}")).status in {400, 404}


async def test_a_branch_whose_name_is_not_utf_8(server, ada, git):
    tip = git.commit("first")
    (git.path / "packed-refs").write_bytes(b"%b refs/heads/caf\xe9\n" % tip.encode())
    await server.adopted("ada", "code", git, public=True)

    answer = await server.client.get("/ada/code/get/caf%E9.zip")

    assert list(files(answer.body, "x.zip")) == [f"ada-code-{tip[:12]}/file.txt"]


async def test_the_same_commit_makes_the_same_bytes_and_is_not_sent_again(server, code):
    one = await server.client.get("/ada/code/get/main.tar.gz")
    other = await server.client.get(f"/ada/code/get/{code}.tar.gz")
    known = await server.client.get(
        "/ada/code/get/main.tar.gz", headers={"if-none-match": one.headers["etag"]}
    )
    zipped = await server.client.get("/ada/code/get/main.zip")
    head = await server.client.request("HEAD", "/ada/code/get/main.tar.gz")

    assert one.body == other.body
    assert one.headers["etag"] == other.headers["etag"] != zipped.headers["etag"]
    assert (known.status, known.body) == (304, b"")
    assert (head.status, head.body, head.headers["etag"]) == (200, b"", one.headers["etag"])
    assert "content-length" not in head.headers


async def test_a_private_repository_wants_a_credential_with_the_scope_to_read(server, ada, git):
    git.commit("first")
    await server.adopted("ada", "code", git)
    at = "/ada/code/get/main.zip"
    grace = await server.user("grace")

    anonymous = await server.client.get(at)
    few = await server.client.get(at, auth=await server.auth(ada, "account"))
    stranger = await server.client.get(at, auth=await server.auth(grace, "repository"))
    owner = await server.client.get(at, auth=await server.auth(ada, "repository"))
    missing = await server.client.get("/ada/nothing/get/main.zip")

    assert anonymous.status == 401
    assert anonymous.headers["www-authenticate"].startswith("Basic")
    assert (few.status, stranger.status, owner.status) == (403, 404, 200)
    assert (missing.status, missing.body) == (anonymous.status, anonymous.body)


async def test_an_empty_repository_has_none(server, ada, auth):
    await server.repository("ada", "empty")

    assert (await server.client.get("/ada/empty/get/HEAD.zip", auth=auth)).status == 404


async def test_what_git_leaves_out_is_left_out(server, ada, git, auth):
    blob = git.git("hash-object", "-w", "--stdin", stdin=b"secret.txt export-ignore\n")
    other = git.git("hash-object", "-w", "--stdin", stdin=b"x\n")
    tree = git.git(
        "mktree", stdin=f"100644 blob {blob}\t.gitattributes\n100644 blob {other}\tsecret.txt\n".encode()
    )
    git.git("update-ref", "refs/heads/main", git.git("commit-tree", tree, "-m", "x"))
    await server.adopted("ada", "code", git)

    answer = await server.client.get("/ada/code/get/main.zip", auth=auth)

    assert [name.partition("/")[2] for name in files(answer.body, "x.zip")] == [".gitattributes"]


async def test_the_links_are_those_of_the_place_by_uuid_too(server, ada, git):
    git.commit("first")
    made = await server.adopted("ada", "code", git, public=True)

    answer = await server.client.get(f"/%7B%7D/%7B{made.id}%7D/get/main.zip")

    assert answer.status == 200
    assert 'filename="ada-code-' in answer.headers["content-disposition"]
    assert HOST not in answer.headers["content-disposition"]


async def test_whoever_goes_ends_git(server, ada, git, auth):
    blob = git.git("hash-object", "-w", "--stdin", stdin=b"".join(b"%d\n" % n for n in range(3_000_000)))
    tree = git.git("mktree", stdin="".join(f"100644 blob {blob}\t{n}.txt\n" for n in range(40)).encode())
    git.git("update-ref", "refs/heads/main", git.git("commit-tree", tree, "-m", "x"))
    await server.adopted("ada", "code", git)
    before = PROCESSES.running
    first, gone = asyncio.Event(), asyncio.Event()

    async def receive():
        if not first.is_set() and not gone.is_set():
            gone.set()
            return {"type": "http.request", "body": b"", "more_body": False}
        await first.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        if message.get("body"):
            first.set()
            await asyncio.sleep(0.2)

    scope = server.client._scope(
        "GET", b"/ada/code/get/main.tar.bz2", b"", [(b"authorization", _basic(auth))]
    )
    async with asyncio.timeout(120):
        await server.application(scope, receive, send)
        while PROCESSES.running > before:
            await asyncio.sleep(0.02)

    assert first.is_set()


def _basic(auth):
    return basic(*auth).encode()


async def test_who_is_logged_in_at_a_browser_follows_a_link(server, git):
    for name in ("ada", "grace"):
        await server.user(name, password=PASSWORD)
    git.commit("first")
    await server.adopted("ada", "code", git)
    told = {}
    for name in ("ada", "grace"):
        browser = Browser(server.application)
        await browser.log_in(name, PASSWORD)
        told[name] = (await browser.get("/ada/code/get/main.zip")).status
        # Nothing else of Git is opened by a cookie.
        assert (await browser.get("/ada/code.git/info/refs?service=git-upload-pack")).status == 401

    assert told == {"ada": 200, "grace": 404}
