"""Commits that hold certain files and no others, whatever their names are."""

from collections.abc import Mapping

from support.repositories import EPOCH, Repository


def commit_files(git: Repository, files: Mapping[str | bytes, str | bytes], branch: str = "main") -> str:
    """A commit on top of a branch; its hash."""
    tip = git.git("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}", check=False)
    lines = [f"commit refs/heads/{branch}\ncommitter A <a@example.com> {EPOCH} +0000\ndata 1\nx\n".encode()]
    if tip:
        lines.append(f"from {tip}\n".encode())
    lines.append(b"deleteall\n")
    for path, content in files.items():
        quoted = "".join(f"\\{byte:03o}" for byte in _bytes(path))
        data = _bytes(content)
        lines.append(b'M 100644 inline "%s"\ndata %d\n%s\n' % (quoted.encode(), len(data), data))
    git.git("fast-import", "--quiet", "--force", stdin=b"".join(lines))
    return git.git("rev-parse", f"refs/heads/{branch}")


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
