"""Git at a desk, and the log-in in the browser that lets it in: both as people have them."""

import re
import sys
import threading
import time
from pathlib import Path

from sqlalchemy import select

from bitpail import __file__ as package
from bitpail.store.tables import git_logins

_CODE = str(Path(package).parents[1])
HELPER = f"PYTHONPATH={_CODE} {sys.executable} -m bitpail.cli.credential_helper"
GIT = f"GIT_TERMINAL_PROMPT=0 git -c credential.helper='!{HELPER}' -c credential.useHttpPath=true"


def code_of(bitpail):
    """The code that the terminal shows by now."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        found = bitpail.do(lambda site: site.db.all(select(git_logins.c.user_code)))
        if found:
            return found[0][0]
        time.sleep(0.1)
    raise AssertionError("no git waits")


def clone(person, bitpail, sessions):
    thread = threading.Thread(
        target=lambda: sessions.append(person.types(f"{GIT} clone --quiet {bitpail.url}/acme/notes.git"))
    )
    thread.start()
    return thread


def test_git_is_let_in_by_somebody_who_types_its_code(notes, inside, person, bitpail):
    sessions = []
    waiting = clone(person, bitpail, sessions)
    code = code_of(bitpail)
    inside.go("/login/git")
    inside.fill(user_code=code.lower())
    inside.press("Continue")
    assert "acme/notes" in inside.text
    assert "127.0.0.1" in inside.text

    inside.page.get_by_label("It may").select_option("read")
    inside.press("Allow")

    waiting.join(120)
    assert "You can go back to your terminal" in inside.text
    assert sessions[0].status == 0, sessions[0].screen
    shown = re.search(r"type ([A-Z]{4})-([A-Z]{4})", sessions[0].screen)
    assert "".join(shown.groups()) == code
    assert (person.home / "notes" / "README.md").read_text() == "# Notes\n"
    inside.go("/account/settings/app-passwords/")
    inside.follow("git credential helper")
    assert "Repositories: Write" in inside.text


def test_whoever_refuses_it_gives_nothing(notes, inside, person, bitpail):
    sessions = []
    waiting = clone(person, bitpail, sessions)
    inside.go(f"/login/git?user_code={code_of(bitpail)}")
    inside.press("Continue")

    inside.press("Refuse")

    assert "was given nothing" in inside.text
    # Git asks the person then, who has nothing to type.
    waiting.join(120)
    assert "it was refused" in sessions[0].screen
    assert sessions[0].status != 0
