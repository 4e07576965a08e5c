"""``bitpail app-password scan``: live app passwords in files and logs."""

import os
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

import click

from bitpail.cli.context import Context, answer, as_json
from bitpail.errors import Invalid
from bitpail.services import leaks
from bitpail.services.leaks import Leak
from bitpail.services.site import Site

_PIECE = 1 << 20


@click.command()
@click.argument("path", metavar="PATH|-")
@as_json
@click.pass_obj
def scan(context: Context, path: str, as_json: bool) -> None:
    """Find live app passwords in a file, in all files below a directory, or in standard input (-).

    Exit status: 1 if there is a live one, 0 if there is none. No secret is printed.
    """
    unreadable: list[str] = []

    def failed(file: Path, error: OSError) -> None:
        unreadable.append(str(file))
        click.echo(f"bitpail: {file}: {error.strerror}", err=True)

    def told(leak: Leak) -> Leak:
        if not as_json:
            click.echo(f'{leak.file}:{leak.line}: app password "{leak.label}" of {leak.username}')
        return leak

    async def work(site: Site) -> list[Leak]:
        async with aclosing(_leaks(site, path, failed)) as found:
            return [told(leak) async for leak in found]

    if path != "-" and not Path(path).exists():
        raise Invalid(f"there is no file or directory {path!r}")
    found = context.run(work)
    if as_json:
        answer({"leaks": found, "unreadable": unreadable})
    if found:
        sys.exit(1)


def _leaks(site: Site, path: str, failed: leaks.Unreadable) -> AsyncGenerator[Leak, None]:
    if path == "-":
        return leaks.in_stream(site, "standard input", iter(lambda: os.read(sys.stdin.fileno(), _PIECE), b""))
    return leaks.in_files(site, Path(path), failed)
