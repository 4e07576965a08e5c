import msgspec
import pytest
from support.asgi import HOST
from support.repositories import EPOCH, Repository

from bitpail.services import emails
from bitpail.store import users as store

pytestmark = pytest.mark.anyio

CODE = "/2.0/repositories/ada/code"
COMMITS = f"{CODE}/commits"


@pytest.fixture
async def history(server, ada, git):
    """Seven commits on main; a branch with a slash and one commit more; a tag on the third."""
    hashes = [git.commit(f"commit {number}", time=EPOCH + number) for number in range(7)]
    git.git("tag", "v1", hashes[2])
    git.git("branch", "feature/one", hashes[3])
    hashes.append(git.commit("on the side", "feature/one", time=EPOCH + 100))
    await server.adopted("ada", "code", git)
    return hashes


def hashes_of(answer):
    assert answer.status == 200, answer
    return [commit["hash"] for commit in answer.json()["values"]]


async def test_everything_newest_first(api, auth, git, history):
    page = await api.get(COMMITS, auth=auth)

    assert hashes_of(page) == git.git("log", "--all", "--format=%H").split()
    assert set(page.json()) == {"pagelen", "values"}
    assert page.json()["pagelen"] == 30


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("pagelen", [1, 2, 3, 8])
async def test_next_leads_to_the_end_and_shows_each_commit_once(api, auth, git, history, method, pagelen):
    shown = await api.everything(COMMITS, method, auth=auth, query={"pagelen": pagelen})

    assert [commit["hash"] for commit in shown] == git.git("log", "--all", "--format=%H").split()


async def test_post_with_a_form_pages_by_posting_the_same_form_again(api, auth, git, history):
    form = {"include": "feature/one", "exclude": "v1"}
    page = await api.send_form("POST", f"{COMMITS}?pagelen=1", form, auth=auth)
    shown = hashes_of(page)
    while following := page.json().get("next"):
        assert "include" not in following
        path = following.removeprefix(f"https://{HOST}")
        page = await api.send_form("POST", path, form, auth=auth)
        shown += hashes_of(page)

    assert shown == git.git("log", "--format=%H", "feature/one", "^v1").split()


@pytest.mark.parametrize(
    ("query", "arguments"),
    [
        ([("include", "main")], ["main"]),
        ([("include", "v1")], ["v1"]),
        ([("include", "main"), ("include", "feature/one")], ["main", "feature/one"]),
        ([("exclude", "main")], ["--all", "^main"]),
        (
            [("include", "main"), ("exclude", "v1"), ("exclude", "feature/one")],
            ["main", "^v1", "^feature/one"],
        ),
        ([("include", "main"), ("exclude", "main")], ["main", "^main"]),
        ([("path", "file.txt")], ["--all", "--", "file.txt"]),
        ([("path", "none.txt")], ["--all", "--", "none.txt"]),
        ([("path", "/file.txt/")], ["--all", "--", "file.txt"]),
    ],
)
async def test_include_exclude_and_path(api, auth, git, history, query, arguments):
    wanted = git.git("log", "--format=%H", *arguments).split()

    assert hashes_of(await api.get(COMMITS, query=query, auth=auth)) == wanted
    assert hashes_of(await api.send_form("POST", COMMITS, query, auth=auth)) == wanted
    members = {name: [value for key, value in query if key == name] for name, _ in query}
    assert hashes_of(await api.send_json("POST", COMMITS, members, auth=auth)) == wanted


@pytest.mark.parametrize("name", ["feature/one", "feature%2Fone", "feature%2fone", "feature/one/"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_branch_with_a_slash_raw_or_encoded(api, auth, git, history, method, name):
    page = await api.request(method, f"{COMMITS}/{name}", auth=auth)

    assert hashes_of(page) == git.git("log", "--format=%H", "feature/one").split()


async def test_a_revision_is_a_branch_a_tag_a_hash_or_the_beginning_of_one(api, auth, history):
    for name, newest in [
        ("main", history[6]),
        ("v1", history[2]),
        ("refs/heads/main", history[6]),
        ("HEAD", history[6]),
        (history[4], history[4]),
        (history[4][:12], history[4]),
        (history[4][:12].upper(), history[4]),
    ]:
        assert hashes_of(await api.get(f"{COMMITS}/{name}", auth=auth))[0] == newest, name


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("nowhere", 404),
        ("feature", 404),
        ("0123456789abcdef", 404),
        ("0" * 40, 404),
        ("f", 404),
        ("main~1", 400),
        ("main..v1", 400),
        ("-x", 400),
        ("--all", 400),
        ("--output=x", 400),
        ("main%20", 400),
        ("@%7B1%7D", 400),
        (":file.txt", 400),
        ("x" * 1001, 400),
    ],
)
async def test_other_revisions_are_unknown_or_none(api, auth, history, name, status):
    for answer in (
        await api.get(f"{COMMITS}/{name}", auth=auth),
        await api.get(f"{COMMITS}?include={name}", auth=auth),
        await api.get(f"{COMMITS}?exclude={name}", auth=auth),
        await api.get(f"{CODE}/commit/{name}", auth=auth),
    ):
        assert answer.status == status, answer
    if status == 404:
        assert answer.message == f"Commit not found: {name}"


async def test_tree_and_blob_are_no_commits(api, auth, git, history):
    for name in (git.git("rev-parse", "main^{tree}"), git.git("rev-parse", "main:file.txt")):
        assert (await api.get(f"{CODE}/commit/{name}", auth=auth)).status == 404
        assert (await api.get(f"{COMMITS}/{name}", auth=auth)).status == 404


async def test_a_revision_may_not_be_given_twice_too_often(api, auth, history):
    query = [("include", "main")] * 201

    assert (await api.get(COMMITS, query=query, auth=auth)).status == 400


@pytest.mark.parametrize("members", [{"include": 5}, {"include": [5]}, {"exclude": {"a": 1}}, {"path": None}])
async def test_revisions_in_a_body_are_text(api, auth, history, members):
    assert (await api.send_json("POST", COMMITS, members, auth=auth)).status == 400


@pytest.mark.parametrize(
    "query",
    ["pagelen=0", "pagelen=101", "pagelen=-1", "pagelen=", "pagelen=x", "pagelen=1e1", "page=2", "page=0"],
)
async def test_bounds_of_a_page(api, auth, history, query):
    answer = await api.get(f"{COMMITS}?{query}", auth=auth)

    assert answer.status == 400
    assert answer.message.startswith("Invalid page")


async def test_the_largest_page(api, auth, history):
    assert (await api.get(f"{COMMITS}?pagelen=100", auth=auth)).json()["pagelen"] == 100


async def cursor_of(api, auth, path=COMMITS):
    following = (await api.get(f"{path}?pagelen=2", auth=auth)).json()["next"]
    return following.partition("ctx=")[2].partition("&")[0]


async def test_a_cursor_that_was_changed_is_refused(api, auth, history):
    cursor = await cursor_of(api, auth)
    assert (await api.get(f"{COMMITS}?ctx={cursor}&page=2", auth=auth)).status == 200

    swapped = "A" if cursor[30] != "A" else "B"
    for forged in (
        cursor[:-4],
        cursor[:30] + swapped + cursor[31:],
        cursor[::-1],
        "x",
        "",
        "A" * 5000,
        "%00",
    ):
        answer = await api.get(f"{COMMITS}?ctx={forged}&page=2", auth=auth)
        assert answer.status == 400, answer
        assert "cursor" in answer.message


async def test_a_cursor_is_good_for_its_repository_only(server, api, ada, auth, git, history):
    await server.adopted("ada", "other", git)
    cursor = await cursor_of(api, auth)

    assert (await api.get(f"/2.0/repositories/ada/other/commits?ctx={cursor}", auth=auth)).status == 400


async def test_a_cursor_opens_nothing_to_somebody_else(server, api, auth, history):
    cursor = await cursor_of(api, auth)
    eve = await server.auth(await server.user("eve"), "repository")

    assert (await api.get(f"{COMMITS}?ctx={cursor}", auth=eve)).status == 404
    assert (await api.get(f"{COMMITS}?ctx={cursor}")).status == 404


async def test_one_commit_in_full(server, api, ada, auth, git, history):
    shown = (await api.get(f"{CODE}/commit/{history[1]}", auth=auth)).json()

    assert (shown["hash"], shown["message"], shown["participants"]) == (history[1], "commit 1\n", [])
    assert [parent["hash"] for parent in shown["parents"]] == [history[0]]
    assert shown["date"] == "2023-11-14T22:13:21+00:00"
    assert shown["links"]["self"]["href"] == f"https://{HOST}{CODE}/commit/{history[1]}"
    assert shown["repository"]["full_name"] == "ada/code"


async def test_commit_takes_one_segment_only(api, server, auth, history):
    assert (await api.get(f"{CODE}/commit/feature%2Fone", auth=auth)).json()["hash"] == history[7]
    answer = await server.client.get(f"{CODE}/commit/feature/one", auth=auth)
    assert (answer.status, answer.message) == (404, "Resource not found")


@pytest.mark.parametrize("written", ["ada@example.com", "ADA@Example.COM"])
async def test_the_author_is_whoever_confirmed_the_address(server, api, ada, auth, git, written):
    tree = git.git("mktree")
    made = git.git(
        "commit-tree", tree, "-m", "x", GIT_AUTHOR_EMAIL=written, GIT_COMMITTER_EMAIL="x@example.com"
    )
    git.git("update-ref", "refs/heads/main", made)
    await server.adopted("ada", "code", git)

    shown = (await api.get(f"{CODE}/commit/main", auth=auth)).json()

    assert shown["author"]["user"]["uuid"] == f"{{{ada.id}}}"
    assert shown["author"]["raw"] == f"Ada <{written}>"
    assert "user" not in shown["committer"]


async def test_an_address_that_nobody_confirmed_names_nobody(server, api, ada, auth, git, history):
    eve = await server.user("eve")
    claimed = msgspec.structs.replace(eve, id="e" * 36, username="eve2", nickname="eve2", account_id="e" * 24)
    await store.create(
        server.site.db, claimed, password_digest=None, email="grace@example.com", confirmed=False
    )
    tree = git.git("mktree")
    made = git.git("commit-tree", tree, "-m", "x", GIT_AUTHOR_EMAIL="grace@example.com")
    git.git("update-ref", "refs/heads/main", made)

    shown = (await api.get(f"{CODE}/commit/main", auth=auth)).json()

    assert "user" not in shown["author"]


async def test_an_empty_repository_has_no_commits_and_no_main_branch(server, api, ada, auth):
    await server.repository("ada", "code")

    assert (await api.get(COMMITS, auth=auth)).json() == {"pagelen": 30, "values": []}
    assert (await api.get(f"{COMMITS}/main", auth=auth)).status == 404
    assert (await api.get(f"{CODE}/commit/main", auth=auth)).status == 404
    assert (await api.get(f"{CODE}/commit/HEAD", auth=auth)).status == 404
    assert (await api.get(CODE, auth=auth)).json()["mainbranch"] is None


async def test_hostile_commits_are_shown_as_well_as_they_can_be(server, api, ada, auth, git):
    tree = git.git("mktree")
    mangled = git.write_object(
        "commit",
        b"tree " + tree.encode() + b"\nauthor \xff\x00<\xfe> 99999999999999999999 +9999\n"
        b"committer <> -5 junk\nencoding utf-7\n\n\xff\xed\xa0\x80\x00<script>",
    )
    git.git("update-ref", "refs/heads/main", mangled)
    await server.adopted("ada", "code", git)

    for path in (COMMITS, f"{CODE}/commit/main", f"{CODE}/refs/branches"):
        answer = await api.get(path, auth=auth)
        assert answer.status == 200, answer


async def test_a_repository_that_git_finds_broken_is_no_internal_error(server, api, ada, auth, git, history):
    for file in git.path.glob("objects/??/*"):
        file.unlink()

    for path in (COMMITS, f"{COMMITS}/main", f"{CODE}/commit/main"):
        answer = await api.get(path, auth=auth)
        assert answer.status < 500, answer


async def test_an_adopted_directory_that_went_away_is_missing(server, api, ada, auth, tmp_path):
    away = Repository(tmp_path / "away.git")
    away.commit()
    await server.adopted("ada", "code", away)
    away.path.rename(tmp_path / "elsewhere")

    for path in (CODE, COMMITS, f"{CODE}/refs"):
        answer = await api.get(path, auth=auth)
        assert answer.status == 404, answer
        assert str(tmp_path) not in answer.text


async def test_messages_are_markdown_and_what_is_in_them_can_do_nothing(api, auth, server, git):
    text = "Fix `a` & *b*\n\n- see [x](javascript:alert(1))\n- <script>alert(1)</script>\n"
    made = git.git("commit-tree", git.git("mktree"), stdin=text.encode())
    git.git("update-ref", "refs/heads/main", made)
    await server.adopted("ada", "code", git)

    answer = (await api.get(f"/2.0/repositories/ada/code/commit/{made}", auth=auth)).json()

    shown = (
        "<p>Fix <code>a</code> &amp; <em>b</em></p>\n<ul>\n"
        '<li>see <a href="" rel="nofollow noopener">x</a></li>\n'
        "<li>\n&lt;script&gt;alert(1)&lt;/script&gt;\n</li>\n</ul>"
    )
    assert answer["summary"] == {"type": "rendered", "raw": text, "markup": "markdown", "html": shown}
    assert answer["rendered"]["message"] == answer["summary"]


async def test_a_page_of_long_messages_is_as_its_commits_are(api, auth, server, git):
    tip, made = None, []
    for number in range(12):
        parents = ["-p", tip] if tip else []
        tip = git.git(
            "commit-tree", git.git("mktree"), *parents, stdin=f"{number} *a* {'> ' * 3000}".encode()
        )
        made.append(tip)
    git.git("update-ref", "refs/heads/main", tip)
    await server.adopted("ada", "code", git)

    page = (await api.get("/2.0/repositories/ada/code/commits", auth=auth)).json()

    assert [one["hash"] for one in page["values"]] == made[::-1]
    for one in page["values"]:
        alone = (await api.get(f"/2.0/repositories/ada/code/commit/{one['hash']}", auth=auth)).json()
        assert alone["summary"] == one["summary"]


async def test_an_address_names_its_owner_from_its_confirmation_to_its_removal(server, api, ada, auth, git):
    """In all three places where people stand: authors, committers and taggers."""
    grace, eve = await server.user("grace"), await server.user("eve")
    tree = git.git("mktree")
    env = {"GIT_AUTHOR_EMAIL": "Shared@Example.org", "GIT_COMMITTER_EMAIL": "shared@example.org"}
    git.git("update-ref", "refs/heads/main", git.git("commit-tree", tree, "-m", "x", **env))
    git.git("tag", "-a", "-m", "x", "v1", "main", **env)
    await server.adopted("ada", "code", git)

    async def named():
        commit = (await api.get(f"{CODE}/commit/main", auth=auth)).json()
        tag = (await api.get(f"{CODE}/refs/tags/v1", auth=auth)).json()
        (listed,) = (await api.get(COMMITS, auth=auth)).json()["values"]
        people = [commit["author"], commit["committer"], tag["tagger"], listed["author"]]
        (found,) = {one.get("user", {}).get("uuid") for one in people}
        return found

    assert await named() is None
    for user in (grace, eve):
        await emails.add(server.site, user, "shared@example.org")
    assert await named() is None
    await emails.confirm_unseen(server.site, eve, "SHARED@example.org")
    assert await named() == f"{{{eve.id}}}"
    await emails.remove(server.site, eve, "shared@example.org")
    assert await named() is None
