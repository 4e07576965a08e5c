"""Small real repositories, made with the real git client in a home of its own."""

import os
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

EPOCH = 1_700_000_000


def environment(home: Path) -> dict[str, str]:
    """What the client's git knows: nothing of the machine's settings."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_AUTHOR_NAME": "Ada",
        "GIT_AUTHOR_EMAIL": "ada@example.com",
        "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "ada@example.com",
        "GIT_AUTHOR_DATE": f"{EPOCH} +0000",
        "GIT_COMMITTER_DATE": f"{EPOCH} +0000",
    }


class Repository:
    """One repository on disk; ``git`` runs the client in it."""

    def __init__(self, path: Path, *, bare: bool = True, object_format: str = "sha1") -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        flags = ["--quiet", "--initial-branch=main", f"--object-format={object_format}"]
        self.git("init", *flags, *(["--bare"] if bare else []))

    @property
    def directory(self) -> Path:
        """The git directory."""
        return self.path / ".git" if (self.path / ".git").exists() else self.path

    def git(self, *arguments: str, stdin: bytes = b"", check: bool = True, **env: str) -> str:
        """What git prints, without the last newline."""
        return (
            self.raw(*arguments, stdin=stdin, check=check, **env)
            .decode(errors="surrogateescape")
            .rstrip("\n")
        )

    def raw(self, *arguments: str, stdin: bytes = b"", check: bool = True, **env: str) -> bytes:
        """What git prints."""
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.path,
            env={**environment(self.path), **env},
            input=stdin,
            capture_output=True,
        )
        if check and done.returncode:
            raise AssertionError(f"git {' '.join(arguments)}: {done.stderr.decode(errors='replace')}")
        return done.stdout

    def commit(self, message: str = "a commit", branch: str = "main", *, time: int = EPOCH) -> str:
        """Add a commit with one file to a branch, without a worktree."""
        tip = self.git("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}", check=False)
        blob = self.git("hash-object", "-w", "--stdin", stdin=f"{message}\n".encode())
        tree = self.git("mktree", stdin=f"100644 blob {blob}\tfile.txt\n".encode())
        made = self.git(
            *("commit-tree", tree, "-m", message, *(["-p", tip] if tip else [])),
            GIT_COMMITTER_DATE=f"{time} +0000",
            GIT_AUTHOR_DATE=f"{time} +0000",
        )
        self.git("update-ref", f"refs/heads/{branch}", made)
        return made

    def write_object(self, kind: str, data: bytes) -> str:
        """Write an object as it is, however mangled."""
        return self.git("hash-object", "-t", kind, "-w", "--stdin", "--literally", stdin=data)

    def import_history(
        self, commits: Sequence[tuple[int, Sequence[int]]], refs: Iterable[tuple[str, int]], *, files: int = 0
    ) -> None:
        """Make commits of (time, numbers of parents) quickly; refs are (name, number of commit).

        With ``files`` each commit changes one of so many files.
        """
        lines = []
        for number, (time, parents) in enumerate(commits):
            message = f"commit {number}\n".encode()
            lines.append(b"commit refs/import/c%d\nmark :%d\n" % (number if not parents else 0, number + 1))
            lines.append(b"committer A <a@example.com> %d +0000\n" % time)
            lines.append(b"data %d\n%b" % (len(message), message))
            lines += [
                b"%s :%d\n" % (b"merge" if place else b"from", parent + 1)
                for place, parent in enumerate(parents)
            ]
            if files:
                text = b"%d\n" % number
                lines.append(b"M 100644 inline file%d\ndata %d\n%b\n" % (number % files, len(text), text))
        lines += [b"reset %s\nfrom :%d\n\n" % (name.encode(), number + 1) for name, number in refs]
        self.git("fast-import", "--quiet", "--force", stdin=b"".join(lines))
        for name in self.git("for-each-ref", "--format=%(refname)", "refs/import").splitlines():
            self.git("update-ref", "-d", name)
