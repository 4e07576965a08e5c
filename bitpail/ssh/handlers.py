"""What each row of the table does once access was granted."""

from contextlib import aclosing

from bitpail.errors import Invalid
from bitpail.model.access import Access
from bitpail.services import stateful
from bitpail.ssh.call import Call


async def upload_pack(call: Call, access: Access) -> None:
    """A fetch or clone, all its rounds."""
    pieces = stateful.fetch(call.site, access, call.again, call.protocol, aiter(call.incoming))
    async with aclosing(pieces):
        async for piece in pieces:
            await call.outgoing.send(piece)


async def receive_pack(call: Call, access: Access) -> None:
    """A push."""
    pieces = stateful.push(call.site, access, call.protocol, aiter(call.incoming))
    async with aclosing(pieces):
        async for piece in pieces:
            await call.outgoing.send(piece)


async def upload_archive(call: Call, access: Access) -> None:  # noqa: ARG001 - the shape of a handler
    """Refused: it would take apart any tree that somebody names, unasked by the gates of a fetch."""
    raise Invalid("git archive --remote is not available here; clone instead, --depth 1 if it is large")
