"""What is said about repositories, commits and projects beside Git: comments, statuses, reports, restrictions."""

import sqlalchemy as sa
from alembic import op

from bitpail.store.migrations.parts import cascade, column, table

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Each before what it refers to.
_TABLES = (
    "properties",
    "downloads",
    "deployments",
    "environments",
    "gpg_keys",
    "report_annotations",
    "reports",
    "build_statuses",
    "commit_approvals",
    "commit_comments",
    "branch_restrictions",
    "project_default_reviewers",
    "repository_default_reviewers",
    "project_group_permissions",
    "repository_group_permissions",
    "group_members",
    "groups",
    "watchers",
    "project_settings",
    "repository_settings",
    "forks",
)


def upgrade() -> None:
    """Add them."""
    table(
        "forks",
        column("repository_id", sa.Text, cascade("repositories.id")),
        column("parent_id", sa.Text, sa.ForeignKey("repositories.id", ondelete="SET NULL"), nullable=True),
        sa.PrimaryKeyConstraint("repository_id"),
    )
    op.create_index("forks_parent", "forks", ["parent_id"])
    table(
        "repository_settings",
        column("repository_id", sa.Text, cascade("repositories.id")),
        column("settings"),
        sa.PrimaryKeyConstraint("repository_id"),
    )
    table(
        "project_settings",
        column("project_id", sa.Text, cascade("projects.id")),
        column("settings"),
        sa.PrimaryKeyConstraint("project_id"),
    )
    table(
        "watchers",
        column("repository_id", sa.Text, cascade("repositories.id")),
        column("user_id", sa.Text, cascade("users.id")),
        column("since", sa.BigInteger),
        sa.PrimaryKeyConstraint("repository_id", "user_id"),
    )
    op.create_index("watchers_user", "watchers", ["user_id"])
    table(
        "groups",
        column("id"),
        column("workspace_id", sa.Text, cascade("workspaces.id")),
        column("slug"),
        column("name"),
        column("created_on", sa.BigInteger),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "slug", name="groups_slug"),
    )
    table(
        "group_members",
        column("group_id", sa.Text, cascade("groups.id")),
        column("user_id", sa.Text, cascade("users.id")),
        sa.PrimaryKeyConstraint("group_id", "user_id"),
    )
    op.create_index("group_members_user", "group_members", ["user_id"])
    table(
        "repository_group_permissions",
        column("repository_id", sa.Text, cascade("repositories.id")),
        column("group_id", sa.Text, cascade("groups.id")),
        column("permission", sa.Integer),
        sa.PrimaryKeyConstraint("repository_id", "group_id"),
    )
    op.create_index("repository_group_permissions_group", "repository_group_permissions", ["group_id"])
    table(
        "project_group_permissions",
        column("project_id", sa.Text, cascade("projects.id")),
        column("group_id", sa.Text, cascade("groups.id")),
        column("permission", sa.Integer),
        sa.PrimaryKeyConstraint("project_id", "group_id"),
    )
    op.create_index("project_group_permissions_group", "project_group_permissions", ["group_id"])
    table(
        "repository_default_reviewers",
        column("repository_id", sa.Text, cascade("repositories.id")),
        column("user_id", sa.Text, cascade("users.id")),
        sa.PrimaryKeyConstraint("repository_id", "user_id"),
    )
    table(
        "project_default_reviewers",
        column("project_id", sa.Text, cascade("projects.id")),
        column("user_id", sa.Text, cascade("users.id")),
        sa.PrimaryKeyConstraint("project_id", "user_id"),
    )
    table(
        "branch_restrictions",
        column("repository_id", sa.Text, cascade("repositories.id")),
        column("number", sa.Integer),
        column("kind"),
        column("pattern"),
        column("rule"),
        sa.PrimaryKeyConstraint("repository_id", "number"),
    )
    table(
        "commit_comments",
        column("repository_id", sa.Text, cascade("repositories.id")),
        column("number", sa.Integer),
        column("commit"),
        column("user_id", sa.Text, sa.ForeignKey("users.id", ondelete="SET NULL"), nullable=True),
        column("parent", sa.Integer, nullable=True),
        column("path", nullable=True),
        column("from_line", sa.Integer, nullable=True),
        column("to_line", sa.Integer, nullable=True),
        column("content"),
        column("is_deleted", sa.Integer),
        column("created_on", sa.BigInteger),
        column("updated_on", sa.BigInteger),
        sa.PrimaryKeyConstraint("repository_id", "number"),
    )
    op.create_index("commit_comments_commit", "commit_comments", ["repository_id", "commit", "number"])
    table(
        "commit_approvals",
        column("repository_id", sa.Text, cascade("repositories.id")),
        column("commit"),
        column("user_id", sa.Text, cascade("users.id")),
        column("approved_on", sa.BigInteger),
        sa.PrimaryKeyConstraint("repository_id", "commit", "user_id"),
    )
    table(
        "build_statuses",
        column("repository_id", sa.Text, cascade("repositories.id")),
        column("commit"),
        column("key"),
        column("state"),
        column("name"),
        column("url"),
        column("description"),
        column("refname"),
        column("created_on", sa.BigInteger),
        column("updated_on", sa.BigInteger),
        sa.PrimaryKeyConstraint("repository_id", "commit", "key"),
    )
    table(
        "reports",
        column("id"),
        column("repository_id", sa.Text, cascade("repositories.id")),
        column("commit"),
        column("external_id"),
        column("detail"),
        column("created_on", sa.BigInteger),
        column("updated_on", sa.BigInteger),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("repository_id", "commit", "external_id", name="reports_external_id"),
    )
    table(
        "report_annotations",
        column("id"),
        column("report_id", sa.Text, cascade("reports.id")),
        column("external_id"),
        column("detail"),
        column("created_on", sa.BigInteger),
        column("updated_on", sa.BigInteger),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("report_id", "external_id", name="report_annotations_external_id"),
    )
    table(
        "gpg_keys",
        column("user_id", sa.Text, cascade("users.id")),
        column("fingerprint"),
        column("key"),
        column("name"),
        column("detail"),
        column("added_on", sa.BigInteger),
        sa.PrimaryKeyConstraint("user_id", "fingerprint"),
    )
    table(
        "environments",
        column("id"),
        column("repository_id", sa.Text, cascade("repositories.id")),
        column("slug"),
        column("name"),
        column("detail"),
        column("created_on", sa.BigInteger),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("repository_id", "slug", name="environments_slug"),
    )
    table(
        "deployments",
        column("id"),
        column("repository_id", sa.Text, cascade("repositories.id")),
        column("environment_id", sa.Text, cascade("environments.id")),
        column("detail"),
        column("created_on", sa.BigInteger),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("deployments_by_age", "deployments", ["repository_id", "created_on", "id"])
    op.create_index("deployments_environment", "deployments", ["environment_id"])
    table(
        "downloads",
        column("repository_id", sa.Text, cascade("repositories.id")),
        column("name"),
        column("file"),
        column("size", sa.BigInteger),
        column("user_id", sa.Text, sa.ForeignKey("users.id", ondelete="SET NULL"), nullable=True),
        column("fetched", sa.BigInteger),
        column("created_on", sa.BigInteger),
        sa.PrimaryKeyConstraint("repository_id", "name"),
    )
    table(
        "properties",
        column("id"),
        column("repository_id", sa.Text, cascade("repositories.id"), nullable=True),
        column("user_id", sa.Text, cascade("users.id"), nullable=True),
        column("subject"),
        column("app_key"),
        column("name"),
        column("value"),
        column("changed_by", sa.Text, sa.ForeignKey("users.id", ondelete="SET NULL"), nullable=True),
        column("changed_on", sa.BigInteger),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "properties_of_repository", "properties", ["repository_id", "subject", "app_key", "name"], unique=True
    )
    op.create_index(
        "properties_of_user", "properties", ["user_id", "subject", "app_key", "name"], unique=True
    )


def downgrade() -> None:
    """Take them away again."""
    for name in _TABLES:
        op.drop_table(name)
