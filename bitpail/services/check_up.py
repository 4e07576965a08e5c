"""What ``bitpail doctor`` looks at: each part by itself, with what to do if it is wrong."""

import shutil
import stat
from collections.abc import AsyncIterator

from msgspec import Struct

from bitpail.errors import BitpailError
from bitpail.git import directories, pools
from bitpail.git.directories import GitDirectory
from bitpail.git.version import check_version
from bitpail.services import keys, repositories
from bitpail.services.site import open_site
from bitpail.settings import Settings

_LEAST_FREE = 512 * 1024 * 1024


class Finding(Struct, frozen=True):
    """One thing that was looked at; ``advice`` is empty when it is well."""

    what: str
    well: bool
    advice: str = ""


async def check_git() -> None:
    """Raise ConfigurationError if the installed git is too old."""
    await check_version()


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Look at everything that a server needs, one finding at a time."""
    try:
        yield Finding(f"git {await check_version()}", well=True)
    except BitpailError as error:
        yield Finding("git", well=False, advice=error.message)
    yield _data_directory(settings)
    yield _free_space(settings)
    yield _keys(settings)
    try:
        site = await open_site(settings)
    except BitpailError as error:
        yield Finding("database", well=False, advice=error.message)
        return
    try:
        yield Finding("database", well=True)
        for located in await repositories.every(site):
            name = f"{located.workspace.slug}/{located.repository.slug}"
            try:
                directory = repositories.code_directory(site, located.repository)
            except BitpailError as error:
                yield Finding(f"repository {name}", well=False, advice=error.message)
                continue
            yield _repository(name, directory)
    finally:
        await site.close()


def _data_directory(settings: Settings) -> Finding:
    path = settings.data_path
    if not path.is_dir():
        return Finding(f"data directory {path}", well=False, advice="run 'bitpail init'")
    closed = not path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    return Finding(f"data directory {path}", closed, f"others can read it: run chmod 700 {path}")


def _free_space(settings: Settings) -> Finding:
    if not settings.data_path.is_dir():
        return Finding("free disk space", well=False, advice="there is no data directory")
    free = shutil.disk_usage(settings.data_path).free
    return Finding(f"free disk space: {free // 2**20} MiB", free > _LEAST_FREE, "make room: pushes will fail")


def _keys(settings: Settings) -> Finding:
    try:
        keys.load(settings.data_path)
    except BitpailError as error:
        return Finding("keys", well=False, advice=error.message)
    return Finding("keys", well=True)


def _repository(name: str, directory: GitDirectory) -> Finding:
    try:
        directories.locate(directory.path)
    except BitpailError as error:
        return Finding(f"repository {name}", well=False, advice=error.message)
    pool = None if directory.adopted else pools.pool_of(directory.path)
    is_whole = pool is None or (pool / "objects").is_dir()
    advice = f"what it shares with other forks is gone: put {pool} back from a backup"
    return Finding(f"repository {name}", is_whole, advice)
