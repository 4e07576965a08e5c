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

HEAD_REVISION = "0001"
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
    _text("lookup"),
    _reference("user_id", "users.id"),
    _text("label"),
    _text("scopes"),
    Column("digest", LargeBinary, nullable=False),
    _number("key_number"),
    _big("created_on"),
    Column("revoked_on", BigInteger),
    Column("last_used_on", BigInteger),
    Column("last_used_address", Text),
    Column("last_used_client", Text),
    UniqueConstraint("lookup", name="app_passwords_lookup"),
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
