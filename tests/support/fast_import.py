"""A branch of a few commits in a Git directory, by one git."""

import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

Files = Mapping[str, str | bytes | None]


def commits(directory: Path, told: Iterable[tuple[str, Files]], branch: str = "main") -> None:
    """Make ``branch`` anew of these: each a message, and files that it writes or, where they are None, removes."""
    stream = [b"reset refs/heads/%b\n" % branch.encode()]
    for number, (message, files) in enumerate(told):
        at, said = 1_700_000_000 + number, message.encode()
        stream.append(b"commit refs/heads/%b\n" % branch.encode())
        stream.append(b"committer Ada <ada@example.org> %d +0000\ndata %d\n%b\n" % (at, len(said), said))
        stream += [_changed(name.encode(), content) for name, content in files.items()]
    command = ["git", f"--git-dir={directory}", "fast-import", "--quiet", "--force"]
    subprocess.run(command, input=b"".join(stream), check=True)


def _changed(name: bytes, content: str | bytes | None) -> bytes:
    if content is None:
        return b"D %b\n" % name
    data = content.encode() if isinstance(content, str) else content
    return b"M 100644 inline %b\ndata %d\n%b\n" % (name, len(data), data)
