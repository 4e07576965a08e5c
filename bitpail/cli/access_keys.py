"""``bitpail access-key``: read-only SSH keys of machines, on a repository or a project."""

from typing import TextIO

import click

from bitpail.cli.context import Context, Group, answer, as_json, date, two_names
from bitpail.errors import Invalid
from bitpail.model.access_keys import AccessKey
from bitpail.services import access_keys as service
from bitpail.services import repositories, workspaces
from bitpail.services.access_keys import Place
from bitpail.services.site import Site

_repository = click.option("--repository", metavar="WORKSPACE/REPOSITORY", help="Where it stands.")
_project = click.option("--project", metavar="WORKSPACE/KEY", help="Or a project: all its repositories.")


@click.group("access-key", cls=Group)
def access_key() -> None:
    """Add, list and remove access keys: SSH keys of machines that only read."""


@access_key.command()
@click.argument("file", type=click.File("r"))
@_repository
@_project
@click.option("--label", default="", help="Default: the comment of the key.")
@click.pass_obj
def add(context: Context, file: TextIO, repository: str | None, project: str | None, label: str) -> None:
    """Put the public key of a file, or of standard input (-), on a repository or project."""
    line = file.read(16 * 1024)

    async def work(site: Site) -> AccessKey:
        return await service.add(site, await _place(site, repository, project), line, label=label)

    key = context.run(work)
    click.echo(f"added SHA256:{key.fingerprint} {key.label}")


@access_key.command("list")
@_repository
@_project
@as_json
@click.pass_obj
def list_(context: Context, repository: str | None, project: str | None, as_json: bool) -> None:
    """List the keys on a repository itself, or on a project."""

    async def work(site: Site) -> list[AccessKey]:
        return await service.of_place(site, await _place(site, repository, project))

    keys = context.run(work)
    if as_json:
        answer([_shown(key) for key in keys])
        return
    for key in keys:
        click.echo(f"SHA256:{key.fingerprint}  {date(key.last_used_on) or 'never used':25}  {key.label}")


@access_key.command()
@click.argument("key", metavar="FINGERPRINT_OR_ID")
@_repository
@_project
@click.pass_obj
def remove(context: Context, key: str, repository: str | None, project: str | None) -> None:
    """Take a key away: the next command with it is refused."""

    async def work(site: Site) -> AccessKey:
        return await service.remove(site, await _place(site, repository, project), key)

    click.echo(f"removed SHA256:{context.run(work).fingerprint}")


async def _place(site: Site, repository: str | None, project: str | None) -> Place:
    if (repository is None) == (project is None):
        raise Invalid("name either a --repository or a --project")
    workspace, name = two_names(repository or project or "")
    if repository is not None:
        return (await repositories.named(site, workspace, name)).repository
    return await workspaces.project_for(site, await workspaces.named(site, workspace), name)


def _shown(key: AccessKey) -> dict[str, object]:
    return {
        "id": key.id,
        "label": key.label,
        "key": key.key,
        "fingerprint": f"SHA256:{key.fingerprint}",
        "created_on": date(key.created_on),
        "last_used_on": date(key.last_used_on),
    }
