"""The history of a file over REST, and cursors that are of nothing else."""

import pytest
from test_api_diffs import commit
from test_api_source import everything

pytestmark = pytest.mark.anyio

CODE = "/2.0/repositories/ada/code"
HISTORY = f"{CODE}/filehistory/main"


@pytest.fixture
async def tip(server, ada, git):
    """A file in nine commits, large and small by turns, by two names."""
    made = None
    for number in range(9):
        name = "old.txt" if number < 5 else "new.txt"
        lines = [f"{line}\n" for line in range(40)] + ["more\n"] * (number % 3)
        lines[number] = "changed\n"
        made = commit(git, "main", [made] if made else [], number, **{name: "".join(lines).encode()})
    await server.adopted("ada", "code", git)
    return made


@pytest.mark.parametrize("pagelen", [1, 2, 4, 9, 100])
async def test_pages_hold_what_git_log_follows(api, auth, git, tip, pagelen):
    found = await everything(api, auth, f"{HISTORY}/new.txt?pagelen={pagelen}")

    assert [one["commit"]["hash"] for one in found] == git.git(
        "log", "--follow", "--format=%H", "--", "new.txt"
    ).split()
    assert [one["path"] for one in found] == ["new.txt"] * 4 + ["old.txt"] * 5
    for one in found:
        content = git.raw("cat-file", "blob", f"{one['commit']['hash']}:{one['path']}")
        assert one["size"] == len(content)
        assert one["type"] == "commit_file"


@pytest.mark.parametrize("pagelen", [1, 2, 100])
@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ('path="old.txt"', [4, 3, 2, 1, 0]),
        ("size > 130", None),
        ('commit.message ~ "commit 7" OR commit.message ~ "commit 2"', [7, 2]),
        ('commit.author.raw ~ "nobody at all"', []),
        ('path="new.txt" AND commit.message !~ "6"', [8, 7, 5]),
    ],
)
async def test_q_chooses_versions(api, auth, git, tip, pagelen, query, numbers):
    found = await everything(
        api, auth, f"{HISTORY}/new.txt?pagelen={pagelen}&q={query.replace(' ', '%20').replace('>', '%3E')}"
    )

    shown = [int(one["commit"]["message"].split()[1]) for one in found]
    if numbers is None:
        all_of_them = await everything(api, auth, f"{HISTORY}/new.txt")
        numbers = [int(one["commit"]["message"].split()[1]) for one in all_of_them if one["size"] > 130]
    assert shown == numbers


@pytest.mark.parametrize("pagelen", [1, 4, 100])
async def test_sort_orders_versions(api, auth, tip, pagelen):
    plain = await everything(api, auth, f"{HISTORY}/new.txt")

    by_size = await everything(api, auth, f"{HISTORY}/new.txt?sort=-size&pagelen={pagelen}")
    assert [one["size"] for one in by_size] == sorted((one["size"] for one in plain), reverse=True)
    oldest = await everything(api, auth, f"{HISTORY}/new.txt?sort=commit.date&pagelen={pagelen}")
    assert [one["commit"]["hash"] for one in oldest] == [one["commit"]["hash"] for one in plain][::-1]


async def test_a_walk_that_has_begun_goes_on_whatever_the_branch_is_by_now(api, auth, git, tip):
    whole = await everything(api, auth, f"{HISTORY}/new.txt")
    first = (await api.get(f"{HISTORY}/new.txt?pagelen=3", auth=auth)).json()
    commit(git, "main", [], 99, **{"other.txt": b"x"})

    rest = await everything(api, auth, "/2.0" + first["next"].partition("/2.0")[2])

    assert [*first["values"], *rest] == whole


@pytest.mark.parametrize(
    "address",
    [
        f"{HISTORY}/old.txt?page={{}}",
        f"{HISTORY}/new.txt?renames=false&page={{}}",
        f"{CODE}/src/main/?page={{}}",
        f"{CODE}/src/main/new.txt/?page={{}}",
        "/2.0/repositories/ada/other/filehistory/main/new.txt?page={}",
    ],
)
async def test_a_cursor_is_of_one_listing(api, auth, server, git, tip, address):
    await server.adopted("ada", "other", git)
    page = (await api.get(f"{HISTORY}/new.txt?pagelen=3", auth=auth)).json()
    cursor = page["next"].partition("page=")[2].partition("&")[0]

    answer = await api.get(address.format(cursor), auth=auth)

    assert answer.status == 400
    assert "cursor" in answer.json()["error"]["message"]


@pytest.mark.parametrize("page", ["2", "0", "x", "-1", "%00", "a" * 5000, "AAAA", "é"])
@pytest.mark.parametrize("path", ["filehistory/main/new.txt", "src/main/"])
async def test_a_cursor_that_nobody_gave_is_refused(api, auth, tip, page, path):
    assert (await api.get(f"{CODE}/{path}?page={page}", auth=auth)).status == 400


async def test_the_first_page_has_a_number(api, auth, tip):
    assert (await api.get(f"{HISTORY}/new.txt?page=1", auth=auth)).status == 200
    assert (await api.get(f"{CODE}/src/main/?page=1", auth=auth)).status == 200


@pytest.mark.parametrize(
    ("address", "status"),
    [
        (f"{HISTORY}/new.txt?q=nothing=1", 400),
        (f"{HISTORY}/new.txt?q=size", 400),
        (f"{HISTORY}/new.txt?sort=nothing", 400),
        (f"{HISTORY}/none.txt?q=size>0", 404),
        (f"{HISTORY}/none.txt?sort=size", 404),
        (f"{HISTORY}/new.txt?pagelen=0", 400),
    ],
)
async def test_what_makes_no_sense_is_refused(api, auth, tip, address, status):
    assert (await api.get(address, auth=auth)).status == status


async def test_a_directory_has_no_history_of_its_own(api, auth, server, git):
    commit(git, "main", [], 0, **{"dir/a.txt": b"a"})
    await server.adopted("ada", "code", git)

    assert (await api.get(f"{HISTORY}/dir", auth=auth)).status == 400


async def test_a_file_that_was_a_directory_once_is_followed_into_it(api, auth, server, git):
    first = commit(git, "main", [], 0, **{"a/b": b"1\n2\n3\n"})
    second = commit(git, "main", [first], 1, a=b"1\n2\n3\n4\n")
    await server.adopted("ada", "code", git)

    for more in ("", "?renames=false", "?pagelen=1"):
        found = await everything(api, auth, f"{HISTORY}/a{more}")
        assert [one["commit"]["hash"] for one in found] == [second, first]


async def test_a_name_may_be_any_bytes(api, auth, server, git):
    first = commit(git, "main", [], 0, **{"\udcff\n.txt": b"1\n2\n3\n"})
    commit(git, "main", [first], 1, **{'\udcff\t".txt': b"1\n2\n3\n4\n"})
    await server.adopted("ada", "code", git)

    found = await everything(api, auth, f"{HISTORY}/%FF%09%22.txt?pagelen=1")

    assert [one["escaped_path"] for one in found] == ["%FF%09%22.txt", "%FF%0A.txt"]


async def test_the_listing_of_a_path_of_any_bytes_goes_on(api, auth, server, git):
    made = commit(git, "main", [], 0, **{f"\udcff/{n}": b"" for n in range(5)})
    commit(git, "main", [made], 1, **{f"\udcff/{n}": b"x" for n in range(5)})
    await server.adopted("ada", "code", git)

    found = await everything(api, auth, f"{CODE}/src/main/%FF/?pagelen=2")
    assert [one["escaped_path"] for one in found] == [f"%FF/{n}" for n in range(5)]
    commits = await everything(api, auth, f"{CODE}/commits?path=%FF/1&pagelen=1")
    assert len(commits) == 2
