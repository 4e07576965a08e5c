"""Who may make repositories in a project; indices for listings of repositories."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_GRANTS = ("project_permissions", "project_group_permissions")
_LISTED = ("project_id", "slug", "name", "language", "is_private", "updated_on")


def upgrade() -> None:
    """Add them."""
    for name in _GRANTS:
        op.add_column(name, sa.Column("creates", sa.Integer, nullable=False, server_default="0"))
    op.drop_index("repositories_by_age", "repositories")
    op.create_index("repositories_listed", "repositories", ["workspace_id", "created_on", "id", *_LISTED])
    op.create_index("repositories_public", "repositories", ["is_private", "created_on", "id"])


def downgrade() -> None:
    """Take them away again."""
    op.drop_index("repositories_public", "repositories")
    op.drop_index("repositories_listed", "repositories")
    op.create_index("repositories_by_age", "repositories", ["workspace_id", "created_on", "id"])
    for name in _GRANTS:
        op.drop_column(name, "creates")
