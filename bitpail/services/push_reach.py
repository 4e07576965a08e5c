"""A push makes nothing reachable but what it sent and what was reachable before.

Git takes any object that it has, whoever sent it: by its name alone somebody could
put a branch on a withdrawn secret, or a commit on its directory, and fetch it.
"""

from contextlib import aclosing

from bitpail.errors import GitError
from bitpail.git import quarantine, whole_push
from bitpail.git.directories import GitDirectory
from bitpail.git.gate import PushedRefs
from bitpail.git.sent_pack import SentPack
from bitpail.git.transport import Limits
from bitpail.services.site import Site


async def refusals(
    site: Site, directory: GitDirectory, pushed: PushedRefs, sent: SentPack, limits: Limits
) -> list[str]:
    """Lines for whoever pushes; none if there is nothing to say."""
    tips = await site.fetches.tips(directory, limits)
    new = {update.new for update in pushed.updates if update.new.strip("0")} - tips.hashes
    if not new:
        return []
    if await whole_push.is_whole(site.objects, directory, pushed.quarantine, new, tips.hashes):
        return []
    size = len(next(iter(new))) // 2
    names = sent.names(pushed.quarantine, size)
    unsent = list[bytes]()
    try:
        async with aclosing(quarantine.added(directory, pushed.quarantine, new, tips.hashes)) as added:
            async for some in added:
                unsent += names.without(some)
        if unsent:
            # Rare: what was sent and was there already, and what only an exact look finds reachable.
            unsent = (await sent.names_of_copy(directory, size)).without(unsent)
    except GitError:
        return ["the push is not complete: an object is missing or broken"]
    if not unsent or not await site.fetches.beyond(directory, tips, {name.hex() for name in unsent}):
        return []
    return [
        "the push names objects that it does not hold and that no branch or tag reaches",
        "fetch and push again; where a branch was removed meanwhile, push from a complete clone",
    ]
