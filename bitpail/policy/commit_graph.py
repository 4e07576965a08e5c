"""In which lane of a graph each commit stands, and which lines lead from row to row.

A lane waits for one commit: the parent of one that stood in it. The first parent
takes over the lane of its child; a lane whose commit came is free again.
"""

from collections.abc import Iterable

from msgspec import Struct


class Row(Struct, frozen=True):
    """One commit. Lanes that lead to it from above; from it downwards; and past it."""

    lane: int
    above: tuple[int, ...]
    below: tuple[int, ...]
    past: tuple[int, ...]

    @property
    def width(self) -> int:
        """How many lanes there are room for."""
        return max((self.lane, *self.above, *self.below, *self.past)) + 1


def rows(commits: Iterable[tuple[str, tuple[str, ...]]]) -> list[Row]:
    """The rows of commits with their parents, children first; nothing leads to the first from above."""
    waiting: list[str | None] = []
    found = []
    for commit, parents in commits:
        above = tuple(lane for lane, awaited in enumerate(waiting) if awaited == commit)
        for lane in above:
            waiting[lane] = None
        past = tuple(lane for lane, awaited in enumerate(waiting) if awaited is not None)
        own = above[0] if above else _free(waiting)
        below = []
        for parent in dict.fromkeys(parents):
            if parent in waiting:
                lane = waiting.index(parent)
            else:
                lane = own if own == len(waiting) or waiting[own] is None else _free(waiting)
                if lane == len(waiting):
                    waiting.append(None)
                waiting[lane] = parent
            below.append(lane)
        found.append(Row(own, above, tuple(below), past))
        while waiting and waiting[-1] is None:
            waiting.pop()
    return found


def _free(waiting: list[str | None]) -> int:
    return waiting.index(None) if None in waiting else len(waiting)
