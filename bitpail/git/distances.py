"""Which commits a branch has that another has not, how many, and the other way round."""

import re
from collections.abc import Sequence

from msgspec import Struct

from bitpail.git.command import run
from bitpail.git.directories import GitDirectory
from bitpail.git.revisions import Revision, check_hash

_BRANCHES = "refs/heads/"
_FORMAT = "--format=%(objectname)%00%(upstream)%00%(upstream:track,nobracket)"
_NUMBER = re.compile(r"(ahead|behind) (\d+)")


class Reached(Struct, frozen=True):
    """Commits that one reaches and another does not, no parent before its children; ``is_cut``: there are more.

    ``lines`` are their hashes, each with those of its parents behind it.
    """

    lines: list[str]
    is_cut: bool

    def commits(self, count: int) -> list[str]:
        """The hashes of the first of them."""
        return [line.partition(" ")[0] for line in self.lines[:count]]

    def entrances(self) -> set[str]:
        """Where one walks out of these into what both reach; of no use if they are cut.

        A single one is the best commit that both have, since all else that they have is behind it; none says that
        they have nothing in common.
        """
        split = [line.split(" ") for line in self.lines]
        return {parent for _, *parents in split for parent in parents} - {commit for commit, *_ in split}


async def only_in(directory: GitDirectory, one: str, other: str, most: int, seconds: float) -> Reached:
    """The newest commits that ``one`` reaches and ``other`` does not; raises TookTooLong.

    With a commit graph the walk ends behind the last of them, however far the two are apart.
    """
    flags = ("--date-order", "--parents", f"--max-count={most + 1}")
    span = f"{check_hash(other)}..{check_hash(one)}"
    output = await run(directory.path, "rev-list", *flags, span, timeout=seconds)
    lines = output.decode("ascii").splitlines()
    return Reached(lines[:most], len(lines) > most)


async def between(directory: GitDirectory, one: str, other: str, seconds: float) -> tuple[int, int]:
    """Commits that only the first reaches, and that only the second does; raises TookTooLong."""
    span = f"{check_hash(one)}...{check_hash(other)}"
    found = await run(directory.path, "rev-list", "--count", "--left-right", span, timeout=seconds)
    left, right = found.split()
    return int(left), int(right)


async def of_branches(
    directory: GitDirectory, names: Sequence[str], main: str, seconds: float
) -> dict[str, tuple[int, int]]:
    """The same for branches against the main one, all by their whole names, by one git. Raises TookTooLong.

    The answer is by commit. A branch for which the repository's own configuration names another is left out.
    """
    # Git counts towards what a branch goes to: for this one look, to the main branch of the same repository.
    config = [
        setting
        for name in names
        for setting in (
            (f"branch.{name.removeprefix(_BRANCHES)}.remote", "."),
            (f"branch.{name.removeprefix(_BRANCHES)}.merge", main),
        )
    ]
    wanted = [Revision(name) for name in names]
    output = await run(
        directory.path, "for-each-ref", _FORMAT, revisions=wanted, config=config, timeout=seconds
    )
    found = {}
    for line in output.decode("utf-8", "surrogateescape").splitlines():
        commit, upstream, apart = line.split("\0")
        numbers = {word: int(number) for word, number in _NUMBER.findall(apart)}
        if upstream == main and apart != "gone":
            found[commit] = (numbers.get("ahead", 0), numbers.get("behind", 0))
    return found
