"""``bitpail repo watch`` and ``unwatch``."""

import click

from bitpail.cli.context import Context, two_names
from bitpail.services import users, watchers
from bitpail.services.site import Site

_name = click.argument("full_name", metavar="WORKSPACE/REPOSITORY")


@click.command()
@_name
@click.argument("username")
@click.pass_obj
def watch(context: Context, full_name: str, username: str) -> None:
    """Let a user watch a repository that the user may see. Who makes or forks one watches it anyway."""
    names = two_names(full_name)

    async def work(site: Site) -> None:
        await watchers.watch(site, await users.named(site, username), *names)

    context.run(work)
    click.echo(f"{username} watches {full_name}")


@click.command()
@_name
@click.argument("username")
@click.pass_obj
def unwatch(context: Context, full_name: str, username: str) -> None:
    """End that."""
    names = two_names(full_name)

    async def work(site: Site) -> None:
        await watchers.unwatch(site, await users.named(site, username), *names)

    context.run(work)
    click.echo(f"{username} does not watch {full_name}")
