"""The two servers that a Git benchmark compares, which serve the same repository: ours, and nginx with git http-backend.

Every request of both is signed in at once (an Authorization header, not a name
in the URL, with which git asks twice); the peer compares plain text, we check an
app password and its rights.
"""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import histories
import peer
from client import basic
from measure import Meter, metered
from msgspec import Struct

from bitpail.services import repositories, workspaces
from bitpail.services.repositories import Wanted
from bitpail.services.site import Site
from bitpail.testing import Bitpail


class Server(Struct):
    """One of the two, its repository and how one signs in."""

    url: str
    path: str
    authorization: str
    meter: Meter

    def git_url(self) -> str:
        """What ``git clone`` takes."""
        return f"{self.url}{self.path}"

    def git(self, *arguments: str) -> bytes:
        """A git that signs in here; what it says."""
        return histories.git("-c", f"http.extraHeader=Authorization: {self.authorization}", *arguments)


def both(stack: ExitStack, repository: Path) -> dict[str, Server]:
    """Ours, which imports it, and the peer where it is installed; says so where it isn't, or isn't measured whole."""
    servers = {"bitpail": ours(stack, repository)}
    if peer.installed():
        servers["peer"] = _peers(stack, repository)
    else:
        print(f"\n{peer.MISSING}")
    if not all(server.meter.complete for server in servers.values()):
        print("\nno control group can be made here: the peer's figures lack its children, run this as root")
    return servers


def ours(stack: ExitStack, repository: Path, **settings: Any) -> Server:
    """A Bitpail of its own that has imported the repository, at rest."""
    server = stack.enter_context(Bitpail.started(**settings))
    ada = server.user("ada")
    authorization = basic("ada", server.app_password(ada, "repository:write"))

    async def bring(site: Site) -> None:
        workspace = await workspaces.named(site, "ada")
        wanted = Wanted(is_private=True)
        await repositories.import_from(
            site, workspace, "repository", str(repository), wanted, lambda _text: None
        )

    server.do(bring)
    meter = stack.enter_context(metered(f"bitpail-{server.process.pid}", server.process.pid))
    meter.settle()
    return Server(server.url, "/ada/repository.git", authorization, meter)


def _peers(stack: ExitStack, repository: Path) -> Server:
    started = stack.enter_context(peer.serving(repository.parent))
    meter = stack.enter_context(metered("peer", *started.pids))
    return Server(started.url, f"/{repository.name}", basic(peer.USERNAME, peer.PASSWORD), meter)
