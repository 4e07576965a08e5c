"""What a new repository may begin with: a README, a licence, a list of what git shall ignore.

Made by the rules of every repository and every push; all of it or nothing.
"""

from pathlib import Path

from msgspec import Struct

from bitpail.errors import Invalid
from bitpail.model.access import Need, WorkspaceAccess
from bitpail.model.permissions import Permission
from bitpail.model.repositories import Repository
from bitpail.services import new_commits, repositories
from bitpail.services.access import to_repository
from bitpail.services.clock import now, year
from bitpail.services.new_commits import NewFile
from bitpail.services.repositories import Wanted
from bitpail.services.site import Site

LICENCES = {
    "MIT": "MIT",
    "BSD-2-Clause": "BSD, two clauses",
    "ISC": "ISC",
    "Apache-2.0": "Apache 2.0",
}
"""By their SPDX identifiers."""

IGNORED = {
    "C": ("*.o", "*.a", "*.so", "*.d", "build/"),
    "Go": ("bin/", "*.test", "*.out", "go.work"),
    "Java": ("target/", "build/", ".gradle/", "*.class", "*.jar"),
    "JavaScript": ("node_modules/", "dist/", "coverage/", "*.tsbuildinfo", ".env"),
    "Python": ("__pycache__/", "*.pyc", ".venv/", "dist/", "build/", "*.egg-info/", ".coverage", ".env"),
    "Rust": ("target/", "*.pdb"),
}
"""Patterns of a .gitignore for each language."""

_TEXTS = Path(__file__).parent / "licences"
_WRITE = Need(permission=Permission.WRITE, signed_in=True)


class Beginning(Struct, frozen=True):
    """``licence`` and ``ignored`` are of ``LICENCES`` and ``IGNORED``, or empty."""

    readme: bool = False
    licence: str = ""
    ignored: str = ""

    def __bool__(self) -> bool:
        return self.readme or bool(self.licence) or bool(self.ignored)


async def create(
    site: Site, into: WorkspaceAccess, slug: str, wanted: Wanted, beginning: Beginning
) -> Repository:
    """A new repository with its first commit, empty if nothing is to be in it.

    Raises Invalid, NotFound (project) or Conflict (the slug).
    """
    _check(beginning)
    made = await repositories.create(site, into.workspace, slug, wanted, into.actor.user)
    if not beginning:
        return made
    try:
        access = await to_repository(site, into.actor, _WRITE, into.workspace.slug, made.slug)
        files = tuple(_files(made, into, beginning))
        await new_commits.make(site, access, new_commits.Wanted(files, message="Begin"))
    except BaseException:
        await repositories.delete(site, made)
        raise
    return made


def _check(beginning: Beginning) -> None:
    for what, chosen, known in (
        ("licence", beginning.licence, LICENCES),
        ("gitignore", beginning.ignored, IGNORED),
    ):
        if chosen and chosen not in known:
            raise Invalid(f"{what}: there is none called {chosen[:50]!r}")


def _files(repository: Repository, into: WorkspaceAccess, beginning: Beginning) -> list[NewFile]:
    files = []
    if beginning.readme:
        described = f"\n{repository.description.strip()}\n" if repository.description.strip() else ""
        files.append(NewFile("README.md", f"# {_plain(repository.name)}\n{described}".encode()))
    if beginning.licence:
        text = (_TEXTS / f"{beginning.licence}.txt").read_text()
        holder = into.actor.user.display_name if into.actor.user else into.workspace.name
        text = text.replace("{year}", str(year(now()))).replace("{holder}", holder)
        files.append(NewFile("LICENSE", text.encode()))
    if beginning.ignored:
        files.append(
            NewFile(".gitignore", "".join(f"{one}\n" for one in IGNORED[beginning.ignored]).encode())
        )
    return files


def _plain(name: str) -> str:
    """A name as a heading of Markdown that means nothing else."""
    return "".join(f"\\{one}" if one in "\\`*_[]<>#&" else one for one in name)
