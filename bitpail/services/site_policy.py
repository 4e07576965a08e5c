"""The administrators' policy for app passwords: kept, asked when one is made, and held against those there are.

Those that were made before a policy go on working; they are listed, so that
nobody is cut off by surprise.
"""

import msgspec
from msgspec import Struct

from bitpail.errors import Invalid
from bitpail.model.app_passwords import AppPassword
from bitpail.model.audit import Kind
from bitpail.model.site_policy import NO_POLICY, SitePolicy
from bitpail.policy import limits as policy_limits
from bitpail.policy import site_policy
from bitpail.services import audit
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import app_passwords, policies

_NAME = "app_passwords"


class Breach(Struct, frozen=True):
    """An app password that works and breaks the policy."""

    username: str
    label: str
    reasons: list[str]


async def current(site: Site) -> SitePolicy:
    """The policy in force."""
    text = await policies.get(site.db, _NAME)
    return msgspec.json.decode(text, type=SitePolicy) if text else NO_POLICY


async def put(site: Site, policy: SitePolicy) -> SitePolicy:
    """Replace the policy; raises Invalid."""
    if policy.longest_lifetime is not None and policy.longest_lifetime <= 0:
        raise Invalid("the longest lifetime must be more than nothing")
    networks = tuple(policy_limits.check_network(text) for text in policy.networks)
    policy = msgspec.structs.replace(policy, networks=networks)
    async with site.db.transaction() as db:
        await policies.put(db, _NAME, msgspec.json.encode(policy).decode(), now())
        await audit.record(db, Kind.POLICY_CHANGED, policy=msgspec.to_builtins(policy))
    return policy


async def enforce(site: Site, made: AppPassword) -> None:
    """Raise Invalid unless the policy lets an app password be made."""
    broken = site_policy.breaks(await current(site), made)
    if broken:
        raise Invalid(f"the policy of this server: {'; '.join(broken)}")


async def breaches(site: Site, policy: SitePolicy | None = None) -> list[Breach]:
    """Those that work and break the policy in force, or one that is only thought of."""
    wanted = policy or await current(site)
    return [
        Breach(username, made.label, broken)
        for username, made in await app_passwords.living(site.db, now())
        if (broken := site_policy.breaks(wanted, made))
    ]
