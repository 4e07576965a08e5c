"""``bitpail group``: people of a workspace to whom something is granted together."""

import click

from bitpail.cli.context import Context, Group, answer, as_json, two_names
from bitpail.model.groups import Group as GroupOfPeople
from bitpail.model.users import User
from bitpail.services import groups as service
from bitpail.services import users, workspaces
from bitpail.services.site import Site

_name = click.argument("name", metavar="WORKSPACE/GROUP")


@click.group(cls=Group)
def group() -> None:
    """Make groups, and say who is in them. What they may do is granted with 'repo grant' and 'project grant'."""


@group.command()
@_name
@click.option("--title", help="The name people see; default: the slug.")
@click.pass_obj
def create(context: Context, name: str, title: str | None) -> None:
    """Make a group in a workspace."""
    workspace, slug = two_names(name, "group")

    async def work(site: Site) -> GroupOfPeople:
        return await service.create(site, await workspaces.named(site, workspace), slug, name=title)

    click.echo(f"created group {workspace}/{context.run(work).slug}")


@group.command()
@_name
@click.pass_obj
def delete(context: Context, name: str) -> None:
    """Delete a group, and with it all that was granted to it."""
    workspace, slug = two_names(name, "group")

    async def work(site: Site) -> None:
        await service.delete(site, await _named(site, workspace, slug))

    context.run(work)
    click.echo(f"deleted group {name}")


@group.command("list")
@click.argument("workspace")
@as_json
@click.pass_obj
def list_(context: Context, workspace: str, as_json: bool) -> None:
    """List the groups of a workspace, each with who is in it."""

    async def work(site: Site) -> list[tuple[GroupOfPeople, list[User]]]:
        found = await service.of_workspace(site, await workspaces.named(site, workspace))
        return [(one, await service.members(site, one)) for one in found]

    found = context.run(work)
    if as_json:
        answer(
            [
                {"slug": one.slug, "name": one.name, "members": [user.username for user in members]}
                for one, members in found
            ]
        )
        return
    for one, members in found:
        click.echo(f"{one.slug:30} {', '.join(user.username for user in members)}")


@group.command()
@_name
@click.argument("username")
@click.pass_obj
def add(context: Context, name: str, username: str) -> None:
    """Put a member of the workspace into a group."""
    workspace, slug = two_names(name, "group")

    async def work(site: Site) -> None:
        user = await users.named(site, username)
        place = await workspaces.named(site, workspace)
        await service.add(site, place, await service.named(site, place, slug), user)

    context.run(work)
    click.echo(f"{username} is in {name}")


@group.command()
@_name
@click.argument("username")
@click.pass_obj
def remove(context: Context, name: str, username: str) -> None:
    """Take somebody out of a group."""
    workspace, slug = two_names(name, "group")

    async def work(site: Site) -> None:
        user = await users.named(site, username)
        await service.remove(site, await _named(site, workspace, slug), user)

    context.run(work)
    click.echo(f"{username} is no longer in {name}")


async def _named(site: Site, workspace: str, slug: str) -> GroupOfPeople:
    return await service.named(site, await workspaces.named(site, workspace), slug)
