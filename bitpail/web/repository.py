"""What every page of a repository has around its own: where one is, what one may do there, how to clone it."""

from typing import Any
from urllib.parse import quote, urlencode

from msgspec import Struct
from starlette.responses import HTMLResponse

from bitpail.model.access import Access
from bitpail.model.permissions import Permission
from bitpail.model.repositories import Repository
from bitpail.model.workspaces import Workspace
from bitpail.web.pages import render
from bitpail.web.request import WebRequest

SOURCE, COMMITS, BRANCHES = "Source", "Commits", "Branches"
DOWNLOADS, WIKI, SETTINGS = "Downloads", "Wiki", "Settings"
"""The parts of a repository, each a tab."""


class Tab(Struct, frozen=True):
    """One part of a repository and where it is."""

    name: str
    address: str


class Clone(Struct, frozen=True):
    """How git gets it: ``ssh`` is empty where there is none; ``app_password`` is a form that is filled in."""

    https: str
    ssh: str
    app_password: str


def address(workspace: Workspace, repository: Repository) -> str:
    """The front page of a repository, without a slash at its end."""
    return f"/{quote(workspace.slug, safe='')}/{quote(repository.slug, safe='')}"


def below(access: Access, part: str, *names: str) -> str:
    """A page of the repository. A slash inside of the first of ``names``, a ref, stays inside of it."""
    found = f"{address(access.workspace, access.repository)}/{part}"
    if names:
        ref, *path = names
        found = "/".join([found, segment(ref), *(segment(name, safe="/") for name in path)])
    return found


def raw_at(access: Access, commit: str, path: str) -> str:
    """A file of a commit as it is."""
    if access.need.of == "wiki":
        return f"{below(access, 'wiki/raw')}/{segment(path, safe='/')}?at={commit}"
    return below(access, "raw", commit, path)


def segment(name: str, safe: str = "") -> str:
    """A name inside an address; bytes that are not UTF-8 come back as they were."""
    try:
        raw = name.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raw = name.encode("utf-8", "replace")
    return quote(raw, safe=safe)


def render_in(
    request: WebRequest, access: Access, template: str, here: str, status_code: int = 200, **values: Any
) -> HTMLResponse:
    """A page of a repository; ``here`` is the tab that is open."""
    return render(
        request,
        template,
        status_code,
        access=access,
        workspace=access.workspace,
        repository=access.repository,
        home=address(access.workspace, access.repository),
        tabs=_tabs(request, access),
        here=here,
        clone=clone(request, access),
        may_write=request.logged_in is not None and access.held >= Permission.WRITE,
        may_administer=request.logged_in is not None and access.held >= Permission.ADMIN,
        **values,
    )


def clone(request: WebRequest, access: Access, *, wiki: bool = False) -> Clone:
    """The addresses for git, with the name of who asks."""
    https, *ssh = request.links.clone(access.workspace, access.repository)
    end = "/wiki" if wiki else ""
    name = f"{access.workspace.slug}/{access.repository.slug}"
    write = "wiki" if wiki else "repository:write" if access.held >= Permission.WRITE else "repository"
    wanted = urlencode({"scopes": write, "repositories": name, "label": f"{name}{end}"})
    return Clone(
        https["href"] + end,
        ssh[0]["href"] + end if ssh else "",
        f"/account/settings/app-passwords/new?{wanted}",
    )


def _tabs(request: WebRequest, access: Access) -> list[Tab]:
    home = address(access.workspace, access.repository)
    wiki = [Tab(WIKI, f"{home}/wiki/")] if access.repository.has_wiki else []
    tabs = [
        Tab(SOURCE, f"{home}/src/"),
        Tab(COMMITS, f"{home}/commits/"),
        Tab(BRANCHES, f"{home}/branches/"),
        Tab(DOWNLOADS, f"{home}/downloads/"),
        *wiki,
    ]
    if request.logged_in is not None and access.held >= Permission.ADMIN:
        tabs.append(Tab(SETTINGS, f"{home}/admin/"))
    return tabs
