"""Which app passwords a credential may manage: those that are no wider than itself.

Otherwise it could make a wider one, or rotate one and take its secret. A
browser session is the person, who may manage all of their own.
"""

from collections.abc import Awaitable, Callable

import msgspec
from msgspec import Struct

from bitpail.model.access import Actor, Need
from bitpail.model.app_passwords import AppPassword
from bitpail.model.credentials import CredentialKind
from bitpail.model.limits import Limits
from bitpail.model.users import User
from bitpail.policy.decide import Decision
from bitpail.policy.narrowing import Whereabouts, not_wider
from bitpail.services.access import Refused
from bitpail.services.site import Site
from bitpail.store import projects, repositories

Guard = Callable[[AppPassword], Awaitable[None]]
"""Called with an app password before it is made, changed or told of; raises Refused."""


async def any_of_them(_one: AppPassword, /) -> None:
    """The guard of who may manage all: the owner, the command line."""


class Managing(Struct, frozen=True, kw_only=True):
    """How credentials are managed: of which ``kind`` they are, which of them ``may`` be, and ``by`` whom.

    ``by`` is who acts in the name of another, of a robot; None: whose they are.
    """

    kind: CredentialKind = CredentialKind.APP_PASSWORD
    may: Guard = any_of_them
    by: User | None = None

    @property
    def whose(self) -> str:
        """The username of ``by``, for the audit log; empty if whoever acts is whose they are."""
        return self.by.username if self.by else ""


OWN_APP_PASSWORDS = Managing()
"""All of one's own."""


def guard(site: Site, actor: Actor, need: Need) -> Guard:
    """The guard of whoever acts."""
    asking = _as_presented(actor)
    if asking is None:
        return any_of_them
    if actor.narrowed is not None:
        return _refuse_narrowed(actor, need)

    async def refuse_wider(one: AppPassword) -> None:
        reasons = await _reasons(site, asking, one)
        if reasons:
            limit = f"it manages only what is no wider than itself, and of that one {'; '.join(reasons)}"
            raise Refused(Decision.LIMIT, actor, need, limit=limit)

    return refuse_wider


def _refuse_narrowed(actor: Actor, need: Need) -> Guard:
    # What it made would go on when the one it was made of has ended.
    async def refuse(_one: AppPassword, /) -> None:
        raise Refused(
            Decision.LIMIT, actor, need, limit="it is a narrowed secret, which manages no app password"
        )

    return refuse


async def allowed(site: Site, actor: Actor, listed: list[AppPassword]) -> list[AppPassword]:
    """Those of a list that whoever acts may manage."""
    asking = _as_presented(actor)
    if actor.narrowed is not None:
        return []
    return [one for one in listed if asking is None or not await _reasons(site, asking, one)]


def _as_presented(actor: Actor) -> AppPassword | None:
    one = actor.app_password
    if one is None or actor.ends_on is None:
        return one
    # The old secret of a rotation: what it makes must not outlive it, and it can't roll back.
    ends_on = min(actor.ends_on, one.expires_on or actor.ends_on)
    return msgspec.structs.replace(one, expires_on=ends_on)


async def _reasons(site: Site, asking: AppPassword, one: AppPassword) -> list[str]:
    where = await _whereabouts(site, one.limits) if asking.limits.places else Whereabouts()
    return not_wider(asking, one, where)


async def _whereabouts(site: Site, limits: Limits) -> Whereabouts:
    located = {one: await repositories.find(site.db, "{}", f"{{{one}}}", None) for one in limits.repositories}
    found = {one: await projects.by_id(site.db, one) for one in limits.projects}
    return Whereabouts(
        {one: (at.project.id, at.workspace.id) for one, at in located.items() if at},
        {one: project.workspace_id for one, project in found.items() if project},
    )
