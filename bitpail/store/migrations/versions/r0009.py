"""Public keys by which narrowed secrets are proved; which narrowed secret was refused."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them; the keys of secrets that there are come with their next use."""
    op.add_column("app_password_secrets", sa.Column("public_key", sa.LargeBinary, nullable=True))
    op.add_column("denials", sa.Column("narrowed", sa.Text, nullable=False, server_default=""))


def downgrade() -> None:
    """Take them away again."""
    op.drop_column("denials", "narrowed")
    op.drop_column("app_password_secrets", "public_key")
