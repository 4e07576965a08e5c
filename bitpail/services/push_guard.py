"""A push that holds a live app password, or another live secret of this server, is refused before it lands.

Looked at is every object that the push brings: files, their names, messages;
also the names of its refs. The refusal says where, and never what.
"""

from contextlib import aclosing

from msgspec import Struct

from bitpail.git import quarantine
from bitpail.git.directories import GitDirectory
from bitpail.git.gate import PushedRefs
from bitpail.git.quarantine import NewObject, Origin
from bitpail.model.access import Access
from bitpail.model.audit import Kind
from bitpail.model.credentials import CredentialKind
from bitpail.policy import kinds
from bitpail.policy.leaks import Found, Scanner
from bitpail.policy.secrets import scrub
from bitpail.services import audit, leaks, oauth_consumers
from bitpail.services.leaks import Live
from bitpail.services.site import Site

_MOST_NAMED = 20
_MOST_ASKED = 1000
"""Different ones that look right; a push with more of them is made to keep us busy."""


class _Hit(Struct, frozen=True):
    what: NewObject
    line: int
    live: Live


class _TooMany(Exception):
    pass


async def refusals(site: Site, access: Access, directory: GitDirectory, pushed: PushedRefs) -> list[str]:
    """Lines for whoever pushes; none if there is nothing to say."""
    if site.settings.push_guard == "off":
        return []
    guard = _Guard(site, directory)
    tips = {update.new: update.name for update in pushed.updates if update.new.strip("0")}
    try:
        found = [
            ("in the name of a branch or tag", live)
            for update in pushed.updates
            for live in await guard.in_name(update.name)
        ]
        # A push that only deletes has no quarantine.
        hits = await guard.search(pushed) if tips else []
    except _TooMany:
        return [f"the push holds more than {_MOST_ASKED} texts that look like app passwords"]
    if hits:
        named = {hit.what.hash for hit in hits}
        places = await quarantine.origins(directory, pushed.quarantine, tips, named)
        found += [(_place(hit, places.get(hit.what.hash), tips), hit.live) for hit in hits]
    if not found:
        return []
    await _tell_owners(site, access, found)
    what = f"a live {found[0][1].what}"
    lines = [f"{place}: {await _whose(site, access, live)}" for place, live in found]
    return [
        f"this push holds {what} and was refused; nothing of it was kept",
        *lines,
        "take it out of every commit that has it and push again; revoke it if anybody else has seen it",
    ]


async def _tell_owners(site: Site, access: Access, found: list[tuple[str, Live]]) -> None:
    """A line in the audit log of each secret, and a mail: the pusher may be somebody else."""
    repository = f"{access.workspace.slug}/{access.repository.slug}"
    first = {leaks.identity(live): (place, live) for place, live in reversed(found)}
    for place, live in first.values():
        if live.consumer is not None:
            audit.note(
                site,
                Kind.OAUTH_CONSUMER_SECRET_PUSHED,
                user=await oauth_consumers.stands_for(site, live.consumer),
                label=live.label,
                workspace=live.place,
                repository=repository,
                of=access.need.of,
                place=place,
            )
        else:
            audit.note(
                site,
                Kind.APP_PASSWORD_LEAKED,
                user=live.user,
                app_password=live.app_password,
                credential=live.what,
                repository=repository,
                of=access.need.of,
                place=place,
            )
        # A job that pushes the same again and again is one mail an hour.
        await leaks.tell(site, live, "pushed", once=True, repository=repository)


class _Guard:
    """One push's search; what was asked about once is remembered."""

    def __init__(self, site: Site, directory: GitDirectory) -> None:
        self._site = site
        self._directory = directory
        self._asked: dict[str, Live | None] = {}
        self._old: dict[str, bool] = {}

    async def search(self, pushed: PushedRefs) -> list[_Hit]:
        """Live ones in objects that the repository did not have, up to as many as are named."""
        hits: list[_Hit] = []
        scanner, current, header = Scanner(), None, 0
        async with aclosing(quarantine.contents(self._directory, pushed.quarantine)) as pieces:
            async for what, piece in pieces:
                if what is not current:
                    scanner, current, header = Scanner(), what, _header(what, piece)
                for found in scanner.feed(piece):
                    live = await self._live(found)
                    if live is not None and await self._is_new(what):
                        hits.append(_Hit(what, found.line - header, live))
                if len(hits) >= _MOST_NAMED:
                    break
        return hits[:_MOST_NAMED]

    async def in_name(self, name: bytes) -> list[Live]:
        """Live ones in the name of a ref."""
        asked = [await self._live(found) for found in Scanner().feed(name)]
        return [live for live in asked if live is not None]

    async def _live(self, found: Found) -> Live | None:
        text = found.secret.reveal()
        if text not in self._asked:
            if len(self._asked) >= _MOST_ASKED:
                raise _TooMany
            self._asked[text] = await leaks.live(self._site, found.secret)
        return self._asked[text]

    async def _is_new(self, what: NewObject) -> bool:
        # What completes a thin pack was there before: whoever takes a secret out must not be refused for it.
        if what.hash not in self._old:
            self._old[what.hash] = await quarantine.exists(self._directory, what.hash)
        return not self._old[what.hash]


def _header(what: NewObject, first: bytes) -> int:
    """How many lines stand before the message of a commit or tag."""
    if what.kind not in {"commit", "tag"}:
        return 0
    return first.partition(b"\n\n")[0].count(b"\n") + 2


def _place(hit: _Hit, origin: Origin | None, tips: dict[str, bytes]) -> str:
    what = hit.what
    in_message = f"its message, line {hit.line}" if hit.line > 0 else "its header"
    if what.kind == "commit":
        return f"commit {what.hash[:12]}, {in_message}"
    if what.kind == "tag":
        name = tips.get(what.hash, what.hash[:12].encode()).decode(errors="replace")
        return f"tag {scrub(name.removeprefix('refs/tags/'))}, {in_message}"
    if origin is None:
        return f"the {what.kind} {what.hash[:12]}, which no commit has"
    path = scrub(origin.path)
    if what.kind == "tree":
        return f"commit {origin.commit[:12]}, the name of a file in {path or 'the top directory'}"
    return f"commit {origin.commit[:12]}, file {path}, line {hit.line}"


async def _whose(site: Site, access: Access, live: Live) -> str:
    if not await leaks.is_known_to(site, access.actor.user, live):
        return f"{kinds.with_article(live.what)} of somebody else"
    if live.consumer is not None:
        return f'the {live.what} of "{live.label}" in the workspace {live.place}'
    is_app = live.app_password is not None and live.app_password.kind is CredentialKind.OAUTH_ACCESS_TOKEN
    return f'your {live.what} {"of the app " if is_app else ""}"{live.label}"'
