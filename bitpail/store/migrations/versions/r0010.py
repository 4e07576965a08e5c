"""Repositories that are being copied from elsewhere; and those that have other names than they had."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "renamed_repositories",
        sa.Column("workspace_id", sa.Text, _cascading("workspaces"), primary_key=True, nullable=False),
        sa.Column("slug", sa.Text, primary_key=True, nullable=False),
        sa.Column("repository_id", sa.Text, _cascading("repositories"), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("renamed_repositories_to", "renamed_repositories", ["repository_id"])
    op.create_table(
        "imports",
        sa.Column("id", sa.Text, primary_key=True, nullable=False),
        sa.Column("user_id", sa.Text, _cascading("users"), nullable=False),
        sa.Column("workspace_id", sa.Text, _cascading("workspaces"), nullable=False),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("project_id", "repository_id", "slug", "name", "source", "state", "said")
        ),
        sa.Column("started_on", sa.BigInteger, nullable=False),
        sa.Column("seen_on", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("imports_of_user", "imports", ["user_id", "started_on"])
    op.create_index("imports_by_state", "imports", ["state", "seen_on"])
    op.create_index("imports_workspace", "imports", ["workspace_id"])


def _cascading(table: str) -> sa.ForeignKey:
    return sa.ForeignKey(f"{table}.id", ondelete="CASCADE")


def downgrade() -> None:
    """Take them away again."""
    op.drop_table("imports")
    op.drop_table("renamed_repositories")
