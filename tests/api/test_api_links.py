"""Every address that an answer holds leads somewhere: a crawl from the two that everybody starts with."""

from collections import deque
from urllib.parse import urlsplit

import pytest
from support.contract import independent_implications

pytestmark = pytest.mark.anyio

CODE = "/2.0/repositories/ada/code"
START = ("/2.0/user", "/2.0/workspaces", "/2.0/user/workspaces", "/2.0/user/emails")
# What a link may lead to: an answer, another address, what is asked for by another method, what isn't there yet.
LEADS = {200, 301, 302, 405, 501}


class Crawl:
    """Follows what it finds, each address once."""

    def __init__(self, api, auth):
        self._api, self._auth = api, auth
        self._waiting = deque((path, "the start") for path in START)
        self._seen = set()
        self.answers = {}
        self.wrong = []

    async def run(self, most):
        while self._waiting and len(self._seen) < most:
            path, found_in = self._waiting.popleft()
            if path in self._seen:
                continue
            self._seen.add(path)
            answer = await self._api.get(path, auth=self._auth, beyond=_names(path))
            self.answers[path] = answer.status
            if answer.status not in LEADS:
                self.wrong.append(f"{found_in}: {answer!r}")
            elif answer.status in {301, 302}:
                self._find(answer.headers["location"], path)
            elif answer.headers.get("content-type", "").startswith("application/json"):
                self._look(answer.json(), path)

    def _look(self, value, path):
        if isinstance(value, list):
            for one in value:
                self._look(one, path)
        if isinstance(value, dict):
            for name, one in value.items():
                if name in {"href", "next", "previous"} and isinstance(one, str):
                    self._find(one, path)
                else:
                    self._look(one, path)

    def _find(self, address, path):
        parts = urlsplit(address)
        if parts.path.startswith("/2.0/"):
            query = f"?{parts.query}" if parts.query else ""
            self._waiting.append((parts.path + query, path))


def _names(path):
    return {pair.partition("=")[0] for pair in urlsplit(path).query.split("&")}


async def one_of_each(server, api, auth, ada, git):
    """A place with something of every kind in it."""
    git.commit("first")
    git.git("tag", "-a", "-m", "one", "v1")
    git.git("branch", "topic/one")
    for number in range(12):
        git.commit(f"number {number}")
    await server.adopted("ada", "code", git)
    files = {"/a file.txt": "a", "/b/ü.md": "# b", "message": "More files"}
    assert (await api.send_form("POST", f"{CODE}/src", files, auth=auth)).status == 201
    grace = await server.user("grace")
    workspace = await server.workspace("acme", ada, public=True)
    await server.member(workspace, grace, "member")
    commit = f"{CODE}/commit/main"
    for path, value in (
        (f"{commit}/statuses/build", {"key": "a/b", "state": "FAILED", "url": "https://ci.example.org/"}),
        (f"{commit}/comments", {"content": {"raw": "Why?"}}),
        (f"{commit}/approve", {}),
        ("/2.0/workspaces/ada/projects", {"key": "LIB", "name": "Library"}),
        ("/2.0/repositories/acme/empty", {"is_private": False}),
        (f"{CODE}/forks", {"name": "fork", "workspace": {"slug": "acme"}}),
        (f"{CODE}/environments", {"name": "Test"}),
        (f"{CODE}/branch-restrictions", {"kind": "push", "branch_match_kind": "glob", "pattern": "x"}),
    ):
        answer = await api.send_json("POST", path, value, auth=auth)
        assert answer.status in {200, 201, 501}, answer
    download = (
        b'--x\r\nContent-Disposition: form-data; name="files"; filename="a b.txt"\r\n\r\nx\r\n--x--\r\n'
    )
    kind = {"content-type": "multipart/form-data; boundary=x"}
    answer = await api.request("POST", f"{CODE}/downloads", auth=auth, headers=kind, body=download)
    assert answer.status == 201, answer
    note = {"type": "report_annotation", "annotation_type": "BUG", "summary": "s"}
    report = {"type": "report", "title": "t", "details": "d", "report_type": "TEST"}
    for path, value in (
        (f"{commit}/reports/scan", report),
        (f"{commit}/reports/scan/annotations/1", note),
        (f"{CODE}/default-reviewers/%7B{ada.id}%7D", {}),
    ):
        answer = await api.send_json("PUT", path, value, auth=auth)
        assert answer.status in {200, 201, 501}, answer


async def test_every_link_leads_to_an_answer_or_to_what_is_not_there_yet(server, api, ada, git):
    auth = await server.auth(ada, *independent_implications())
    await one_of_each(server, api, auth, ada, git)
    crawl = Crawl(api, auth)

    await crawl.run(2000)

    # Where there is no commit, there is no directory to lead to.
    told = [one for one in crawl.wrong if "/acme/empty/src -> 404" not in one]
    assert not told, f"{len(told)} lead nowhere:\n" + "\n".join(told[:20])
    assert sum(status == 200 for status in crawl.answers.values()) > 100
