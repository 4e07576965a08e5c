"""Whatever stands in an address of a wiki, of branches or of downloads: an answer, and no fault of ours."""

import pytest
from support.browser import Page

from bitpail.model.access import Actor, Client, Need
from bitpail.model.permissions import Permission
from bitpail.model.scopes import Scope
from bitpail.services import new_commits
from bitpail.services.access import to_repository
from bitpail.services.new_commits import NewFile, Wanted

pytestmark = pytest.mark.anyio

HOME = "/engines/difference"
ODD = [
    "%00", "%FF", "%FF%2F%00", "..", "../..", "..%2F..%2Fetc%2Fpasswd", "%2E%2E/x", "-x", "--all", "a/" * 3000, "x" * 5000,
    "%0D", "%0A", "a%0Db", "%C3%28", "{}", "%7B%7B7*7%7D%7D", ".git/config", "HEAD", "refs/heads/main", "@", "@{-1}", "main^",
    "main:Home.md", "a..b", "...", "%20", "%E2%80%AE", "con.md", "Home.md/", "Home/x", "dir", "dir/", "0" * 40, "f" * 64,
]  # fmt: skip
PLACES = [
    *(
        "wiki",
        "wiki/view",
        "wiki/raw",
        "wiki/history",
        "wiki/edit",
        "wiki/create",
        "wiki/delete",
        "wiki/diff",
    ),
    *("branches/compare", "downloads", "get", "branches", "tags", "downloads/x/delete", "wiki/upload"),
]
QUERIES = [
    *(
        "page=-1",
        "page=99999999999999",
        "page=x",
        "at=%00",
        "at=--all",
        "at=main",
        "at=%FF",
        "from=%00",
        "from=--x",
    ),
    *(
        "ctx=x",
        "ctx=%FF%00",
        "q=%00",
        "q=%FF",
        "q=" + "x" * 9000,
        "search=%00%FF",
        "sort=%FF",
        "tab=%00",
        "done=%FF",
    ),
    *(
        "path=%00",
        "path=../x",
        "path=%FF",
        "skip=-1&path=Home.md",
        "context=-1",
        "source=%00&destination=%FF",
        "view=%FF",
    ),
]


@pytest.fixture
async def repository(server, ada, git):
    tree = git.git("mktree", stdin=b"")
    git.git("update-ref", "refs/heads/main", git.git("commit-tree", tree, "-m", "x"))
    await server.workspace("engines", ada)
    made = await server.adopted("engines", "difference", git)
    actor = Actor(ada, None, frozenset(Scope), Client("192.0.2.1", "test"))
    need = Need(permission=Permission.WRITE, of="wiki")
    to_wiki = await to_repository(server.site, actor, need, "engines", "difference")
    files = (NewFile("Home.md", b"# Home\n"), NewFile("dir/a.md", b"x\n"), NewFile("p.png", b"\0"))
    await new_commits.make(server.site, to_wiki, Wanted(files, message="x"))
    return made


def well(answer):
    # 401: what git asks for, like HEAD, is no page.
    assert answer.status in {200, 302, 303, 304, 401, 404, 405, 409, 413, 422}, answer
    if answer.headers.get("content-type", "").startswith("text/html"):
        assert Page(answer.text).inline == []
        assert "Traceback" not in answer.text


@pytest.mark.parametrize("place", PLACES)
async def test_no_path_is_more_than_wrong(page, repository, place):
    for odd in ODD:
        well(await page.get(f"{HOME}/{place}/{odd}"))


@pytest.mark.parametrize(
    "place",
    [
        *("wiki/Home", "wiki/browse", "wiki/search", "wiki/history/Home", "wiki/edit/Home", "wiki/diff/main"),
        *(
            "wiki/raw/Home.md",
            "branches/",
            "tags/",
            "branches/compare",
            "branches/compare/main..main",
            "downloads/",
        ),
    ],
)
async def test_no_query_is_more_than_wrong(page, repository, place):
    for odd in QUERIES:
        well(await page.get(f"{HOME}/{place}?{odd}"))


async def test_no_form_is_more_than_wrong(page, repository):
    token = next(
        value for name, value in Page((await page.get(f"{HOME}/wiki/create/")).text).forms[-1].fields
        if name == "form_token"
    )  # fmt: skip
    odd = ["", "\0", "\ud800", "../x", "x" * 3000, "--all", "0" * 40, "\r\n", "<b>"]
    for place, names in (
        ("wiki/create", ("name", "text", "base", "message", "format", "act")),
        ("wiki/edit/Home.md", ("name", "text", "base", "message", "format", "act")),
        ("wiki/edit/%FF", ("name", "text")),
        ("wiki/delete/Home.md", ("base", "message")),
        ("branches", ("name", "target")),
        ("branches/delete", ("name",)),
        ("tags", ("name", "target", "message")),
        ("tags/delete", ("name",)),
        ("downloads/x/delete", ("name",)),
    ):
        for name in names:
            for value in odd:
                good = {"name": "New", "text": "x", "target": "main", "base": "", "format": "markdown"}
                fields = [
                    ("form_token", token),
                    *{**good, name: value.encode("utf-8", "surrogatepass")}.items(),
                ]
                well(await page.ask("POST", f"{HOME}/{place}", fields=fields))
