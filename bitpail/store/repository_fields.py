"""By which fields a listing of repositories may be asked, and where each one stands in the database."""

from sqlalchemy import ColumnElement, Text, literal_column, select

from bitpail.store.queries import Field
from bitpail.store.tables import projects, repositories, workspaces
from bitpail.wire.query_kinds import Kind

_c = repositories.c


def _text(value: str) -> ColumnElement[str]:
    return literal_column(f"'{value}'", Text)


def _braced(column: ColumnElement[str]) -> ColumnElement[str]:
    return _text("{") + column + _text("}")


_projects = projects.alias("its_project")
_workspaces = workspaces.alias("its_workspace")


def _of_project(name: str) -> ColumnElement[str]:
    return (
        select(_projects.c[name])
        .where(_projects.c.id == _c.project_id)
        .correlate_except(_projects)
        .scalar_subquery()
    )


def _of_workspace(name: str) -> ColumnElement[str]:
    return (
        select(_workspaces.c[name])
        .where(_workspaces.c.id == _c.workspace_id)
        .correlate_except(_workspaces)
        .scalar_subquery()
    )


FIELDS = {
    "type": Field(_text("repository")),
    "scm": Field(_text("git")),
    "uuid": Field(_braced(_c.id)),
    "full_name": Field(_of_workspace("slug") + _text("/") + _c.slug),
    **{
        name: Field(_c[name])
        for name in ("name", "slug", "description", "website", "language", "fork_policy")
    },
    **{name: Field(_c[name], Kind.FLAG) for name in ("is_private", "has_wiki", "has_issues")},
    **{name: Field(_c[name], Kind.MOMENT) for name in ("created_on", "updated_on")},
    "size": Field(_c.size, Kind.NUMBER),
    "project.key": Field(_of_project("key")),
    "project.name": Field(_of_project("name")),
    "project.uuid": Field(_braced(_c.project_id)),
    "workspace.slug": Field(_of_workspace("slug")),
    "workspace.name": Field(_of_workspace("name")),
    "workspace.uuid": Field(_braced(_c.workspace_id)),
}
"""For statements on the table of repositories; what it doesn't hold is looked up where a query asks for it."""
