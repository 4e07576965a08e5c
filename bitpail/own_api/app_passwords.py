"""App passwords of whoever asks: made, listed, rotated, revoked. A secret goes out once."""

import time

import msgspec

from bitpail.model.app_passwords import AppPassword, SecretState
from bitpail.model.users import User
from bitpail.own_api.request import OwnRequest
from bitpail.policy import durations
from bitpail.policy.secrets import Secret
from bitpail.services import app_passwords as service
from bitpail.services import ensure as ensuring
from bitpail.services import leaks, managing
from bitpail.services.app_passwords import Wanted
from bitpail.wire import own_api as wire

_MOST_SECRETS = 100


async def listed(request: OwnRequest, user: User) -> wire.AppPasswords:
    """``GET /app-passwords``: those that may be managed, oldest first."""
    revoked = request.flag("revoked")
    found = await service.of_user(request.site, user, request.how.kind, include_revoked=revoked)
    return await page_of(request, [(user, one) for one in found])


async def page_of(request: OwnRequest, listed: list[tuple[User, AppPassword]]) -> wire.AppPasswords:
    """The page that is asked for of those that may be managed, each with its user."""
    page = request.page()
    may = {one.id for one in await managing.allowed(request.site, request.actor, [one for _, one in listed])}
    found = [(user, one) for user, one in listed if one.id in may]
    some = found[page.offset : page.offset + page.pagelen]
    more = page.offset + page.pagelen < len(found)
    return wire.AppPasswords(
        size=len(found),
        page=page.page,
        pagelen=page.pagelen,
        values=tuple([await request.shown(user, one) for user, one in some]),
        next=request.neighbour(page.page + 1) if more else None,
        previous=request.neighbour(page.page - 1) if page.page > 1 else None,
    )


async def one(request: OwnRequest, user: User) -> wire.AppPassword:
    """``GET /app-passwords/{app_password}``; a revoked one by its id."""
    return await request.shown(user, await request.found(user))


async def create(request: OwnRequest, user: User) -> wire.NewSecret:
    """``POST /app-passwords``."""
    wanted = _wanted(await request.json(wire.Wanted))
    made, secret = await service.create(request.site, user, wanted, request.how)
    return await _new(request, user, made, secret)


async def ensure(request: OwnRequest, user: User) -> wire.Ensured:
    """``PUT /app-passwords/{app_password}``: as wanted, whatever there is; the label is the path's."""
    body = await request.json(wire.Described)
    described = _wanted(wire.Wanted(label=request.parameters["app_password"], **msgspec.structs.asdict(body)))
    done = await ensuring.ensure(
        request.site, user, described, request.how.may, replace=request.flag("replace")
    )
    return wire.Ensured(
        state=done.state,
        username=user.username,
        app_password=await request.shown(user, done.app_password),
        differences=done.differences,
        secret=done.secret.reveal() if done.secret else None,
    )


async def revoke(request: OwnRequest, user: User) -> None:
    """``DELETE /app-passwords/{app_password}``."""
    await service.revoke(request.site, user, await request.label(user), request.how)


async def rotation(request: OwnRequest, user: User) -> wire.Rotation:
    """``GET .../rotation``: whether the old secret is still used, and from where."""
    found = await service.rotation(request.site, user, await request.label(user), request.how)
    if found is None:
        return wire.Rotation(old=None, new=None)
    return wire.Rotation(old=_state(found.old), new=_state(found.new))


async def rotate(request: OwnRequest, user: User) -> wire.NewSecret:
    """``POST .../rotation``: a new secret, while the old one goes on for a while."""
    grace = durations.seconds((await request.json(wire.ToRotate)).grace)
    label = await request.label(user)
    rotated, secret = await service.rotate(request.site, user, label, grace, request.how)
    return await _new(request, user, rotated, secret)


async def finish(request: OwnRequest, user: User) -> None:
    """``POST .../rotation/finish``: the old secret ends now."""
    await service.finish_rotation(request.site, user, await request.label(user), request.how)


async def roll_back(request: OwnRequest, user: User) -> None:
    """``POST .../rotation/roll-back``: the new secret is forgotten."""
    await service.roll_back_rotation(request.site, user, await request.label(user), request.how)


async def live(request: OwnRequest, user: User) -> wire.FoundSecrets:
    """``POST /leaks/check``: which of some secrets are live; nothing happens to them."""
    asked = (await request.json(wire.Secrets)).secrets[:_MOST_SECRETS]
    found: list[wire.LiveSecret | None] = []
    for text in asked:
        one = await leaks.live(request.site, Secret(text))
        if one is None:
            found.append(None)
        elif await leaks.is_known_to(request.site, user, one):
            found.append(wire.LiveSecret(**msgspec.structs.asdict(leaks.owned(one))))
        else:
            found.append(wire.LiveSecret(username="", label="", what=one.what))
    return wire.FoundSecrets(live=tuple(found))


def _state(secret: SecretState) -> wire.SecretState:
    """What may be told about one secret."""
    return wire.SecretState(
        created_on=wire.moment(secret.created_on),
        ends_on=wire.moment_or_none(secret.ends_on),
        last_used_on=wire.moment_or_none(secret.last_used_on),
        last_used_address=secret.last_used_address,
        last_used_client=secret.last_used_client,
    )


async def _new(request: OwnRequest, user: User, one: AppPassword, secret: Secret) -> wire.NewSecret:
    return wire.NewSecret(
        username=user.username, app_password=await request.shown(user, one), secret=secret.reveal()
    )


def _wanted(body: wire.Wanted) -> Wanted:
    given = msgspec.structs.asdict(body)
    expires = given.pop("expires")
    lifetime = durations.seconds_until(expires, time.time()) if expires is not None else None
    return Wanted(lifetime=lifetime, **given)
