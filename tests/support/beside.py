"""What stands beside the code of ``acme/history``: a wiki with pages and a picture, downloads, a second branch."""

import struct
import zlib
from collections.abc import AsyncIterator
from typing import Any

from bitpail.model.access import Access, Actor, Client, Need
from bitpail.model.permissions import Permission
from bitpail.model.scopes import Scope
from bitpail.services import downloads, new_commits, users
from bitpail.services.access import to_repository
from bitpail.services.downloads import NewFile
from bitpail.services.new_commits import Wanted

_HOME = """# The engine

A machine that works out tables by *differences*, with [[Cards]] for what it is to do.
It is begun in [[use/First steps|three steps]], and nobody has written [[Of steam]] yet.

![A wheel](pictures/wheel.png)

## What it needs

| Part | How many | Of what |
| --- | --- | --- |
| Wheels | 248 | brass |
| Cards | as many as you like | paper |

## How it is asked

1. Put the cards in their order.
2. Turn the handle.

```python
def ask(engine, cards):
    for card in cards:
        engine.turn(card)
    return engine.result
```

> Nothing is printed before the last card was read.

### By hand

The handle turns to the right. See also the [first steps](use/First%20steps#what-can-go-wrong).
"""
_STEPS = """# First steps

## What can go wrong

- a card is upside down
- the handle is stuck
"""


async def access(site: Any, username: str, slug: str, *, of: Any) -> Access:
    """As somebody who administers the repository."""
    actor = Actor(await users.named(site, username), None, frozenset(Scope), Client("192.0.2.1", "curl"))
    return await to_repository(site, actor, Need(permission=Permission.ADMIN, of=of), "acme", slug)


async def write(site: Any, username: str, path: str, text: str, message: str = "") -> None:
    """A commit in the wiki."""
    to_wiki = await access(site, username, "history", of="wiki")
    file = new_commits.NewFile(path, text.encode())
    wanted = Wanted((file,), message=message or f"Write {path}")
    await new_commits.make(site, to_wiki, wanted)


async def told(site: Any, username: str) -> None:
    """All of it."""
    to_wiki = await access(site, username, "history", of="wiki")
    await write(site, username, "Home.md", "# The engine\n\nIt adds.\n", "Begin")
    await write(site, username, "Cards.md", "Cards are of paper, and have *holes*.\n")
    await write(site, username, "use/First steps.md", _STEPS)
    await write(site, username, "use/Repairs.rst", "Repairs\n=======\n\nAsk *Ada*.\n")
    picture = new_commits.NewFile("pictures/wheel.png", wheel())
    await new_commits.make(site, to_wiki, Wanted((picture,), message="A picture"))
    await write(site, username, "Home.md", _HOME, "Say what it needs and how it is asked")
    code = await access(site, username, "history", of="code")
    await downloads.upload(site, code, _files())


async def _files() -> AsyncIterator[NewFile | bytes]:
    for name, content in (("engine-1.0.tar.gz", b"x" * 40_000), ("drawings of the engine.pdf", b"y" * 900)):
        yield NewFile(name)
        yield content


def wheel(size: int = 96) -> bytes:
    """A small picture as PNG: a ring on white."""
    rows = []
    for y in range(size):
        row = bytearray(b"\0")
        for x in range(size):
            far = ((x - size / 2) ** 2 + (y - size / 2) ** 2) ** 0.5
            row += b"\xb0\x78\x30" if size * 0.25 < far < size * 0.45 else b"\xff\xff\xff"
        rows.append(bytes(row))
    head = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
