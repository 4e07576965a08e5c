"""What took a while to be made and may be asked for again."""

from collections import OrderedDict
from threading import Lock


class Kept:
    """Texts made lately by what they were made of, at most so many characters of both; for any thread."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._length = 0
        self._made: OrderedDict[str, str] = OrderedDict()
        self._lock = Lock()

    def find(self, of: str) -> str | None:
        """What was made of it, if it is still here."""
        with self._lock:
            made = self._made.get(of)
            if made is not None:
                self._made.move_to_end(of)
            return made

    def keep(self, of: str, made: str) -> None:
        """Keep it until enough others came; not what would push out too many."""
        if len(of) + len(made) > self._most // 8:
            return
        with self._lock:
            if of in self._made:
                return
            self._made[of] = made
            self._length += len(of) + len(made)
            while self._length > self._most:
                self._length -= sum(map(len, self._made.popitem(last=False)))
