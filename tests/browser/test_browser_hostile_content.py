"""Whatever people put into a repository, looked at in a real browser: every page of it that a link leads to.

Nothing of it may run, load, style, frame or lead astray. A page that the policy for contents had to protect is a
failure too: the browser says so, and the visitor takes it down.
"""

import base64
import json
import os
import subprocess
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest

from bitpail.model.scopes import Scope
from bitpail.services import projects, workspaces

TEXT = (
    "<script>document.documentElement.dataset.hit=1</script><img src=x onerror=document.documentElement.dataset.hit=2>"
    '"><svg onload=document.documentElement.dataset.hit=3>" autofocus onfocus=document.documentElement.dataset.hit=4 x="'
    "</title></textarea></pre></style><iframe srcdoc='<script>top.document.documentElement.dataset.hit=5</script>'>"
    "<base href=//evil.example><style>*{display:none}</style>{{7*7}}<form action=//evil.example><button>x</button></form>"
)
# What a name in git may hold.
NAME = "x'\"><img+src=x+onerror=document.documentElement.dataset.hit=6><script>document.documentElement.dataset.hit=7<b>"
MARKDOWN = f"""# {TEXT}

[a](javascript:alert(1)) [b](data:text/html,<script>alert(1)</script>) [c](//evil.example/x)
![d](x"onerror=alert(1)) ![e](data:image/svg+xml,<svg/onload=alert(1)>) <a href="javascript:alert(1)">f</a>
<a href=" &#1;javascript:alert(1)">g</a> <math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>
[h]: <javascript:alert(1)> "<b>"
[h] [[{TEXT}|{TEXT}]] <details open ontoggle=alert(1)>x</details>

```"onload=alert(1)
{TEXT}
```

| {TEXT} | b |
| --- | --- |
| <td onclick=alert(1)> | [x](vbscript:alert(1)) |
"""
RST = f"""{"=" * 20}
Title <script>
{"=" * 20}

`a <javascript:alert(1)>`_ |s|

.. |s| image:: javascript:alert(1)
   :target: javascript:alert(1)
   :alt: "><script>alert(1)</script>

.. raw:: html

   <script>document.documentElement.dataset.hit=8</script>

.. include:: /etc/passwd

.. code:: html

   {TEXT}
"""
CREOLE = f'= {TEXT} =\n[[javascript:alert(1)|a]] {{{{javascript:alert(1)|b}}}} {{{{x" onerror="alert(1)}}}}\n|={TEXT}|\n'
TEXTILE = f'h1. {TEXT}\n\n"a":javascript:alert(1) !javascript:alert(1)! %{{color:red}}x% p(x" onclick="alert(1)). y\n'
SVG = "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(1)</script><foreignObject><body xmlns='http://www.w3.org/1999/xhtml' onload='alert(1)'/></foreignObject></svg>"

FILES = {
    "README.md": MARKDOWN,
    "rest/README.rst": RST,
    "textile/README.textile": TEXTILE,
    "plain/readme.txt": TEXT,
    "picture.svg": SVG,
    "page.html": TEXT,
    "page.xhtml": SVG,
    "code.js": f"/* {TEXT} */ var x = `{TEXT}`;\n",
    "code.py": f"'''{TEXT}'''\n",
    "code.php": f"<?php echo '{TEXT}'; ?>\n",
    "data.json": json.dumps({"a": TEXT}),
    f"{NAME}.txt": TEXT,
    f"{NAME}.md": MARKDOWN,
    f"{NAME}/{NAME}": TEXT,
    "latin.txt": TEXT.encode() + b"\xff\xfe",
}
_OF_A_KIND = 9
KINDS = {
    *("acme", "acme/evil", "src", "raw", "commits", "annotate", "history-node", "find", "edit"),
    *("wiki", "branches", "tags", "downloads", "search"),
}
_OURS = """() => {
    const ours = url => !url || new URL(url, location).origin === location.origin || /^https:/.test(new URL(url, location).protocol);
    const found = [];
    if (document.documentElement.dataset.hit) found.push("ran " + document.documentElement.dataset.hit);
    for (const one of document.querySelectorAll("script"))
        if (!one.src.startsWith(location.origin + "/static/")) found.push(one.outerHTML);
    for (const one of document.querySelectorAll("base, iframe, object, embed, style, main math, [style]"))
        found.push(one.outerHTML.slice(0, 200));
    for (const one of document.querySelectorAll("*"))
        for (const attribute of one.attributes)
            if (attribute.name.startsWith("on")) found.push(one.outerHTML.slice(0, 200));
    for (const form of document.forms)
        if (new URL(form.getAttribute("action") || "", location).origin !== location.origin) found.push(form.outerHTML.slice(0, 200));
    for (const one of document.querySelectorAll("a[href]"))
        if (!["http:", "https:", "ssh:", "mailto:"].includes(new URL(one.href, location).protocol)) found.push(one.outerHTML.slice(0, 200));
    return found;
}"""


@pytest.fixture
def evil(bitpail, ada, tmp_path):
    bitpail.workspace("acme", ada)

    async def place(site):
        workspace = await workspaces.named(site, "acme")
        await projects.create(site, workspace, "EVIL", TEXT[:100], description=TEXT)

    bitpail.do(place)
    bitpail.repository("acme/evil", files=FILES)

    secret = bitpail.app_password(ada, *Scope)
    told(bitpail, secret, *pushed(bitpail, secret, tmp_path))


def pushed(bitpail, secret, tmp_path):
    """Branches, tags, authors and messages of that kind, and a wiki."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "'\"&lt;script&gt;&#60;script&#62;alert(1)",
        "GIT_AUTHOR_EMAIL": '"onload=alert(1)&lt;@example.org',
        "GIT_COMMITTER_NAME": "x",
        "GIT_COMMITTER_EMAIL": "x@example.org",
    }

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(work), *arguments]
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    work = tmp_path
    git("clone", "-q", bitpail.git_url("acme/evil", "ada", secret), "code")
    work = tmp_path / "code"
    (work / "code.js").write_text(f"{TEXT}\nvar x = 1;\n")
    (work / "picture.svg").write_text(SVG + "\n")
    git("mv", f"{NAME}.txt", f"moved{NAME}.txt")
    git("commit", "-qam", f"{TEXT}\n\n{MARKDOWN}")
    branch = NAME.replace("[", "")
    git("branch", branch)
    git("tag", "-a", "-m", TEXT, f"tag{branch}")
    git("push", "-q", "origin", "main", branch, f"tag{branch}")
    commit = git("rev-parse", "HEAD")
    work = tmp_path
    git("init", "-q", "-b", "main", "wiki")
    work = tmp_path / "wiki"
    pages = {"Home.md": MARKDOWN, f"{NAME}.md": MARKDOWN, "Page.rst": RST, "Page2.textile": TEXTILE}
    for path, text in {**pages, "Page3.wiki": CREOLE}.items():
        (work / path).write_text(text)
    (work / "picture.svg").write_text(SVG)
    git("add", "-A")
    git("commit", "-qm", TEXT)
    git("push", "-q", bitpail.git_url("acme/evil", "ada", secret, wiki=True), "main")
    return commit, branch


def told(bitpail, secret, commit, branch):
    """A comment, a status and a download."""
    basic = base64.b64encode(f"ada:{secret}".encode()).decode()

    def post(path: str, data: bytes, kind: str = "application/json", method: str = "POST") -> None:
        url = f"{bitpail.api}/repositories/acme/evil{path}"
        headers = {"Authorization": f"Basic {basic}", "Content-Type": kind}
        with urlopen(Request(url, data, headers, method=method)) as answer:
            assert answer.status in {200, 201}

    settings = {
        "description": TEXT,
        "website": "https://example.org/?<script>",
        "language": "html",
        "has_wiki": True,
    }
    post("", json.dumps(settings).encode(), method="PUT")
    for inline in ({}, {"inline": {"path": "code.js", "to": 1}}):
        post(f"/commit/{commit}/comments", json.dumps({"content": {"raw": MARKDOWN}, **inline}).encode())
    status = {
        "key": TEXT[:40],
        "name": TEXT[:200],
        "description": TEXT[:200],
        "state": "FAILED",
        "refname": branch,
    }
    post(
        f"/commit/{commit}/statuses/build",
        json.dumps(status | {"url": "https://example.org/<script>"}).encode(),
    )
    body = f'--e\r\ncontent-disposition: form-data; name="files"; filename="{NAME.replace(chr(34), "%22")}.html"\r\n\r\n{TEXT}\r\n--e--\r\n'
    post("/downloads", body.encode(), "multipart/form-data; boundary=e")


def test_nothing_that_people_push_or_say_does_anything_in_a_browser(bitpail, evil, inside):
    waiting, seen = ["/acme/", "/acme/evil/"], Counter()
    for path in waiting:
        kind = kind_of(path)
        seen[kind] += 1
        if seen[kind] > _OF_A_KIND:
            continue
        answer = inside.page.request.get(bitpail.url + path, max_redirects=0)
        assert answer.status < 500, path
        if (
            answer.status != 200
            or not answer.headers["content-type"].startswith("text/html")
            or kind == "raw"
        ):
            harmless(answer, path)
            continue
        inside.page.goto(bitpail.url + path)
        assert inside.page.evaluate(_OURS) == [], path
        assert inside.complaints == [], path
        for link in inside.page.eval_on_selector_all(
            "a[href], img[src]", "all => all.map(one => one.href || one.src)"
        ):
            parts = urlsplit(link)
            following = parts.path + (f"?{parts.query}" if parts.query else "")
            if f"{parts.scheme}://{parts.netloc}" == bitpail.url and parts.path.startswith("/acme/"):
                waiting += [following] if following not in waiting else []
    assert set(seen) >= KINDS, seen


def kind_of(path):
    """What a page is of: the part behind the repository, or the workspace itself."""
    parts = urlsplit(path).path.strip("/").split("/")
    if len(parts) < 3 or parts[1] != "evil":
        return "/".join(parts[:2]) if len(parts) < 3 else f"{parts[1]}/{parts[2]}"
    return parts[2]


def harmless(answer, path):
    """What is no page of ours runs nowhere: sandboxed, or taken for text, or put on the disk."""
    headers = answer.headers
    if answer.status in {301, 302, 303, 307, 308, 404, 410}:
        return
    assert headers["x-content-type-options"] == "nosniff", path
    is_active = headers["content-type"].partition(";")[0] not in {
        "text/plain",
        "image/png",
        "application/zip",
        "text/x-diff",
    }
    policy = headers.get("content-security-policy", "")
    is_kept = headers.get("content-disposition", "").startswith("attachment")
    assert not is_active or is_kept or "sandbox" in policy or "default-src 'none'" in policy, (path, headers)


def test_files_that_a_browser_would_run_are_shut_in(bitpail, evil, inside):
    for name in ("page.html", "page.xhtml", "picture.svg", "code.js"):
        answer = inside.page.request.get(f"{bitpail.url}/acme/evil/raw/main/{name}")
        if answer.status == 404:
            pytest.fail(f"no raw {name}")
        policy, kept = (
            answer.headers.get("content-security-policy", ""),
            answer.headers.get("content-disposition", ""),
        )
        assert "sandbox" in policy or kept.startswith("attachment"), name
        assert "allow-scripts" not in policy
        assert Path(name).suffix  # A name as it was pushed.
