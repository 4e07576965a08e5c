"""The tables of what people and programs say about a repository, its commits and its project, beside Git."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from bitpail.store import columns
from bitpail.store.columns import big, key, number, reference, text

metadata = columns.metadata

# What a repository was forked from; without a parent, from one that is gone.
forks = Table(
    "forks",
    metadata,
    reference("repository_id", "repositories.id", key=True),
    Column("parent_id", Text, ForeignKey("repositories.id", ondelete="SET NULL")),
    Index("forks_parent", "parent_id"),
    sqlite_with_rowid=False,
)

# As JSON; absent: everything is inherited from the project.
repository_settings = Table(
    "repository_settings",
    metadata,
    reference("repository_id", "repositories.id", key=True),
    text("settings"),
    sqlite_with_rowid=False,
)

project_settings = Table(
    "project_settings",
    metadata,
    reference("project_id", "projects.id", key=True),
    text("settings"),
    sqlite_with_rowid=False,
)

watchers = Table(
    "watchers",
    metadata,
    reference("repository_id", "repositories.id", key=True),
    reference("user_id", "users.id", key=True),
    big("since"),
    Index("watchers_user", "user_id"),
    sqlite_with_rowid=False,
)

groups = Table(
    "groups",
    metadata,
    key(),
    reference("workspace_id", "workspaces.id"),
    text("slug"),
    text("name"),
    big("created_on"),
    UniqueConstraint("workspace_id", "slug", name="groups_slug"),
    sqlite_with_rowid=False,
)

group_members = Table(
    "group_members",
    metadata,
    reference("group_id", "groups.id", key=True),
    reference("user_id", "users.id", key=True),
    Index("group_members_user", "user_id"),
    sqlite_with_rowid=False,
)

repository_group_permissions = Table(
    "repository_group_permissions",
    metadata,
    reference("repository_id", "repositories.id", key=True),
    reference("group_id", "groups.id", key=True),
    number("permission"),
    Index("repository_group_permissions_group", "group_id"),
    sqlite_with_rowid=False,
)

project_group_permissions = Table(
    "project_group_permissions",
    metadata,
    reference("project_id", "projects.id", key=True),
    reference("group_id", "groups.id", key=True),
    number("permission"),
    number("creates"),
    Index("project_group_permissions_group", "group_id"),
    sqlite_with_rowid=False,
)

repository_default_reviewers = Table(
    "repository_default_reviewers",
    metadata,
    reference("repository_id", "repositories.id", key=True),
    reference("user_id", "users.id", key=True),
    sqlite_with_rowid=False,
)

project_default_reviewers = Table(
    "project_default_reviewers",
    metadata,
    reference("project_id", "projects.id", key=True),
    reference("user_id", "users.id", key=True),
    sqlite_with_rowid=False,
)

# ``rule`` is the rest as JSON: whom it exempts, the value, the branch type. Counted from 1 in each repository.
# Without a kind it is gone and keeps its number.
branch_restrictions = Table(
    "branch_restrictions",
    metadata,
    reference("repository_id", "repositories.id", key=True),
    Column("number", Integer, primary_key=True, nullable=False, autoincrement=False),
    text("kind"),
    text("pattern"),
    text("rule"),
    sqlite_with_rowid=False,
)

# ``is_deleted`` is 1 for one that keeps its place, 2 for one that is gone and keeps its number.
commit_comments = Table(
    "commit_comments",
    metadata,
    reference("repository_id", "repositories.id", key=True),
    Column("number", Integer, primary_key=True, nullable=False, autoincrement=False),
    text("commit"),
    Column("user_id", Text, ForeignKey("users.id", ondelete="SET NULL")),
    Column("parent", Integer),
    Column("path", Text),
    Column("from_line", Integer),
    Column("to_line", Integer),
    Column("start_from", Integer),
    Column("start_to", Integer),
    text("content"),
    number("is_deleted"),
    big("created_on"),
    big("updated_on"),
    Index("commit_comments_commit", "repository_id", "commit", "number"),
    Index("commit_comments_parent", "repository_id", "parent"),
    sqlite_with_rowid=False,
)

commit_approvals = Table(
    "commit_approvals",
    metadata,
    reference("repository_id", "repositories.id", key=True),
    Column("commit", Text, primary_key=True, nullable=False),
    reference("user_id", "users.id", key=True),
    big("approved_on"),
    sqlite_with_rowid=False,
)

# One for each key of a commit: posting it again replaces it.
build_statuses = Table(
    "build_statuses",
    metadata,
    reference("repository_id", "repositories.id", key=True),
    Column("commit", Text, primary_key=True, nullable=False),
    Column("key", Text, primary_key=True, nullable=False),
    text("state"),
    text("name"),
    text("url"),
    text("description"),
    text("refname"),
    big("created_on"),
    big("updated_on"),
    sqlite_with_rowid=False,
)

# ``detail`` is the members that a client gave, as JSON.
reports = Table(
    "reports",
    metadata,
    key(),
    reference("repository_id", "repositories.id"),
    text("commit"),
    text("external_id"),
    text("detail"),
    big("created_on"),
    big("updated_on"),
    UniqueConstraint("repository_id", "commit", "external_id", name="reports_external_id"),
    sqlite_with_rowid=False,
)

report_annotations = Table(
    "report_annotations",
    metadata,
    key(),
    reference("report_id", "reports.id"),
    text("external_id"),
    text("detail"),
    big("created_on"),
    big("updated_on"),
    UniqueConstraint("report_id", "external_id", name="report_annotations_external_id"),
    sqlite_with_rowid=False,
)

gpg_keys = Table(
    "gpg_keys",
    metadata,
    reference("user_id", "users.id", key=True),
    Column("fingerprint", Text, primary_key=True, nullable=False),
    text("key"),
    text("name"),
    text("detail"),
    big("added_on"),
    sqlite_with_rowid=False,
)

environments = Table(
    "environments",
    metadata,
    key(),
    reference("repository_id", "repositories.id"),
    text("slug"),
    text("name"),
    text("detail"),
    big("created_on"),
    UniqueConstraint("repository_id", "slug", name="environments_slug"),
    sqlite_with_rowid=False,
)

deployments = Table(
    "deployments",
    metadata,
    key(),
    reference("repository_id", "repositories.id"),
    reference("environment_id", "environments.id"),
    text("detail"),
    big("created_on"),
    Index("deployments_by_age", "repository_id", "created_on", "id"),
    Index("deployments_environment", "environment_id"),
    sqlite_with_rowid=False,
)

# Files that are offered beside the code. ``file`` is its name on the disk.
downloads = Table(
    "downloads",
    metadata,
    reference("repository_id", "repositories.id", key=True),
    Column("name", Text, primary_key=True, nullable=False),
    text("file"),
    big("size"),
    Column("user_id", Text, ForeignKey("users.id", ondelete="SET NULL")),
    big("fetched"),
    big("created_on"),
    sqlite_with_rowid=False,
)

# What applications keep. ``subject`` is what it is about within the repository or the user: a commit, or nothing.
properties = Table(
    "properties",
    metadata,
    key(),
    reference("repository_id", "repositories.id", nullable=True),
    reference("user_id", "users.id", nullable=True),
    text("subject"),
    text("app_key"),
    text("name"),
    text("value"),
    Column("changed_by", Text, ForeignKey("users.id", ondelete="SET NULL")),
    Column("changed_on", BigInteger, nullable=False),
    Index("properties_of_repository", "repository_id", "subject", "app_key", "name", unique=True),
    Index("properties_of_user", "user_id", "subject", "app_key", "name", unique=True),
    sqlite_with_rowid=False,
)

# What people are told at the page of a repository that is no more.
moved_repositories = Table(
    "moved_repositories",
    metadata,
    reference("workspace_id", "workspaces.id", key=True),
    Column("slug", Text, primary_key=True, nullable=False),
    text("address"),
    number("is_private"),
    big("deleted_on"),
    sqlite_with_rowid=False,
)

# The names that repositories had: what stood at such an address is found where it is now.
renamed_repositories = Table(
    "renamed_repositories",
    metadata,
    reference("workspace_id", "workspaces.id", key=True),
    Column("slug", Text, primary_key=True, nullable=False),
    reference("repository_id", "repositories.id"),
    Index("renamed_repositories_to", "repository_id"),
    sqlite_with_rowid=False,
)

# Repositories that are copied from elsewhere. ``repository_id`` is of one that is not there before its end.
imports = Table(
    "imports",
    metadata,
    key(),
    reference("user_id", "users.id"),
    reference("workspace_id", "workspaces.id"),
    text("project_id"),
    text("repository_id"),
    text("slug"),
    text("name"),
    text("source"),
    text("state"),
    text("said"),
    big("started_on"),
    big("seen_on"),
    Index("imports_of_user", "user_id", "started_on"),
    Index("imports_by_state", "state", "seen_on"),
    Index("imports_workspace", "workspace_id"),
    sqlite_with_rowid=False,
)
