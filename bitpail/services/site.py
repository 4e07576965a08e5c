"""What one worker holds open: settings, keys, the database, Git objects, the last uses.

Every service takes a Site first. It belongs to the event loop that opened it.
"""

from pathlib import Path

from msgspec import Struct

from bitpail.git.hooks import write_hooks
from bitpail.git.objects import Objects
from bitpail.services import keys
from bitpail.services.last_uses import LastUses
from bitpail.settings import Settings
from bitpail.store.database import Database, open_database


class Site(Struct, frozen=True):
    """Open one with ``open_site``, and close it.

    ``repositories`` is the directory of all repositories, ``hooks`` that of the
    hook which asks us about each push.
    """

    settings: Settings
    keys: keys.Keys
    db: Database
    objects: Objects
    last_uses: LastUses
    repositories: Path
    hooks: Path

    async def close(self) -> None:
        """Write down what is still in memory and end every process."""
        await self.last_uses.close()
        await self.objects.close()
        await self.db.close()


async def open_site(settings: Settings) -> Site:
    """Open everything a worker needs; raise ConfigurationError with what to do next."""
    site_keys = keys.load(settings.data_path)
    db = await open_database(settings)
    site = Site(
        settings=settings,
        keys=site_keys,
        db=db,
        objects=Objects(),
        last_uses=LastUses(db, settings.last_use_interval),
        repositories=settings.data_path / "repositories",
        hooks=settings.data_path / "hooks",
    )
    site.repositories.mkdir(mode=0o700, exist_ok=True)
    write_hooks(site.hooks)
    return site
