"""Kinds of credentials; robots, whose access tokens are; the year whose rules a workspace keeps."""

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


def upgrade() -> None:
    """Add them; what there is are app passwords of people."""
    op.add_column("users", sa.Column("is_robot", sa.Integer, nullable=False, server_default="0"))
    op.add_column("workspaces", sa.Column("year", sa.Text, nullable=True))
    op.add_column("app_passwords", sa.Column("kind", sa.Text, nullable=False, server_default="apppassword"))
    op.drop_index("app_passwords_label", "app_passwords")
    _index("app_passwords_label", ["user_id", "kind", "label"], "revoked_on IS NULL")
    for place, table in _PLACES.items():
        # In words: Alembic adds no reference to a table of SQLite.
        op.execute(
            f"ALTER TABLE app_passwords ADD COLUMN {place}_id TEXT REFERENCES {table} (id) ON DELETE CASCADE"
        )
        there = f"{place}_id IS NOT NULL"
        _index(f"app_passwords_{place}", [f"{place}_id", "created_on"], there, unique=False)
        _index(f"app_passwords_{place}_label", [f"{place}_id", "label"], f"revoked_on IS NULL AND {there}")
    op.execute(
        "ALTER TABLE app_passwords ADD COLUMN created_by TEXT REFERENCES users (id) ON DELETE SET NULL"
    )


def downgrade() -> None:
    """Take them away again, and with them what an older server would take for app passwords of people."""
    op.execute("DELETE FROM app_passwords WHERE kind <> 'apppassword'")
    op.drop_column("app_passwords", "created_by")
    for place in _PLACES:
        op.drop_index(f"app_passwords_{place}_label", "app_passwords")
        op.drop_index(f"app_passwords_{place}", "app_passwords")
        op.drop_column("app_passwords", f"{place}_id")
    op.drop_index("app_passwords_label", "app_passwords")
    _index("app_passwords_label", ["user_id", "label"], "revoked_on IS NULL")
    op.drop_column("app_passwords", "kind")
    op.drop_column("workspaces", "year")
    op.drop_column("users", "is_robot")
