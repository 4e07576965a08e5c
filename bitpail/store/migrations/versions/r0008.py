"""Kinds of credentials; robots, whose access tokens are; the year whose rules a workspace keeps."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_PLACES = {"repository": "repositories", "project": "projects", "workspace": "workspaces"}


def _index(name: str, columns: list[str], condition: str, *, unique: bool = True) -> None:
    where = sa.text(condition)
    op.create_index(name, "app_passwords", columns, unique=unique, sqlite_where=where, postgresql_where=where)


def _rebuilt() -> Any:
    """SQLite adds no reference to a table that is there: it is made anew, and what is in it moves over."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    return op.batch_alter_table(
        "app_passwords",
        recreate="always" if is_sqlite else "never",
        table_kwargs={"sqlite_with_rowid": False},
    )


def _reference(name: str, table: str, ondelete: str) -> sa.Column[str]:
    foreign = sa.ForeignKey(f"{table}.id", ondelete=ondelete, name=f"app_passwords_{name}_fkey")
    return sa.Column(name, sa.Text, foreign, nullable=True)


def upgrade() -> None:
    """Add them; what there is are app passwords of people."""
    op.add_column("users", sa.Column("is_robot", sa.Integer, nullable=False, server_default="0"))
    op.add_column("workspaces", sa.Column("year", sa.Text, nullable=True))
    op.drop_index("app_passwords_label", "app_passwords")
    with _rebuilt() as table:
        table.add_column(sa.Column("kind", sa.Text, nullable=False, server_default="apppassword"))
        for place, places in _PLACES.items():
            table.add_column(_reference(f"{place}_id", places, "CASCADE"))
        table.add_column(_reference("created_by", "users", "SET NULL"))
    _index("app_passwords_label", ["user_id", "kind", "label"], "revoked_on IS NULL")
    for place in _PLACES:
        there = f"{place}_id IS NOT NULL"
        _index(f"app_passwords_{place}", [f"{place}_id", "created_on"], there, unique=False)
        _index(f"app_passwords_{place}_label", [f"{place}_id", "label"], f"revoked_on IS NULL AND {there}")


def downgrade() -> None:
    """Take them away again, and with them what an older server would take for app passwords of people."""
    ours = sa.table("app_passwords", sa.column("id"), sa.column("kind"))
    others = sa.select(ours.c.id).where(ours.c.kind != "apppassword")
    for name in ("app_password_secrets", "app_password_usage", "app_password_notices"):
        kept = sa.table(name, sa.column("app_password_id"))
        op.execute(sa.delete(kept).where(kept.c.app_password_id.in_(others)))
    op.execute(sa.delete(ours).where(ours.c.kind != "apppassword"))
    op.drop_index("app_passwords_label", "app_passwords")
    for place in _PLACES:
        op.drop_index(f"app_passwords_{place}_label", "app_passwords")
        op.drop_index(f"app_passwords_{place}", "app_passwords")
    with _rebuilt() as table:
        for name in ("kind", "created_by", *(f"{place}_id" for place in _PLACES)):
            table.drop_column(name)
    _index("app_passwords_label", ["user_id", "label"], "revoked_on IS NULL")
    op.drop_column("workspaces", "year")
    op.drop_column("users", "is_robot")
