"""SSH keys, avatars, notices before an app password expires, what a one-time link is about."""

import sqlalchemy as sa
from alembic import op

from bitpail.store.migrations.parts import cascade, column, table

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them."""
    table(
        "ssh_keys",
        column("id"),
        column("user_id", sa.Text, cascade("users.id")),
        *(column(name) for name in ("fingerprint", "key", "comment", "label")),
        column("created_on", sa.BigInteger),
        column("expires_on", sa.BigInteger, nullable=True),
        column("last_used_on", sa.BigInteger, nullable=True),
        column("last_used_address", nullable=True),
        column("last_used_client", nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("fingerprint", name="ssh_keys_fingerprint"),
    )
    op.create_index("ssh_keys_by_age", "ssh_keys", ["user_id", "created_on"])
    table(
        "avatars",
        column("user_id", sa.Text, cascade("users.id")),
        column("media_type"),
        column("content", sa.LargeBinary),
        column("changed_on", sa.BigInteger),
        sa.PrimaryKeyConstraint("user_id"),
    )
    table(
        "app_password_notices",
        column("app_password_id", sa.Text, cascade("app_passwords.id")),
        column("days", sa.Integer),
        column("sent_on", sa.BigInteger),
        sa.PrimaryKeyConstraint("app_password_id", "days"),
    )
    op.add_column("one_time_links", sa.Column("detail", sa.Text))


def downgrade() -> None:
    """Take them away again."""
    op.drop_column("one_time_links", "detail")
    for name in ("app_password_notices", "avatars", "ssh_keys"):
        op.drop_table(name)
