"""Real clients, git and curl, as a person runs them: a home of their own, and nothing of this machine's."""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bitpail.testing.terminal import Session, at_terminal

_PATIENCE = 180


@dataclass(frozen=True)
class Done:
    """How a command ended, and what its user saw."""

    status: int
    out: str
    err: str

    @property
    def worked(self) -> bool:
        return self.status == 0

    @property
    def seen(self) -> str:
        """All that stood on the screen."""
        return self.out + self.err


class Person:
    """Somebody at a shell, with git and curl and a home directory."""

    def __init__(self, home: Path, certificate: Path | None = None) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.home = home
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "Ada",
            "GIT_AUTHOR_EMAIL": "ada@example.org",
            "GIT_COMMITTER_NAME": "Ada",
            "GIT_COMMITTER_EMAIL": "ada@example.org",
        }
        if certificate is not None:
            self.environment |= {"GIT_SSL_CAINFO": str(certificate), "CURL_CA_BUNDLE": str(certificate)}

    def run(self, *command: str, at: Path | None = None, given: bytes = b"", **environment: str) -> Done:
        """Run a command where nobody answers a prompt."""
        done = subprocess.run(
            command,
            cwd=at or self.home,
            env=self.environment | {"GIT_TERMINAL_PROMPT": "0"} | environment,
            input=given,
            capture_output=True,
            timeout=_PATIENCE,
        )
        return Done(
            done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
        )

    def start(self, *command: str, at: Path | None = None) -> subprocess.Popen[bytes]:
        """Start a command and leave it running."""
        return subprocess.Popen(
            command,
            cwd=at or self.home,
            env=self.environment | {"GIT_TERMINAL_PROMPT": "0"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def shell(self, line: str, at: Path | None = None) -> Done:
        """Run a line of shell, as it stands in a document."""
        return self.run("sh", "-c", line, at=at)

    def git(self, *arguments: str, at: Path | None = None, **environment: str) -> Done:
        """Run git where nobody answers a prompt."""
        return self.run("git", *arguments, at=at, **environment)

    def well(self, *arguments: str, at: Path | None = None, **environment: str) -> str:
        """The same, for what must work: what git prints."""
        done = self.git(*arguments, at=at, **environment)
        assert done.worked, f"git {' '.join(arguments)}: {done.seen}"
        return done.out.strip()

    def types(
        self, line: str, *answers: str, at: Path | None = None, prompts: Mapping[int, str] | None = None
    ) -> Session:
        """Run a line of shell at a terminal, and type an answer at each prompt for a password."""
        asked = [((prompts or {}).get(number, "Password for"), text) for number, text in enumerate(answers)]
        return at_terminal(["sh", "-c", line], asked, cwd=at or self.home, environment=self.environment)

    def api(self, url: str, *options: str) -> tuple[int, Any]:
        """The status and the decoded JSON of an answer."""
        done = self.run("curl", "--silent", "--show-error", "--write-out", "\n%{http_code}", *options, url)
        body, _, status = done.out.rpartition("\n")
        return int(status), json.loads(body) if body.startswith(("{", "[")) else body

    def commit(self, clone: Path, name: str = "notes.txt", text: str | bytes = "more\n") -> str:
        """Add a commit with one file to what is checked out; its hash."""
        (clone / name).write_bytes(text.encode() if isinstance(text, str) else text)
        self.well("add", "--all", at=clone)
        self.well("commit", "--quiet", "--allow-empty", "--message", f"Write {name}", at=clone)
        return self.head(clone)

    def head(self, clone: Path) -> str:
        """The commit that is checked out."""
        return self.well("rev-parse", "HEAD", at=clone)


def on_disk(directory: Path) -> tuple[str, str]:
    """What a repository holds: its refs, and how many objects; to see that nothing has changed."""
    if not directory.exists():
        return "", "no repository"
    refs = _asked(directory, "for-each-ref")
    head = (directory / "HEAD").read_text()
    files = sorted(str(path.relative_to(directory)) for path in (directory / "objects").rglob("*"))
    return head + refs, _asked(directory, "count-objects", "-v") + "\n".join(files)


def refs(directory: Path) -> dict[str, str]:
    """Each ref of a repository with its hash."""
    lines = _asked(directory, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
    return dict(line.split(" ") for line in lines)


def is_intact(directory: Path) -> bool:
    """Whether git finds nothing wrong in it."""
    done = subprocess.run(
        ["git", "-c", "safe.directory=*", "fsck", "--full", "--strict"],
        cwd=directory,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1"},
        capture_output=True,
    )
    return done.returncode == 0 and b"error" not in done.stderr


def _asked(directory: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", f"--git-dir={directory}", *arguments],
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout
