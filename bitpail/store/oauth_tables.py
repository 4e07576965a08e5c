"""The tables of OAuth: apps, what people have allowed them, and what came of it. No secret is in them."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, Table, Text, UniqueConstraint

from bitpail.store import repository_tables
from bitpail.store.columns import big, key, number, reference, text

metadata = repository_tables.metadata

# The secret is computed from ``nonce`` and a key that is not here; ``lookup`` is its public part,
# NULL where it was made before that was kept.
oauth_consumers = Table(
    "oauth_consumers",
    metadata,
    key(),
    reference("workspace_id", "workspaces.id"),
    text("key"),
    text("nonce"),
    text("name"),
    text("description"),
    text("callback_url"),
    text("url"),
    text("scopes"),
    number("is_public"),
    Column("owner_id", Text, ForeignKey("users.id", ondelete="SET NULL")),
    big("created_on"),
    Column("lookup", Text),
    Column("secret_ended_on", BigInteger),
    Column("acts_until", BigInteger),
    UniqueConstraint("key", name="oauth_consumers_key"),
    UniqueConstraint("workspace_id", "name", name="oauth_consumers_name"),
    Index("oauth_consumers_lookup", "lookup"),
    sqlite_with_rowid=False,
)

# What somebody has allowed an app, so that they are not asked again.
oauth_consents = Table(
    "oauth_consents",
    metadata,
    reference("user_id", "users.id", key=True),
    reference("consumer_id", "oauth_consumers.id", key=True),
    text("scopes"),
    big("given_on"),
    Index("oauth_consents_consumer", "consumer_id"),
    sqlite_with_rowid=False,
)

oauth_grants = Table(
    "oauth_grants",
    metadata,
    key(),
    reference("consumer_id", "oauth_consumers.id"),
    reference("user_id", "users.id"),
    text("type"),
    text("scopes"),
    big("created_on"),
    big("ends_on"),
    Column("revoked_on", BigInteger),
    Column("last_used_on", BigInteger),
    Column("last_used_address", Text),
    Column("last_used_client", Text),
    Column("latest_end", BigInteger),
    Index("oauth_grants_user", "user_id", "consumer_id"),
    Index("oauth_grants_consumer", "consumer_id", "type"),
    Index("oauth_grants_ends_on", "ends_on"),
    sqlite_with_rowid=False,
)

oauth_codes = Table(
    "oauth_codes",
    metadata,
    key("lookup"),
    Column("digest", LargeBinary, nullable=False),
    number("key_number"),
    reference("consumer_id", "oauth_consumers.id"),
    reference("user_id", "users.id"),
    text("redirect_uri"),
    text("scopes"),
    text("challenge"),
    big("expires_on"),
    reference("grant_id", "oauth_grants.id", nullable=True),
    Index("oauth_codes_expires_on", "expires_on"),
    Index("oauth_codes_user", "user_id", "consumer_id"),
    Index("oauth_codes_consumer", "consumer_id"),
    Index("oauth_codes_grant", "grant_id"),
    sqlite_with_rowid=False,
)

oauth_tokens = Table(
    "oauth_tokens",
    metadata,
    key("lookup"),
    reference("grant_id", "oauth_grants.id"),
    number("is_refresh"),
    Column("digest", LargeBinary, nullable=False),
    number("key_number"),
    text("scopes"),
    big("created_on"),
    big("expires_on"),
    Column("used_on", BigInteger),
    Index("oauth_tokens_grant", "grant_id", "expires_on"),
    Index("oauth_tokens_expires_on", "expires_on"),
    sqlite_with_rowid=False,
)

oauth_device_codes = Table(
    "oauth_device_codes",
    metadata,
    key("lookup"),
    Column("digest", LargeBinary, nullable=False),
    number("key_number"),
    text("user_code"),
    reference("consumer_id", "oauth_consumers.id"),
    text("scopes"),
    big("created_on"),
    big("expires_on"),
    number("poll_every"),
    big("polled_on"),
    text("state"),
    reference("user_id", "users.id", nullable=True),
    UniqueConstraint("user_code", name="oauth_device_codes_user_code"),
    Index("oauth_device_codes_expires_on", "expires_on"),
    Index("oauth_device_codes_consumer", "consumer_id"),
    Index("oauth_device_codes_user", "user_id", "consumer_id"),
    sqlite_with_rowid=False,
)

# Assertions that were shown once and must not be taken again.
oauth_assertions = Table(
    "oauth_assertions",
    metadata,
    key("digest"),
    big("expires_on"),
    Index("oauth_assertions_expires_on", "expires_on"),
    sqlite_with_rowid=False,
)
