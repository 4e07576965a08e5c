"""Who asks, and what anybody may know: the presets."""

from bitpail.model.access import Actor
from bitpail.model.users import User
from bitpail.own_api.request import OwnRequest
from bitpail.policy.presets import PRESETS
from bitpail.policy.scopes import minimal
from bitpail.services import places
from bitpail.wire import own_api as wire


async def me(request: OwnRequest, user: User) -> wire.Account:
    """``GET /account``: who asks, and what the credential may do."""
    actor = request.actor
    return wire.Account(
        username=user.username,
        is_admin=user.is_admin,
        permissions=minimal(actor.scopes),
        app_password=await request.shown(user, actor.app_password) if actor.app_password else None,
        narrowed=await _narrowed(request, user),
    )


async def _narrowed(request: OwnRequest, user: User) -> wire.Narrowed | None:
    actor = request.actor
    if actor.narrowed is None or actor.app_password is None:
        return None
    to = []
    for one in actor.app_password.limits.also:
        named = await places.named(request.site, user, one)
        to.append(
            wire.NarrowedTo(repositories=named.repositories, branches=one.branches, read_only=one.read_only)
        )
    return wire.Narrowed(name=actor.narrowed, to=tuple(to))


async def presets(request: OwnRequest, actor: Actor) -> list[wire.Preset]:  # noqa: ARG001 - the shape of a handler
    """``GET /presets``: permissions for common tools, with the reason for every one."""
    return [
        wire.Preset(
            name=preset.name,
            title=preset.title,
            reasons=tuple(wire.Reason(permission=one.permission, why=one.why) for one in preset.reasons),
        )
        for preset in PRESETS.values()
    ]
