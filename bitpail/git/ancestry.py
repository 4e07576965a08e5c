"""Whether a push drops commits, asked while its objects are in quarantine."""

from pathlib import Path

from bitpail.errors import GitError
from bitpail.git.command import run
from bitpail.git.directories import GitDirectory, common_directory
from bitpail.git.revisions import check_hash


async def is_ancestor(directory: GitDirectory, old: str, new: str, quarantine: Path) -> bool:
    """Whether everything reachable from ``old`` stays reachable from ``new``."""
    objects = common_directory(directory.path) / "objects"
    environment = {
        "GIT_OBJECT_DIRECTORY": str(quarantine),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(objects),
    }
    try:
        await run(
            directory.path,
            "merge-base",
            "--is-ancestor",
            check_hash(old),
            check_hash(new),
            env=environment,
        )
    except GitError as error:
        if error.status == 1:
            return False
        raise
    return True
