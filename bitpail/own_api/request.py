"""What a handler of our own API may ask of its request, whether it came by HTTP or from the command line here."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TypeVar

from bitpail.api.request import ApiRequest, Page
from bitpail.errors import Invalid, NotFound
from bitpail.http.call import Call
from bitpail.model.access import Actor, Need
from bitpail.model.app_passwords import AppPassword
from bitpail.model.users import User
from bitpail.policy import durations
from bitpail.services import app_passwords, managing, places
from bitpail.services.managing import Managing
from bitpail.services.site import Site
from bitpail.wire import own_api as wire

T = TypeVar("T")

ID = re.compile(r"\{[0-9a-fA-F-]{36}\}")
"""An id in braces, as paths have it."""
_DAY = 86_400


class OwnRequest(ABC):
    """One request, its credential judged already. ``how`` it manages what it is about: app passwords, unless its row says else."""

    def __init__(
        self, site: Site, actor: Actor, need: Need, parameters: Mapping[str, str], query: Mapping[str, str]
    ) -> None:
        self.site = site
        self.actor = actor
        self.need = need
        self.parameters = parameters
        self.query = query
        self.how = Managing(may=managing.guard(site, actor, need))

    @abstractmethod
    async def json(self, kind: type[T]) -> T:
        """The body; raises Invalid."""

    @abstractmethod
    def page(self) -> Page:
        """Which part of a list is wanted; raises Invalid."""

    @abstractmethod
    def neighbour(self, page: int) -> str:
        """The address of another page of the same list."""

    def flag(self, name: str) -> bool:
        """``true`` or ``false`` in the query; raises Invalid."""
        text = self.query.get(name, "false")
        if text not in {"true", "false"}:
            raise Invalid(f"Invalid {name}: must be true or false")
        return text == "true"

    def days(self, name: str, default: str) -> int:
        """A span in the query, as whole days; raises Invalid."""
        return durations.seconds(self.query.get(name, default)) // _DAY

    async def found(self, user: User) -> AppPassword:
        """The app password of the path, by its label or by its id in braces. Raises NotFound or Refused."""
        name = self.parameters["app_password"]
        if not ID.fullmatch(name):
            return await app_passwords.labelled(self.site, user, name, self.how)
        one = await app_passwords.identified(self.site, user, name[1:-1].lower(), self.how.kind)
        await self.how.may(one)
        return one

    async def label(self, user: User) -> str:
        """The label of an app password that is not revoked, for services that want it. Raises as ``found``."""
        one = await self.found(user)
        if one.revoked_on is not None:
            # Its label may be another one's by now.
            raise NotFound(f"this {one.kind.words} was revoked")
        return one.label

    async def shown(self, user: User, one: AppPassword) -> wire.AppPassword:
        """An app password as it goes out, its places by name."""
        # A robot sees nothing by itself: places are named to who asks.
        looks = self.how.by if user.is_robot else user
        named, limits = await places.named(self.site, looks, one.limits), one.limits
        return wire.AppPassword(
            id=one.id,
            label=one.label,
            permissions=one.scopes,
            limits=wire.Limits(
                repositories=named.repositories,
                projects=named.projects,
                workspaces=named.workspaces,
                networks=limits.networks,
                branches=limits.branches,
                no_force=limits.no_force,
                no_delete=limits.no_delete,
            ),
            created_on=wire.moment(one.created_on),
            expires_on=wire.moment_or_none(one.expires_on),
            revoked_on=wire.moment_or_none(one.revoked_on),
            last_used_on=wire.moment_or_none(one.last_used_on),
            last_used_address=one.last_used_address,
            last_used_client=one.last_used_client,
        )


class HttpRequest(OwnRequest):
    """One that came by HTTP."""

    def __init__(self, call: Call, need: Need, parameters: dict[str, str]) -> None:
        self.call = call
        self._asked = ApiRequest(call, parameters, need)
        super().__init__(call.site, call.actor, need, parameters, self._asked.query)

    async def json(self, kind: type[T]) -> T:
        """The body, which must be JSON or nothing; raises Invalid."""
        headers = self.call.request.headers
        media_type = headers.get("content-type", "application/json").partition(";")[0].strip().lower()
        if media_type != "application/json":
            raise Invalid("the content type must be application/json")
        return await self._asked.body(kind)

    def page(self) -> Page:
        """From the query; raises Invalid."""
        return self._asked.page()

    def neighbour(self, page: int) -> str:
        """With everything else in the query."""
        return self._asked.url(page=str(page))
