"""The pages of a wiki from outside: files put there as git would, forms filled in, and what a page shows."""

import subprocess

from support.browser import Page

WIKI = "/engines/difference/wiki"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


def pusher(path):
    """``push(files)`` puts files into the wiki as somebody with git would: paths to contents, None to remove one."""

    def git(*arguments, data=b"", **env):
        who = {f"GIT_{role}_{what}": "x" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        command = ["git", f"--git-dir={path}", *arguments]
        env = {"PATH": "/usr/bin:/bin:/usr/local/bin", "HOME": "/nonexistent", **who, **env}
        return subprocess.run(command, input=data, check=True, capture_output=True, env=env).stdout

    def put(files, message="pushed"):
        if not path.exists():
            subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(path)], check=True)
        index = {"GIT_INDEX_FILE": str(path / "index-of-test")}
        tip = subprocess.run(
            ["git", f"--git-dir={path}", "rev-parse", "-q", "--verify", "main"],
            capture_output=True,
            check=False,
        ).stdout.strip()
        git("read-tree", *([tip.decode()] if tip else ["--empty"]), **index)
        for name, content in files.items():
            raw = name if isinstance(name, bytes) else name.encode()
            if content is None:
                line = b"0 " + b"0" * 40 + b"\t" + raw
            else:
                mode, data = content if isinstance(content, tuple) else (b"100644", content)
                line = mode + b" " + git("hash-object", "-w", "--stdin", data=data).strip() + b"\t" + raw
            git("update-index", "-z", "--index-info", data=line + b"\0", **index)
        tree = git("write-tree", **index).decode().strip()
        parent = ["-p", tip.decode()] if tip else []
        made = git("commit-tree", tree, *parent, data=message.encode()).decode().strip()
        git("update-ref", "refs/heads/main", made)
        return made

    put.git = git
    return put


async def shown(page, path, status=200):
    """A page that holds no script, style or handler of its own."""
    answer = await page.get(path)
    assert answer.status == status, answer.text
    assert Page(answer.text).inline == []
    return answer


def article(answer):
    return answer.text.split("<article", 1)[1].split("</article")[0]


async def token(page, path):
    return [
        pair
        for pair in Page((await page.get(path)).text).forms[-1].fields
        if pair[0] in {"form_token", "base"}
    ]


async def write(page, path, *, status=303, **fields):
    """Fill in the form of a page and send it."""
    text = fields.pop("text")
    form = Page((await page.get(path)).text).forms[-1]
    sent = [pair for pair in form.fields if pair[0] not in {"text", *fields}]
    answer = await page.ask("POST", form.action, fields=[*sent, ("text", text), *fields.items()])
    assert answer.status == status, answer.text
    return answer
