"""Where deleted repositories have moved to."""

import sqlalchemy as sa
from alembic import op

from bitpail.store.migrations.parts import cascade, column, table

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them."""
    table(
        "moved_repositories",
        column("workspace_id", sa.Text, cascade("workspaces.id")),
        column("slug"),
        column("address"),
        column("is_private", sa.Integer),
        column("deleted_on", sa.BigInteger),
        sa.PrimaryKeyConstraint("workspace_id", "slug"),
    )


def downgrade() -> None:
    """Take them away again."""
    op.drop_table("moved_repositories")
