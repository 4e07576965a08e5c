"""Commits made by ``POST src``: each is a push, ruled by what rules pushes."""

import asyncio

import pytest
from support.repositories import EPOCH
from test_api_diffs import commit

from bitpail.services import app_passwords
from bitpail.services.app_passwords import Wanted

pytestmark = pytest.mark.anyio

SRC = "/2.0/repositories/ada/code/src"


@pytest.fixture
async def tip(server, ada, git):
    made = commit(
        git,
        "main",
        [],
        0,
        **{"README.md": b"# Notes\n", "dir/a.txt": b"a\n", "run": ("100755", b"#!/bin/sh\n")},
    )
    await server.adopted("ada", "code", git)
    return made


def multipart(*parts):
    """(name, content) is a field; (name, content, more) a file, ``more`` within its disposition."""
    lines = []
    for name, content, *more in parts:
        disposition = f'form-data; name="{name}"' + (f'; filename="x"{more[0]}' if more else "")
        lines.append(b"--edge\r\nContent-Disposition: %b\r\n\r\n%b\r\n" % (disposition.encode(), content))
    return {
        "body": b"".join(lines) + b"--edge--\r\n",
        "headers": [("content-type", "multipart/form-data; boundary=edge")],
    }


def commit_of(answer):
    assert answer.status == 201, answer
    assert answer.body == b""
    return answer.headers["location"].rpartition("/")[2]


async def test_a_form_changes_adds_and_removes_files(api, auth, git, tip):
    form = [("README.md", "# Changed\n"), ("/new/deep.txt", "new\n"), ("files", "dir/a.txt"), ("message", "By form"),
            ("author", "Grace <grace@example.org>"), ("parents", tip)]  # fmt: skip

    made = commit_of(await api.send_form("POST", SRC, form, auth=auth))

    assert git.git("rev-parse", "main") == made
    assert git.git("log", "-1", "--format=%an|%ae|%cn|%ce|%s|%P", made) == (
        f"Grace|grace@example.org|ada|ada@example.com|By form|{tip}"
    )
    assert git.git("ls-tree", "-r", "--name-only", made).split() == ["README.md", "new/deep.txt", "run"]
    assert git.git("show", f"{made}:README.md") == "# Changed"
    git.git("fsck", "--strict")
    assert not list((git.directory / "objects").glob("tmp_*"))


async def test_files_may_be_any_bytes_and_have_attributes(api, auth, git, tip):
    content = bytes(range(256)) * 100
    answer = await api.request(
        "POST", SRC, auth=auth,
        **multipart(
            ("message", b"Several"), ("picture.bin", content, ""), ("/message", b"a file of that name"),
            ("tool", b"#!/bin/sh\n", "; x-attributes=executable"), ("link", b"README.md", "; x-attributes=link"),
            ("run", b"#!/bin/bash\n", "; x-attributes=executable"),
        ),
    )  # fmt: skip
    made = commit_of(answer)

    assert git.raw("cat-file", "blob", f"{made}:picture.bin") == content
    modes = {line.split("\t")[1]: line.split()[0] for line in git.git("ls-tree", made).splitlines()}
    assert (modes["tool"], modes["link"], modes["run"], modes["message"]) == (
        "100755",
        "120000",
        "100755",
        "100644",
    )


async def test_an_executable_that_does_not_say_so_again_is_none_any_more(api, auth, git, tip):
    made = commit_of(await api.send_form("POST", SRC, [("run", "#!/bin/sh -e\n")], auth=auth))

    assert git.git("ls-tree", tip, "run").split()[0] == "100755"
    assert git.git("ls-tree", made, "run").split()[0] == "100644"


def raw_parts(*heads):
    parts = b"".join(b"--edge\r\n%b\r\n\r\ntarget\r\n" % head for head in heads)
    return {
        "body": parts + b"--edge--\r\n",
        "headers": [("content-type", "multipart/form-data; boundary=edge")],
    }


@pytest.mark.parametrize(
    ("head", "path", "mode"),
    [
        # As in Bitbucket's own example: the path in Content-ID, the attribute behind a colon.
        (b'Content-ID: "bin/x"\r\nContent-Disposition: attachment; filename="x"; x-attributes:"link"',
         "bin/x", "120000"),
        (b'Content-Disposition: attachment; filename="x"; x-attributes:"executable"\r\nContent-ID: </bin/x>',
         "bin/x", "100755"),
        (b'Content-Disposition: form-data; name="/bin/x"; filename="x"; X-Attributes: executable', "bin/x", "100755"),
        (b'Content-Disposition: form-data; name="x"; x-attributes:"link"; filename="y"', "x", "120000"),
        (b'Content-ID: "y"\r\nContent-Disposition: form-data; name="x"; filename="z"', "x", "100644"),
        # What stands within quotes is part of a name.
        (b'Content-Disposition: form-data; name="x"; filename="y; x-attributes:link; z"', "x", "100644"),
        (b'Content-Disposition: form-data; name="x"; filename="\\"; x-attributes:link; z"', "x", "100644"),
    ],
)  # fmt: skip
async def test_attributes_and_paths_are_understood_as_bitbuckets_example_has_them(
    api, auth, git, tip, head, path, mode
):
    made = commit_of(await api.request("POST", SRC, auth=auth, **raw_parts(head)))

    changed = git.git("diff-tree", "-r", "--no-commit-id", made).split()
    assert (changed[1], changed[-1]) == (mode, path)
    assert git.git("show", f"{made}:{path}") == "target"


@pytest.mark.parametrize(
    "head",
    [
        b'Content-Disposition: form-data; name="x"; filename="x"; x-attributes:"setuid"',
        b'Content-Disposition: form-data; name="x"; filename="x"; x-attributes:"\xff"',
        b'Content-ID: "\xff"\r\nContent-Disposition: attachment; filename="x"',
        b'Content-ID: "../x"\r\nContent-Disposition: attachment; filename="x"',
        b'Content-ID: ""\r\nContent-Disposition: attachment; filename="x"',
        b'Content-Disposition: attachment; filename="x"',
        b'Content-ID: "x"',
    ],
)
async def test_a_part_that_says_nothing_usable_is_refused(api, auth, git, tip, head):
    assert (await api.request("POST", SRC, auth=auth, **raw_parts(head))).status == 400
    assert git.git("rev-parse", "main") == tip


async def test_what_describes_the_commit_may_all_stand_in_the_address_without_a_body(api, auth, git, tip):
    made = commit_of(await api.request("POST", f"{SRC}?files=run&message=Gone&branch=next", auth=auth))

    assert git.git("log", "-1", "--format=%s", "next") == "Gone"
    assert git.git("diff-tree", "-r", "--name-status", "--no-commit-id", made).split() == ["D", "run"]
    for body in (b"run=x", b"{}"):
        refused = await api.request("POST", f"{SRC}?files=run", auth=auth, body=body)
        assert (refused.status, "must be a form" in refused.text) == (400, True)


@pytest.mark.parametrize(
    ("path", "content", "why"),
    [
        (".gitmodules", '[submodule "x"]\npath = x\nurl = -u./x\n', "gitmodulesUrl"),
        (".g\u200cit/config", "x", "hasDotgit"),
    ],
)
async def test_what_git_finds_wrong_is_told_in_its_own_words(api, auth, git, tip, path, content, why):
    refused = await api.send_form("POST", SRC, [(path, content)], auth=auth)

    assert refused.status == 400
    assert refused.json()["error"]["message"].startswith(f"git does not take these objects: {why}: ")
    assert git.git("rev-parse", "main") == tip


async def test_a_form_of_more_files_than_a_commit_may_bring_is_told_how_many(api, auth, git, tip):
    names = [f"d/{number}" for number in range(1001)]

    fields = await api.send_form("POST", SRC, [(name, "x") for name in names], auth=auth)
    parts = await api.request("POST", SRC, auth=auth, **multipart(*((name, b"x", "") for name in names)))
    made = commit_of(
        await api.request("POST", SRC, auth=auth, **multipart(*((name, b"x", "") for name in names[1:])))
    )

    assert (fields.status, fields.json()["error"]["message"]) == (400, "a form has at most 1000 fields")
    assert (parts.status, parts.json()["error"]["message"]) == (400, "a form has at most 1000 parts")
    assert len(git.git("ls-tree", f"{made}:d").splitlines()) == 1000


@pytest.mark.parametrize("branch", ["main/below", "a"])
async def test_a_branch_that_git_keeps_no_other_beside_is_told_as_what_is_in_the_way(
    api, auth, git, tip, branch
):
    git.git("branch", "a/b/c", tip)

    refused = await api.send_form("POST", SRC, [("x", "y"), ("branch", branch)], auth=auth)

    there = "main" if branch == "main/below" else "a/b/c"
    assert refused.status == 400
    assert refused.json()["error"]["fields"] == {"branch": [f"{there} is there: git keeps none beside it"]}


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("files", "not/there", "no such file: not/there"),
        ("parents", "main~1", "not a revision: 'main~1'"),
        ("branch", "a..b", "not a revision: 'a..b'"),
    ],
)
async def test_what_is_wrong_is_named_by_its_field(api, auth, tip, field, value, says):
    refused = await api.send_form("POST", SRC, [("x", "y"), (field, value)], auth=auth)

    error = refused.json()["error"]
    assert (refused.status, error["message"]) == (400, f"{field}: {says}")
    assert error["fields"] == {field: [says]}


async def test_a_file_may_take_the_place_of_a_directory(api, auth, git, tip):
    made = commit_of(await api.send_form("POST", SRC, [("dir", "a file now")], auth=auth))

    assert git.git("cat-file", "-t", f"{made}:dir") == "blob"


async def test_a_new_branch_starts_from_the_main_one_or_from_the_parent(api, auth, git, tip):
    second = commit_of(await api.send_form("POST", SRC, [("b.txt", "b")], auth=auth))

    one = commit_of(await api.send_form("POST", SRC, [("c.txt", "c"), ("branch", "one")], auth=auth))
    two = commit_of(
        await api.send_form("POST", SRC, [("c.txt", "c"), ("branch", "two"), ("parents", tip)], auth=auth)
    )
    three = commit_of(await api.send_form("POST", SRC, [("branch", "three"), ("parents", tip)], auth=auth))

    assert git.git("rev-parse", f"{one}^", f"{two}^", f"{three}^").split() == [second, tip, tip]
    assert git.git("rev-parse", f"{three}^{{tree}}") == git.git("rev-parse", f"{tip}^{{tree}}")


async def test_the_first_commit_of_an_empty_repository_makes_its_main_branch(server, api, auth, ada):
    await server.repository("ada", "empty")
    path = "/2.0/repositories/ada/empty"
    made = commit_of(
        await api.send_form("POST", f"{path}/src", [("a.txt", "a"), ("branch", "trunk")], auth=auth)
    )

    assert (await api.get(path, auth=auth)).json()["mainbranch"]["name"] == "trunk"
    assert (await api.get(f"{path}/commit/{made}", auth=auth)).json()["parents"] == []


async def test_of_two_at_once_on_one_parent_one_lands_and_the_other_hears_of_it(api, auth, git, tip):
    answers = await asyncio.gather(
        *(
            api.send_form("POST", SRC, [(f"{number}.txt", "x"), ("parents", tip)], auth=auth)
            for number in range(4)
        )
    )

    assert sorted(answer.status for answer in answers) == [201, 409, 409, 409]
    assert git.git("rev-list", "--count", "main") == "2"


@pytest.mark.parametrize("branch", ["main", "new"])
async def test_of_several_at_once_that_name_no_parent_each_lands_on_the_others(api, auth, git, tip, branch):
    forms = [[(f"{number}.txt", "x"), ("branch", branch)] for number in range(5)]

    made = [
        commit_of(answer)
        for answer in await asyncio.gather(*(api.send_form("POST", SRC, form, auth=auth) for form in forms))
    ]

    assert set(git.git("rev-list", branch).split()) == {tip, *made}
    assert git.git("rev-list", "--merges", branch) == ""
    assert {f"{number}.txt" for number in range(5)} < set(git.git("ls-tree", "--name-only", branch).split())


async def test_a_parent_that_is_not_the_tip_is_a_conflict(api, auth, git, tip):
    git.commit("moved on", time=EPOCH + 9)

    for form in ([("a", "b"), ("parents", tip)], [("a", "b"), ("parents", tip), ("branch", "main")]):
        assert (await api.send_form("POST", SRC, form, auth=auth)).status == 409


@pytest.mark.parametrize(
    "form",
    [
        [],
        [("message", "nothing")],
        [("../up", "x")],
        [("a/../b", "x")],
        [(".git/config", "x")],
        [("a\0b", "x")],
        [("", "x")],
        [("x" * 5000, "x")],
        [("files", "not/there")],
        [("files", "dir")],
        [("a", "b"), ("author", "nobody")],
        [("a", "b"), ("parents", "nowhere")],
        [("a", "b"), ("parents", "--all")],
        [("a", "b"), ("branch", "-x")],
        [("a", "b"), ("branch", "a..b")],
        [("a", "b"), ("branch", "refs/../x y")],
        [("a", "b"), ("message", "x" * 70_000)],
        [("a", "b"), ("parents", "main"), ("parents", "main")],
    ],
)
async def test_what_cannot_be_committed_is_refused_and_changes_nothing(api, auth, git, tip, form):
    before = git.git("for-each-ref"), git.git("count-objects", "-v")

    assert (await api.send_form("POST", SRC, form, auth=auth)).status == 400
    assert (git.git("for-each-ref"), git.git("count-objects", "-v")) == before


async def test_limits_and_the_push_guard_hold_here_too(server, api, ada, git, tip):
    limited = Wanted(label="bot", permissions=("repository:write",), branches=("bot/*",))
    auth = ("ada", (await app_passwords.create(server.site, ada, limited))[1].reveal())

    assert (await api.send_form("POST", SRC, [("a", "b")], auth=auth)).status == 403
    assert (await api.send_form("POST", SRC, [("a", "b"), ("branch", "bot/x")], auth=auth)).status == 201
    leak = await api.send_form("POST", SRC, [("a", f"use {auth[1]}"), ("branch", "bot/y")], auth=auth)
    assert (leak.status, "live app password" in leak.text, auth[1] in leak.text) == (403, True, False)
    assert git.git("branch", "--format=%(refname:short)") == "bot/x\nmain"


async def test_a_field_of_a_path_wins_over_its_deletion(api, auth, git, tip):
    """``files`` names what is deleted only when no such field is sent."""
    form = [("files", "README.md"), ("files", "/dir/a.txt"), ("README.md", "kept\n")]

    made = commit_of(await api.send_form("POST", SRC, form, auth=auth))

    assert git.git("ls-tree", "-r", "--name-only", made).split() == ["README.md", "run"]
    assert git.git("show", f"{made}:README.md") == "kept"


async def test_a_slash_before_it_makes_a_path_of_any_name(api, auth, git, tip):
    names = ("message", "author", "parents", "branch", "files")
    made = commit_of(await api.send_form("POST", SRC, [(f"/{name}", name) for name in names], auth=auth))

    for name in names:
        assert git.git("show", f"{made}:{name}") == name
    assert git.git("rev-parse", f"{made}^") == tip


async def test_a_parent_without_a_branch_is_the_tip_of_the_main_one(api, auth, git, tip):
    git.git("branch", "side", tip)
    second = commit_of(await api.send_form("POST", SRC, [("b", "b"), ("parents", tip[:8])], auth=auth))

    assert git.git("rev-parse", "main", "side").split() == [second, tip]
    assert (await api.send_form("POST", SRC, [("c", "c"), ("parents", "side")], auth=auth)).status == 409


async def test_no_branch_in_an_empty_repository_is_its_main_one(server, api, auth, ada):
    await server.repository("ada", "empty")
    path = "/2.0/repositories/ada/empty"

    assert (await api.send_form("POST", f"{path}/src", [("parents", "a" * 40)], auth=auth)).status == 400
    made = commit_of(await api.send_form("POST", f"{path}/src", [("a.txt", "a")], auth=auth))

    assert (await api.get(path, auth=auth)).json()["mainbranch"]["name"] == "main"
    assert (await api.get(f"{path}/commit/main", auth=auth)).json()["hash"] == made


@pytest.mark.parametrize(
    "form",
    [
        [],
        [("branch", "main")],
        [("branch", "new")],
        [("branch", "new"), ("parents", "{tip}")],
        [("branch", "main"), ("parents", "{tip}")],
    ],
)
async def test_of_several_at_once_each_either_lands_or_hears_of_the_others(api, auth, git, tip, form):
    """Whichever way the place is named: nothing that was answered with 201 is lost."""
    form = [(name, value.format(tip=tip)) for name, value in form]

    answers = await asyncio.gather(
        *(api.send_form("POST", SRC, [(f"{n}.txt", "x"), *form], auth=auth) for n in range(4))
    )

    assert {answer.status for answer in answers} <= {201, 409}
    made = [commit_of(answer) for answer in answers if answer.status == 201]
    assert made
    branch = dict(form).get("branch", "main")
    assert git.git("rev-list", f"{tip}..{branch}").split() == made[::-1] or set(made) == set(
        git.git("rev-list", f"{tip}..{branch}").split()
    )


async def test_of_several_first_commits_at_once_one_is_the_first(server, api, auth, ada):
    await server.repository("ada", "empty")
    path = "/2.0/repositories/ada/empty"

    answers = await asyncio.gather(
        *(api.send_form("POST", f"{path}/src", [(f"{n}.txt", "x")], auth=auth) for n in range(4))
    )

    assert {answer.status for answer in answers} <= {201, 409}
    made = {commit_of(answer) for answer in answers if answer.status == 201}
    assert {one["hash"] for one in await api.everything(f"{path}/commits", auth=auth)} == made


async def test_what_describes_a_commit_may_stand_in_the_address_too(api, auth, git, tip):
    """As the contract has it; the form comes first."""
    where = (
        f"{SRC}?message=In+the+address&branch=new&author=Grace+<grace@example.org>&parents={tip}&files=run"
    )
    made = commit_of(await api.send_form("POST", where, [("a", "a"), ("branch", "newer")], auth=auth))

    assert git.git("rev-parse", "newer") == made
    assert git.git("log", "-1", "--format=%an|%s|%P", made) == f"Grace|In the address|{tip}"
    assert git.git("ls-tree", "--name-only", made).split() == ["README.md", "a", "dir"]
