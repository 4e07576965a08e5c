"""What a client asks before it fetches or pushes: which refs there are, and what git can do.

Answered here from a snapshot of the refs, in git's words. None means that git has
to be asked itself; no answer is older than the question.
"""

from bitpail.git import plain_config
from bitpail.git.directories import GitDirectory
from bitpail.git.transport import Limits
from bitpail.model.transfer import Service
from bitpail.services.site import Site
from bitpail.wire import ls_refs as wire
from bitpail.wire.v2_request import V2Request


async def advertisement(
    site: Site,
    directory: GitDirectory,
    service: Service,
    version: int,
    limits: Limits,
    *,
    stateless: bool = True,
) -> bytes | None:
    """What the service can do and, before protocol 2, the refs.

    ``stateless``: for HTTP, where each request stands alone; otherwise as SSH has it.
    """
    config = plain_config.read(directory)
    if config is None:
        return None
    if service is Service.UPLOAD_PACK and version == 2:
        return await site.advertisements.v2(directory, config, limits, stateless=stateless)
    snapshot = await site.ref_snapshots.now(directory, config)
    if snapshot is None:
        return None
    # A push knows versions 0 and 1 only, and git answers version 2 as if it were 0.
    version = 1 if version == 1 else 0
    return await site.advertisements.refs(
        directory, config, snapshot, service, version, limits, stateless=stateless
    )


async def ls_refs(site: Site, directory: GitDirectory, request: V2Request) -> bytes | None:
    """The refs that a client of protocol v2 asked for."""
    config = plain_config.read(directory)
    if config is None:
        return None
    wanted = wire.parse(request, config.object_format)
    if wanted is None:
        return None
    snapshot = await site.ref_snapshots.now(directory, config)
    return None if snapshot is None else await snapshot.listing(wanted)
