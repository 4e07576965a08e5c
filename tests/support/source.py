"""Files of every kind that a page shows in its own way, to be looked at."""

_CARDS = '''"""The cards of an engine, in the order in which they are read."""

from dataclasses import dataclass, field

MOST = 1_000


@dataclass(frozen=True)
class Card:
    """One card: what it does and to which columns."""

    operation: str
    columns: tuple[int, ...] = ()

    def applied(self, store: list[int]) -> int:
        # A card without columns works on nothing.
        if not self.columns:
            return 0
        first, *rest = (store[column] for column in self.columns)
        return {"add": first + sum(rest), "sub": first - sum(rest)}.get(self.operation, 0)


@dataclass
class Engine:
    cards: list[Card] = field(default_factory=list)

    def run(self, store: list[int], *, loud: bool = False) -> list[int]:
        results = []
        for number, card in enumerate(self.cards[:MOST], 1):
            results.append(card.applied(store))
            if loud:
                print(f"card {number}: {results[-1]:>8}")
        return results
'''

_USE = """# How to use the engine

Put cards in, turn the crank, *read* the numbers. See [the cards](../engine/cards.py#lines-10) and [the README](/README.md).

![The engine](engine.svg)

## Cards

| operation | does |
|-----------|------|
| `add`     | adds all columns |
| `sub`     | takes the rest from the first |

```
add 1 2 3
sub 3 1
```

> A card without columns works on nothing.

1. Write a card.
2. Turn the crank.
"""

_DRAWING = """<svg xmlns="http://www.w3.org/2000/svg" width="240" height="120" viewBox="0 0 240 120">
  <rect width="240" height="120" rx="8" fill="#eef1f5"/>
  <circle cx="70" cy="60" r="36" fill="none" stroke="#2457c5" stroke-width="10" stroke-dasharray="14 8"/>
  <circle cx="160" cy="60" r="24" fill="none" stroke="#b3541e" stroke-width="10" stroke-dasharray="10 6"/>
</svg>
"""

FILES = {
    "README.md": "# Engine\n\nAn engine for difference. [How to use it](docs/use.md).\n\n![The engine](docs/engine.svg)\n\n- reads cards\n- writes tables\n",
    "docs/use.md": _USE,
    "docs/engine.svg": _DRAWING,
    "engine/__init__.py": "",
    "engine/cards.py": _CARDS,
    "engine/data/primes.txt": "2\n3\n5\n7\n11\n",
    "setup.cfg": "[metadata]\nname = engine\nversion = 1.0\n",
    "Makefile": "test:\n\tpytest -q\n",
}
