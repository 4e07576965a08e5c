"""``bitpail repo fork``: a fork, made by whoever administers the server."""

import click

from bitpail.cli.context import Context, answer, as_json, two_names
from bitpail.model.repositories import Repository
from bitpail.services import forks, repositories, users, workspaces
from bitpail.services.repositories import Wanted
from bitpail.services.site import Site


@click.command()
@click.argument("source", metavar="WORKSPACE/REPOSITORY")
@click.argument("full_name", metavar="WORKSPACE/FORK")
@click.option("--public/--private", default=None, help="Default: as the source is.")
@click.option("--project", metavar="KEY", help="Default: the oldest project of the workspace.")
@click.option("--watched-by", metavar="USERNAME", help="Who watches it, as if they had made it.")
@as_json
@click.pass_obj
def fork(
    context: Context,
    source: str,
    full_name: str,
    public: bool | None,
    project: str | None,
    watched_by: str | None,
    as_json: bool,
) -> None:
    """Make a repository with the branches and tags of another one of this server.

    It takes no time and no room: both share what is there until one of them changes it. An
    adopted directory is copied. Whatever the source's fork policy says.
    """
    workspace, slug = two_names(full_name)

    async def work(site: Site) -> Repository:
        parent = (await repositories.named(site, *two_names(source))).repository
        wanted = Wanted(
            name=slug,
            is_private=None if public is None else not public,
            project_key=project,
        )
        by = await users.named(site, watched_by) if watched_by else None
        return await forks.make(site, parent, await workspaces.named(site, workspace), wanted, by)

    made = context.run(work)
    shown = f"{workspace}/{made.slug}"
    if as_json:
        answer({"full_name": shown, "uuid": f"{{{made.id}}}", "is_private": made.is_private})
    else:
        click.echo(f"forked {source} to {'private' if made.is_private else 'public'} repository {shown}")
