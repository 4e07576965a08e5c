"""The first tables: people, workspaces, projects, repositories, permissions, app passwords."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make all tables."""
    _people()
    _workspaces()
    _repositories()
    _permissions()
    _app_passwords()
    _logging_in()
    _what_happened()


def downgrade() -> None:
    """Drop them, the ones that refer to others first."""
    for table in (
        *("policies", "app_password_usage", "denials", "audit_events", "one_time_links", "sessions"),
        "recovery_codes",
        "app_password_secrets",
        *("app_passwords", "project_permissions", "repository_permissions", "repositories"),
        *("projects", "workspace_members", "workspaces", "emails", "users"),
    ):
        op.drop_table(table)


def _column(name: str, type_: Any = sa.Text, *constraints: Any, nullable: bool = False) -> Any:
    return sa.Column(name, type_, *constraints, nullable=nullable)


def _cascade(target: str) -> sa.ForeignKey:
    return sa.ForeignKey(target, ondelete="CASCADE")


def _table(name: str, *parts: Any) -> None:
    op.create_table(name, *parts, sqlite_with_rowid=False)


def _people() -> None:
    _table(
        "users",
        _column("id"),
        _column("username"),
        _column("username_key"),
        _column("display_name"),
        _column("nickname"),
        _column("account_id"),
        _column("password_digest", nullable=True),
        _column("is_admin", sa.Integer),
        _column("is_active", sa.Integer),
        _column("created_on", sa.BigInteger),
        _column("records_usage", sa.Integer),
        _column("two_step_nonce", nullable=True),
        _column("two_step_used", sa.BigInteger, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("username_key", name="users_username_key"),
        sa.UniqueConstraint("account_id", name="users_account_id"),
    )
    _table(
        "emails",
        _column("address_key"),
        _column("address"),
        _column("user_id", sa.Text, _cascade("users.id")),
        _column("is_primary", sa.Integer),
        _column("is_confirmed", sa.Integer),
        sa.PrimaryKeyConstraint("address_key"),
    )
    op.create_index("emails_user", "emails", ["user_id"])


def _workspaces() -> None:
    _table(
        "workspaces",
        _column("id"),
        _column("slug"),
        _column("name"),
        _column("personal_of", sa.Text, _cascade("users.id"), nullable=True),
        _column("is_private", sa.Integer),
        _column("created_on", sa.BigInteger),
        _column("updated_on", sa.BigInteger),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("slug", name="workspaces_slug"),
        sa.UniqueConstraint("personal_of", name="workspaces_personal_of"),
    )
    _table(
        "workspace_members",
        _column("workspace_id", sa.Text, _cascade("workspaces.id")),
        _column("user_id", sa.Text, _cascade("users.id")),
        _column("role"),
        _column("repositories", sa.Integer),
        _column("added_on", sa.BigInteger),
        sa.PrimaryKeyConstraint("workspace_id", "user_id"),
    )
    op.create_index("workspace_members_user", "workspace_members", ["user_id"])
    _table(
        "projects",
        _column("id"),
        _column("workspace_id", sa.Text, _cascade("workspaces.id")),
        _column("key"),
        _column("name"),
        _column("description"),
        _column("is_private", sa.Integer),
        _column("created_on", sa.BigInteger),
        _column("updated_on", sa.BigInteger),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "key", name="projects_key"),
    )


def _repositories() -> None:
    _table(
        "repositories",
        _column("id"),
        _column("workspace_id", sa.Text, _cascade("workspaces.id")),
        _column("project_id", sa.Text, sa.ForeignKey("projects.id")),
        _column("slug"),
        _column("name"),
        _column("description"),
        _column("website"),
        _column("language"),
        _column("is_private", sa.Integer),
        _column("has_wiki", sa.Integer),
        _column("has_issues", sa.Integer),
        _column("fork_policy"),
        _column("size", sa.BigInteger),
        _column("directory", nullable=True),
        _column("created_on", sa.BigInteger),
        _column("updated_on", sa.BigInteger),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "slug", name="repositories_slug"),
    )
    op.create_index("repositories_by_age", "repositories", ["workspace_id", "created_on", "id"])
    op.create_index("repositories_project", "repositories", ["project_id"])
    op.create_index("repositories_is_private", "repositories", ["workspace_id", "is_private"])
    op.create_index("repositories_directory", "repositories", ["directory"])


def _permissions() -> None:
    for of, table in (("repository", "repositories"), ("project", "projects")):
        _table(
            f"{of}_permissions",
            _column(f"{of}_id", sa.Text, _cascade(f"{table}.id")),
            _column("user_id", sa.Text, _cascade("users.id")),
            _column("permission", sa.Integer),
            sa.PrimaryKeyConstraint(f"{of}_id", "user_id"),
        )
        op.create_index(f"{of}_permissions_user", f"{of}_permissions", ["user_id"])


def _app_passwords() -> None:
    _table(
        "app_passwords",
        _column("id"),
        _column("user_id", sa.Text, _cascade("users.id")),
        _column("label"),
        _column("scopes"),
        _column("limits"),
        _column("created_on", sa.BigInteger),
        _column("expires_on", sa.BigInteger, nullable=True),
        _column("revoked_on", sa.BigInteger, nullable=True),
        _column("last_used_on", sa.BigInteger, nullable=True),
        _column("last_used_address", nullable=True),
        _column("last_used_client", nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("app_passwords_by_age", "app_passwords", ["user_id", "created_on"])
    unrevoked = sa.text("revoked_on IS NULL")
    op.create_index(
        "app_passwords_label",
        "app_passwords",
        ["user_id", "label"],
        unique=True,
        sqlite_where=unrevoked,
        postgresql_where=unrevoked,
    )
    _table(
        "app_password_secrets",
        _column("lookup"),
        _column("app_password_id", sa.Text, _cascade("app_passwords.id")),
        _column("digest", sa.LargeBinary),
        _column("key_number", sa.Integer),
        _column("created_on", sa.BigInteger),
        _column("ends_on", sa.BigInteger, nullable=True),
        _column("last_used_on", sa.BigInteger, nullable=True),
        _column("last_used_address", nullable=True),
        _column("last_used_client", nullable=True),
        sa.PrimaryKeyConstraint("lookup"),
    )
    op.create_index("app_password_secrets_by_age", "app_password_secrets", ["app_password_id", "created_on"])


def _logging_in() -> None:
    _table(
        "recovery_codes",
        _column("user_id", sa.Text, _cascade("users.id")),
        _column("digest"),
        sa.PrimaryKeyConstraint("user_id", "digest"),
    )
    _table(
        "sessions",
        _column("digest"),
        _column("user_id", sa.Text, _cascade("users.id")),
        _column("created_on", sa.BigInteger),
        _column("last_seen_on", sa.BigInteger),
        _column("expires_on", sa.BigInteger),
        _column("address"),
        _column("client"),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("sessions_user", "sessions", ["user_id"])
    op.create_index("sessions_expires_on", "sessions", ["expires_on"])
    _table(
        "one_time_links",
        _column("digest"),
        _column("purpose"),
        _column("user_id", sa.Text, _cascade("users.id"), nullable=True),
        _column("expires_on", sa.BigInteger),
        sa.PrimaryKeyConstraint("digest"),
    )
    _table(
        "policies",
        _column("name"),
        _column("value"),
        _column("changed_on", sa.BigInteger),
        sa.PrimaryKeyConstraint("name"),
    )


def _what_happened() -> None:
    _table(
        "audit_events",
        _column("id"),
        _column("at", sa.BigInteger),
        _column("kind"),
        _column("user_id", nullable=True),
        _column("username"),
        _column("app_password_id", nullable=True),
        *(_column(name) for name in ("label", "address", "request_id", "detail")),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("audit_events_at", "audit_events", ["at", "id"])
    op.create_index("audit_events_user", "audit_events", ["user_id", "at"])
    op.create_index("audit_events_app_password", "audit_events", ["app_password_id", "at"])
    _table(
        "denials",
        _column("request_id"),
        _column("at", sa.BigInteger),
        _column("user_id", nullable=True),
        _column("app_password_id", nullable=True),
        *(_column(name) for name in ("method", "path", "address", "client", "reason")),
        *(_column(name) for name in ("required", "granted", "detail")),
        sa.PrimaryKeyConstraint("request_id"),
    )
    op.create_index("denials_at", "denials", ["at"])
    op.create_index("denials_user", "denials", ["user_id", "at"])
    _table(
        "app_password_usage",
        _column("app_password_id", sa.Text, _cascade("app_passwords.id")),
        _column("day", sa.Integer),
        *(_column(name) for name in ("scope", "repository_id", "address", "client")),
        _column("count", sa.BigInteger),
        sa.PrimaryKeyConstraint("app_password_id", "day", "scope", "repository_id", "address", "client"),
    )
    op.create_index("app_password_usage_day", "app_password_usage", ["day"])
