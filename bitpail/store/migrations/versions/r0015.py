"""Until when an app may act at the latest: by what somebody allowed it, and by its own secret."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns. What there is goes on until a policy says otherwise."""
    op.add_column("oauth_grants", sa.Column("latest_end", sa.BigInteger))
    op.add_column("oauth_consumers", sa.Column("acts_until", sa.BigInteger))


def downgrade() -> None:
    """Take them away again."""
    op.drop_column("oauth_consumers", "acts_until")
    op.drop_column("oauth_grants", "latest_end")
