"""What each migration is written with: columns that are filled, keys that cascade, tables without row ids."""

from typing import Any

import sqlalchemy as sa
from alembic import op


def column(name: str, type_: Any = sa.Text, *constraints: Any, nullable: bool = False) -> Any:
    """A column, of text unless said otherwise."""
    return sa.Column(name, type_, *constraints, nullable=nullable)


def cascade(target: str) -> sa.ForeignKey:
    """A reference that goes with what it refers to."""
    return sa.ForeignKey(target, ondelete="CASCADE")


def table(name: str, *parts: Any) -> None:
    """Make a table."""
    op.create_table(name, *parts, sqlite_with_rowid=False)
