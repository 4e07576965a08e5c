"""By which fields a listing of repositories may be asked, and where each one stands in the database."""

from sqlalchemy import ColumnElement, Text, literal_column

from bitpail.store.queries import Field
from bitpail.store.tables import projects, repositories, workspaces
from bitpail.wire.query_kinds import Kind

_c = repositories.c


def _text(value: str) -> ColumnElement[str]:
    return literal_column(f"'{value}'", Text)


def _braced(column: ColumnElement[str]) -> ColumnElement[str]:
    return _text("{") + column + _text("}")


FIELDS = {
    "type": Field(_text("repository")),
    "scm": Field(_text("git")),
    "uuid": Field(_braced(_c.id)),
    "full_name": Field(workspaces.c.slug + _text("/") + _c.slug),
    **{
        name: Field(_c[name])
        for name in ("name", "slug", "description", "website", "language", "fork_policy")
    },
    **{name: Field(_c[name], Kind.FLAG) for name in ("is_private", "has_wiki", "has_issues")},
    **{name: Field(_c[name], Kind.MOMENT) for name in ("created_on", "updated_on")},
    "size": Field(_c.size, Kind.NUMBER),
    "project.key": Field(projects.c.key),
    "project.name": Field(projects.c.name),
    "project.uuid": Field(_braced(projects.c.id)),
    "workspace.slug": Field(workspaces.c.slug),
    "workspace.name": Field(workspaces.c.name),
    "workspace.uuid": Field(_braced(workspaces.c.id)),
}
"""The statement has repositories joined with their projects and workspaces."""
