"""Branches, tags, and what one has that another has not."""

import re

import pytest
from support.browser import PASSWORD, Browser, Page

from bitpail.git.command import PROCESSES

pytestmark = pytest.mark.anyio

EVIL = "<script>alert(1)</script><img/src=x/onerror=alert(1)>\"'&"
HOME = "/engines/difference"


@pytest.fixture
async def engines(server, ada):
    return await server.workspace("engines", ada)


def commit(git, content, *parents, message="a commit", ref="refs/heads/main", time=0):
    blob = git.git("hash-object", "-w", "--stdin", stdin=content)
    tree = git.git("mktree", stdin=f"100644 blob {blob}\ta.txt\n".encode())
    given = [word for parent in parents for word in ("-p", parent)]
    date = {f"GIT_{role}_DATE": f"{1_700_000_000 + time} +0000" for role in ("AUTHOR", "COMMITTER")}
    made = git.git("commit-tree", tree, "-m", message, *given, **date)
    git.git("update-ref", ref, made)
    return made


async def shown(page, path, status=200):
    answer = await page.get(path)
    assert answer.status == status, answer.text
    assert Page(answer.text).inline == []
    return answer


def names(answer):
    """The branches or tags of a page in their order."""
    return [part.split(">", 1)[1].split("<")[0] for part in answer.text.split('<a class="ref" ')[1:]]


async def test_branches_have_their_distance_from_the_main_one_and_the_newest_comes_behind_it(
    server, page, ada, engines, git
):
    first = commit(git, b"1", time=1)
    second = commit(git, b"2", first, time=2)
    commit(git, b"3", first, message="Old", ref="refs/heads/old", time=3)
    side = commit(git, b"4", first, ref="refs/heads/x/new", time=9)
    commit(git, b"5", side, message="New <b>", ref="refs/heads/x/new", time=10)
    await server.adopted("engines", "difference", git)

    before = await shown(page, f"{HOME}/branches/")
    answer = await shown(page, f"{HOME}/branches/?distances=1")

    assert 'href="?distances=1"' in before.text
    assert "ahead" not in before.text
    assert names(before) == names(answer) == ["main", "x/new", "old"]
    assert "data-later" not in answer.text
    assert "1 behind, 2 ahead" in answer.text
    assert "1 behind, 1 ahead" in answer.text
    assert "New &lt;b&gt;" in answer.text
    assert f'href="{HOME}/commits/branch/x%2Fnew"' in answer.text
    assert f'href="{HOME}/branches/compare/x%2Fnew%0Dmain"' in answer.text
    assert names(await shown(page, f"{HOME}/branches/?sort=name")) == ["main", "old", "x/new"]
    assert names(await shown(page, f"{HOME}/branches/?search=NEW")) == ["x/new"]
    assert "No branch has" in (await shown(page, f"{HOME}/branches/?search=%3Cb%3E")).text
    # What was counted once is known.
    assert "1 behind, 2 ahead" in (await shown(page, f"{HOME}/branches/")).text
    assert second


async def test_a_thousand_branches_are_paged_with_the_main_one_first(server, page, engines, git):
    first = commit(git, b"1")
    second = commit(git, b"2", first)
    lines = "".join(f"create refs/heads/b{number:04} {second}\n" for number in range(1000))
    git.git("update-ref", "--stdin", stdin=lines.encode())
    await server.adopted("engines", "difference", git)
    seen, path = [], f"{HOME}/branches/"

    while path:
        answer = await shown(page, path)
        assert len(answer.body) < 60_000
        seen += names(answer)
        links = [link for link in Page(answer.text).links if link.startswith("?page=")]
        following = f"?page={len(seen) // 30 + 1}"
        path = f"{HOME}/branches/{following}" if following in links else None

    assert seen == ["main", *(f"b{number:04}" for number in range(1000))]
    beyond = await shown(page, f"{HOME}/branches/?page=9999")
    assert "No more branches" in beyond.text
    assert f"{HOME}/branches/" in Page(beyond.text.split("No more branches")[1]).links


async def test_a_branch_is_made_and_deleted_by_forms_and_the_main_one_stays(server, page, engines, git):
    first = commit(git, b"1")
    await server.adopted("engines", "difference", git)
    at = f"{HOME}/branches/"

    made = await page.submit(at, at, name="topic/one", target=first[:9])
    assert made.headers["location"] == f"{at}?done=created"
    assert git.git("rev-parse", "refs/heads/topic/one") == first
    listed = await shown(page, f"{at}?done=created")
    assert "It was created." in listed.text
    form = next(form for form in Page(listed.text).forms if form.action.endswith("/delete"))
    assert ("name", "topic/one") in form.fields
    assert (await page.ask("POST", form.action, fields=form.fields)).status == 303
    assert "topic/one" not in git.git("for-each-ref")
    token = [pair for pair in form.fields if pair[0] == "form_token"]
    refused = await page.ask("POST", f"{HOME}/branches/delete", fields=[*token, ("name", "main")])
    assert refused.status == 422
    assert "main branch" in refused.text
    assert git.git("rev-parse", "main") == first


@pytest.mark.parametrize(
    ("name", "target", "words"),
    [
        ("", "main", "Name: it is empty"),
        ("main", "main", "already exists"),
        ("-x", "main", "name"),
        ("a b", "main", "Name: git allows none with"),
        ("a?b", "main", "Name: git allows none with"),
        ("../x", "main", "name"),
        ("x\0y", "main", "name"),
        ("a" * 300, "main", "name"),
        ("0" * 40, "main", "mistaken for a commit"),
        ("refs", "none", "Commit not found"),
        ("good", "--all", "not a revision"),
        ("good", "", "not a revision"),
    ],
)
@pytest.mark.parametrize("kinds", ["branches", "tags"])
async def test_what_is_wrong_with_a_name_is_said_and_what_was_typed_stays(
    server, page, engines, git, kinds, name, target, words
):
    commit(git, b"1")
    git.git("tag", "main")
    await server.adopted("engines", "difference", git)
    at = f"{HOME}/{kinds}/"

    answer = await page.submit(at, at, name=name, target=target)

    assert answer.status == 422
    assert words.lower() in answer.text.lower()
    assert len(git.git("for-each-ref").splitlines()) == 2


async def test_a_restriction_is_named_where_it_refuses(server, ada, page, engines, git):
    commit(git, b"1")
    commit(git, b"2", ref="refs/heads/release/1")
    repository = await server.adopted("engines", "difference", git)
    auth = await server.auth(ada, "repository:admin")
    rule = {"kind": "delete", "branch_match_kind": "glob", "pattern": "release/*"}
    made = await server.client.send_json(
        "POST", "/2.0/repositories/engines/difference/branch-restrictions", rule, auth=auth
    )
    assert made.status == 201
    token = Page((await page.get(f"{HOME}/branches/")).text).forms[-1].fields

    refused = await page.ask("POST", f"{HOME}/branches/delete", fields=[*token[:1], ("name", "release/1")])

    assert refused.status == 403
    assert "release/" in refused.text
    assert "refs/heads/release/1" in git.git("for-each-ref")
    assert repository


async def test_who_may_only_read_sees_no_forms_and_may_send_none(server, page, engines, git):
    commit(git, b"1")
    commit(git, b"2", ref="refs/heads/other")
    repository = await server.adopted("engines", "difference", git)
    await server.grant(repository, await server.user("charles", password=PASSWORD), "read")
    charles = Browser(server.application)
    await charles.log_in("charles", PASSWORD)
    token = [
        pair
        for pair in Page((await charles.get("/account/settings/")).text).forms[0].fields
        if pair[0] == "form_token"
    ]

    for kinds in ("branches", "tags"):
        assert '<form method="post" action="/engines' not in (await shown(charles, f"{HOME}/{kinds}/")).text
        for path in (f"{HOME}/{kinds}", f"{HOME}/{kinds}/delete"):
            fields = [*token, ("name", "other"), ("target", "main")]
            assert (await charles.ask("POST", path, fields=fields)).status == 403
            without = await page.ask("POST", path, fields=fields[1:])
            assert without.status == 403
    assert len(git.git("for-each-ref").splitlines()) == 2


async def test_tags_show_their_messages_and_are_made_annotated(server, page, engines, git):
    first = commit(git, b"1", message="The commit")
    git.git("tag", "light", first)
    git.git("tag", "of-a-blob", git.git("hash-object", "-w", "--stdin", stdin=b"x"))
    await server.adopted("engines", "difference", git)
    at = f"{HOME}/tags/"

    await page.submit(at, at, name="v1", target="main", message="The <first>\n\none")

    answer = await shown(page, at)
    assert set(names(answer)) == {"light", "of-a-blob", "v1"}
    assert "The &lt;first&gt;" in answer.text
    assert git.git("cat-file", "-t", "refs/tags/v1") == "tag"
    form = next(form for form in Page(answer.text).forms if ("name", "v1") in form.fields)
    assert (await page.ask("POST", form.action, fields=form.fields)).status == 303
    assert "v1" not in git.git("tag")


async def test_two_refs_are_compared_by_commits_and_files(server, page, engines, git):
    first = commit(git, b"one\n")
    commit(git, b"main\n", first, message="On main")
    commit(git, b"topic <b>\n", first, message="On the topic", ref="refs/heads/topic/x")
    await server.adopted("engines", "difference", git)

    for spec in ("topic%2Fx%0Dmain", "topic/x%0dmain", "topic%2Fx..main", "topic/x...main"):
        answer = await shown(page, f"{HOME}/branches/compare/{spec}")
        assert "On the topic" in answer.text
        assert "On main" not in answer.text
        assert "topic &lt;b&gt;" in answer.text
        assert "1 commit ahead and 1 behind" in answer.text
    chosen = await page.get(f"{HOME}/branches/compare?source=topic/x&destination=main")
    assert chosen.headers["location"] == f"{HOME}/branches/compare/topic%2Fx%0Dmain"
    alone = await shown(page, f"{HOME}/branches/compare/topic%2Fx")
    assert "against" in alone.text
    same = await shown(page, f"{HOME}/branches/compare/main..main")
    assert "has no commit that" in same.text
    await shown(page, f"{HOME}/branches/compare")


@pytest.mark.parametrize(
    "spec",
    [
        "none..main",
        "main..none",
        "--all..main",
        "..",
        "%0D",
        "main..a%00b",
        "%FF..main",
        "a..b..c",
        "main^..x",
    ],
)
async def test_what_can_not_be_compared_is_said_beside_the_form(server, page, engines, git, spec):
    commit(git, b"1")
    await server.adopted("engines", "difference", git)

    answer = await page.get(f"{HOME}/branches/compare/{spec}")

    assert answer.status in {200, 404, 422}
    assert Page(answer.text).inline == []


async def test_no_name_of_a_branch_or_tag_becomes_a_tag_of_ours(server, page, engines, git):
    first = commit(git, b"1")
    names_of_evil = (b"refs/heads/" + EVIL.encode(), b"refs/tags/" + EVIL.encode(), b"refs/heads/\xff<u>")
    for name in names_of_evil:
        git.raw("update-ref", "--stdin", "-z", stdin=b"create " + name + b"\0" + first.encode() + b"\0")
    commit(git, b"2", first, message=EVIL)
    await server.adopted("engines", "difference", git)
    quoted = "%3Cscript%3Ealert(1)%3C%2Fscript%3E%3Cimg%2Fsrc=x%2Fonerror=alert(1)%3E%22'&"

    for path in (
        "branches/",
        "tags/",
        f"branches/?search={quoted}",
        f"branches/compare/{quoted}..main",
        f"branches/compare/main%0D{quoted}",
        f"branches/compare/{quoted}none..main",
        "branches/compare/%FF%3Cu%3E%0Dmain",
        "downloads/?tab=tags",
        "downloads/?tab=branches",
    ):
        answer = await page.get(f"{HOME}/{path}")
        assert Page(answer.text).inline == []
        main = answer.text.split("<main", 1)[1]
        for tag in ("<script", "<img/src", "<u>"):
            assert tag not in main, path


async def test_a_repository_without_commits_says_so(server, page, engines):
    await server.repository("engines", "difference")

    assert "nothing has been pushed" in (await shown(page, f"{HOME}/branches/")).text
    assert "git tag -a" in (await shown(page, f"{HOME}/tags/")).text
    await shown(page, f"{HOME}/branches/compare")
    await shown(page, f"{HOME}/downloads/?tab=tags")


FAR = 1100


@pytest.fixture
def far(git):
    """Main with many commits more than ``old``, which has one of its own; 60 files changed."""
    files = "".join(f"M 100644 inline dir/f{number:02}\ndata 2\nx\n" for number in range(60))
    stream = "".join(
        f"commit refs/heads/main\nmark :{number}\ncommitter A <a@example.org> {1_700_000_000 + number} +0000\n"
        f"data 9\nno. {number:05}\n{files if number == 5 else ''}\n"
        for number in range(1, FAR + 1)
    )
    stream += (
        "commit refs/heads/old\ncommitter A <a@example.org> 1700000003 +0000\ndata 3\nold\nfrom :2\n"
        "M 100644 inline old\ndata 2\nx\n"
    )
    git.git("fast-import", "--quiet", stdin=stream.encode())
    git.git("commit-graph", "write", "--reachable")
    return git


async def test_of_many_commits_the_page_comes_first_and_what_is_slow_after_it(server, page, engines, far):
    await server.adopted("engines", "difference", far)
    at = f"{HOME}/branches/compare/main%0Dold"

    first = await shown(page, at)
    assert "main is more than 1,000 commits ahead and 1 behind." in first.text
    assert 'href="?distances=1" data-later=".apart"' in first.text
    assert 'href="?files=1#files" data-later="#files"' in first.text
    assert "/static/later." in first.text
    assert "no. 01100" in first.text
    assert "files changed" not in first.text

    files = await shown(page, f"{at}?files=1")
    assert "60 files changed" in files.text
    assert "?files=1&amp;distances=1" in files.text
    assert 'data-later="#files"' not in files.text
    # Whatever one looks at next, the files stay.
    changes = [link for link in Page(files.text).links if link.endswith("#changes")]
    assert changes
    assert all("files=1" in link for link in changes)
    following = next(link for link in Page(files.text).links if "page=2" in link)
    assert "dir/f59" in (await shown(page, at + following)).text
    assert "dir/f07" in (await shown(page, f"{at}?path=dir/f07")).text

    counted = await shown(page, f"{at}?distances=1")
    assert "main is 1,098 commits ahead and 1 behind." in counted.text
    assert 'data-later=".apart"' not in counted.text
    # What was counted once is known.
    assert "main is 1,098 commits ahead and 1 behind." in (await shown(page, at)).text


async def test_of_one_that_is_far_behind_the_files_are_there_at_once(server, page, engines, far):
    await server.adopted("engines", "difference", far)

    answer = await shown(page, f"{HOME}/branches/compare/old%0Dmain")

    assert "old is 1 commit ahead and more than 1,000 behind." in answer.text
    assert "1 file changed" in answer.text
    assert 'data-later="#files"' not in answer.text


async def test_commits_that_only_one_has_are_paged_to_the_last(server, page, engines, far):
    await server.adopted("engines", "difference", far)
    seen, path = [], f"{HOME}/branches/compare/main%0Dold"

    while path:
        answer = await shown(page, path)
        seen += re.findall(r">no\. (\d{5})<", answer.text)
        following = [link for link in Page(answer.text).links if re.fullmatch(r"\?ctx=[^&]*", link)]
        path = f"{HOME}/branches/compare/main%0Dold{following[-1]}" if len(seen) < FAR - 2 else None

    assert seen == [f"{number:05}" for number in range(FAR, 2, -1)]


# The most gits that are started for the first look at two, and for another one.
STARTED = {
    "near": ("{main[N]}..{main[M]}", "", (3, 2)),
    "nothing new": ("{main[M]}..{main[N]}", "", (2, 1)),
    "far": ("{main[N]}..{main[1060]}", "", (2, 1)),
    "files of what is far": ("{main[N]}..{main[1070]}", "?files=1", (3, 2)),
    "more files": ("{main[N]}..{main[1099]}", "?files=1&page=2", (4, 2)),
    "parted": ("{main[N]}..old", "", (2, 1)),
    "far behind": ("old..{main[N]}", "", (3, 2)),
    "counted": ("{main[N]}..{main[1080]}", "?distances=1", (3, 1)),
}


@pytest.mark.parametrize("kind", STARTED)
async def test_two_that_are_compared_cost_few_gits(server, page, engines, far, kind):
    spec, query, most = STARTED[kind]
    main = far.git("rev-list", "main").split()
    await server.adopted("engines", "difference", far)
    await shown(page, f"{HOME}/branches/compare/main..main")  # the kept git has started

    async def started(number):
        between = spec.replace("N", str(number)).replace("M", str(number + 20)).format(main=main)
        before = PROCESSES.started
        await shown(page, f"{HOME}/branches/compare/{between}{query}")
        return PROCESSES.started - before

    counts = [(await started(number), await started(number)) for number in range(3)]

    # What the server does beside requests, now and then, may start one too: not each time.
    assert tuple(map(min, zip(*counts, strict=True))) == most


async def test_a_page_of_many_long_files_has_a_bound_to_its_weight(server, page, engines, git):
    first = commit(git, b"1")
    text = "".join(f"{number} of one hundred lines that say nothing\n" for number in range(100))
    files = "".join(
        f"M 100644 inline dir/name-{number:02}.txt\ndata {len(text)}\n{text}\n" for number in range(60)
    )
    stream = f"commit refs/heads/main\ncommitter A <a@example.org> 1700000003 +0000\ndata 1\nx\nfrom {first}\n{files}"
    git.git("fast-import", "--quiet", stdin=stream.encode())
    await server.adopted("engines", "difference", git)

    answer = await shown(page, f"{HOME}/branches/compare/main%0D{first}")

    assert "60 files changed" in answer.text
    assert answer.text.count("<tr ") == 540
    assert len(answer.body) < 90_000
    # The rest of each is a page away.
    assert answer.text.count("See this file alone") == 44
    assert "66 more lines" in answer.text
