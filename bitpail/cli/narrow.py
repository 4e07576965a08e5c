"""``bitpail app-password narrow``: a narrower secret of one that is held, made here and told to nobody."""

import os
import sys
import time
from io import BytesIO
from typing import BinaryIO

import click

from bitpail.cli.context import answer, as_json, first_line
from bitpail.errors import Invalid
from bitpail.policy import durations
from bitpail.policy.limits import check_branch_pattern
from bitpail.policy.secrets import Secret

_LONGEST = 64 * 1024


@click.command()
@click.option(
    "--repository", "repositories", multiple=True, metavar="WS/SLUG", help="Only there; repeatable."
)
@click.option(
    "--branch", "branches", multiple=True, metavar="PATTERN", help="Pushes only to these; repeatable."
)
@click.option(
    "--permission",
    "permissions",
    multiple=True,
    metavar="SCOPE",
    help="Of its permissions only this; repeatable.",
)
@click.option("--read-only", is_flag=True, help="Nothing that changes anything.")
@click.option("--until", metavar="12h|DATE", help="Works so long and no longer.")
@click.option(
    "--secret-fd",
    type=int,
    metavar="N",
    help="Read the secret from this open file; default: standard input, or it is asked for at a terminal.",
)
@as_json
def narrow(
    repositories: tuple[str, ...],
    branches: tuple[str, ...],
    permissions: tuple[str, ...],
    read_only: bool,
    until: str | None,
    secret_fd: int | None,
    as_json: bool,
) -> None:
    """Make a narrower secret of an app password's, or of one that was narrowed before.

    No server is asked, and none keeps a row of it: it works as long as the app password does, within
    what is left. It goes wherever the app password goes: as a password of Git and REST, or as a Bearer token.
    """
    from bitpail.policy import attenuation  # noqa: PLC0415 - it brings what signs, which other commands don't need

    to = attenuation.Narrowing(
        repositories=repositories,
        branches=tuple(check_branch_pattern(pattern) for pattern in branches),
        permissions=permissions or None,
        until=_until(until),
        read_only=read_only,
    )
    made = attenuation.narrow(_secret(secret_fd), to)
    if not as_json:
        click.echo(made.reveal())
        click.echo("The user name beside it is the one of the app password.", err=True)
        return
    parsed = attenuation.parse(made)
    answer({"secret": made.reveal(), "name": parsed.digest if parsed else ""})


def _until(text: str | None) -> int | None:
    if text is None:
        return None
    now = int(time.time())
    seconds = durations.seconds_until(text, now)
    if seconds <= 0:
        raise Invalid("--until lies in the past")
    return now + seconds


def _secret(descriptor: int | None) -> Secret:
    """Never an argument: those can be read by everybody on this machine."""
    if descriptor is not None:
        try:
            with os.fdopen(os.dup(descriptor), "rb") as file:
                return _read(file, f"in the open file {descriptor}")
        except OSError as error:
            raise Invalid(f"the open file {descriptor} can't be read: {error.strerror}") from None
    if sys.stdin.isatty():
        typed: str = click.prompt("Secret to be narrowed", hide_input=True, err=True)
        return Secret(typed.strip())
    return _read(sys.stdin.buffer, "on standard input")


def _read(file: BinaryIO, where: str) -> Secret:
    return first_line(BytesIO(file.readline(_LONGEST)), where)
