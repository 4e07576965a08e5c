"""The pages of the access tokens of a repository, a project or a workspace, for who administers it."""

from typing import Any
from urllib.parse import quote, urlsplit

from starlette.responses import Response

from bitpail.http.routing import Opens
from bitpail.model.access import Access, Need, ProjectAccess, WorkspaceAccess
from bitpail.model.app_passwords import AppPassword
from bitpail.model.permissions import Permission
from bitpail.model.scopes import Scope
from bitpail.model.users import User
from bitpail.policy.scopes import expand
from bitpail.policy.secrets import Secret
from bitpail.services import access_tokens as service
from bitpail.services.access import to_workspace
from bitpail.services.access_tokens import Place
from bitpail.services.app_passwords import Wanted
from bitpail.services.managing import Managing
from bitpail.web import repository_settings, tokens, wanted, workspaces
from bitpail.web.commands import Command, Commands
from bitpail.web.holders import Frame, in_words
from bitpail.web.repository import SETTINGS, render_in
from bitpail.web.request import WebRequest

Held = Access | ProjectAccess | WorkspaceAccess

ADMINISTER = Need(permission=Permission.ADMIN, signed_in=True)
_SEE = Need()
OF_REPOSITORY = "/{workspace}/{repo_slug}/admin/access-tokens"
OF_PROJECT = "/{workspace}/workspace/projects/{project_key}/settings/access-tokens"
OF_WORKSPACE = "/{workspace}/workspace/settings/access-tokens"


class OfPlace:
    """A place, as whoever administers it opened it."""

    def __init__(self, request: WebRequest, held: Held) -> None:
        self._request, self._held = request, held
        self._site, self._base = request.site, request.call.base
        self._slug = held.workspace.slug
        self._place: Place
        if isinstance(held, Access):
            self._place, self._what = held.repository, "repository"
            self._name, self._example = held.repository.name, f"{self._slug}/{held.repository.slug}"
            page = f"{self._example}/admin/access-tokens"
        elif isinstance(held, ProjectAccess):
            self._place, self._what = held.project, "project"
            self._name, self._example = held.project.name, f"{self._slug}/REPOSITORY"
            page = f"{self._slug}/workspace/projects/{held.project.key}/settings/access-tokens"
        else:
            self._place, self._what = held.workspace, "workspace"
            self._name, self._example = held.workspace.name, f"{self._slug}/REPOSITORY"
            page = f"{self._slug}/workspace/settings/access-tokens"
        self.how = Managing(kind=service.kind_at(self._place), by=held.actor.user)
        self.frame = Frame(
            kind=self.how.kind,
            page=f"/{quote(page)}/",
            template="tokens_of_repository.html" if isinstance(held, Access) else "tokens_of_workspace.html",
            title="Access tokens",
            about=(
                f"Each acts as a robot that has its name and no account, in this {self._what} and nowhere "
                "else. What it may do is what its permissions are about."
            ),
            names="For git the user name beside it is x-token-auth; for the API it is a Bearer token.",
            lifetimes=wanted.LIFETIMES,
            is_own=False,
            where=self._name,
        )

    async def render(self, template: str, status_code: int, **values: Any) -> Response:
        """A page of the settings of the place."""
        held, request = self._held, self._request
        if isinstance(held, Access):
            sections = repository_settings.sections(held)
            return render_in(
                request, held, template, SETTINGS, status_code, of=self.frame, sections=sections, **values
            )
        here, above = workspaces.SETTINGS, workspaces.address(held.workspace, "settings")
        if isinstance(held, ProjectAccess):
            here, above = (
                workspaces.PROJECTS,
                workspaces.address(held.workspace, "projects", held.project.key, "settings"),
            )
            held = await to_workspace(request.site, held.actor, _SEE, held.workspace.slug)
        return await workspaces.render_at(
            request, held, template, here, status_code, of=self.frame, above=f"{above}/", **values
        )

    async def listed(self, *, include_revoked: bool) -> list[tuple[User, AppPassword]]:
        """All of them."""
        return await service.of_place(self._site, self._place, include_revoked=include_revoked)

    async def identified(self, token_id: str) -> tuple[User, AppPassword]:
        """One by its id."""
        return await service.identified(self._site, self._place, token_id)

    async def create(self, wanted: Wanted) -> tuple[AppPassword, Secret]:
        """A new one."""
        return await service.create(self._site, self._place, wanted, self.how.by)

    async def limits(self, one: AppPassword) -> list[str]:
        """In words; where it works, the page says."""
        return in_words([], one.limits)

    async def commands(self, made: AppPassword, secret: Secret) -> Commands:
        """Clone, and ask the API: what its permissions allow."""
        parts, word = urlsplit(self._base), secret.reveal()
        if Scope.REPOSITORY not in expand(made.scopes):
            return Commands([])
        address = f"{parts.scheme}://x-token-auth:{word}@{parts.netloc}/{self._example}.git"
        asked = f"{self._base}/2.0/repositories/{self._example}"
        return Commands(
            [
                Command("Clone", f"git clone {address}"),
                Command("Ask the API", f"curl --header 'Authorization: Bearer {word}' {asked}"),
            ]
        )


ROUTES = [
    *tokens.rows(OF_REPOSITORY, Opens.REPOSITORY, ADMINISTER, OfPlace),
    *tokens.rows(OF_PROJECT, Opens.PROJECT, ADMINISTER, OfPlace),
    *tokens.rows(OF_WORKSPACE, Opens.WORKSPACE, ADMINISTER, OfPlace),
]
