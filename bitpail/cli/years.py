"""``bitpail workspace year`` and ``bitpail policy year``: whose rules credentials keep."""

import click

from bitpail.cli.context import Context, answer, as_json
from bitpail.services import workspaces
from bitpail.services import years as service
from bitpail.services.site import Site

_YEAR = click.argument("year", required=False, metavar="[tolerant|strict-2022|strict-2026|server]")


@click.command("year")
@click.argument("slug")
@_YEAR
@as_json
@click.pass_obj
def of_workspace(context: Context, slug: str, year: str | None, as_json: bool) -> None:
    """Show or set whose rules credentials keep in a workspace, beside those of the server.

    'server' asks for no more than the server does.
    """

    async def work(site: Site) -> str:
        found = await workspaces.named(site, slug)
        if year is not None:
            await service.put_in_workspace(site, found, service.parse(year))
            found = await workspaces.named(site, slug)
        return found.year or "server"

    _tell(context.run(work), as_json=as_json)


@click.command("year")
@_YEAR
@as_json
@click.pass_obj
def of_server(context: Context, year: str | None, as_json: bool) -> None:
    """Show or set whose rules credentials keep on this server. 'server' leaves it to the setting ``year``."""

    async def work(site: Site) -> str:
        if year is not None:
            await service.put(site, service.parse(year))
        return await service.current(site)

    _tell(context.run(work), as_json=as_json)


def _tell(year: str, *, as_json: bool) -> None:
    if as_json:
        answer({"year": year})
    else:
        click.echo(year)
