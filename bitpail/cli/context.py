"""What every command needs: the settings, a site for the length of a command, answers as JSON."""

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

import click
import msgspec
import structlog

from bitpail import settings
from bitpail.errors import Invalid
from bitpail.policy.secrets import Secret

# Half a second to import, which no command should pay that doesn't need it.
if TYPE_CHECKING:
    from bitpail.cli.backend import Asked
    from bitpail.cli.remote import Remote
    from bitpail.services.site import Site

T = TypeVar("T")

as_json = click.option("--json", "as_json", is_flag=True, help="Answer as JSON, for scripts.")


def _keep(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value is not None:
        setattr(context.ensure_object(Context), str(parameter.name), value)


def on_a_server(command: Callable[..., T]) -> Callable[..., T]:
    """``--server`` and where its app password comes from: never an argument, which everybody here can read."""
    command = click.option(
        "--password-file",
        metavar="FILE|-",
        expose_value=False,
        callback=_keep,
        help="With --server: read the app password from the first line of a file; default: it is asked for.",
    )(command)
    return click.option(
        "--server",
        metavar="URL",
        expose_value=False,
        callback=_keep,
        help="Do it on that server, like https://git.example.org, with an app password that may.",
    )(command)


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
        self.started_as = _started_as(data, config)
        self.server: str | None = None
        self.password_file: str | None = None
        self._remote: Remote | None = None

    def settings(self, **flags: Any) -> settings.Settings:
        """The settings in force, with a command's own flags; raises ConfigurationError."""
        return settings.load({"data": self._data, **flags}, self._config)

    def ask(self, wanted: "Asked") -> Any:
        """Do one of our own operations, here or on the server that was named; raises BitpailError."""
        from bitpail.cli.backend import here  # noqa: PLC0415 - see above
        from bitpail.cli.remote import Remote  # noqa: PLC0415 - see above

        if self.server is None:
            return self.run(lambda site: here(site, wanted))
        if self._remote is None:
            self._remote = Remote(self.server, self._secret(wanted.username))
        return self._remote.ask(wanted)

    def _secret(self, username: str) -> Secret:
        if self.password_file is None:
            prompt = f"App password of {username} for {self.server}"
            return Secret(click.prompt(prompt, hide_input=True, err=True))
        if self.password_file == "-":  # noqa: S105 - the name of a file
            return first_line(sys.stdin.buffer, "on standard input")
        try:
            with Path(self.password_file).open("rb") as file:
                return first_line(file, f"in the first line of {self.password_file}")
        except OSError as error:
            raise Invalid(f"{self.password_file}: {error.strerror}") from None

    def run(self, work: "Callable[[Site], Awaitable[T]]") -> T:
        """Do some work with an open site, and close it."""
        from bitpail.services.site import open_site  # noqa: PLC0415 - see above

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


def moment(at: datetime | int | None) -> str | None:
    """The same also of a moment that came from our own API."""
    return at.isoformat(timespec="seconds") if isinstance(at, datetime) else date(at)


def secret_from(prompt: str, *, from_stdin: bool) -> Secret:
    """A secret typed twice at the prompt, or the first line of standard input. Never an argument."""
    if from_stdin:
        return first_line(sys.stdin.buffer, "on standard input")
    typed: str = click.prompt(prompt, hide_input=True, confirmation_prompt=True)
    return Secret(typed)


def first_line(stream: BinaryIO, where: str) -> Secret:
    """The secret in the first line of a file; raises Invalid, which says ``where`` there is none."""
    line = stream.readline().decode("utf-8", "surrogateescape").rstrip("\r\n")
    if not line:
        raise Invalid(f"there is no password {where}")
    return Secret(line)


def two_names(full_name: str, what: str = "repository") -> tuple[str, str]:
    """``workspace/repository`` taken apart; raises Invalid."""
    workspace, slash, repository = full_name.partition("/")
    if not slash or not workspace or not repository or "/" in repository:
        raise Invalid(f"name a {what} as WORKSPACE/{what.upper()}, not {full_name!r}")
    return workspace, repository


def _started_as(data: str | None, config: str | None) -> list[str]:
    """The words by which somebody else, elsewhere, starts the same command with the same settings."""
    words = [str(Path(sys.argv[0]).absolute())]
    if data is not None:
        words += ["--data", str(Path(data).absolute())]
    if config is not None:
        words += ["--config", str(Path(config).absolute())]
    return words
