"""``make demo CHECK=1``, with a history and a data directory of the test's own."""

import subprocess
import sys
from pathlib import Path

import pytest

from bitpail.testing.history import made_of

DEMO = Path(__file__).resolve().parents[2] / "demo/demo.py"


def demo(data: Path, repo: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(DEMO), "--check", "--data", str(data), "--repo", str(repo)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


@pytest.fixture
def history():
    with made_of({"README.md": "# A history\n"}) as path:
        yield path


def test_the_demonstration_proves_every_command_and_keeps_what_was_pushed(tmp_path, history):
    first = demo(tmp_path / "demo", history)
    second = demo(tmp_path / "demo", history)

    for done in (first, second):
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.count("\N{CHECK MARK}") == 18
        assert "\N{BALLOT X}" not in done.stdout
    assert "Importing" in first.stdout
    assert "Importing" not in second.stdout
    bare = next(path for path in (tmp_path / "demo/repositories").glob("*/*.git") if ".wiki" not in path.name)
    log = subprocess.run(
        ["git", "-C", str(bare), "log", "--format=%s", "main"], capture_output=True, text=True
    )
    assert log.stdout.count("Pushed by make demo") == 8


def test_the_demonstration_fails_honestly(tmp_path):
    done = demo(tmp_path / "demo", tmp_path / "nothing here")

    assert done.returncode != 0
    assert "Traceback" not in done.stderr
