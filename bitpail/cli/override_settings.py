"""``bitpail repo merge-strategy`` and ``bitpail project merge-strategy``."""

import click

from bitpail.cli.context import Context, two_names
from bitpail.model.override_settings import MERGE_STRATEGIES
from bitpail.services import override_settings as service
from bitpail.services.site import Site

_INHERIT = "inherit"


@click.command("merge-strategy")
@click.argument("full_name", metavar="WORKSPACE/REPOSITORY")
@click.argument("strategy", type=click.Choice([*MERGE_STRATEGIES, _INHERIT]))
@click.pass_obj
def of_repository(context: Context, full_name: str, strategy: str) -> None:
    """Say how pull requests are merged by default; "inherit" leaves it to the project."""
    names = two_names(full_name)

    async def work(site: Site) -> str:
        return await service.set_merge_strategy(site, *names, None if strategy == _INHERIT else strategy)

    click.echo(f"{full_name}: {context.run(work)}")


@click.command("merge-strategy")
@click.argument("name", metavar="WORKSPACE/KEY")
@click.argument("strategy", type=click.Choice(MERGE_STRATEGIES))
@click.pass_obj
def of_project(context: Context, name: str, strategy: str) -> None:
    """Say how pull requests of its repositories are merged by default, unless one says otherwise."""
    names = two_names(name)

    async def work(site: Site) -> None:
        await service.set_project_merge_strategy(site, *names, strategy)

    context.run(work)
    click.echo(f"{name}: {strategy}")
