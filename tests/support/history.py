"""A repository with branches, a merge, tags, builds, comments and changes of every kind, to be looked at."""

import os
import subprocess

from support import beside

from bitpail.model.access import Actor, Client, Need
from bitpail.model.build_statuses import State
from bitpail.model.commit_comments import Inline
from bitpail.model.permissions import Permission
from bitpail.model.scopes import Scope
from bitpail.services import approvals, build_statuses, commit_comments, users
from bitpail.services.access import to_repository
from bitpail.services.build_statuses import Told
from bitpail.testing import Bitpail, Person

_OLD = b"""def notes(engine):
    # What the engine may do.
    for card in engine.cards:
        print(card.name)
    return len(engine.cards)
"""
_DRAWING = """<svg xmlns="http://www.w3.org/2000/svg" width="120" height="80">
  <circle cx="40" cy="40" r="30" fill="%s"/>
</svg>
"""
_NEW = b"""def notes(engine, *, loud=False):
    # What the engine may do.
    for card in engine.cards:
        print(card.label, end="")
    log(engine)
    return len(engine.cards)
"""


def told(server: Bitpail, ada: Person) -> dict[str, str]:
    """The hashes by name."""
    server.repository("acme/history")
    directory = server.directory("acme/history")
    first = _commit(
        directory,
        {
            "notes.py": _OLD,
            "old.txt": b"kept\n" * 20,
            "gone.txt": b"gone\n",
            "drawing.svg": (_DRAWING % "#b07830").encode(),
            "wheel.png": beside.wheel(64),
        },
        1,
        "Begin",
    )
    side = _commit(
        directory,
        {"notes.py": _OLD, "old.txt": b"kept\n" * 20, "side.txt": b"x\n"},
        2,
        "A word on the side\n\nWhy: *nobody* wrote it down.",
        first,
    )
    change = _commit(
        directory,
        {
            "notes.py": _NEW,
            "new.txt": b"kept\n" * 20,
            "picture.png": b"\x89PNG\0",
            "drawing.svg": (_DRAWING % "#2f6fde").encode(),
            "wheel.png": beside.wheel(),
        },
        3,
        "Print labels instead of names of cards, and log what the engine has done at the end of each run\n\n- labels\n- log",
        first,
    )
    merge = _commit(directory, {"notes.py": _NEW, "side.txt": b"x\n"}, 4, "Merge the side", change, side)
    for name, hash_ in {"heads/main": merge, "heads/side": side, "tags/v1": first}.items():
        _git(directory, "update-ref", f"refs/{name}", hash_)
    server.do(lambda site: _say(site, ada, change))
    return {"change": change, "merge": merge}


async def _say(site, ada, commit):
    user = await users.named(site, ada.username)
    actor = Actor(user, None, frozenset(Scope), Client("192.0.2.1", "curl"))
    access = await to_repository(site, actor, Need(permission=Permission.WRITE), "acme", "history")
    for key, state in (("unit", State.SUCCESSFUL), ("lint", State.FAILED)):
        await build_statuses.tell(
            site, access, commit, key, Told(state=state, url=f"https://ci.example.org/{key}")
        )
    asked = await commit_comments.create(site, access, commit, "Is `label` *always* there?", None, None)
    await commit_comments.create(site, access, commit, "It is.", None, asked.number)
    await commit_comments.create(site, access, commit, "To a file?", Inline("notes.py", to_line=5), None)
    await approvals.approve(site, access, commit)


def _commit(directory, files, day, message, *parents):
    index = {"GIT_INDEX_FILE": str(directory / "index-of-world")}
    _git(directory, "read-tree", "--empty", **index)
    for name, content in files.items():
        blob = _git(directory, "hash-object", "-w", "--stdin", stdin=content)
        _git(directory, "update-index", "--add", "--cacheinfo", f"100644,{blob},{name}", **index)
    tree = _git(directory, "write-tree", **index)
    (directory / "index-of-world").unlink()
    who = {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (
            ("NAME", "Ada"),
            ("EMAIL", "ada@example.org"),
            ("DATE", f"2026-03-0{day}T10:00:00Z"),
        )
    }
    given = [word for parent in parents for word in ("-p", parent)]
    return _git(directory, "commit-tree", tree, *given, stdin=message.encode(), **who)


def _git(directory, *arguments, stdin=b"", **environment):
    command = ["git", f"--git-dir={directory}", *arguments]
    done = subprocess.run(
        command, input=stdin, check=True, capture_output=True, env={**os.environ, **environment}
    )
    return done.stdout.decode().strip()
