"""``bitpail project``."""

import click

from bitpail.cli.context import Context, Group, two_names
from bitpail.model.permissions import ProjectPermission
from bitpail.model.projects import Project
from bitpail.services import grants, workspaces
from bitpail.services import projects as service
from bitpail.services.site import Site


@click.group(cls=Group)
def project() -> None:
    """Make projects: folders of repositories; and say who may do what in them."""


@project.command()
@click.argument("name", metavar="WORKSPACE/KEY")
@click.option("--title", help="The name people see; default: the key.")
@click.pass_obj
def create(context: Context, name: str, title: str | None) -> None:
    """Make a project in a workspace."""
    slug, _, key = name.partition("/")

    async def work(site: Site) -> Project:
        return await service.create(site, await workspaces.named(site, slug), key, title or key)

    click.echo(f"created project {context.run(work).key} in {slug}")


@project.command()
@click.argument("name", metavar="WORKSPACE/KEY")
@click.argument("whom", metavar="USERNAME|GROUP")
@click.argument("permission", type=click.Choice(["none", *(one.value for one in ProjectPermission)]))
@click.option("--group", "is_group", is_flag=True, help="It is for a group of the workspace, not for a user.")
@click.pass_obj
def grant(context: Context, name: str, whom: str, permission: str, is_group: bool) -> None:
    """Give a permission on every repository of a project; 'none' takes it away.

    'create-repo' is to write, and to make repositories in it; 'admin' runs the project, too.
    """
    slug, key = two_names(name, "project")

    async def work(site: Site) -> None:
        workspace = await workspaces.named(site, slug)
        place = await workspaces.project_for(site, workspace, key)
        await grants.give(site, workspace, place, whom, permission, is_group=is_group)

    context.run(work)
    click.echo(f"{whom} has {permission} on the project {name}")
