"""A small real history, made with the real git, for a test's repository."""

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_ENVIRONMENT = {
    "GIT_AUTHOR_NAME": "Bitpail",
    "GIT_AUTHOR_EMAIL": "bitpail@example.org",
    "GIT_COMMITTER_NAME": "Bitpail",
    "GIT_COMMITTER_EMAIL": "bitpail@example.org",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
}


@contextmanager
def made_of(files: Mapping[str, str | bytes]) -> Iterator[Path]:
    """A repository with one commit of these files on ``main``; gone at the end."""
    with tempfile.TemporaryDirectory(prefix="bitpail-history-") as directory:
        root = Path(directory)
        _git(root, "init", "-q", "-b", "main")
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        _git(root, "add", "-A")
        _git(root, "commit", "-q", "-m", "First commit")
        yield root


def _git(root: Path, *arguments: str) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    subprocess.run(  # noqa: S603 - arguments of our own
        ["git", *arguments],  # noqa: S607 - the git that the user has
        cwd=root,
        env=environment | _ENVIRONMENT,
        check=True,
        capture_output=True,
    )
