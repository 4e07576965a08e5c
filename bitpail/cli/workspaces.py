"""``bitpail workspace``."""

import click

from bitpail.cli.context import Context, Group, answer, as_json
from bitpail.model.permissions import Permission, Role
from bitpail.model.workspaces import Member, Workspace
from bitpail.services import users
from bitpail.services import workspaces as service
from bitpail.services.site import Site


@click.group(cls=Group)
def workspace() -> None:
    """Make and list workspaces, and say who belongs to them."""


@workspace.command()
@click.argument("slug")
@click.option("--owner", required=True, metavar="USERNAME", help="Holds admin on all its repositories.")
@click.option("--name", help="The name people see; default: the slug.")
@click.option("--public", is_flag=True, help="Anybody may see that it exists.")
@as_json
@click.pass_obj
def create(context: Context, slug: str, owner: str, name: str | None, public: bool, as_json: bool) -> None:
    """Make a workspace with a first project, PROJ."""

    async def work(site: Site) -> Workspace:
        return await service.create(
            site, slug, owner=await users.named(site, owner), name=name, public=public
        )

    made = context.run(work)
    if as_json:
        answer(_shown(made))
    else:
        click.echo(f"created workspace {made.slug}, owned by {owner}")


@workspace.command("list")
@as_json
@click.pass_obj
def list_(context: Context, as_json: bool) -> None:
    """List all workspaces."""
    found = context.run(service.every)
    if as_json:
        answer([_shown(one) for one in found])
        return
    for one in found:
        click.echo(f"{one.slug:30} {one.name}{'  (personal)' if one.personal_of else ''}")


@workspace.command()
@click.argument("slug")
@as_json
@click.pass_obj
def members(context: Context, slug: str, as_json: bool) -> None:
    """List who belongs to a workspace."""

    async def work(site: Site) -> list[Member]:
        return await service.members(site, await service.named(site, slug))

    found = context.run(work)
    if as_json:
        answer(
            [
                {"username": m.user.username, "role": m.role, "repositories": m.repositories.name.lower()}
                for m in found
            ]
        )
        return
    for member in found:
        click.echo(f"{member.user.username:30} {member.role:13} {member.repositories.name.lower()}")


@workspace.command()
@click.argument("slug")
@click.argument("username")
@click.option("--role", type=click.Choice([r.value for r in Role]), default="member", show_default=True)
@click.option(
    "--repositories",
    type=click.Choice([p.name.lower() for p in Permission]),
    default="none",
    show_default=True,
    help="What membership alone grants on every repository of the workspace.",
)
@click.pass_obj
def join(context: Context, slug: str, username: str, role: str, repositories: str) -> None:
    """Make a user a member, or change what a member is."""

    async def work(site: Site) -> None:
        found, user = await service.named(site, slug), await users.named(site, username)
        await service.put_member(site, found, user, Role(role), Permission[repositories.upper()])

    context.run(work)
    click.echo(f"{username} is {role} of {slug}, with {repositories} on its repositories")


@workspace.command()
@click.argument("slug")
@click.argument("username")
@click.pass_obj
def leave(context: Context, slug: str, username: str) -> None:
    """End a membership."""

    async def work(site: Site) -> None:
        await service.remove_member(site, await service.named(site, slug), await users.named(site, username))

    context.run(work)
    click.echo(f"{username} is no longer a member of {slug}")


def _shown(one: Workspace) -> dict[str, object]:
    return {
        "slug": one.slug,
        "name": one.name,
        "uuid": f"{{{one.id}}}",
        "is_private": one.is_private,
        "is_personal": one.personal_of is not None,
    }
