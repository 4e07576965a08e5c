"""Every page, with its route and the way to it: the one list for all tests of each page, and for the pictures."""

from collections.abc import Callable
from typing import NamedTuple

from support.browser import PASSWORD
from support.visitor import APP_PASSWORDS, SETTINGS, Visitor
from support.world import World

from bitpail.model.one_time_links import Purpose
from bitpail.services import administration
from bitpail.web import access_tokens
from bitpail.web.routes import ROUTES

Way = Callable[[Visitor, World], object]

API = "/bitpail/1/docs"
"""The one page of the own API's door."""

_ONE = f"{APP_PASSWORDS}{{id}}"
TOKENS = f"{SETTINGS}api-tokens/"
_TOKEN = f"{TOKENS}{{id}}"
_OF_REPOSITORY = "/acme/notes/admin/access-tokens"

_SOURCE = "/{workspace}/{repo_slug}/src/{commit}/{path...?}"
_HISTORY = "/acme/history"
_REPOSITORY = "/{workspace}/{repo_slug}"
_WIKI = f"{_REPOSITORY}/wiki"
_CONSUMERS = "/acme/workspace/settings/oauth-consumers"
_CONSUMERS_ROUTE = "/{workspace}/workspace/settings/oauth-consumers"
_APPS = f"{SETTINGS}app-authorizations"
_AUTHORIZE = "/site/oauth2/authorize"

_COMMIT = "/{workspace}/{repo_slug}/commits/{commit}"

_ADMIN = "/{workspace}/{repo_slug}/admin"
_WORKSPACE = "/{workspace}/workspace"
_PROJECT = f"{_WORKSPACE}/projects/{{project_key}}"

NO_PAGES = {
    "/account": "leads on to the settings",
    "/static/{name}": "style, script and icon",
    "/users/{selected_user}/avatar": "a picture",
    "/workspaces/{workspace}/avatar": "likewise",
    "/{workspace}/{repo_slug}/avatar": "likewise",
    "/{workspace}/{repo_slug}/avatar/{size}": "likewise",
    "/{workspace}/workspace/projects/{project_key}/avatar": "likewise",
    "/{workspace}/workspace/projects/{project_key}/avatar/{size}": "likewise",
    "/{workspace}/{repo_slug}/branch/{name...}": "leads on to the branch's history",
    f"{_COMMIT}/raw": "differences as text",
    "/{workspace}/{repo_slug}/raw/{commit}/{path...}": "a file as it is",
    "/{workspace}/{repo_slug}/last-changes/{commit}/{path...?}": "what the script puts into a directory's page",
    "/{workspace}/{repo_slug}/wiki": "leads on to its first page",
    "/{workspace}/{repo_slug}/wiki/raw/{path...}": "a file as it is",
    "/{workspace}/{repo_slug}/downloads/{filename}": "leads on to the file",
    "/{workspace}/{repo_slug}/get/{name...}": "an archive",
    "/admin/audit/export": "JSON lines to be kept",
    **{
        f"{place}/{{id}}{rest}": "the same page as of a repository's"
        for place in (access_tokens.OF_PROJECT, access_tokens.OF_WORKSPACE)
        for rest in ("", "/revoke")
    },
}
"""Routes that a GET reaches and that show no page."""


class Page(NamedTuple):
    """``route`` is as in the table of routes, without a slash at the end; ``inside`` says who looks: Ada or nobody."""

    name: str
    route: str
    way: Way
    inside: bool = True


def _at(path: str) -> Way:
    return lambda visitor, world: visitor.go(path.format_map(world.ids))


def _simple(name: str, path: str) -> Page:
    return Page(name, path.rstrip("/"), _at(path))


def _new_secret(visitor: Visitor, world: World) -> None:
    visitor.go(f"{APP_PASSWORDS}new?scopes=repository:write,wiki&repositories=acme/notes")
    visitor.fill(label=world.unused_label())
    visitor.press("Create")


def _new_token(visitor: Visitor, world: World) -> None:
    visitor.go(f"{TOKENS}new?scopes=read:repository:bitbucket,read:user:bitbucket")
    visitor.fill(label=world.unused_label())
    visitor.press("Create")


def _tokens_of(name: str, template: str, address: str) -> list[Page]:
    """The pages of access tokens in one kind of place; the id is that of a repository's."""
    return [
        Page(f"{name}-tokens", template, _at(f"{address}/")),
        Page(f"{name}-token-new", f"{template}/new", _at(f"{address}/new?scopes=repository:write")),
        Page(f"{name}-token-advice", f"{template}/advice", _at(f"{address}/advice/")),
    ]


def _wrong_password(visitor: Visitor, world: World) -> None:
    visitor.log_in("ada", "wrong")


def _code(visitor: Visitor, world: World) -> None:
    visitor.log_in("grace")


def _two_step_on(visitor: Visitor, world: World) -> None:
    visitor.log_in("grace")
    visitor.fill(code=world.codes.pop())
    visitor.press("Log in")
    visitor.go(f"{SETTINGS}two-step/")


def _recovery_codes(visitor: Visitor, world: World) -> None:
    _two_step_on(visitor, world)
    visitor.fill(password=PASSWORD)
    visitor.press("New recovery codes")
    world.codes = visitor.page.locator("#codes").inner_text().split()


def _confirm_email(visitor: Visitor, world: World) -> None:
    link = world.link(Purpose.CONFIRM_EMAIL, "ada", "ada@analytical.example.org")
    visitor.go(f"{SETTINGS}emails/confirm?link={link}")


def _set_password(visitor: Visitor, world: World) -> None:
    visitor.go(f"/password?link={world.link(Purpose.SET_PASSWORD, 'grace')}")


def _set_up(visitor: Visitor, world: World) -> None:
    empty = world.empty_server()
    visitor.move(empty.url)
    visitor.go(empty.do(administration.set_up_path).reveal())


def _new_user(visitor: Visitor, world: World) -> None:
    visitor.go("/admin/new-user")
    name = world.unused_label()
    visitor.fill(username=name, email=f"{name}@example.org")
    visitor.press("Create user")


def _preview(visitor: Visitor, world: World) -> None:
    visitor.go("/admin/policy/")
    visitor.fill(days="30")
    visitor.press("Preview")


def _wiki_preview(visitor: Visitor, world: World) -> None:
    visitor.go(f"{_HISTORY}/wiki/edit/Home")
    visitor.page.get_by_role("button", name="Preview").click()
    visitor.page.locator("#preview h2").first.wait_for()


def _wiki_conflict(visitor: Visitor, world: World) -> None:
    visitor.go(f"{_HISTORY}/wiki/edit/Cards")
    world.change_wiki("Cards.md", f"Cards are now of wood, {world.unused_label()}.\n")
    visitor.fill(text="Cards are of paper.")
    visitor.press("Save")


def _newcomer(visitor: Visitor, world: World) -> None:
    visitor.log_in("newcomer")
    visitor.go("/")


def _create_wrong(visitor: Visitor, world: World) -> None:
    visitor.go("/repo/create?workspace=acme")
    visitor.fill(name="Engine", description="Another one.")
    visitor.press("Create repository")


def _import_wrong(visitor: Visitor, world: World) -> None:
    visitor.go("/repo/import?workspace=acme&url=http://127.0.0.1/acme/engine.git")
    visitor.press("Import repository")


def _new_consumer(visitor: Visitor, world: World) -> None:
    visitor.go(f"{_CONSUMERS}/new")
    visitor.fill(name=world.unused_label(), callback_url="https://app.example.org/callback")
    visitor.page.get_by_label("Email").check()
    visitor.press("Create")


def _device(visitor: Visitor, world: World) -> None:
    visitor.go(f"/login/device?user_code={world.device()}")
    visitor.press("Continue")


def _git_login(visitor: Visitor, world: World) -> None:
    visitor.go(f"/login/git?user_code={world.git_login()}")
    visitor.press("Continue")


PAGES = [
    Page("log-in", "/login", _at("/login"), inside=False),
    Page("log-in-wrong", "/login", _wrong_password, inside=False),
    Page("log-in-code", "/login", _code, inside=False),
    _simple("profile", SETTINGS),
    _simple("account-password", f"{SETTINGS}password/"),
    _simple("sessions", f"{SETTINGS}sessions/"),
    _simple("activity", f"{SETTINGS}activity/"),
    _simple("ssh-keys", f"{SETTINGS}ssh-keys/"),
    Page("ssh-key-remove", f"{SETTINGS}ssh-keys/{{id}}/remove", _at(f"{SETTINGS}ssh-keys/{{key}}/remove")),
    Page("email-confirm", f"{SETTINGS}emails/confirm", _confirm_email),
    _simple("two-step-off", f"{SETTINGS}two-step/"),
    Page("two-step-on", f"{SETTINGS}two-step", _two_step_on, inside=False),
    Page("recovery-codes", f"{SETTINGS}two-step", _recovery_codes, inside=False),
    _simple("app-passwords", APP_PASSWORDS),
    Page("app-passwords-unused", APP_PASSWORDS.rstrip("/"), _at(f"{APP_PASSWORDS}?show=unused")),
    _simple("advice", f"{APP_PASSWORDS}advice/"),
    _simple("brownouts", f"{APP_PASSWORDS}brownouts/"),
    _simple("new", f"{APP_PASSWORDS}new"),
    Page(
        "new-filled",
        f"{APP_PASSWORDS}new",
        _at(f"{APP_PASSWORDS}new?scopes=repository:write&expires=30d&label=ci"),
    ),
    Page("secret", f"{APP_PASSWORDS}new", _new_secret),
    Page("one", _ONE, _at(f"{APP_PASSWORDS}{{one}}/")),
    Page("one-rotating", _ONE, _at(f"{APP_PASSWORDS}{{rotating}}/")),
    Page("revoke", f"{_ONE}/revoke", _at(f"{APP_PASSWORDS}{{one}}/revoke")),
    _simple("api-tokens", TOKENS),
    _simple("api-token-new", f"{TOKENS}new"),
    Page("api-token-secret", f"{TOKENS}new", _new_token),
    Page("api-token", _TOKEN, _at(f"{TOKENS}{{api_token}}/")),
    _simple("api-token-advice", f"{TOKENS}advice/"),
    Page("api-token-revoke", f"{_TOKEN}/revoke", _at(f"{TOKENS}{{api_token}}/revoke")),
    *_tokens_of("repository", access_tokens.OF_REPOSITORY, _OF_REPOSITORY),
    *_tokens_of("project", access_tokens.OF_PROJECT, "/acme/workspace/projects/PROJ/settings/access-tokens"),
    *_tokens_of("workspace", access_tokens.OF_WORKSPACE, "/acme/workspace/settings/access-tokens"),
    Page("access-token", f"{access_tokens.OF_REPOSITORY}/{{id}}", _at(f"{_OF_REPOSITORY}/{{token}}/")),
    Page(
        "access-token-wide", f"{access_tokens.OF_REPOSITORY}/{{id}}", _at(f"{_OF_REPOSITORY}/{{wide_token}}/")
    ),
    Page(
        "access-token-revoke",
        f"{access_tokens.OF_REPOSITORY}/{{id}}/revoke",
        _at(f"{_OF_REPOSITORY}/{{token}}/revoke"),
    ),
    _simple("oauth-apps", f"{_APPS}/"),
    Page("oauth-app-revoke", f"{_APPS}/{{id}}/revoke", _at(f"{_APPS}/{{consumer}}/revoke")),
    Page("oauth-authorize", _AUTHORIZE, _at(f"{_AUTHORIZE}?response_type=code&client_id={{client}}")),
    Page("oauth-unanswerable", _AUTHORIZE, _at(f"{_AUTHORIZE}?client_id=nobody")),
    _simple("oauth-device", "/login/device"),
    Page("oauth-device-decide", "/login/device", _device),
    Page("oauth-consumers", _CONSUMERS_ROUTE, _at(f"{_CONSUMERS}/")),
    Page("oauth-consumer-new", f"{_CONSUMERS_ROUTE}/new", _at(f"{_CONSUMERS}/new")),
    Page("oauth-consumer-secret", f"{_CONSUMERS_ROUTE}/new", _new_consumer),
    Page("oauth-consumer", f"{_CONSUMERS_ROUTE}/{{id}}", _at(f"{_CONSUMERS}/{{consumer}}")),
    Page(
        "oauth-consumer-delete", f"{_CONSUMERS_ROUTE}/{{id}}/delete", _at(f"{_CONSUMERS}/{{consumer}}/delete")
    ),
    _simple("git-login", "/login/git"),
    Page("git-login-decide", "/login/git", _git_login),
    _simple("trust-rules", f"{SETTINGS}trust-rules/"),
    _simple("trust-rule-new", f"{SETTINGS}trust-rules/new"),
    Page("trust-rule", f"{SETTINGS}trust-rules/{{id}}", _at(f"{SETTINGS}trust-rules/{{rule}}/")),
    _simple("denials", f"{SETTINGS}denials/"),
    Page("denial", f"{SETTINGS}denials/{{request_id}}", _at(f"{SETTINGS}denials/{{denial}}/")),
    Page("leaks", "/leaks", _at("/leaks"), inside=False),
    Page("set-up", "/setup", _set_up, inside=False),
    Page("set-password", "/password", _set_password, inside=False),
    Page("moved", "/{workspace}/{repo_slug}", _at("/acme/moved")),
    _simple("admin", "/admin/"),
    _simple("admin-users", "/admin/users/"),
    Page("admin-user", "/admin/users/{username}", _at("/admin/users/grace/")),
    _simple("admin-new-user", "/admin/new-user"),
    Page("admin-link", "/admin/new-user", _new_user),
    _simple("admin-policy", "/admin/policy/"),
    Page("admin-policy-preview", "/admin/policy", _preview),
    _simple("admin-brownouts", "/admin/brownouts/"),
    _simple("admin-year", "/admin/year/"),
    Page("workspace-year", "/{workspace}/workspace/settings/year", _at("/acme/workspace/settings/year/")),
    _simple("admin-audit", "/admin/audit/"),
    _simple("api", API),
    Page("dashboard", "/", _at("/")),
    Page("dashboard-empty", "/", _newcomer, inside=False),
    Page("dashboard-search", "/", _at("/?search=nothing")),
    Page("front", "/", _at("/"), inside=False),
    Page("create", "/repo/create", _at("/repo/create?workspace=acme")),
    Page("create-wrong", "/repo/create", _create_wrong),
    Page("fork", "/{workspace}/{repo_slug}/fork", _at("/acme/engine/fork")),
    Page("import", "/repo/import", _at("/repo/import")),
    Page("import-wrong", "/repo/import", _import_wrong),
    Page("import-running", "/repo/import/{id}", _at("/repo/import/{running}")),
    Page("import-done", "/repo/import/{id}", _at("/repo/import/{done}")),
    Page("import-failed", "/repo/import/{id}", _at("/repo/import/{failed}")),
    Page("settings", f"{_ADMIN}", _at("/acme/engine/admin/")),
    Page("settings-access", f"{_ADMIN}/permissions", _at("/acme/engine/admin/permissions/")),
    Page("settings-branches", f"{_ADMIN}/branch-permissions", _at("/acme/engine/admin/branch-permissions/")),
    Page("settings-keys", f"{_ADMIN}/access-keys", _at("/acme/engine/admin/access-keys/")),
    Page("settings-reviewers", f"{_ADMIN}/default-reviewers", _at("/acme/engine/admin/default-reviewers/")),
    Page("settings-transfer", f"{_ADMIN}/transfer", _at("/acme/engine/admin/transfer/")),
    Page("settings-delete", f"{_ADMIN}/delete", _at("/acme/engine/admin/delete/")),
    Page("members", f"{_WORKSPACE}/members", _at("/acme/workspace/members/")),
    Page("groups", f"{_WORKSPACE}/groups", _at("/acme/workspace/groups/")),
    Page("group", f"{_WORKSPACE}/groups/{{group_slug}}", _at("/acme/workspace/groups/builders/")),
    Page("projects", f"{_WORKSPACE}/projects", _at("/acme/workspace/projects/")),
    Page("project", _PROJECT, _at("/acme/workspace/projects/MILL/")),
    Page("project-new", f"{_WORKSPACE}/create-project", _at("/acme/workspace/create-project/")),
    Page("project-settings", f"{_PROJECT}/settings", _at("/acme/workspace/projects/MILL/settings/")),
    Page("project-access", f"{_PROJECT}/permissions", _at("/acme/workspace/projects/MILL/permissions/")),
    Page("workspace-settings", f"{_WORKSPACE}/settings", _at("/acme/workspace/settings/")),
    Page("workspace", "/{workspace}", _at("/acme/")),
    Page("workspace-search", "/{workspace}", _at("/acme/?search=no")),
    Page("repository", "/{workspace}/{repo_slug}", _at("/acme/engine/")),
    Page("repository-empty", "/{workspace}/{repo_slug}", _at("/acme/blank/")),
    Page("source", "/{workspace}/{repo_slug}/src", _at("/acme/engine/src/")),
    Page("directory", _SOURCE, _at("/acme/engine/src/main/docs/")),
    Page("file", _SOURCE, _at("/acme/engine/src/main/engine/cards.py#lines-4:6")),
    Page("file-rendered", _SOURCE, _at("/acme/engine/src/main/docs/use.md")),
    Page("file-picture", _SOURCE, _at("/acme/engine/src/main/docs/engine.svg")),
    Page("directory-changes", _SOURCE, _at("/acme/engine/src/main/?changes=1")),
    Page(
        "blame",
        "/{workspace}/{repo_slug}/annotate/{commit}/{path...}",
        _at("/acme/history/annotate/main/notes.py"),
    ),
    Page(
        "file-history",
        "/{workspace}/{repo_slug}/history-node/{commit}/{path...?}",
        _at("/acme/history/history-node/main/notes.py"),
    ),
    Page("find-file", "/{workspace}/{repo_slug}/find/{commit}", _at("/acme/engine/find/main?q=engine")),
    Page("search", "/{workspace}/{repo_slug}/search", _at("/acme/engine/search/?q=columns")),
    Page(
        "edit",
        "/{workspace}/{repo_slug}/edit/{commit}/{path...}",
        _at("/acme/engine/edit/main/engine/cards.py"),
    ),
    Page(
        "create-file",
        "/{workspace}/{repo_slug}/create-file/{commit}/{path...?}",
        _at("/acme/engine/create-file/main/docs"),
    ),
    Page(
        "delete-file",
        "/{workspace}/{repo_slug}/delete-file/{commit}/{path...}",
        _at("/acme/engine/delete-file/main/Makefile"),
    ),
    Page("commits", "/{workspace}/{repo_slug}/commits", _at("/acme/history/commits/")),
    Page(
        "commits-of-branch",
        "/{workspace}/{repo_slug}/commits/branch/{name...}",
        _at("/acme/history/commits/branch/side"),
    ),
    Page(
        "commits-of-tag",
        "/{workspace}/{repo_slug}/commits/tag/{name...}",
        _at("/acme/history/commits/tag/v1"),
    ),
    Page("commit", _COMMIT, _at("/acme/history/commits/{change}")),
    Page("commit-split", _COMMIT, _at("/acme/history/commits/{change}?view=split")),
    Page("commit-merge", _COMMIT, _at("/acme/history/commits/{merge}")),
    Page("branches", f"{_REPOSITORY}/branches", _at(f"{_HISTORY}/branches/")),
    Page("branches-none", f"{_REPOSITORY}/branches", _at("/acme/blank/branches/")),
    Page("tags", f"{_REPOSITORY}/tags", _at(f"{_HISTORY}/tags/")),
    Page("tags-none", f"{_REPOSITORY}/tags", _at("/acme/blank/tags/")),
    Page("compare", f"{_REPOSITORY}/branches/compare", _at(f"{_HISTORY}/branches/compare")),
    Page(
        "compare-two",
        f"{_REPOSITORY}/branches/compare/{{spec...}}",
        _at(f"{_HISTORY}/branches/compare/main..v1"),
    ),
    Page("downloads", f"{_REPOSITORY}/downloads", _at(f"{_HISTORY}/downloads/")),
    Page("downloads-none", f"{_REPOSITORY}/downloads", _at("/acme/blank/downloads/")),
    Page("archives", f"{_REPOSITORY}/downloads", _at(f"{_HISTORY}/downloads/?tab=tags")),
    Page("wiki", f"{_WIKI}/{{path...}}", _at(f"{_HISTORY}/wiki/Home")),
    Page("wiki-empty", f"{_WIKI}/{{path...}}", _at("/acme/blank/wiki/Home")),
    Page("wiki-missing", f"{_WIKI}/{{path...}}", _at(f"{_HISTORY}/wiki/None")),
    Page("wiki-off", f"{_WIKI}/{{path...}}", _at("/acme/plain/wiki/Home")),
    Page("wiki-view", f"{_WIKI}/view/{{path...}}", _at(f"{_HISTORY}/wiki/view/Home")),
    Page("wiki-pages", f"{_WIKI}/browse", _at(f"{_HISTORY}/wiki/browse")),
    Page("wiki-search", f"{_WIKI}/search", _at(f"{_HISTORY}/wiki/search?q=cards")),
    Page("wiki-new", f"{_WIKI}/create/{{path...?}}", _at(f"{_HISTORY}/wiki/create/")),
    Page("wiki-edit", f"{_WIKI}/edit/{{path...}}", _at(f"{_HISTORY}/wiki/edit/Home")),
    Page("wiki-preview", f"{_WIKI}/edit/{{path...}}", _wiki_preview),
    Page("wiki-conflict", f"{_WIKI}/edit/{{path...}}", _wiki_conflict),
    Page("wiki-delete", f"{_WIKI}/delete/{{path...}}", _at(f"{_HISTORY}/wiki/delete/Cards")),
    Page("wiki-history", f"{_WIKI}/history/{{path...}}", _at(f"{_HISTORY}/wiki/history/Home")),
    Page("wiki-diff", f"{_WIKI}/diff/{{spec}}", _at(f"{_HISTORY}/wiki/diff/main")),
    Page("not-found", "", _at("/account/nothing")),
    Page("path-not-found", _SOURCE, _at("/acme/history/src/main/docs/nothing.md")),
]


def routes_of_pages() -> set[str]:
    """Whatever a GET reaches at the doors that make pages, without what shows none."""
    return {route.template for route in ROUTES if route.method == "GET"} - NO_PAGES.keys() | {API}
