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
    MetaData,
    Select,
    Table,
    Text,
    UniqueConstraint,
    column,
    select,
    table,
    text,
)

from bitpail.errors import ConfigurationError

HEAD_REVISION = "0003"
"""The newest migration; here so that a server can compare without importing Alembic."""

schema_revision: Select[str] = select(column("version_num", Text)).select_from(table("alembic_version"))
"""What Alembic wrote down as the revision of a database."""

metadata = MetaData()


def check_revision(found: str | None) -> None:
    """Raise ConfigurationError unless that is the newest revision."""
    if found != HEAD_REVISION:
        state = f"is at revision {found!r}, not {HEAD_REVISION!r}" if found else "has no tables yet"
        raise ConfigurationError(f"the database {state}: run 'bitpail migrate'")


def _key(name: str = "id") -> Column[str]:
    return Column(name, Text, primary_key=True, nullable=False)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _number(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)


def _big(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _reference(name: str, target: str, *, key: bool = False, nullable: bool = False) -> Column[str]:
    foreign = ForeignKey(target, ondelete="CASCADE")
    return Column(name, Text, foreign, primary_key=key, nullable=nullable)


users = Table(
    "users",
    metadata,
    _key(),
    _text("username"),
    _text("username_key"),
    _text("display_name"),
    _text("nickname"),
    _text("account_id"),
    Column("password_digest", Text),
    _number("is_admin"),
    _number("is_active"),
    _big("created_on"),
    _number("records_usage"),
    Column("two_step_nonce", Text),
    Column("two_step_used", BigInteger),
    UniqueConstraint("username_key", name="users_username_key"),
    UniqueConstraint("account_id", name="users_account_id"),
    sqlite_with_rowid=False,
)

emails = Table(
    "emails",
    metadata,
    _key("address_key"),
    _text("address"),
    _reference("user_id", "users.id"),
    _number("is_primary"),
    _number("is_confirmed"),
    Index("emails_user", "user_id"),
    sqlite_with_rowid=False,
)

workspaces = Table(
    "workspaces",
    metadata,
    _key(),
    _text("slug"),
    _text("name"),
    _reference("personal_of", "users.id", nullable=True),
    _number("is_private"),
    _big("created_on"),
    _big("updated_on"),
    UniqueConstraint("slug", name="workspaces_slug"),
    UniqueConstraint("personal_of", name="workspaces_personal_of"),
    sqlite_with_rowid=False,
)

workspace_members = Table(
    "workspace_members",
    metadata,
    _reference("workspace_id", "workspaces.id", key=True),
    _reference("user_id", "users.id", key=True),
    _text("role"),
    _number("repositories"),
    _big("added_on"),
    Index("workspace_members_user", "user_id"),
    sqlite_with_rowid=False,
)

projects = Table(
    "projects",
    metadata,
    _key(),
    _reference("workspace_id", "workspaces.id"),
    _text("key"),
    _text("name"),
    _text("description"),
    _number("is_private"),
    _big("created_on"),
    _big("updated_on"),
    UniqueConstraint("workspace_id", "key", name="projects_key"),
    sqlite_with_rowid=False,
)

repositories = Table(
    "repositories",
    metadata,
    _key(),
    _reference("workspace_id", "workspaces.id"),
    # No cascade: a project that still holds repositories cannot go. The check comes
    # at the end of the statement, so a workspace takes both with it.
    Column("project_id", Text, ForeignKey("projects.id"), nullable=False),
    _text("slug"),
    _text("name"),
    _text("description"),
    _text("website"),
    _text("language"),
    _number("is_private"),
    _number("has_wiki"),
    _number("has_issues"),
    _text("fork_policy"),
    _big("size"),
    Column("directory", Text),
    _big("created_on"),
    _big("updated_on"),
    UniqueConstraint("workspace_id", "slug", name="repositories_slug"),
    Index("repositories_by_age", "workspace_id", "created_on", "id"),
    Index("repositories_project", "project_id"),
    Index("repositories_is_private", "workspace_id", "is_private"),
    Index("repositories_directory", "directory"),
    sqlite_with_rowid=False,
)

repository_permissions = Table(
    "repository_permissions",
    metadata,
    _reference("repository_id", "repositories.id", key=True),
    _reference("user_id", "users.id", key=True),
    _number("permission"),
    Index("repository_permissions_user", "user_id"),
    sqlite_with_rowid=False,
)

project_permissions = Table(
    "project_permissions",
    metadata,
    _reference("project_id", "projects.id", key=True),
    _reference("user_id", "users.id", key=True),
    _number("permission"),
    Index("project_permissions_user", "user_id"),
    sqlite_with_rowid=False,
)

app_passwords = Table(
    "app_passwords",
    metadata,
    _key(),
    _reference("user_id", "users.id"),
    _text("label"),
    _text("scopes"),
    _text("limits"),
    _big("created_on"),
    Column("expires_on", BigInteger),
    Column("revoked_on", BigInteger),
    Column("last_used_on", BigInteger),
    Column("last_used_address", Text),
    Column("last_used_client", Text),
    Index("app_passwords_by_age", "user_id", "created_on"),
    # A label may be used again once its app password is revoked.
    Index(
        "app_passwords_label",
        "user_id",
        "label",
        unique=True,
        sqlite_where=text("revoked_on IS NULL"),
        postgresql_where=text("revoked_on IS NULL"),
    ),
    sqlite_with_rowid=False,
)

# One for each app password, two while it is rotated.
app_password_secrets = Table(
    "app_password_secrets",
    metadata,
    _key("lookup"),
    _reference("app_password_id", "app_passwords.id"),
    Column("digest", LargeBinary, nullable=False),
    _number("key_number"),
    _big("created_on"),
    Column("ends_on", BigInteger),
    Column("last_used_on", BigInteger),
    Column("last_used_address", Text),
    Column("last_used_client", Text),
    Index("app_password_secrets_by_age", "app_password_id", "created_on"),
    sqlite_with_rowid=False,
)

# When the owner was told, and how many days before, that one is about to expire.
app_password_notices = Table(
    "app_password_notices",
    metadata,
    _reference("app_password_id", "app_passwords.id", key=True),
    Column("days", Integer, primary_key=True, nullable=False, autoincrement=False),
    _big("sent_on"),
    sqlite_with_rowid=False,
)

# Keys of people, each one person's. ``fingerprint`` is the SHA-256 in base64 without padding.
ssh_keys = Table(
    "ssh_keys",
    metadata,
    _key(),
    _reference("user_id", "users.id"),
    _text("fingerprint"),
    _text("key"),
    _text("comment"),
    _text("label"),
    _big("created_on"),
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
    _reference("user_id", "users.id", key=True),
    _text("media_type"),
    Column("content", LargeBinary, nullable=False),
    _big("changed_on"),
    sqlite_with_rowid=False,
)

# Recovery codes of two-step verification, each good once.
recovery_codes = Table(
    "recovery_codes",
    metadata,
    _reference("user_id", "users.id", key=True),
    Column("digest", Text, primary_key=True, nullable=False),
    sqlite_with_rowid=False,
)

# Browsers that are logged in, by the digest of their cookie.
sessions = Table(
    "sessions",
    metadata,
    _key("digest"),
    _reference("user_id", "users.id"),
    _big("created_on"),
    _big("last_seen_on"),
    _big("expires_on"),
    _text("address"),
    _text("client"),
    Index("sessions_user", "user_id"),
    Index("sessions_expires_on", "expires_on"),
    sqlite_with_rowid=False,
)

# Links that work once: the first set-up, a reset of an account password.
one_time_links = Table(
    "one_time_links",
    metadata,
    _key("digest"),
    _text("purpose"),
    _reference("user_id", "users.id", nullable=True),
    _big("expires_on"),
    Column("detail", Text),
    sqlite_with_rowid=False,
)

# What happened, append-only; it outlives what it tells of, hence no foreign keys.
audit_events = Table(
    "audit_events",
    metadata,
    _key(),
    _big("at"),
    _text("kind"),
    Column("user_id", Text),
    _text("username"),
    Column("app_password_id", Text),
    _text("label"),
    _text("address"),
    _text("request_id"),
    _text("detail"),
    Index("audit_events_at", "at", "id"),
    Index("audit_events_user", "user_id", "at"),
    Index("audit_events_app_password", "app_password_id", "at"),
    sqlite_with_rowid=False,
)

# Recent refusals, to be explained; swept by age.
denials = Table(
    "denials",
    metadata,
    _key("request_id"),
    _big("at"),
    Column("user_id", Text),
    Column("app_password_id", Text),
    _text("method"),
    _text("path"),
    _text("address"),
    _text("client"),
    _text("reason"),
    _text("required"),
    _text("granted"),
    _text("detail"),
    Index("denials_at", "at"),
    Index("denials_user", "user_id", "at"),
    sqlite_with_rowid=False,
)

# What each app password was needed for, counted per day.
app_password_usage = Table(
    "app_password_usage",
    metadata,
    _reference("app_password_id", "app_passwords.id", key=True),
    Column("day", Integer, primary_key=True, nullable=False, autoincrement=False),
    Column("scope", Text, primary_key=True, nullable=False),
    Column("repository_id", Text, primary_key=True, nullable=False),
    Column("address", Text, primary_key=True, nullable=False),
    Column("client", Text, primary_key=True, nullable=False),
    _big("count"),
    Index("app_password_usage_day", "day"),
    sqlite_with_rowid=False,
)

# What administrators have decided for the whole server, as JSON under a name.
policies = Table(
    "policies",
    metadata,
    _key("name"),
    _text("value"),
    _big("changed_on"),
    sqlite_with_rowid=False,
)

# Keys of machines: read-only, on a repository or on a project. One key may stand on many, but never at a person's.
access_keys = Table(
    "access_keys",
    metadata,
    _key(),
    _reference("repository_id", "repositories.id", nullable=True),
    _reference("project_id", "projects.id", nullable=True),
    _text("fingerprint"),
    _text("key"),
    _text("comment"),
    _text("label"),
    Column("created_by", Text, ForeignKey("users.id", ondelete="SET NULL")),
    _big("created_on"),
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
    _key(),
    _reference("repository_id", "repositories.id"),
    _text("path"),
    _text("ref"),
    _reference("user_id", "users.id"),
    _big("locked_on"),
    UniqueConstraint("repository_id", "path", name="lfs_locks_path"),
    Index("lfs_locks_by_age", "repository_id", "locked_on", "id"),
    sqlite_with_rowid=False,
)

# What has changed in a Git directory (a repository or a wiki) since it was last put in order.
upkeep = Table(
    "upkeep",
    metadata,
    _key("directory"),
    _number("pushes"),
    _big("pushed_on"),
    Column("maintained_on", BigInteger),
    Column("repacked_on", BigInteger),
    Index("upkeep_pushes", "pushes"),
    sqlite_with_rowid=False,
)
