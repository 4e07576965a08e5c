"""All benchmarks, one after the other, each in a process of its own; every one prints a table.

The quick ones take some minutes. Figures are CPU time, compared within
one run; wall time says nothing on a machine that does other things too.
"""

import subprocess
import sys
from pathlib import Path

from measure import arguments

_BENCHMARKS = (
    *("authentication", "answers", "rest", "every_read", "load", "pages", "commits"),
    *("discovery", "clones", "pushes", "upkeep", "memory", "ssh", "code_search"),
)


def main() -> int:
    size = "--full" if arguments(__doc__ or "") else "--quick"
    place = Path(__file__).parent
    ended = [subprocess.run([sys.executable, place / f"{name}.py", size]).returncode for name in _BENCHMARKS]
    return 1 if any(ended) else 0


if __name__ == "__main__":
    sys.exit(main())
