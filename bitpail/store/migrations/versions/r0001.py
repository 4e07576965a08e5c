"""The first tables: people, workspaces, projects, repositories, permissions, app passwords."""

import sqlalchemy as sa
from alembic import op

from bitpail.store.migrations.parts import cascade, column, table

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
    for name in (
        *("policies", "app_password_usage", "denials", "audit_events", "one_time_links", "sessions"),
        "recovery_codes",
        "app_password_secrets",
        *("app_passwords", "project_permissions", "repository_permissions", "repositories"),
        *("projects", "workspace_members", "workspaces", "emails", "users"),
    ):
        op.drop_table(name)


def _people() -> None:
    table(
        "users",
        column("id"),
        column("username"),
        column("username_key"),
        column("display_name"),
        column("nickname"),
        column("account_id"),
        column("password_digest", nullable=True),
        column("is_admin", sa.Integer),
        column("is_active", sa.Integer),
        column("created_on", sa.BigInteger),
        column("records_usage", sa.Integer),
        column("two_step_nonce", nullable=True),
        column("two_step_used", sa.BigInteger, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("username_key", name="users_username_key"),
        sa.UniqueConstraint("account_id", name="users_account_id"),
    )
    table(
        "emails",
        column("address_key"),
        column("address"),
        column("user_id", sa.Text, cascade("users.id")),
        column("is_primary", sa.Integer),
        column("is_confirmed", sa.Integer),
        sa.PrimaryKeyConstraint("address_key"),
    )
    op.create_index("emails_user", "emails", ["user_id"])


def _workspaces() -> None:
    table(
        "workspaces",
        column("id"),
        column("slug"),
        column("name"),
        column("personal_of", sa.Text, cascade("users.id"), nullable=True),
        column("is_private", sa.Integer),
        column("created_on", sa.BigInteger),
        column("updated_on", sa.BigInteger),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("slug", name="workspaces_slug"),
        sa.UniqueConstraint("personal_of", name="workspaces_personal_of"),
    )
    table(
        "workspace_members",
        column("workspace_id", sa.Text, cascade("workspaces.id")),
        column("user_id", sa.Text, cascade("users.id")),
        column("role"),
        column("repositories", sa.Integer),
        column("added_on", sa.BigInteger),
        sa.PrimaryKeyConstraint("workspace_id", "user_id"),
    )
    op.create_index("workspace_members_user", "workspace_members", ["user_id"])
    table(
        "projects",
        column("id"),
        column("workspace_id", sa.Text, cascade("workspaces.id")),
        column("key"),
        column("name"),
        column("description"),
        column("is_private", sa.Integer),
        column("created_on", sa.BigInteger),
        column("updated_on", sa.BigInteger),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "key", name="projects_key"),
    )


def _repositories() -> None:
    table(
        "repositories",
        column("id"),
        column("workspace_id", sa.Text, cascade("workspaces.id")),
        column("project_id", sa.Text, sa.ForeignKey("projects.id")),
        column("slug"),
        column("name"),
        column("description"),
        column("website"),
        column("language"),
        column("is_private", sa.Integer),
        column("has_wiki", sa.Integer),
        column("has_issues", sa.Integer),
        column("fork_policy"),
        column("size", sa.BigInteger),
        column("directory", nullable=True),
        column("created_on", sa.BigInteger),
        column("updated_on", sa.BigInteger),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "slug", name="repositories_slug"),
    )
    op.create_index("repositories_by_age", "repositories", ["workspace_id", "created_on", "id"])
    op.create_index("repositories_project", "repositories", ["project_id"])
    op.create_index("repositories_is_private", "repositories", ["workspace_id", "is_private"])
    op.create_index("repositories_directory", "repositories", ["directory"])


def _permissions() -> None:
    for of, referred in (("repository", "repositories"), ("project", "projects")):
        table(
            f"{of}_permissions",
            column(f"{of}_id", sa.Text, cascade(f"{referred}.id")),
            column("user_id", sa.Text, cascade("users.id")),
            column("permission", sa.Integer),
            sa.PrimaryKeyConstraint(f"{of}_id", "user_id"),
        )
        op.create_index(f"{of}_permissions_user", f"{of}_permissions", ["user_id"])


def _app_passwords() -> None:
    table(
        "app_passwords",
        column("id"),
        column("user_id", sa.Text, cascade("users.id")),
        column("label"),
        column("scopes"),
        column("limits"),
        column("created_on", sa.BigInteger),
        column("expires_on", sa.BigInteger, nullable=True),
        column("revoked_on", sa.BigInteger, nullable=True),
        column("last_used_on", sa.BigInteger, nullable=True),
        column("last_used_address", nullable=True),
        column("last_used_client", nullable=True),
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
    table(
        "app_password_secrets",
        column("lookup"),
        column("app_password_id", sa.Text, cascade("app_passwords.id")),
        column("digest", sa.LargeBinary),
        column("key_number", sa.Integer),
        column("created_on", sa.BigInteger),
        column("ends_on", sa.BigInteger, nullable=True),
        column("last_used_on", sa.BigInteger, nullable=True),
        column("last_used_address", nullable=True),
        column("last_used_client", nullable=True),
        sa.PrimaryKeyConstraint("lookup"),
    )
    op.create_index("app_password_secrets_by_age", "app_password_secrets", ["app_password_id", "created_on"])


def _logging_in() -> None:
    table(
        "recovery_codes",
        column("user_id", sa.Text, cascade("users.id")),
        column("digest"),
        sa.PrimaryKeyConstraint("user_id", "digest"),
    )
    table(
        "sessions",
        column("digest"),
        column("user_id", sa.Text, cascade("users.id")),
        column("created_on", sa.BigInteger),
        column("last_seen_on", sa.BigInteger),
        column("expires_on", sa.BigInteger),
        column("address"),
        column("client"),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("sessions_user", "sessions", ["user_id"])
    op.create_index("sessions_expires_on", "sessions", ["expires_on"])
    table(
        "one_time_links",
        column("digest"),
        column("purpose"),
        column("user_id", sa.Text, cascade("users.id"), nullable=True),
        column("expires_on", sa.BigInteger),
        sa.PrimaryKeyConstraint("digest"),
    )
    table(
        "policies",
        column("name"),
        column("value"),
        column("changed_on", sa.BigInteger),
        sa.PrimaryKeyConstraint("name"),
    )


def _what_happened() -> None:
    table(
        "audit_events",
        column("id"),
        column("at", sa.BigInteger),
        column("kind"),
        column("user_id", nullable=True),
        column("username"),
        column("app_password_id", nullable=True),
        *(column(name) for name in ("label", "address", "request_id", "detail")),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("audit_events_at", "audit_events", ["at", "id"])
    op.create_index("audit_events_user", "audit_events", ["user_id", "at"])
    op.create_index("audit_events_app_password", "audit_events", ["app_password_id", "at"])
    table(
        "denials",
        column("request_id"),
        column("at", sa.BigInteger),
        column("user_id", nullable=True),
        column("app_password_id", nullable=True),
        *(column(name) for name in ("method", "path", "address", "client", "reason")),
        *(column(name) for name in ("required", "granted", "detail")),
        sa.PrimaryKeyConstraint("request_id"),
    )
    op.create_index("denials_at", "denials", ["at"])
    op.create_index("denials_user", "denials", ["user_id", "at"])
    table(
        "app_password_usage",
        column("app_password_id", sa.Text, cascade("app_passwords.id")),
        column("day", sa.Integer),
        *(column(name) for name in ("scope", "repository_id", "address", "client")),
        column("count", sa.BigInteger),
        sa.PrimaryKeyConstraint("app_password_id", "day", "scope", "repository_id", "address", "client"),
    )
    op.create_index("app_password_usage_day", "app_password_usage", ["day"])
