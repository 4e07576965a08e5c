"""What a request asks of git and of the database: so much, however large the repository is. Nothing here is timed."""

import pytest
from support.repositories import EPOCH
from test_api_diffs import commit, files_of

from bitpail.git.command import PROCESSES
from bitpail.services import repositories, watchers, workspaces

pytestmark = pytest.mark.anyio

CODE = "/2.0/repositories/ada/code"
BRANCHES = 300
# Deeper than any cost below allows for one question each.
DEEP = "one/two/three/four/five"


@pytest.fixture
async def code(server, ada, git):
    """300 branches, a deep path, a directory of 300 files with contents of their own."""
    flat = {f"flat/f{number:03}": b"%d\n" % number for number in range(300)}
    tip = commit(git, "main", [], 0, **flat, **{f"{DEEP}/file.txt": b"x\n", "README.md": b"# x\n"})
    tree = files_of(git, a=b"a")
    lines = []
    for number in range(BRANCHES):
        when = f"{EPOCH + number} +0000"
        made = git.git("commit-tree", tree, "-p", tip, "-m", "x", GIT_COMMITTER_DATE=when)
        lines.append(f"create refs/heads/b{number:03} {made}\n")
    git.git("update-ref", "--stdin", stdin="".join(lines).encode())
    git.git("tag", "-m", "x", "v1", "main")
    git.git("pack-refs", "--all")
    await server.adopted("ada", "code", git)
    return tip


READS = {
    # What is read for the first time, then again: questions to the kept git.
    "commit/{tip}": (1, 1),
    "commit/main": (1, 1),
    "commit/HEAD": (1, 1),
    "src/{tip}/?pagelen=100": (4, 1),
    "src/{tip}/flat/?pagelen=100": (5, 1),
    'src/{tip}/flat/?pagelen=100&q=path~"f1"': (5, 1),
    "src/{tip}/?max_depth=3": (6, 1),
    f"src/{{tip}}/{DEEP}/?pagelen=100": (5, 1),
    f"src/main/{DEEP}/file.txt": (6, 2),
    f"src/{{tip}}/{DEEP}/file.txt?format=meta": (5, 1),
    "refs/branches?pagelen=100": (1, 1),
    "refs/branches?page=20": (1, 1),
    "refs/branches/b150": (1, 1),
    'refs/branches?q=name~"b1"&sort=-name': (1, 1),
    "refs/tags": (2, 2),
    "commits/main?pagelen=30": (2, 2),
    "commits?pagelen=30": (3, 1),
}


@pytest.mark.parametrize("path", READS)
async def test_a_read_asks_git_a_few_questions_and_starts_none_but_the_kept_one(
    path, api, auth, code, server
):
    asked = server.application._site.objects.asked

    async def read():
        before, started = asked.questions, PROCESSES.started
        answer = await api.get(f"{CODE}/{path.format(tip=code)}", auth=auth)
        assert answer.status == 200
        return asked.questions - before, PROCESSES.started - started

    await api.get(f"{CODE}/refs/branches", auth=auth)  # tags are peeled, the kept git has started

    first, again = READS[path]
    questions, started = await read()
    assert questions <= first
    # What the server does beside requests, now and then, may start one too: not each time.
    assert started == 0 or min([await read(), await read(), await read()]) <= (again, 0)
    assert min([await read(), await read(), await read()]) <= (again, 0)


async def test_a_first_page_of_history_reads_no_more_commits_than_it_shows(api, auth, code, server):
    await api.get(f"{CODE}/commits?pagelen=30", auth=auth)
    asked = server.application._site.objects.asked
    before = asked.objects

    answer = await api.get(f"{CODE}/commits?pagelen=30", auth=auth)

    assert len(answer.json()["values"]) == 30
    assert asked.objects - before == 30


@pytest.mark.parametrize(("pagelen", "most"), [(10, 12), (100, 102)])
async def test_a_page_of_branches_reads_as_many_commits_as_it_shows(pagelen, most, api, auth, code, server):
    await api.get(f"{CODE}/refs/branches", auth=auth)
    asked = server.application._site.objects.asked
    before = asked.objects

    answer = await api.get(f"{CODE}/refs/branches?pagelen={pagelen}&page=2", auth=auth)

    assert len(answer.json()["values"]) == pagelen
    assert asked.objects - before <= most


@pytest.fixture
def statements(server):
    """Texts of the SQL that runs from now on, whichever connection runs it."""
    ran = []
    database = server.application._site.db
    for connection in (database._reader, database._scanner, database._writer):
        connection.set_trace_callback(ran.append)
    return ran


@pytest.fixture
async def crowded(server, ada, api, code, auth):
    """Twelve of everything: people, workspaces of others, repositories, what is said of a commit."""
    own = await workspaces.named(server.site, "ada")
    everything = await server.auth(ada, *SCOPES)
    for number in range(12):
        person = await server.user(f"person{number}")
        shared = await server.workspace(f"shared{number}", person)
        await server.member(shared, ada, "member", "read")
        await server.member(own, person, "member", "read")
        await server.repository(f"person{number}", "open", public=True)
        await server.grant(await server.repository("ada", f"r{number}"), person, "write")
        await server.grant((await repositories.named(server.site, "ada", "code")).repository, person, "write")
        await watchers.watch(server.site, person, "ada", "code")
        member = f"%7B{person.id}%7D"
        commit = f"{CODE}/commit/{code}"
        wanted = {
            f"PUT {CODE}/default-reviewers/{member}": {},
            "POST /2.0/workspaces/ada/projects": {"key": f"P{number}", "name": "x"},
            f"POST {commit}/statuses/build": {
                "key": f"k{number}",
                "state": "FAILED",
                "url": "https://x.example",
            },
            f"POST {commit}/comments": {"content": {"raw": "x"}},
        }
        for operation, body in wanted.items():
            assert (await api.send_json(*operation.split(" "), body, auth=everything)).status in {200, 201}
    return everything


SCOPES = [
    *(
        "account",
        "repository:write",
        "repository:admin",
        "project",
        "project:admin",
        "pullrequest:write",
        "email",
    ),
]
COLLECTIONS = [
    "/2.0/repositories",
    "/2.0/repositories/ada",
    "/2.0/repositories/ada?sort=-updated_on",
    '/2.0/repositories/ada?q=name~"r"',
    "/2.0/repositories?role=member",
    "/2.0/workspaces",
    "/2.0/workspaces/ada/members",
    "/2.0/workspaces/ada/permissions",
    "/2.0/workspaces/ada/permissions/repositories",
    "/2.0/workspaces/ada/projects",
    "/2.0/user/workspaces",
    "/2.0/user/permissions/workspaces",
    "/2.0/user/permissions/repositories",
    f"{CODE}/permissions-config/users",
    f"{CODE}/watchers",
    f"{CODE}/default-reviewers",
    f"{CODE}/effective-default-reviewers",
    f"{CODE}/commits",
    f"{CODE}/commit/main/statuses",
    f"{CODE}/commit/main/comments",
    f"{CODE}/refs/branches",
    f"{CODE}/src/main/flat/",
]


@pytest.mark.parametrize("path", COLLECTIONS)
async def test_a_page_of_many_runs_as_many_statements_as_a_page_of_one(path, api, crowded, statements):
    joined = "&" if "?" in path else "?"

    async def once(pagelen):
        del statements[:]
        answer = await api.get(f"{path}{joined}pagelen={pagelen}", auth=crowded)
        assert answer.status == 200
        return len(statements), len(answer.json()["values"])

    async def count(pagelen):
        # The server does something of its own now and then, but not each time.
        return min([await once(pagelen), await once(pagelen), await once(pagelen)])

    await count(1)  # what is done at the first use of all
    few, one = await count(1)
    many, shown = await count(10)

    assert (one, shown) == (1, 10)
    assert many == few


async def test_who_took_part_in_a_commit_is_not_looked_up_for_whoever_does_not_ask(
    api, auth, code, statements
):
    path = f"{CODE}/commit/main"

    async def asked(query):
        await api.get(f"{path}{query}", auth=auth)
        del statements[:]
        answer = await api.get(f"{path}{query}", auth=auth)
        return answer, sum("approvals" in text for text in statements)

    whole, all_of_it = await asked("")
    part, without = await asked("?fields=-participants")

    assert (all_of_it > 0, without) == (True, 0)
    assert part.json() == {name: one for name, one in whole.json().items() if name != "participants"}
