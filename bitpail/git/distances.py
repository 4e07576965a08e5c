"""How many commits a branch has that another has not, and the other way round."""

from bitpail.git.command import run
from bitpail.git.directories import GitDirectory
from bitpail.git.revisions import check_hash


async def between(directory: GitDirectory, one: str, other: str, seconds: float) -> tuple[int, int]:
    """Commits that only the first reaches, and that only the second does; raises TookTooLong."""
    span = f"{check_hash(one)}...{check_hash(other)}"
    found = await run(directory.path, "rev-list", "--count", "--left-right", span, timeout=seconds)
    left, right = found.split()
    return int(left), int(right)
