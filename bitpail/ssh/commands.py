"""Every command with what it needs: one table. And how a command line finds its row.

A command line names a command, a repository and, for some commands, what to do
there; nothing of it ever reaches a shell or an argument of a process.
"""

import shlex
from collections.abc import Awaitable, Callable

from msgspec import Struct

from bitpail.errors import BitpailError, Invalid, NotFound
from bitpail.model.access import Access, Need
from bitpail.model.transfer import FETCH, FETCH_WIKI, PUSH, PUSH_WIKI
from bitpail.ssh import handlers
from bitpail.ssh.call import Call

Handler = Callable[[Call, Access], Awaitable[None]]

_LONGEST = 4096
_LONGEST_NAME = 256


class NoCommand(BitpailError):
    """It is none of ours."""


class Command(Struct, frozen=True):
    """One row. ``arguments`` are the words after the path, if the command has any."""

    name: str
    need: Need
    handler: Handler
    arguments: tuple[str, ...] = ()


COMMANDS = [
    Command("git-upload-pack", FETCH, handlers.upload_pack),
    Command("git-upload-pack", FETCH_WIKI, handlers.upload_pack),
    Command("git-receive-pack", PUSH, handlers.receive_pack),
    Command("git-receive-pack", PUSH_WIKI, handlers.receive_pack),
    Command("git-upload-archive", FETCH, handlers.upload_archive),
    Command("git-upload-archive", FETCH_WIKI, handlers.upload_archive),
]

_ROWS: dict[tuple[str, str, tuple[str, ...]], Command] = {
    (row.name, row.need.of, row.arguments): row for row in COMMANDS
}
_NAMES = {row.name for row in COMMANDS}


class Asked(Struct, frozen=True):
    """A command line that found its row."""

    command: Command
    workspace: str
    repository: str


def find(line: str) -> Asked:
    """The row of a command line; raises NoCommand, Invalid, and NotFound for a path that names nothing."""
    if len(line) > _LONGEST:
        raise Invalid(f"the command is longer than {_LONGEST} characters")
    try:
        words = shlex.split(line)
    except ValueError:
        raise NoCommand("a quotation mark is not closed") from None
    # Old clients and people write "git upload-pack".
    if words[:1] == ["git"] and len(words) > 1:
        words = [f"git-{words[1]}", *words[2:]]
    if not words or words[0] not in _NAMES:
        raise NoCommand("there is no such command")
    if len(words) < 2:
        raise Invalid(f"{words[0]} needs the path of a repository")
    workspace, repository, of = _place(words[1])
    row = _ROWS.get((words[0], of, tuple(words[2:])))
    if row is None:
        raise Invalid(f"{words[0]} does not take these arguments")
    return Asked(row, workspace, repository)


def _place(path: str) -> tuple[str, str, str]:
    """Workspace, repository, and ``code`` or ``wiki``."""
    parts = path.removeprefix("/").removeprefix("~/").removesuffix("/").split("/")
    of = "wiki" if len(parts) == 3 and parts[2] == "wiki" else "code"
    names = parts[:2] if of == "wiki" else parts
    if len(names) != 2:
        raise NotFound("no such path")
    workspace, repository = names[0], names[1].removesuffix(".git")
    if not _may_be_a_name(workspace) or not _may_be_a_name(repository):
        raise NotFound("no such path")
    return workspace, repository, of


def _may_be_a_name(name: str) -> bool:
    return 0 < len(name) <= _LONGEST_NAME and name.isprintable() and name not in {".", ".."}
