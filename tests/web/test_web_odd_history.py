"""Pages of a repository with everything that Git allows and few people do: each is there, and says what git says."""

import html
import re
from urllib.parse import quote

import pytest
from support.odd_history import BRANCHES, OddHistory
from test_web_commits import shown

pytestmark = pytest.mark.anyio

CODE = "/ada/code"
COMMITS = ["main", "root", "moved", "evil merge", "no files", "alone"]


@pytest.fixture(scope="module", params=["sha1", "sha256"])
def odd(request, tmp_path_factory):
    return OddHistory(tmp_path_factory.mktemp("odd") / "odd.git", request.param)


@pytest.fixture
async def code(server, page, odd):
    await server.adopted("ada", "code", odd.repository)
    return odd.repository


def files(code, commit):
    """The modes and names of all files of a commit."""
    listed = code.raw("ls-tree", "-r", "-z", commit).split(b"\0")[:-1]
    return [(line.split(b" ")[0].decode(), line.partition(b"\t")[2]) for line in listed]


def text_of(answer):
    """The lines that the page shows, as they were written."""
    rows = re.findall(r"<tr id=lines-\d+>(?:<td class=.*?)?<th>.*?</th>?<td>(.*)", answer.text) or re.findall(
        r"tabindex=-1>\d+</a><td>(.*)", answer.text
    )
    plain = (re.sub(r"<mark>U\+([0-9A-F]{4})</mark>", lambda one: chr(int(one[1], 16)), row) for row in rows)
    return [html.unescape(re.sub(r"</?i[^>]*>", "", row)) for row in plain]


def decoded(content):
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


@pytest.mark.parametrize("name", COMMITS)
async def test_each_file_of_each_commit_is_shown_and_is_what_git_has(page, code, odd, name):
    commit = odd.commits[name]

    for mode, path in files(code, commit):
        at = f"{commit}/{quote(path, safe='/')}"
        answer = await shown(page, f"{CODE}/src/{at}?viewer=source")
        if mode == "160000":
            assert (await page.get(f"{CODE}/raw/{at}")).status == 404
            continue
        content = code.raw("cat-file", "blob", b":".join([commit.encode(), path]))
        assert (await page.get(f"{CODE}/raw/{at}")).body == content
        if mode != "120000" and b"\0" not in content and len(content) < 60_000:
            lines = decoded(content).replace("\r\n", "\n").split("\n")
            assert text_of(answer) == lines[: len(lines) - (not lines[-1])]


@pytest.mark.parametrize("name", ["main", "evil merge", "moved"])
async def test_blame_and_history_say_what_git_says(page, code, odd, name):
    commit = odd.commits[name]

    for mode, path in files(code, commit):
        at = f"{commit}/{quote(path, safe='/')}"
        history = await shown(page, f"{CODE}/history-node/{at}")
        # Two walks of git's, with other rules for merges: both begin with the same newest one that is none.
        newest = code.raw("log", "-1", "--format=%H", commit, "--", b":(literal)" + path).decode().strip()
        assert f'href="{CODE}/commits/{newest}"' in history.text
        answer = await shown(page, f"{CODE}/annotate/{at}")
        if mode in {"120000", "160000"} or "<tr id=lines-" not in answer.text:
            continue
        said = code.raw("blame", "--line-porcelain", commit, "--", b"./" + path).decode("latin-1")
        of_git = re.findall(rf"^([0-9a-f]{{{odd.width}}}) \d+ \d+", said, re.MULTILINE)
        of_page = []
        for link, count in re.findall(r"rowspan=(\d+)><a href=\"[^\"]*/commits/([0-9a-f]+)\"", answer.text):
            of_page += [count] * int(link)
        assert of_page == of_git[: len(of_page)]
        assert len(of_page) == min(len(of_git), 300)


@pytest.mark.parametrize("name", COMMITS)
async def test_directories_and_what_changed_last_in_them(page, code, odd, name):
    commit = odd.commits[name]
    listed = code.raw("ls-tree", "-r", "-t", "-z", commit).split(b"\0")[:-1]

    for path in [b"", *(line.partition(b"\t")[2] for line in listed if line.startswith(b"040000 "))]:
        at = f"{commit}/{quote(path, safe='/')}"
        directory = await shown(page, f"{CODE}/src/{at}")
        answer = await page.get(f"{CODE}/last-changes/{at}")
        assert answer.status == 200, answer
        changes = answer.json()
        names = code.raw("ls-tree", "-z", "--name-only", b":".join([commit.encode(), path])).split(b"\0")[:-1]
        assert directory.text.count('<tr class="entry">') == len(changes) == len(names)
        assert None not in changes
        assert (await shown(page, f"{CODE}/history-node/{at}")).text.count("<li>") >= bool(names)


# One that begins with a dash is no revision to any door.
@pytest.mark.parametrize("branch", [name for name in BRANCHES if not name.startswith("-")])
async def test_branches_of_any_name(page, code, odd, branch):
    at = quote(branch, safe="")

    for part in ("src/{}/", "find/{}", "history-node/{}/", "create-file/{}/", "last-changes/{}/"):
        await shown(page, f"{CODE}/{part.format(at)}")
    found = await page.get(f"{CODE}/src/main/?ref={at}")
    assert (found.status, found.headers["location"]) == (303, f"{CODE}/src/{at}/")


async def test_names_of_any_bytes_are_found(page, code, odd):
    answer = await shown(page, f"{CODE}/find/main?q=txt")

    links = re.findall(r'<li><a href="([^"]*)">', answer.text.partition('id="found"')[2])
    assert len(links) > 10
    for link in links:
        assert (await page.get(html.unescape(link))).status == 200
