"""An app without a browser: it shows a short code, and somebody types that elsewhere. RFC 8628.

Whoever types it is told which app it is and what it wants, each time: a code may
have been sent to them by somebody else (section 5.4).
"""

from msgspec import Struct

from bitpail.errors import BitpailError, Conflict, NotFound
from bitpail.model.access import Client
from bitpail.model.oauth_consumers import Consumer
from bitpail.model.oauth_grants import DeviceCode, DeviceState
from bitpail.model.scopes import Scope
from bitpail.model.users import User
from bitpail.policy import oauth_scopes, secrets, user_codes
from bitpail.policy.oauth_scopes import InvalidScope
from bitpail.policy.secrets import Family, Secret
from bitpail.services import oauth_consumers
from bitpail.services.clock import now
from bitpail.services.oauth_authorization import latest_end, remember
from bitpail.services.oauth_tokens import App, TokenError
from bitpail.services.site import Site
from bitpail.store import oauth_consumers as consumers
from bitpail.store import oauth_device_codes as store

LASTS = 600
"""Seconds for which a code can be typed."""
POLL_EVERY = 5
"""Seconds that a device waits between two questions."""

_SECOND = 1_000_000


class Begun(Struct, frozen=True):
    """``device_code`` stays with the device, ``user_code`` is shown to people."""

    device_code: Secret
    user_code: str


class Waiting(Struct, frozen=True):
    """A device that waits, as the person is told of it."""

    consumer: Consumer
    workspace: str
    scopes: tuple[Scope, ...]
    code: DeviceCode


class TooManyCodes(BitpailError):
    """Too many wrong codes were typed; ``wait`` is seconds."""

    def __init__(self, wait: int) -> None:
        super().__init__(f"too many wrong codes were typed: try again in {wait} seconds")
        self.wait = wait


async def begin(site: Site, who: App, scope: str, client: Client) -> Begun:
    """A device that waits from now on. Raises TokenError."""
    if not who.is_proved and not site.public_devices.take(client.address):
        raise TokenError("temporarily_unavailable", "too many devices begin at this address", 60)
    try:
        of_app = await oauth_consumers.permissions(site, who.consumer)
        scopes = oauth_scopes.granted(of_app, oauth_scopes.parse(scope))
    except InvalidScope as wrong:
        raise TokenError("invalid_scope", wrong.message) from None
    secret, number, at = secrets.generate(Family.DEVICE_CODE), site.keys.newest, now()
    code = DeviceCode(
        lookup=secrets.lookup_name(secret),
        digest=secrets.digest(secret, site.keys.app_passwords[number]),
        key_number=number,
        user_code=user_codes.generate(),
        consumer_id=who.consumer.id,
        scopes=scopes,
        created_on=at,
        expires_on=at + LASTS * _SECOND,
        poll_every=POLL_EVERY,
        polled_on=0,
    )
    try:
        await store.create(site.db, code)
    except Conflict:
        raise TokenError("temporarily_unavailable", "try again") from None
    return Begun(secret, user_codes.shown(code.user_code))


async def waiting(site: Site, user: User, typed: str, client: Client) -> Waiting:
    """The device whose code somebody has typed. Raises NotFound, or TooManyCodes.

    Guesses are counted as wrong secrets are: eight letters are few for a machine.
    """
    tried = Secret(f"device code of {user.id} {typed}")
    wait = site.throttle.wait(tried, client.address)
    if wait:
        raise TooManyCodes(wait)
    code = user_codes.typed(typed)
    found = await store.by_user_code(site.db, code) if code else None
    is_open = found is not None and found.state is DeviceState.WAITING and found.expires_on > now()
    consumer = await consumers.by_id(site.db, found.consumer_id) if found and is_open else None
    if found is None or consumer is None:
        wait = site.throttle.wrong(tried, client.address)
        if wait:
            raise TooManyCodes(wait)
        raise NotFound("no device waits with this code: it is mistyped, used, or older than ten minutes")
    return Waiting(consumer[0], consumer[1], found.scopes, found)


async def decide(site: Site, user: User, device: Waiting, *, allow: bool) -> None:
    """Let the device have what it asks for, or not. Raises NotFound if that was decided meanwhile."""
    state = DeviceState.ALLOWED if allow else DeviceState.DENIED
    is_bounded = await latest_end(site) is not None
    async with site.db.transaction() as db:
        if not await store.decide(db, device.code.lookup, state, user.id):
            raise NotFound("this code was used meanwhile")
        if allow:
            await remember(db, user, device.consumer, device.scopes, anew=is_bounded)
