"""For administrators: accounts, the policy for app passwords, the audit log.

No account is made with an app password: a new one with a password known to its
maker would be more than the app password may be.
"""

from collections.abc import AsyncGenerator

import msgspec
from msgspec import UNSET
from starlette.responses import Response, StreamingResponse

from bitpail.errors import Invalid
from bitpail.model.audit import Filter, Kind
from bitpail.model.site_policy import SitePolicy
from bitpail.model.users import User
from bitpail.own_api.request import OwnRequest
from bitpail.policy import durations
from bitpail.policy.decide import Decision
from bitpail.policy.secrets import Secret
from bitpail.services import audit, site_policy, users
from bitpail.services.access import Refused
from bitpail.services.clock import now
from bitpail.wire import own_api as wire

JSON_LINES = "application/x-ndjson"
_SECOND = 1_000_000


async def listed(request: OwnRequest, user: User) -> list[wire.User]:  # noqa: ARG001 - the shape of a handler
    """``GET /users``."""
    return [_shown(one) for one in await users.every(request.site)]


async def create(request: OwnRequest, user: User) -> wire.User:  # noqa: ARG001 - the shape of a handler
    """``POST /users``; without a password nobody can log in to it until one is set."""
    actor = request.actor
    if actor.app_password is not None:
        raise Refused(Decision.LIMIT, actor, request.need, limit="accounts are made in a browser session")
    body = await request.json(wire.NewUser)
    made = await users.create(
        request.site,
        body.username,
        email=body.email,
        display_name=body.display_name,
        password=Secret(body.password) if body.password is not None else None,
        is_admin=body.is_admin,
    )
    return _shown(made)


async def disable(request: OwnRequest, user: User) -> None:
    """``POST /users/{username}/disable``; not oneself, or nobody could undo it."""
    if request.parameters["username"].lower() == user.username.lower():
        raise Invalid("you can't switch your own account off")
    await users.set_active(request.site, request.parameters["username"], active=False, by=user.username)


async def enable(request: OwnRequest, user: User) -> None:
    """``POST /users/{username}/enable``."""
    await users.set_active(request.site, request.parameters["username"], active=True, by=user.username)


async def policy(request: OwnRequest, user: User) -> SitePolicy:  # noqa: ARG001 - the shape of a handler
    """``GET /policy``."""
    return await site_policy.current(request.site)


async def put_policy(request: OwnRequest, user: User) -> SitePolicy:
    """``PUT /policy``: as a whole; what is not given is not ruled, but an announced day stays announced."""
    return await site_policy.put(request.site, await _wanted(request), by=user.username)


async def _wanted(request: OwnRequest) -> SitePolicy:
    body = await request.json(wire.Policy)
    announced = body.existing_from
    if announced is UNSET:
        announced = (await site_policy.current(request.site)).existing_from
    return SitePolicy(
        longest_lifetime=body.longest_lifetime,
        forbidden=body.forbidden,
        networks=body.networks,
        places_required=body.places_required,
        existing_from=announced,
    )


async def check_policy(request: OwnRequest, user: User) -> list[wire.Breach]:  # noqa: ARG001 - the shape of a handler
    """``POST /policy/check``: which app passwords would break a policy that is only thought of."""
    found = await site_policy.breaches(request.site, site_policy.checked(await _wanted(request)))
    return [
        wire.Breach(
            username=one.username,
            label=one.label,
            reasons=tuple(one.reasons),
            becomes=tuple(one.becomes),
            what=one.what,
            place=one.place,
        )
        for one in found
    ]


async def events(request: OwnRequest, user: User) -> Response:  # noqa: ARG001 - the shape of a handler
    """``GET /audit``: JSON lines, the oldest first."""
    query = request.query
    if query.get("kind") and query["kind"] not in set(Kind):
        raise Invalid(f"no kind of event {query['kind']!r} (one of: {', '.join(Kind)})")
    whose = (await users.named(request.site, query["user"])).id if query.get("user") else ""
    since = durations.since(query["since"], now() / _SECOND) * _SECOND if query.get("since") else 0
    wanted = Filter(whose, query.get("kind", ""), since, place=query.get("place", ""))

    async def lines() -> AsyncGenerator[bytes, None]:
        async for event in audit.every(request.site, wanted):
            yield msgspec.json.encode(audit.shown(event)) + b"\n"

    return StreamingResponse(lines(), media_type=JSON_LINES)


def _shown(one: User) -> wire.User:
    return wire.User(
        username=one.username,
        display_name=one.display_name,
        uuid=f"{{{one.id}}}",
        is_admin=one.is_admin,
        is_active=one.is_active,
        created_on=wire.moment(one.created_on),
    )
