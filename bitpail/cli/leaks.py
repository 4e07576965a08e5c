"""``bitpail app-password scan``: live secrets of this server in files and logs."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

import click

from bitpail.cli.backend import asked
from bitpail.cli.context import Context, answer, as_json, on_a_server
from bitpail.errors import Invalid
from bitpail.own_api import app_passwords as api
from bitpail.policy.secrets import Secret
from bitpail.services import leaks
from bitpail.services.leaks import Leak, Owner
from bitpail.wire.own_api import FoundSecrets, Secrets

_PIECE = 1 << 20


@click.command()
@click.argument("path", metavar="PATH|-")
@click.option("--user", "username", metavar="USERNAME", help="With --server: whose app password asks there.")
@on_a_server
@as_json
@click.pass_obj
def scan(context: Context, path: str, username: str | None, as_json: bool) -> None:
    """Find live app passwords in a file, in all files below a directory, or in standard input (-).

    Tokens of every kind and the secrets of OAuth consumers are found too.

    Exit status: 1 if there is a live one, 0 if there is none. No secret is printed.
    """
    unreadable: list[str] = []

    def failed(file: Path, error: OSError) -> None:
        unreadable.append(str(file))
        click.echo(f"bitpail: {file}: {error.strerror}", err=True)

    def told(leak: Leak) -> Leak:
        if not as_json:
            click.echo(f"{leak.file}:{leak.line}: {_whose(leak)}")
        return leak

    async def work(judge: leaks.Judge) -> list[Leak]:
        async with aclosing(_leaks(judge, path, failed)) as found:
            return [told(leak) async for leak in found]

    if path != "-" and not Path(path).exists():
        raise Invalid(f"there is no file or directory {path!r}")
    if context.server is None:
        found = context.run(lambda site: work(leaks.judge(site)))
    else:
        found = asyncio.run(work(_on_a_server(context, path, username)))
    if as_json:
        answer({"leaks": found, "unreadable": unreadable})
    if found:
        sys.exit(1)


def _on_a_server(context: Context, path: str, username: str | None) -> leaks.Judge:
    """Asks the server about each secret, once."""
    if username is None:
        raise click.UsageError("--server needs --user")
    if path == "-" and context.password_file == "-":  # noqa: S105 - the name of a file
        raise click.UsageError("standard input holds either the password or what is scanned")
    known: dict[str, Owner | None] = {}

    async def owner(secret: Secret) -> Owner | None:
        text = secret.reveal()
        if text not in known:
            told: FoundSecrets = context.ask(asked(api.live, username, body=Secrets(secrets=(text,))))
            (one,) = told.live
            known[text] = Owner(one.username, one.label, one.what, one.place) if one else None
        return known[text]

    return owner


def _whose(leak: Leak) -> str:
    if not leak.label:
        return f"a live {leak.what} of somebody else"
    return f'{leak.what} "{leak.label}" of {leak.place or leak.username}'


def _leaks(judge: leaks.Judge, path: str, failed: leaks.Unreadable) -> AsyncGenerator[Leak, None]:
    if path == "-":
        return leaks.in_stream(
            judge, "standard input", iter(lambda: os.read(sys.stdin.fileno(), _PIECE), b"")
        )
    return leaks.in_files(judge, Path(path), failed)
