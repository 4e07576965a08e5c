"""Gits that wait to be let in by a log-in in the browser."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "git_logins",
        sa.Column("digest", sa.Text, primary_key=True, nullable=False),
        sa.Column("user_code", sa.Text, nullable=False),
        sa.Column("repository", sa.Text, nullable=False),
        sa.Column("machine", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("created_on", sa.BigInteger, nullable=False),
        sa.Column("expires_on", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, sa.ForeignKey("users.id", ondelete="CASCADE")),
        sa.Column("read_only", sa.Integer, nullable=False),
        sa.Column("lifetime", sa.Integer, nullable=False),
        sa.UniqueConstraint("user_code", name="git_logins_user_code"),
        sqlite_with_rowid=False,
    )
    op.create_index("git_logins_expiry", "git_logins", ["expires_on"])


def downgrade() -> None:
    """Take it away again."""
    op.drop_table("git_logins")
