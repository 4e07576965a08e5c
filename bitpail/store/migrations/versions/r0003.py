"""Access keys of repositories and projects, locks of Git LFS, the state of upkeep."""

import sqlalchemy as sa
from alembic import op

from bitpail.store.migrations.parts import cascade, column, table

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them."""
    table(
        "access_keys",
        column("id"),
        column("repository_id", sa.Text, cascade("repositories.id"), nullable=True),
        column("project_id", sa.Text, cascade("projects.id"), nullable=True),
        *(column(name) for name in ("fingerprint", "key", "comment", "label")),
        column("created_by", sa.Text, sa.ForeignKey("users.id", ondelete="SET NULL"), nullable=True),
        column("created_on", sa.BigInteger),
        column("last_used_on", sa.BigInteger, nullable=True),
        column("last_used_address", nullable=True),
        column("last_used_client", nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("access_keys_fingerprint", "access_keys", ["fingerprint"])
    for place in ("repository_id", "project_id"):
        op.create_index(
            f"access_keys_{place.removesuffix('_id')}", "access_keys", [place, "fingerprint"], unique=True
        )
    table(
        "lfs_locks",
        column("id"),
        column("repository_id", sa.Text, cascade("repositories.id")),
        column("path"),
        column("ref"),
        column("user_id", sa.Text, cascade("users.id")),
        column("locked_on", sa.BigInteger),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("repository_id", "path", name="lfs_locks_path"),
    )
    op.create_index("lfs_locks_by_age", "lfs_locks", ["repository_id", "locked_on", "id"])
    table(
        "upkeep",
        column("directory"),
        column("pushes", sa.Integer),
        column("pushed_on", sa.BigInteger),
        column("maintained_on", sa.BigInteger, nullable=True),
        column("repacked_on", sa.BigInteger, nullable=True),
        sa.PrimaryKeyConstraint("directory"),
    )
    op.create_index("upkeep_pushes", "upkeep", ["pushes"])


def downgrade() -> None:
    """Take them away again."""
    for name in ("upkeep", "lfs_locks", "access_keys"):
        op.drop_table(name)
