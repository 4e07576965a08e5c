"""What one worker holds open: settings, keys, the database, Git objects, the last uses.

Every service takes a Site first. It belongs to the event loop that opened it.
"""

from pathlib import Path
from secrets import token_bytes

from msgspec import Struct

from bitpail.git.advertisement import Advertisements
from bitpail.git.clone_cache import CloneCache
from bitpail.git.hooks import write_hooks
from bitpail.git.kept_python import KeptPython
from bitpail.git.objects import Objects
from bitpail.git.ref_snapshot import RefSnapshots
from bitpail.model.audit import Event
from bitpail.model.denials import Denial
from bitpail.model.oauth_grants import TokenUse
from bitpail.model.ssh_keys import SshKeyUse
from bitpail.services import git_slots, keys
from bitpail.services.counts import Counts
from bitpail.services.download_counts import DownloadCounts
from bitpail.services.fetches import Fetches
from bitpail.services.git_slots import GitSlots
from bitpail.services.issuers import Issuers
from bitpail.services.jobs import Jobs
from bitpail.services.last_uses import LastUses
from bitpail.services.outbox import Outbox
from bitpail.services.throttle import Allowance, Throttle
from bitpail.services.upkeep_counts import UpkeepCounts
from bitpail.services.usage_counts import UsageCounts
from bitpail.services.write_behind import Ledger, WriteBehind
from bitpail.settings import Settings
from bitpail.store import access_keys, app_passwords, audit, denials, oauth_grants, ssh_keys
from bitpail.store.database import Database, open_database

DENIALS_KEPT = 30
"""Days for which a refusal can be explained."""
# Between two writes; a flood of refusals must not fill the memory.
_MOST_NOTED = 1000


class Site(Struct, frozen=True):
    """Open one with ``open_site``, and close it.

    ``repositories`` is the directory of all repositories, ``hooks`` that of the
    hook which asks us about each push. ``behind`` writes down what ``last_uses``,
    ``public_keys``, ``ssh_key_uses``, ``access_key_uses``, ``oauth_uses``, ``usage``, ``upkeep``, ``downloads``, ``audit`` and ``denials`` gather.
    """

    settings: Settings
    keys: keys.Keys
    db: Database
    objects: Objects
    highlighter: KeptPython
    ref_snapshots: RefSnapshots
    advertisements: Advertisements
    slots: GitSlots
    searches: GitSlots
    imports: GitSlots
    jobs: Jobs
    fetches: Fetches
    counts: Counts
    behind: WriteBehind
    last_uses: LastUses
    public_keys: Ledger[str, tuple[str, bytes]]
    ssh_key_uses: Ledger[str, SshKeyUse]
    access_key_uses: Ledger[str, SshKeyUse]
    oauth_uses: Ledger[str, TokenUse]
    usage: UsageCounts
    upkeep: UpkeepCounts
    downloads: DownloadCounts
    audit: Ledger[str, Event]
    denials: Ledger[str, Denial]
    throttle: Throttle
    reports: Throttle
    exchanges: Throttle
    git_logins: Allowance
    public_devices: Allowance
    issuers: Issuers
    recognitions: Allowance
    outbox: Outbox
    repositories: Path
    hooks: Path

    async def close(self) -> None:
        """Write down what is still in memory and end every process."""
        await self.jobs.close()
        await self.outbox.close()
        await self.behind.close()
        await self.fetches.close()
        await self.highlighter.close()
        await self.objects.close()
        await self.db.close()


async def open_site(settings: Settings) -> Site:
    """Open everything a worker needs; raise ConfigurationError with what to do next."""
    site_keys = keys.load(settings.data_path)
    db = await open_database(settings)
    behind = WriteBehind(settings.last_use_interval)
    objects = Objects()
    ref_snapshots = RefSnapshots(objects)
    clones = CloneCache(settings.data_path / "cache" / "clones", settings.clone_cache_size)
    slots = git_slots.slots(settings)
    site = Site(
        settings=settings,
        keys=site_keys,
        db=db,
        objects=objects,
        highlighter=KeptPython("bitpail.wire.highlighting"),
        ref_snapshots=ref_snapshots,
        advertisements=Advertisements(),
        slots=slots,
        searches=git_slots.searches(),
        imports=git_slots.imports(),
        jobs=Jobs(),
        fetches=Fetches(ref_snapshots, clones, slots),
        counts=Counts(),
        behind=behind,
        last_uses=LastUses(db, behind),
        public_keys=Ledger(db, behind, app_passwords.put_public_keys),
        ssh_key_uses=Ledger(db, behind, ssh_keys.touch),
        access_key_uses=Ledger(db, behind, access_keys.touch),
        oauth_uses=Ledger(db, behind, oauth_grants.touch),
        usage=UsageCounts(db, behind),
        upkeep=UpkeepCounts(db, behind),
        downloads=DownloadCounts(db, behind),
        audit=Ledger(db, behind, audit.add_all, most=_MOST_NOTED),
        denials=Ledger(db, behind, denials.add_all, most=_MOST_NOTED, days=DENIALS_KEPT, sweep=denials.sweep),
        throttle=Throttle(site_keys.cursors, settings.free_guesses),
        # Of its own: whoever reports leaks must not be slowed down elsewhere.
        reports=Throttle(token_bytes(32)),
        exchanges=Throttle(token_bytes(32), settings.free_guesses),
        # A person starts few of them, and each is a row for ten minutes.
        git_logins=Allowance(30, 60.0),
        # The same by apps that prove nothing: their key is all that it takes.
        public_devices=Allowance(30, 60.0),
        issuers=Issuers(settings.private_issuers),
        # An account password that is recognised is one that is confirmed.
        recognitions=Allowance(5, 60.0),
        outbox=Outbox(settings),
        repositories=settings.data_path / "repositories",
        hooks=settings.data_path / "hooks",
    )
    site.repositories.mkdir(mode=0o700, exist_ok=True)
    write_hooks(site.hooks)
    return site
