"""``bitpail repo``: repositories, made, imported, adopted, shared, deleted."""

import sys
from pathlib import Path

import click

from bitpail.cli.context import Context, Group, answer, as_json, two_names
from bitpail.model.permissions import Permission
from bitpail.model.repositories import Located, Repository
from bitpail.services import grants, workspaces
from bitpail.services import repositories as service
from bitpail.services.repositories import Wanted
from bitpail.services.site import Site

_public = click.option("--public", is_flag=True, help="Anybody may read it, without a credential.")
_project = click.option("--project", metavar="KEY", help="Default: the oldest project of the workspace.")
_description = click.option("--description", default="", help="A line for people.")
_name = click.argument("full_name", metavar="WORKSPACE/REPOSITORY")


@click.group(cls=Group)
def repo() -> None:
    """Make, import, adopt, list, share and delete repositories."""


@repo.command()
@_name
@_public
@_project
@_description
@click.option("--no-wiki", is_flag=True, help="Without a wiki.")
@as_json
@click.pass_obj
def create(
    context: Context,
    full_name: str,
    public: bool,
    project: str | None,
    description: str,
    no_wiki: bool,
    as_json: bool,
) -> None:
    """Make an empty repository. Its wiki is on by default."""
    workspace, slug = two_names(full_name)
    wanted = _wanted(public, project, description, wiki=not no_wiki)

    async def work(site: Site) -> Repository:
        return await service.create(site, await workspaces.named(site, workspace), slug, wanted)

    _made(context.run(work), full_name, "created", as_json=as_json)


@repo.command("import")
@click.argument("source", metavar="PATH_OR_URL")
@_name
@_public
@_project
@_description
@as_json
@click.pass_obj
def import_(
    context: Context,
    source: str,
    full_name: str,
    public: bool,
    project: str | None,
    description: str,
    as_json: bool,
) -> None:
    """Make a repository with all branches and tags of another one.

    All or nothing: an import that fails or is interrupted leaves no repository.
    """
    workspace, slug = two_names(full_name)
    wanted = _wanted(public, project, description)

    async def work(site: Site) -> Repository:
        found = await workspaces.named(site, workspace)
        return await service.import_from(site, found, slug, source, wanted, _progress)

    _made(context.run(work), full_name, "imported", as_json=as_json)


@repo.command()
@click.argument("directory", type=click.Path(path_type=Path))
@_name
@_public
@_project
@_description
@as_json
@click.pass_obj
def adopt(
    context: Context,
    directory: Path,
    full_name: str,
    public: bool,
    project: str | None,
    description: str,
    as_json: bool,
) -> None:
    """Serve a Git directory where it lies, bare or not, with its own config and hooks.

    It stays yours: change it by hand as you like. Doing it twice is no error.
    """
    workspace, slug = two_names(full_name)
    wanted = _wanted(public, project, description)

    async def work(site: Site) -> Repository:
        found = await workspaces.named(site, workspace)
        return await service.adopt(site, found, slug, directory, wanted)

    _made(context.run(work), full_name, "adopted", as_json=as_json)


@repo.command("list")
@as_json
@click.pass_obj
def list_(context: Context, as_json: bool) -> None:
    """List all repositories of the server."""
    found = context.run(service.every)
    if as_json:
        answer([_shown(one) for one in found])
        return
    for one in found:
        marks = "private" if one.repository.is_private else "public"
        adopted = f"  adopted: {one.repository.directory}" if one.repository.directory else ""
        click.echo(f"{one.workspace.slug + '/' + one.repository.slug:50} {marks}{adopted}")


@repo.command()
@_name
@click.argument("whom", metavar="USERNAME|GROUP")
@click.argument("permission", type=click.Choice([p.name.lower() for p in Permission]))
@click.option("--group", "is_group", is_flag=True, help="It is for a group of the workspace, not for a user.")
@click.pass_obj
def grant(context: Context, full_name: str, whom: str, permission: str, is_group: bool) -> None:
    """Give a permission on one repository; 'none' takes it away."""

    async def work(site: Site) -> None:
        located = await service.named(site, *two_names(full_name))
        await grants.give(site, located.workspace, located.repository, whom, permission, is_group=is_group)

    context.run(work)
    click.echo(f"{whom} has {permission} on {full_name}")


@repo.command()
@_name
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def delete(context: Context, full_name: str, yes: bool) -> None:
    """Delete a repository and its wiki. An adopted directory is left as it is."""
    names = two_names(full_name)
    if (
        not yes
        and click.prompt(f"Type {full_name} to delete it", default="", show_default=False) != full_name
    ):
        click.echo("nothing deleted", err=True)
        sys.exit(1)

    async def work(site: Site) -> None:
        await service.delete(site, (await service.named(site, *names)).repository)

    context.run(work)
    click.echo(f"deleted {full_name}")


def _wanted(public: bool, project: str | None, description: str, *, wiki: bool = True) -> Wanted:
    return Wanted(is_private=not public, project_key=project, description=description, has_wiki=wiki)


def _progress(text: str) -> None:
    """Show git's own progress as git does: lines that replace each other, on a terminal only."""
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[K{text}", nl=text.rstrip().endswith("done."), err=True)


def _made(repository: Repository, full_name: str, verb: str, *, as_json: bool) -> None:
    if as_json:
        answer({"full_name": full_name, "uuid": f"{{{repository.id}}}", "is_private": repository.is_private})
    else:
        click.echo(f"{verb} {'private' if repository.is_private else 'public'} repository {full_name}")


def _shown(one: Located) -> dict[str, object]:
    return {
        "full_name": f"{one.workspace.slug}/{one.repository.slug}",
        "uuid": f"{{{one.repository.id}}}",
        "project": one.project.key,
        "is_private": one.repository.is_private,
        "has_wiki": one.repository.has_wiki,
        "directory": one.repository.directory,
    }
