"""OAuth: apps, what people have allowed them, codes, grants and tokens."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _big(*names: str, nullable: bool = False) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger, nullable=nullable) for name in names]


def _number(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer, nullable=False) for name in names]


def _of(name: str, target: str, *, key: bool = False, nullable: bool = False) -> sa.Column[str]:
    foreign = sa.ForeignKey(target, ondelete="CASCADE")
    return sa.Column(name, sa.Text, foreign, primary_key=key, nullable=nullable)


def _key(name: str = "id") -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=True, nullable=False)


def _digest() -> sa.Column[bytes]:
    return sa.Column("digest", sa.LargeBinary, nullable=False)


_TABLES: dict[str, Callable[[], list[Any]]] = {
    "oauth_consumers": lambda: [
        _key(),
        _of("workspace_id", "workspaces.id"),
        *_text("key", "nonce", "name", "description", "callback_url", "url", "scopes"),
        *_number("is_public"),
        sa.Column("owner_id", sa.Text, sa.ForeignKey("users.id", ondelete="SET NULL")),
        *_big("created_on"),
        sa.UniqueConstraint("key", name="oauth_consumers_key"),
        sa.UniqueConstraint("workspace_id", "name", name="oauth_consumers_name"),
    ],
    "oauth_consents": lambda: [
        _of("user_id", "users.id", key=True),
        _of("consumer_id", "oauth_consumers.id", key=True),
        *_text("scopes"),
        *_big("given_on"),
    ],
    "oauth_grants": lambda: [
        _key(),
        _of("consumer_id", "oauth_consumers.id"),
        _of("user_id", "users.id"),
        *_text("type", "scopes"),
        *_big("created_on", "ends_on"),
        *_big("revoked_on", "last_used_on", nullable=True),
        sa.Column("last_used_address", sa.Text),
        sa.Column("last_used_client", sa.Text),
    ],
    "oauth_codes": lambda: [
        _key("lookup"),
        _digest(),
        *_number("key_number"),
        _of("consumer_id", "oauth_consumers.id"),
        _of("user_id", "users.id"),
        *_text("redirect_uri", "scopes", "challenge"),
        *_big("expires_on"),
        _of("grant_id", "oauth_grants.id", nullable=True),
    ],
    "oauth_tokens": lambda: [
        _key("lookup"),
        _of("grant_id", "oauth_grants.id"),
        *_number("is_refresh"),
        _digest(),
        *_number("key_number"),
        *_text("scopes"),
        *_big("created_on", "expires_on"),
        *_big("used_on", nullable=True),
    ],
    "oauth_device_codes": lambda: [
        _key("lookup"),
        _digest(),
        *_number("key_number"),
        *_text("user_code"),
        _of("consumer_id", "oauth_consumers.id"),
        *_text("scopes"),
        *_big("created_on", "expires_on"),
        *_number("poll_every"),
        *_big("polled_on"),
        *_text("state"),
        _of("user_id", "users.id", nullable=True),
        sa.UniqueConstraint("user_code", name="oauth_device_codes_user_code"),
    ],
    "oauth_assertions": lambda: [_key("digest"), *_big("expires_on")],
}
_INDICES = {
    "oauth_consents_consumer": ("oauth_consents", "consumer_id"),
    "oauth_grants_user": ("oauth_grants", "user_id", "consumer_id"),
    "oauth_grants_consumer": ("oauth_grants", "consumer_id", "type"),
    "oauth_grants_ends_on": ("oauth_grants", "ends_on"),
    "oauth_codes_expires_on": ("oauth_codes", "expires_on"),
    "oauth_codes_user": ("oauth_codes", "user_id", "consumer_id"),
    "oauth_codes_consumer": ("oauth_codes", "consumer_id"),
    "oauth_codes_grant": ("oauth_codes", "grant_id"),
    "oauth_tokens_grant": ("oauth_tokens", "grant_id", "expires_on"),
    "oauth_tokens_expires_on": ("oauth_tokens", "expires_on"),
    "oauth_device_codes_expires_on": ("oauth_device_codes", "expires_on"),
    "oauth_device_codes_consumer": ("oauth_device_codes", "consumer_id"),
    "oauth_device_codes_user": ("oauth_device_codes", "user_id", "consumer_id"),
    "oauth_assertions_expires_on": ("oauth_assertions", "expires_on"),
}


def upgrade() -> None:
    """Add them."""
    for name, described in _TABLES.items():
        op.create_table(name, *described(), sqlite_with_rowid=False)
    for name, (table, *columns) in _INDICES.items():
        op.create_index(name, table, columns)


def downgrade() -> None:
    """Take them away again."""
    for name in reversed(_TABLES):
        op.drop_table(name)
