"""``bitpail deployment``: what was deployed where, written down by whatever deploys."""

import click

from bitpail.cli.context import Context, Group, answer, as_json, date, two_names
from bitpail.model.deployments import Deployment, DeploymentState, DeploymentStatus
from bitpail.model.environments import EnvironmentType
from bitpail.model.users import User
from bitpail.services import deployments as service
from bitpail.services import repositories, users
from bitpail.services.deployments import Told
from bitpail.services.site import Site

_STATES = {
    "undeployed": (DeploymentState.UNDEPLOYED, None),
    "in-progress": (DeploymentState.IN_PROGRESS, None),
    **{status.lower(): (DeploymentState.COMPLETED, status) for status in DeploymentStatus},
}
_name = click.argument("full_name", metavar="WORKSPACE/REPOSITORY")
_state = click.option(
    "--state", type=click.Choice(list(_STATES)), default="successful", show_default=True, help="How it went."
)
_url = click.option("--url", metavar="URL", help="Where there is more about it: a job, a log.")
_by = click.option("--deployer", metavar="USERNAME", help="Who deployed.")


@click.group(cls=Group)
def deployment() -> None:
    """Record and list deployments: the REST API shows them, and has no operation that makes one."""


@deployment.command()
@_name
@click.argument("environment")
@click.argument("commit")
@_state
@_url
@_by
@click.option("--release", metavar="NAME", help="Default: the commit's hash, abbreviated.")
@click.option("--release-url", metavar="URL", help="Where there is more about the release.")
@click.option(
    "--environment-type",
    type=click.Choice([kind.lower() for kind in EnvironmentType]),
    help="Make the environment, of this type, if it isn't there.",
)
@as_json
@click.pass_obj
def record(
    context: Context,
    full_name: str,
    environment: str,
    commit: str,
    state: str,
    url: str | None,
    deployer: str | None,
    release: str | None,
    release_url: str | None,
    environment_type: str | None,
    as_json: bool,
) -> None:
    """Write down that a commit is deployed to an environment, named as in the API.

    Prints the deployment's UUID, by which 'bitpail deployment update' tells how it went on.
    """
    kind = EnvironmentType(environment_type.title()) if environment_type else None

    async def work(site: Site) -> Deployment:
        located = await repositories.named(site, *two_names(full_name))
        told = await _told(site, state, url, deployer, release, release_url)
        return await service.record(site, located.repository, environment, commit, told, kind)

    _show(context.run(work), as_json=as_json)


@deployment.command()
@_name
@click.argument("uuid")
@_state
@_url
@_by
@as_json
@click.pass_obj
def update(
    context: Context,
    full_name: str,
    uuid: str,
    state: str,
    url: str | None,
    deployer: str | None,
    as_json: bool,
) -> None:
    """Write down how a deployment went on."""

    async def work(site: Site) -> Deployment:
        located = await repositories.named(site, *two_names(full_name))
        told = await _told(site, state, url, deployer)
        return await service.record_again(site, located.repository, uuid, told)

    _show(context.run(work), as_json=as_json)


@deployment.command("list")
@_name
@click.option("--number", type=click.IntRange(1, 10_000), default=20, show_default=True, help="At most.")
@as_json
@click.pass_obj
def list_(context: Context, full_name: str, number: int, as_json: bool) -> None:
    """List the deployments of a repository, the newest first."""

    async def work(site: Site) -> list[Deployment]:
        located = await repositories.named(site, *two_names(full_name))
        return await service.newest(site, located.repository, number)

    found = context.run(work)
    if as_json:
        answer([_as_json(one) for one in found])
        return
    for one in found:
        how, when = one.detail.status or one.detail.state, date(one.detail.changed_on) or ""
        click.echo(f"{one.id}  {when:25}  {how:11}  {one.environment_name}  {one.detail.release_name}")


async def _told(  # what the options say
    site: Site,
    state: str,
    url: str | None,
    deployer: str | None,
    release: str | None = None,
    release_url: str | None = None,
) -> Told:
    how, status = _STATES[state]
    user = await users.named(site, deployer) if deployer is not None else None
    return Told(
        state=how, status=status, url=url, deployer=user, release_name=release, release_url=release_url
    )


def _show(one: Deployment, *, as_json: bool) -> None:
    if as_json:
        answer(_as_json(one))
    else:
        click.echo(one.id)


def _known_as(user: User) -> str:
    # Robots have usernames that nobody knows.
    return user.display_name if user.is_robot else user.username


def _as_json(one: Deployment) -> dict[str, object]:
    detail = one.detail
    return {
        "uuid": one.id,
        "environment": one.environment_name,
        "commit": detail.commit,
        "release": detail.release_name,
        "state": detail.state,
        "status": detail.status,
        "url": detail.url,
        "deployer": _known_as(one.deployer) if one.deployer else None,
        "started_on": date(detail.started_on),
        "completed_on": date(detail.completed_on),
    }
