"""What every command needs: the settings, a site for the length of a command, answers as JSON."""

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import click
import msgspec
import structlog

from bitpail import settings
from bitpail.errors import Invalid
from bitpail.policy.secrets import Secret
from bitpail.services.site import Site, open_site

T = TypeVar("T")

as_json = click.option("--json", "as_json", is_flag=True, help="Answer as JSON, for scripts.")


class Group(click.Group):
    """A group that lists its commands in the order they were added: the order of use."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """Names in that order."""
        return list(self.commands)


class Context:
    """The options before the command."""

    def __init__(self, data: str | None, config: str | None) -> None:
        self._data = data
        self._config = config

    def settings(self, **flags: Any) -> settings.Settings:
        """The settings in force, with a command's own flags; raises ConfigurationError."""
        return settings.load({"data": self._data, **flags}, self._config)

    def run(self, work: Callable[[Site], Awaitable[T]]) -> T:
        """Do some work with an open site, and close it."""
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))

        async def whole() -> T:
            site = await open_site(self.settings())
            try:
                return await work(site)
            finally:
                await site.close()

        return asyncio.run(whole())


def answer(value: Any) -> None:
    """Print a value as JSON on standard output."""
    text = msgspec.json.encode(value).decode()
    click.echo(msgspec.json.format(text, indent=2))


def date(microseconds: int | None) -> str | None:
    """A moment to be shown; None stays None."""
    if microseconds is None:
        return None
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC).isoformat(timespec="seconds")


def secret_from(prompt: str, *, from_stdin: bool) -> Secret:
    """A secret typed twice at the prompt, or the first line of standard input. Never an argument."""
    if from_stdin:
        line = sys.stdin.buffer.readline().decode("utf-8", "surrogateescape").rstrip("\r\n")
        if not line:
            raise Invalid("there is no password on standard input")
        return Secret(line)
    typed: str = click.prompt(prompt, hide_input=True, confirmation_prompt=True)
    return Secret(typed)


def two_names(full_name: str) -> tuple[str, str]:
    """``workspace/repository`` taken apart; raises Invalid."""
    workspace, slash, repository = full_name.partition("/")
    if not slash or not workspace or not repository or "/" in repository:
        raise Invalid(f"name a repository as WORKSPACE/REPOSITORY, not {full_name!r}")
    return workspace, repository
