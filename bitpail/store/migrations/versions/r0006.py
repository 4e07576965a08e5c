"""Comments may be about several lines; answers are found by what they answer."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_COLUMNS = ("start_from", "start_to")


def upgrade() -> None:
    """Add them."""
    for name in _COLUMNS:
        op.add_column("commit_comments", sa.Column(name, sa.Integer, nullable=True))
    op.create_index("commit_comments_parent", "commit_comments", ["repository_id", "parent"])


def downgrade() -> None:
    """Take them away again."""
    op.drop_index("commit_comments_parent", "commit_comments")
    for name in _COLUMNS:
        op.drop_column("commit_comments", name)
