"""Secrets of OAuth consumers are found by their public part; when one ended because it leaked."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns. The public part comes of the key file, so that it is filled in when it is first asked for."""
    op.add_column("oauth_consumers", sa.Column("lookup", sa.Text))
    op.add_column("oauth_consumers", sa.Column("secret_ended_on", sa.BigInteger))
    op.create_index("oauth_consumers_lookup", "oauth_consumers", ["lookup"])


def downgrade() -> None:
    """Take them away again."""
    op.drop_index("oauth_consumers_lookup", "oauth_consumers")
    op.drop_column("oauth_consumers", "secret_ended_on")
    op.drop_column("oauth_consumers", "lookup")
