"""Whose credentials the pages of tokens are about, how they are presented, and how one is shown."""

from typing import Any, Protocol

from msgspec import Struct
from starlette.responses import Response

from bitpail.model.app_passwords import AppPassword
from bitpail.model.credentials import CredentialKind
from bitpail.model.limits import Limits
from bitpail.model.users import User
from bitpail.policy.secrets import Secret
from bitpail.services import app_passwords as service
from bitpail.services import places
from bitpail.services.app_passwords import Wanted
from bitpail.services.managing import Managing
from bitpail.services.upcoming import SOON
from bitpail.web.commands import Commands
from bitpail.web.pages import render
from bitpail.web.request import WebRequest

NO_EXAMPLE = "WORKSPACE/REPOSITORY"


class Shown(Struct, frozen=True):
    """One of the list. ``state`` is empty while it works and goes on working."""

    app_password: AppPassword
    state: str
    limits: list[str]


class Frame(Struct, frozen=True):
    """What stands around the pages.

    ``page`` is the address of the list, with a slash at its end; ``template`` the frame; ``where`` whose
    or which place's they are; ``about`` says in a sentence or two what these tokens are, ``names`` what stands
    beside one. ``is_own``: they stand for who looks, who limits them to places and may switch their counting off.
    """

    kind: CredentialKind
    page: str
    template: str
    title: str
    about: str
    names: str
    lifetimes: tuple[tuple[str, str], ...]
    is_own: bool
    where: str
    secret: str = "token_secret.html"  # noqa: S105 - a template


class Holder(Protocol):
    """Whose they are, and how whoever looks manages them."""

    frame: Frame
    how: Managing

    async def render(self, template: str, status_code: int, **values: Any) -> Response:
        """A page in its frame, which is ``of`` in the template."""

    async def listed(self, *, include_revoked: bool) -> list[tuple[User, AppPassword]]:
        """All of them with whom each acts as, oldest first."""

    async def identified(self, token_id: str) -> tuple[User, AppPassword]:
        """One by its id; raises NotFound."""

    async def create(self, wanted: Wanted) -> tuple[AppPassword, Secret]:
        """A new one; raises Invalid, NotFound or Conflict."""

    async def limits(self, one: AppPassword) -> list[str]:
        """The limits in words."""

    async def commands(self, made: AppPassword, secret: Secret) -> Commands:
        """What is done with a new one."""


class OfPerson:
    """Whoever is logged in: a ``Holder`` but for its frame, and the commands that use one."""

    frame: Frame

    def __init__(self, request: WebRequest, user: User) -> None:
        self.request, self.user = request, user
        self.site, self.base = request.site, request.call.base
        self.how = Managing(kind=self.frame.kind)

    async def render(self, template: str, status_code: int, **values: Any) -> Response:
        """A page of one's settings."""
        return render(self.request, template, status_code, of=self.frame, **values)

    async def listed(self, *, include_revoked: bool) -> list[tuple[User, AppPassword]]:
        """All of them."""
        kind = self.frame.kind
        found = await service.of_user(self.site, self.user, kind, include_revoked=include_revoked)
        return [(self.user, one) for one in found]

    async def identified(self, token_id: str) -> tuple[User, AppPassword]:
        """One by its id."""
        return self.user, await service.identified(self.site, self.user, token_id, self.frame.kind)

    async def create(self, wanted: Wanted) -> tuple[AppPassword, Secret]:
        """A new one."""
        return await service.create(self.site, self.user, wanted, self.how)

    async def limits(self, one: AppPassword) -> list[str]:
        """In words."""
        return await limits_in_words(self.request, self.user, one)

    async def example(self, made: AppPassword) -> str:
        """A repository for commands: one in which it works, if there is one."""
        return await places.example(self.site, self.user, made.limits) or NO_EXAMPLE


def state_of(one: AppPassword, at: int) -> str:
    """Why one works no more, or not for long; empty while it works."""
    if one.revoked_on is not None:
        return "revoked"
    if one.expires_on is not None and one.expires_on <= at:
        return "expired"
    if one.expires_on is not None and one.expires_on <= at + SOON:
        return "expires soon"
    return ""


async def limits_in_words(request: WebRequest, user: User, one: AppPassword) -> list[str]:
    """The limits of one, its places by the names that the user knows."""
    return in_words(await places.names(request.site, user, one.limits), one.limits)


def in_words(places: list[str], limits: Limits) -> list[str]:
    """The limits in words, the places by their names."""
    listed = [f"only {name}" for name in places]
    listed += [f"only from {network}" for network in limits.networks]
    listed += [f"pushes only to {branch}" for branch in limits.branches]
    if limits.no_force:
        listed.append("no forced pushes")
    if limits.no_delete:
        listed.append("no deleting of branches and tags")
    return listed
