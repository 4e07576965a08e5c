"""Trust rules of whoever asks: which jobs of a CI get short-lived secrets."""

import time

import msgspec

from bitpail.model.trust_rules import Trusted
from bitpail.model.users import User
from bitpail.own_api.request import OwnRequest
from bitpail.policy import durations
from bitpail.services import app_passwords, managing
from bitpail.services import trust_rules as service
from bitpail.services.trust_rules import WantedRule
from bitpail.wire import own_api, trust_rules


async def listed(request: OwnRequest, user: User) -> list[trust_rules.TrustRule]:
    """``GET /trust-rules``: those whose app password may be managed, oldest first."""
    found = await service.of_user(request.site, user)
    allowed = await managing.allowed(request.site, request.actor, [one.app_password for one in found])
    ids = {one.id for one in allowed}
    return [await _shown(request, one) for one in found if one.app_password.id in ids]


async def create(request: OwnRequest, user: User) -> trust_rules.TrustRule:
    """``POST /trust-rules``."""
    body = await request.json(trust_rules.ToTrust)
    given = {name: getattr(body, name) for name in own_api.Wanted.__struct_fields__}
    expires = given.pop("expires")
    ends = durations.seconds_until(expires, time.time()) if expires is not None else None
    wanted = WantedRule(
        app_password=app_passwords.Wanted(lifetime=ends, **given),
        issuer=body.issuer,
        claims=body.claims,
        audience=body.audience,
        lifetime=durations.seconds(body.lifetime),
    )
    return await _shown(request, await service.create(request.site, user, wanted, request.how.may))


async def remove(request: OwnRequest, user: User) -> None:
    """``DELETE /trust-rules/{app_password}``: by its label; its app password is revoked."""
    await service.remove(request.site, user, request.parameters["app_password"], request.how.may)


async def uses(request: OwnRequest, user: User) -> list[trust_rules.TrustUse]:
    """``GET /trust-rules/{app_password}/uses``: the latest exchanges, the newest first."""
    found = await service.labelled(request.site, user, request.parameters["app_password"], request.how.may)
    return [
        trust_rules.TrustUse(used_on=own_api.moment(one.used_on), subject=one.subject, address=one.address)
        for one in await service.uses(request.site, found.rule)
    ]


async def tried(request: OwnRequest, user: User) -> list[trust_rules.Tried]:
    """``POST /id-tokens/try``: which rules an ID token fits, and why not the others."""
    token = (await request.json(trust_rules.IdToken)).token
    found = await service.tried(request.site, user, token)
    return [trust_rules.Tried(**msgspec.structs.asdict(one)) for one in found]


async def _shown(request: OwnRequest, one: Trusted) -> trust_rules.TrustRule:
    return trust_rules.TrustRule(
        label=one.app_password.label,
        issuer=one.rule.issuer,
        audience=one.rule.audience,
        claims=dict(one.rule.claims),
        lifetime=one.rule.lifetime,
        app_password=await request.shown(one.user, one.app_password),
        created_on=own_api.moment(one.rule.created_on),
        last_used_on=own_api.moment_or_none(one.rule.last_used_on),
    )
