"""What every table is described with: text, integers and bytes, and keys that cascade.

Booleans are 0 or 1, times are microseconds since 1970 UTC, because the
statements run past SQLAlchemy's type conversions.
"""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, MetaData, Text

metadata = MetaData()


def key(name: str = "id") -> Column[str]:
    """A column of text that is the whole primary key."""
    return Column(name, Text, primary_key=True, nullable=False)


def text(name: str) -> Column[str]:
    """Text that is always there."""
    return Column(name, Text, nullable=False)


def number(name: str) -> Column[int]:
    """A small integer that is always there."""
    return Column(name, Integer, nullable=False)


def big(name: str) -> Column[int]:
    """An integer of 64 bits that is always there."""
    return Column(name, BigInteger, nullable=False)


def reference(name: str, target: str, *, key: bool = False, nullable: bool = False) -> Column[str]:
    """The key of another table; the row goes when that row goes. ``key``: it is part of the primary key."""
    foreign = ForeignKey(target, ondelete="CASCADE")
    return Column(name, Text, foreign, primary_key=key, nullable=nullable)
