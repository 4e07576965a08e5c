"""Pushes without a client: the bytes that git sends, given to the transport directly."""

from bitpail.git import transport
from bitpail.git.directories import GitDirectory
from bitpail.git.transport import Limits, Service
from bitpail.wire.packet_lines import FLUSH, encode

LIMITS = Limits(timeout=120, idle=60)
ZERO = "0" * 40


async def pieces(*parts):
    for part in parts:
        yield part


def pack(client, *wanted):
    names = "".join(f"{name}\n" for name in wanted)
    return client.raw("pack-objects", "--revs", "--stdout", "-q", stdin=names.encode())


def push_request(client, *updates):
    """Updates are (old, new, name); the pack holds all of the new ones."""
    lines = [f"{old} {new} {name}".encode() for old, new, name in updates]
    lines[0] += b"\0report-status side-band-64k agent=test session-id=abc"
    new = [new for _, new, _ in updates if new != ZERO]
    commands = b"".join(map(encode, lines)) + FLUSH
    return commands + (pack(client, *new) if new else b"")


async def accept(pushed):
    return []


async def push(server, hooks, request, judge=accept, *, adopted=False, **options):
    directory = GitDirectory(server.directory, adopted)
    served = transport.serve(
        directory, Service.RECEIVE_PACK, None, pieces(request), LIMITS, judge=judge, hooks=hooks, **options
    )
    return b"".join([piece async for piece in served]).decode(errors="replace")


def refs(repository):
    return repository.git("for-each-ref", "--format=%(objectname) %(refname)")


def leftovers(repository):
    objects = repository.directory / "objects"
    return [
        entry.name
        for entry in objects.iterdir()
        if len(entry.name) != 2 and entry.name not in {"info", "pack"}
    ]
