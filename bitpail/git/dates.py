"""When commits were made, remembered: a list of branches is sorted by it at each look."""

from collections.abc import Sequence

from bitpail.git.commits import parse_metadata
from bitpail.git.directories import GitDirectory
from bitpail.git.objects import Objects

_AT_ONCE = 500


async def of_commits(objects: Objects, directory: GitDirectory, hashes: Sequence[str]) -> dict[str, int]:
    """Seconds since 1970 by hash; what is no commit is left out. Raises TooLarge for tags of huge files."""
    known = {hash_: one.date for hash_, one in objects.metadata.among(directory, hashes).items()}
    unknown = list(dict.fromkeys(hash_ for hash_ in hashes if hash_ not in known))
    for start in range(0, len(unknown), _AT_ONCE):
        for answer in await objects.contents(directory, unknown[start : start + _AT_ONCE]):
            if answer is not None and answer.kind == "commit":
                metadata = parse_metadata(answer.data)
                objects.metadata.keep(directory, answer.hash, metadata)
                known[answer.hash] = metadata.date
    return known
