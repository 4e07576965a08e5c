"""One commit's files as an archive, for who may read the repository."""

from collections.abc import AsyncGenerator
from hashlib import blake2b

from msgspec import Struct

from bitpail.errors import NotFound
from bitpail.git import archives as git
from bitpail.git.revisions import Revision
from bitpail.model.access import Access
from bitpail.services.git_slots import in_turn
from bitpail.services.repositories import directory
from bitpail.services.site import Site
from bitpail.services.transfer import limits

KINDS = {".zip": "application/zip", ".tar.gz": "application/gzip", ".tar.bz2": "application/x-bzip2"}
"""How the name of one ends, and what it is."""


class Archive(Struct, frozen=True):
    """``file`` is what to call it; ``tag`` another one whenever the bytes may be others."""

    commit: str
    kind: str
    top: str
    tag: str

    @property
    def file(self) -> str:
        """Its name."""
        return self.top + self.kind


async def find(site: Site, access: Access, name: str) -> Archive:
    """The archive of that name: a branch, a tag or a commit with one of ``KINDS`` behind it.

    Raises NotFound, or Invalid.
    """
    kind = next((ending for ending in KINDS if name.endswith(ending)), None)
    if kind is None:
        raise NotFound(f"an archive ends in {', '.join(KINDS)}")
    git_directory = await directory(site, access)
    commit = await site.objects.resolve(git_directory, Revision(name.removesuffix(kind)))
    top = f"{access.workspace.slug}-{access.repository.slug}-{commit[:12]}"
    # By its attributes a file may tell of refs, and each version of git packs otherwise: hence a weak tag.
    tag = blake2b(f"{commit} {kind} {top}".encode(), digest_size=12).hexdigest()
    return Archive(commit, kind, top, f'W/"{tag}"')


async def content(site: Site, access: Access, archive: Archive) -> AsyncGenerator[bytes, None]:
    """It, in pieces, once it is its turn; raises Busy or GitError before the first."""
    kind = archive.kind.removeprefix(".")
    made = git.of_commit(await directory(site, access), archive.commit, kind, archive.top, limits(site))
    return in_turn(site.slots, access, made)
