"""One directory as Git stores it, taken apart only where somebody looks.

A tree that git itself would call broken ends at its last whole entry.
"""

import re
from array import array
from bisect import bisect_left

from bitpail.model.trees import Entry

# Beside its bytes and 8 for each entry.
_OVERHEAD = 400


class Tree:
    """Entries in git's order: by name, a directory as if its name ended in a slash."""

    __slots__ = ("_data", "_hash_size", "_starts", "weight")

    def __init__(self, data: bytes, hash_size: int) -> None:
        self._data = data
        self._hash_size = hash_size
        self._starts = array("L")
        position = 0
        while (space := data.find(b" ", position)) > 0 and (end := data.find(b"\0", space)) > 0:
            following = end + 1 + hash_size
            if following > len(data):
                break
            self._starts.append(position)
            position = following
        self.weight = len(data) + 8 * len(self._starts) + _OVERHEAD
        """About how many bytes of memory it takes."""

    def __len__(self) -> int:
        return len(self._starts)

    def entries(self, prefix: str = "", first: int = 0, count: int | None = None) -> list[Entry]:
        """So many from one on, all without a count; ``prefix`` comes before each path."""
        end = None if count is None else first + count
        return [self._entry(position, prefix) for position in self._starts[first:end]]

    def directories(self, prefix: str = "") -> list[Entry]:
        """Those entries that are directories."""
        data = self._data
        return [
            self._entry(position, prefix)
            for position in self._starts
            if data.startswith((b"40000 ", b"040000 "), position)
        ]

    def page(self, prefix: str, first: int, count: int) -> list[Entry]:
        """So many from one on in the order of people: directories, then the rest."""
        data = self._data
        chosen = [at for at in self._starts if data.startswith((b"40000 ", b"040000 "), at)]
        if first + count > len(chosen):
            above = set(chosen)
            chosen += [at for at in self._starts if at not in above]
        return [self._entry(position, prefix) for position in chosen[first : first + count]]

    def find(self, name: str, prefix: str = "") -> Entry | None:
        """The entry of that name."""
        wanted = b" %b\0" % name.encode("utf-8", "surrogateescape")
        space = self._data.find(wanted)
        while space > 0:
            # A hash may hold these bytes as well: it is a name if an entry begins before its mode.
            number = bisect_left(self._starts, space) - 1
            start = self._starts[number] if number >= 0 else space
            if self._data.find(b" ", start) == space:
                return self._entry(start, prefix)
            space = self._data.find(wanted, space + 1)
        return None

    def like(self, pattern: re.Pattern[bytes], prefix: str = "") -> list[Entry]:
        """The entries whose names are as a pattern says, which begins with a space and ends with a zero byte."""
        # A hash may hold these bytes as well.
        names = {found[0][1:-1].decode("utf-8", "surrogateescape") for found in pattern.finditer(self._data)}
        return [entry for entry in (self.find(name, prefix) for name in sorted(names)) if entry is not None]

    def _entry(self, position: int, prefix: str) -> Entry:
        data = self._data
        space = data.find(b" ", position)
        end = data.find(b"\0", space)
        name = data[space + 1 : end].decode("utf-8", "surrogateescape")
        mode = data[position:space].decode("ascii", "replace").zfill(6)
        return Entry(prefix + name, mode, data[end + 1 : end + 1 + self._hash_size].hex())
