"""What an app password was needed for, what would have been enough, and what was refused."""

from datetime import date, timedelta

from bitpail.model.app_passwords import AppPassword
from bitpail.model.credentials import UserName
from bitpail.model.users import User
from bitpail.own_api.request import OwnRequest
from bitpail.policy import durations
from bitpail.services import advice, denials, managing, replacements, usage
from bitpail.services import app_passwords as passwords
from bitpail.services.advice import Advised
from bitpail.services.denials import Explanation
from bitpail.wire import own_api as wire

_DAY = 86_400
_EPOCH = date(1970, 1, 1)
_WATCHED = "30d"


async def used(request: OwnRequest, user: User) -> list[wire.Use]:
    """``GET .../usage``: a row for each day and each thing it was needed for."""
    found = await usage.of_app_password(request.site, user, await request.found(user))
    return [
        wire.Use(
            day=_EPOCH + timedelta(days=row.key.day),
            permissions=tuple(row.key.scope.split()),
            repository=row.repository,
            address=row.key.address,
            client=row.key.client,
            count=row.count,
        )
        for row in found
    ]


async def advised(request: OwnRequest, user: User) -> list[wire.Advice]:
    """``GET /advice``: on each app password that may be managed."""
    listed = [(user, one) for one in await passwords.of_user(request.site, user, request.how.kind)]
    return await advised_of(request, listed)


async def advised_of(request: OwnRequest, listed: list[tuple[User, AppPassword]]) -> list[wire.Advice]:
    """Advice on those of some, each with its user, that may be managed."""
    may = {one.id for one in await managing.allowed(request.site, request.actor, [one for _, one in listed])}
    some = [(user, one) for user, one in listed if one.id in may]
    return [
        shown(each)
        for each in await advice.of_each(request.site, some, enough=request.days("after", _WATCHED))
    ]


def shown(each: Advised) -> wire.Advice:
    """Advice as it goes out."""
    one = each.app_password
    return wire.Advice(
        label=one.label,
        advice=each.advice.verdict,
        permissions=one.scopes,
        needed=each.advice.narrower,
        days=each.advice.days,
        sentence=each.advice.sentence,
        created_on=wire.moment(one.created_on),
        last_used_on=wire.moment_or_none(one.last_used_on),
    )


async def replace(request: OwnRequest, user: User) -> wire.Replacement:
    """``POST .../replacement``: a narrower one beside it; the old one expires after the grace."""
    body = await request.json(wire.ToReplace)
    site, label, grace = request.site, await request.label(user), durations.seconds(body.grace)
    if body.permissions is None:
        enough = durations.seconds(body.after) // _DAY
        done = await advice.replace_as_advised(site, user, label, grace, request.how, enough=enough)
    else:
        done = await advice.replace(site, user, label, body.permissions, grace, request.how)
    new = wire.NewSecret(
        username=UserName.ACCESS_TOKEN.value if request.how.kind.is_robot else user.username,
        app_password=await request.shown(user, done.new),
        secret=done.secret.reveal(),
    )
    return wire.Replacement(new=new, old_expires_on=wire.moment_or_none(done.old.expires_on))


async def replacing(request: OwnRequest, user: User) -> wire.Replacing:
    """``GET .../replacement``: whether the old one is still used, and from where."""
    found = await replacements.of(request.site, user, await request.found(user))
    if found is None:
        return wire.Replacing(old=None, new=None)
    await request.how.may(found.new)
    return wire.Replacing(old=await request.shown(user, found.old), new=await request.shown(user, found.new))


async def finish(request: OwnRequest, user: User) -> None:
    """``POST .../replacement/finish``: the old one is revoked now."""
    label = await request.label(user)
    await replacements.finish(request.site, user, label, request.how)


async def roll_back(request: OwnRequest, user: User) -> None:
    """``POST .../replacement/roll-back``: the narrower one is revoked, the old one goes on as before."""
    label = await request.label(user)
    await replacements.roll_back(request.site, user, label, request.how)


async def refused(request: OwnRequest, user: User) -> list[wire.Denial]:
    """``GET /denials``: the newest first."""
    found = await denials.of_user(request.site, user)
    if request.actor.app_password is None:
        return [_denial(each) for each in found]
    all_of_them = await passwords.of_user(request.site, user, include_revoked=True)
    may = {one.id for one in await managing.allowed(request.site, request.actor, all_of_them)}
    return [_denial(each) for each in found if each.known.denial.app_password_id in may]


async def why(request: OwnRequest, user: User) -> wire.Denial:
    """``GET /denials/{request_id}``."""
    found = await denials.explain(request.site, request.parameters["request_id"], user)
    if request.actor.app_password is not None:
        of = found.known.denial.app_password_id
        await request.how.may(await passwords.identified(request.site, user, of or ""))
    return _denial(found)


def _denial(found: Explanation) -> wire.Denial:
    denial = found.known.denial
    return wire.Denial(
        request_id=denial.request_id,
        at=wire.moment(denial.at),
        method=denial.method,
        path=denial.path,
        address=denial.address,
        client=denial.client,
        label=found.known.label,
        reason=denial.reason,
        required=denial.required,
        granted=denial.granted,
        detail=denial.detail,
        narrowed=denial.narrowed,
        why=found.why,
        to_do=found.to_do,
    )
