"""The tables, as SQLAlchemy Core describes them; ``migrations`` makes them, a test compares the two.

Text, integers and bytes only: booleans are 0 or 1, times are microseconds since
1970 UTC, because the statements run past SQLAlchemy's type conversions.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Select,
    Table,
    Text,
    UniqueConstraint,
    column,
    select,
    table,
)
from sqlalchemy import text as sql

from bitpail.errors import ConfigurationError
from bitpail.store import oauth_tables
from bitpail.store.columns import big, key, number, reference, text

HEAD_REVISION = "0015"
"""The newest migration; here so that a server can compare without importing Alembic."""

metadata = oauth_tables.metadata
"""Of these tables and of those."""

schema_revision: Select[str] = select(column("version_num", Text)).select_from(table("alembic_version"))
"""What Alembic wrote down as the revision of a database."""


def check_revision(found: str | None) -> None:
    """Raise ConfigurationError unless that is the newest revision."""
    if found != HEAD_REVISION:
        state = f"is at revision {found!r}, not {HEAD_REVISION!r}" if found else "has no tables yet"
        raise ConfigurationError(f"the database {state}: run 'bitpail migrate'")


users = Table(
    "users",
    metadata,
    key(),
    text("username"),
    text("username_key"),
    text("display_name"),
    text("nickname"),
    text("account_id"),
    Column("password_digest", Text),
    number("is_admin"),
    number("is_active"),
    big("created_on"),
    number("records_usage"),
    Column("two_step_nonce", Text),
    Column("two_step_used", BigInteger),
    # The robot of an access token: nobody who could log in.
    number("is_robot"),
    UniqueConstraint("username_key", name="users_username_key"),
    UniqueConstraint("account_id", name="users_account_id"),
    sqlite_with_rowid=False,
)

emails = Table(
    "emails",
    metadata,
    key("address_key"),
    text("address"),
    reference("user_id", "users.id"),
    number("is_primary"),
    number("is_confirmed"),
    Index("emails_user", "user_id"),
    sqlite_with_rowid=False,
)

workspaces = Table(
    "workspaces",
    metadata,
    key(),
    text("slug"),
    text("name"),
    reference("personal_of", "users.id", nullable=True),
    number("is_private"),
    big("created_on"),
    big("updated_on"),
    # Whose rules credentials keep here, beside the server's own; null for no more than those.
    Column("year", Text),
    UniqueConstraint("slug", name="workspaces_slug"),
    UniqueConstraint("personal_of", name="workspaces_personal_of"),
    sqlite_with_rowid=False,
)

workspace_members = Table(
    "workspace_members",
    metadata,
    reference("workspace_id", "workspaces.id", key=True),
    reference("user_id", "users.id", key=True),
    text("role"),
    number("repositories"),
    big("added_on"),
    Index("workspace_members_user", "user_id"),
    sqlite_with_rowid=False,
)

projects = Table(
    "projects",
    metadata,
    key(),
    reference("workspace_id", "workspaces.id"),
    text("key"),
    text("name"),
    text("description"),
    number("is_private"),
    big("created_on"),
    big("updated_on"),
    UniqueConstraint("workspace_id", "key", name="projects_key"),
    sqlite_with_rowid=False,
)

_LISTED = ("project_id", "slug", "name", "language", "is_private", "updated_on")

repositories = Table(
    "repositories",
    metadata,
    key(),
    reference("workspace_id", "workspaces.id"),
    # No cascade: a project that still holds repositories cannot go. The check comes
    # at the end of the statement, so a workspace takes both with it.
    Column("project_id", Text, ForeignKey("projects.id"), nullable=False),
    text("slug"),
    text("name"),
    text("description"),
    text("website"),
    text("language"),
    number("is_private"),
    number("has_wiki"),
    number("has_issues"),
    text("fork_policy"),
    big("size"),
    Column("directory", Text),
    big("created_on"),
    big("updated_on"),
    UniqueConstraint("workspace_id", "slug", name="repositories_slug"),
    # With what listings are mostly narrowed and ordered by, so that they needn't look at the rows.
    Index("repositories_listed", "workspace_id", "created_on", "id", *_LISTED),
    Index("repositories_public", "is_private", "created_on", "id"),
    Index("repositories_project", "project_id"),
    Index("repositories_is_private", "workspace_id", "is_private"),
    Index("repositories_directory", "directory"),
    sqlite_with_rowid=False,
)

repository_permissions = Table(
    "repository_permissions",
    metadata,
    reference("repository_id", "repositories.id", key=True),
    reference("user_id", "users.id", key=True),
    number("permission"),
    Index("repository_permissions_user", "user_id"),
    sqlite_with_rowid=False,
)

# ``creates``: may make repositories in it.
project_permissions = Table(
    "project_permissions",
    metadata,
    reference("project_id", "projects.id", key=True),
    reference("user_id", "users.id", key=True),
    number("permission"),
    number("creates"),
    Index("project_permissions_user", "user_id"),
    sqlite_with_rowid=False,
)


def _where(name: str, columns: tuple[str, ...], condition: str, *, unique: bool) -> Index:
    where = sql(condition)
    return Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)


def _of_place(column: str) -> tuple[Index, Index]:
    """Access tokens by where they were made, the unrevoked ones each with a label of its own there."""
    place = column.removesuffix("_id")
    there = f"{column} IS NOT NULL"
    return (
        _where(f"app_passwords_{place}", (column, "created_on"), there, unique=False),
        _where(
            f"app_passwords_{place}_label", (column, "label"), f"revoked_on IS NULL AND {there}", unique=True
        ),
    )


# And their kin. Of an access token ``user_id`` is its robot, and one of the three places is set.
app_passwords = Table(
    "app_passwords",
    metadata,
    key(),
    reference("user_id", "users.id"),
    text("label"),
    text("scopes"),
    text("limits"),
    big("created_on"),
    Column("expires_on", BigInteger),
    Column("revoked_on", BigInteger),
    Column("last_used_on", BigInteger),
    Column("last_used_address", Text),
    Column("last_used_client", Text),
    text("kind"),
    reference("repository_id", "repositories.id", nullable=True),
    reference("project_id", "projects.id", nullable=True),
    reference("workspace_id", "workspaces.id", nullable=True),
    # Who made an access token: it is told what people are told of their own.
    Column("created_by", Text, ForeignKey("users.id", ondelete="SET NULL")),
    Index("app_passwords_by_age", "user_id", "created_on"),
    # A label may be used again once its credential is revoked.
    _where("app_passwords_label", ("user_id", "kind", "label"), "revoked_on IS NULL", unique=True),
    *_of_place("repository_id"),
    *_of_place("project_id"),
    *_of_place("workspace_id"),
    sqlite_with_rowid=False,
)

# One for each app password, two while it is rotated.
app_password_secrets = Table(
    "app_password_secrets",
    metadata,
    key("lookup"),
    reference("app_password_id", "app_passwords.id"),
    Column("digest", LargeBinary, nullable=False),
    number("key_number"),
    big("created_on"),
    Column("ends_on", BigInteger),
    Column("last_used_on", BigInteger),
    Column("last_used_address", Text),
    Column("last_used_client", Text),
    # By which a secret that its holder narrowed is proved, and our tag on it.
    Column("public_key", LargeBinary),
    number("is_short_lived"),
    Index("app_password_secrets_by_age", "app_password_id", "created_on"),
    sqlite_with_rowid=False,
)

# Which jobs of a CI get secrets of an app password, by their ID token.
trust_rules = Table(
    "trust_rules",
    metadata,
    key(),
    reference("app_password_id", "app_passwords.id"),
    text("issuer"),
    text("audience"),
    text("claims"),
    number("lifetime"),
    big("created_on"),
    Column("last_used_on", BigInteger),
    UniqueConstraint("app_password_id", name="trust_rules_app_password"),
    Index("trust_rules_issuer", "issuer", "created_on"),
    sqlite_with_rowid=False,
)

# ID tokens that were exchanged, by a digest: none is taken twice.
trust_uses = Table(
    "trust_uses",
    metadata,
    key("token"),
    reference("rule_id", "trust_rules.id"),
    big("used_on"),
    big("keep_until"),
    text("subject"),
    text("address"),
    Index("trust_uses_rule", "rule_id", "used_on"),
    Index("trust_uses_at", "used_on"),
    sqlite_with_rowid=False,
)

# Gits at people's desks that wait to be let in, by a keyed digest of what their helper holds.
git_logins = Table(
    "git_logins",
    metadata,
    key("digest"),
    text("user_code"),
    text("repository"),
    text("machine"),
    text("address"),
    big("created_on"),
    big("expires_on"),
    text("state"),
    reference("user_id", "users.id", nullable=True),
    number("read_only"),
    number("lifetime"),
    UniqueConstraint("user_code", name="git_logins_user_code"),
    Index("git_logins_expiry", "expires_on"),
    sqlite_with_rowid=False,
)

# When the owner was told, and how many days before, that one is about to expire.
app_password_notices = Table(
    "app_password_notices",
    metadata,
    reference("app_password_id", "app_passwords.id", key=True),
    Column("days", Integer, primary_key=True, nullable=False, autoincrement=False),
    big("sent_on"),
    sqlite_with_rowid=False,
)

# Keys of people, each one person's. ``fingerprint`` is the SHA-256 in base64 without padding.
ssh_keys = Table(
    "ssh_keys",
    metadata,
    key(),
    reference("user_id", "users.id"),
    text("fingerprint"),
    text("key"),
    text("comment"),
    text("label"),
    big("created_on"),
    Column("expires_on", BigInteger),
    Column("last_used_on", BigInteger),
    Column("last_used_address", Text),
    Column("last_used_client", Text),
    UniqueConstraint("fingerprint", name="ssh_keys_fingerprint"),
    Index("ssh_keys_by_age", "user_id", "created_on"),
    sqlite_with_rowid=False,
)

avatars = Table(
    "avatars",
    metadata,
    reference("user_id", "users.id", key=True),
    text("media_type"),
    Column("content", LargeBinary, nullable=False),
    big("changed_on"),
    sqlite_with_rowid=False,
)

# Recovery codes of two-step verification, each good once.
recovery_codes = Table(
    "recovery_codes",
    metadata,
    reference("user_id", "users.id", key=True),
    Column("digest", Text, primary_key=True, nullable=False),
    sqlite_with_rowid=False,
)

# Browsers that are logged in, by the digest of their cookie.
sessions = Table(
    "sessions",
    metadata,
    key("digest"),
    reference("user_id", "users.id"),
    big("created_on"),
    big("last_seen_on"),
    big("expires_on"),
    text("address"),
    text("client"),
    Index("sessions_user", "user_id"),
    Index("sessions_expires_on", "expires_on"),
    sqlite_with_rowid=False,
)

# Links that work once: the first set-up, a reset of an account password.
one_time_links = Table(
    "one_time_links",
    metadata,
    key("digest"),
    text("purpose"),
    reference("user_id", "users.id", nullable=True),
    big("expires_on"),
    Column("detail", Text),
    sqlite_with_rowid=False,
)

# What happened, append-only; it outlives what it tells of, hence no foreign keys.
audit_events = Table(
    "audit_events",
    metadata,
    key(),
    big("at"),
    text("kind"),
    Column("user_id", Text),
    text("username"),
    Column("app_password_id", Text),
    text("label"),
    text("address"),
    text("request_id"),
    text("detail"),
    Index("audit_events_at", "at", "id"),
    Index("audit_events_user", "user_id", "at"),
    Index("audit_events_app_password", "app_password_id", "at"),
    sqlite_with_rowid=False,
)

# Recent refusals, to be explained; swept by age.
denials = Table(
    "denials",
    metadata,
    key("request_id"),
    big("at"),
    Column("user_id", Text),
    Column("app_password_id", Text),
    text("method"),
    text("path"),
    text("address"),
    text("client"),
    text("reason"),
    text("required"),
    text("granted"),
    text("detail"),
    text("narrowed"),
    Index("denials_at", "at"),
    Index("denials_user", "user_id", "at"),
    sqlite_with_rowid=False,
)

# What each app password was needed for, counted per day.
app_password_usage = Table(
    "app_password_usage",
    metadata,
    reference("app_password_id", "app_passwords.id", key=True),
    Column("day", Integer, primary_key=True, nullable=False, autoincrement=False),
    Column("scope", Text, primary_key=True, nullable=False),
    Column("repository_id", Text, primary_key=True, nullable=False),
    Column("address", Text, primary_key=True, nullable=False),
    Column("client", Text, primary_key=True, nullable=False),
    big("count"),
    Index("app_password_usage_day", "day"),
    sqlite_with_rowid=False,
)

# What administrators have decided for the whole server, as JSON under a name.
policies = Table(
    "policies",
    metadata,
    key("name"),
    text("value"),
    big("changed_on"),
    sqlite_with_rowid=False,
)

# Keys of machines: read-only, on a repository or on a project. One key may stand on many, but never at a person's.
access_keys = Table(
    "access_keys",
    metadata,
    key(),
    reference("repository_id", "repositories.id", nullable=True),
    reference("project_id", "projects.id", nullable=True),
    text("fingerprint"),
    text("key"),
    text("comment"),
    text("label"),
    Column("created_by", Text, ForeignKey("users.id", ondelete="SET NULL")),
    big("created_on"),
    Column("last_used_on", BigInteger),
    Column("last_used_address", Text),
    Column("last_used_client", Text),
    Index("access_keys_fingerprint", "fingerprint"),
    Index("access_keys_repository", "repository_id", "fingerprint", unique=True),
    Index("access_keys_project", "project_id", "fingerprint", unique=True),
    sqlite_with_rowid=False,
)

# Files that somebody works on, as Git LFS has it. ``ref`` is empty for no branch in particular.
lfs_locks = Table(
    "lfs_locks",
    metadata,
    key(),
    reference("repository_id", "repositories.id"),
    text("path"),
    text("ref"),
    reference("user_id", "users.id"),
    big("locked_on"),
    UniqueConstraint("repository_id", "path", name="lfs_locks_path"),
    Index("lfs_locks_by_age", "repository_id", "locked_on", "id"),
    sqlite_with_rowid=False,
)

# What has changed in a Git directory (a repository or a wiki) since it was last put in order.
upkeep = Table(
    "upkeep",
    metadata,
    key("directory"),
    number("pushes"),
    big("pushed_on"),
    Column("maintained_on", BigInteger),
    Column("repacked_on", BigInteger),
    Index("upkeep_pushes", "pushes"),
    sqlite_with_rowid=False,
)
