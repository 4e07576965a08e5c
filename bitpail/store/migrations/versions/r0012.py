"""Trust rules: which jobs of a CI get short-lived secrets, and which ID tokens were exchanged."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def _reference(name: str, target: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, sa.ForeignKey(target, ondelete="CASCADE"), nullable=False)


def upgrade() -> None:
    """Make the tables."""
    op.add_column(
        "app_password_secrets", sa.Column("is_short_lived", sa.Integer, nullable=False, server_default="0")
    )
    op.create_table(
        "trust_rules",
        sa.Column("id", sa.Text, primary_key=True, nullable=False),
        _reference("app_password_id", "app_passwords.id"),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("audience", sa.Text, nullable=False),
        sa.Column("claims", sa.Text, nullable=False),
        sa.Column("lifetime", sa.Integer, nullable=False),
        sa.Column("created_on", sa.BigInteger, nullable=False),
        sa.Column("last_used_on", sa.BigInteger),
        sa.UniqueConstraint("app_password_id", name="trust_rules_app_password"),
        sqlite_with_rowid=False,
    )
    op.create_index("trust_rules_issuer", "trust_rules", ["issuer", "created_on"])
    op.create_table(
        "trust_uses",
        sa.Column("token", sa.Text, primary_key=True, nullable=False),
        _reference("rule_id", "trust_rules.id"),
        sa.Column("used_on", sa.BigInteger, nullable=False),
        sa.Column("keep_until", sa.BigInteger, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("trust_uses_rule", "trust_uses", ["rule_id", "used_on"])
    op.create_index("trust_uses_at", "trust_uses", ["used_on"])


def downgrade() -> None:
    """Take them away again, and what was handed out."""
    op.execute("DELETE FROM app_password_secrets WHERE is_short_lived = 1")
    op.drop_table("trust_uses")
    op.drop_table("trust_rules")
    op.drop_column("app_password_secrets", "is_short_lived")
