"""One command on its way through the door."""

from collections.abc import Awaitable, Callable

from msgspec import Struct

from bitpail.model.access import Access, Actor, Client
from bitpail.services.site import Site
from bitpail.ssh.pump import Incoming, Outgoing


class Call(Struct):
    """``protocol`` is what the client said in GIT_PROTOCOL.

    ``again`` judges the key and the need once more: a session may be long, and
    a right may go meanwhile. Raises what the first judgement would.
    """

    site: Site
    request_id: str
    client: Client
    actor: Actor
    incoming: Incoming
    outgoing: Outgoing
    protocol: str | None
    again: Callable[[], Awaitable[Access]]
