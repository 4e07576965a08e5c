"""Which repositories are to be read again for code search: a file for each, so that every process can say so.

A mark costs a push next to nothing, outlives the process, and is the same however often it is made.
"""

from pathlib import Path

import structlog
from msgspec import Struct

from bitpail.model.repositories import RepositoryId
from bitpail.model.workspaces import WorkspaceId
from bitpail.services.site import Site

log = structlog.get_logger()

_TAKEN = ".taken"


class Mark(Struct, frozen=True):
    """A repository that may have changed, appeared or gone."""

    workspace: WorkspaceId
    repository: RepositoryId


def place(site: Site) -> Path:
    """Where indexes and marks lie: all of it can be deleted and is made again."""
    return site.settings.data_path / "cache" / "search"


def note(site: Site, workspace: WorkspaceId, repository: RepositoryId) -> None:
    """Mark one; nothing that a push should fail for."""
    if site.settings.search == "off":
        return
    try:
        _marks(site).mkdir(mode=0o700, parents=True, exist_ok=True)
        (_marks(site) / f"{workspace}.{repository}").touch(mode=0o600)
    except OSError as error:
        log.warning("search.not_marked", repository=repository, reason=str(error))


def take(site: Site) -> list[Mark]:
    """All that are waiting. Each stays until it is done, so that none is lost with the process."""
    found: dict[str, None] = {}
    marks = _marks(site)
    if not marks.exists():
        return []
    for path in sorted(marks.iterdir(), key=lambda path: path.name):
        name = path.name.removesuffix(_TAKEN)
        if path.name == name:
            # Renamed first: what is marked from now on is another mark.
            path.rename(marks / f"{name}{_TAKEN}")
        found[name] = None
    return [Mark(WorkspaceId(name[:36]), RepositoryId(name[37:])) for name in found]


def done(site: Site, mark: Mark) -> None:
    """It has been read again."""
    (_marks(site) / f"{mark.workspace}.{mark.repository}{_TAKEN}").unlink(missing_ok=True)


def _marks(site: Site) -> Path:
    return place(site) / "marks"
