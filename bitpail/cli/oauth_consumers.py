"""``bitpail oauth-consumer``: apps that people of this server may let act for them."""

import click

from bitpail.cli.context import Context, Group, answer, as_json, date
from bitpail.model.oauth_consumers import Consumer
from bitpail.model.users import User, UserId
from bitpail.policy.secrets import Secret
from bitpail.services import oauth_consumers as service
from bitpail.services import users, workspaces
from bitpail.services.oauth_consumers import Wanted
from bitpail.services.site import Site

_workspace = click.argument("workspace")
_consumer = click.argument("consumer", metavar="KEY_OR_NAME")
_user = click.option(
    "--user", "username", required=True, help="Whom it stands for when it acts for nobody else."
)


@click.group("oauth-consumer", cls=Group)
def oauth_consumer() -> None:
    """Register OAuth consumers in a workspace: apps that act for whoever allows it."""


@oauth_consumer.command()
@_workspace
@_user
@click.option("--name", required=True, help="What people are asked about.")
@click.option("--callback-url", metavar="URL", required=True, help="Where answers are sent.")
@click.option(
    "--permission",
    "permissions",
    multiple=True,
    required=True,
    help="A scope like repository:write; again for more.",
)
@click.option("--description", default="")
@click.option("--url", default="", help="The app's website.")
@click.option(
    "--public", is_flag=True, help="It can keep no secret: on phones, in browsers, at people's desks."
)
@as_json
@click.pass_obj
def create(
    context: Context,
    workspace: str,
    username: str,
    name: str,
    callback_url: str,
    permissions: tuple[str, ...],
    description: str,
    url: str,
    public: bool,
    as_json: bool,
) -> None:
    """Register one; its secret is printed, and cannot be had again."""
    wanted = Wanted(
        name=name,
        callback_url=callback_url,
        permissions=permissions,
        description=description,
        url=url,
        is_public=public,
    )

    async def work(site: Site) -> tuple[Consumer, Secret]:
        owner = await users.named(site, username)
        return await service.create(site, await workspaces.named(site, workspace), wanted, by=owner)

    consumer, secret = context.run(work)
    if as_json:
        answer({**_shown(consumer, username), "secret": secret.reveal()})
        return
    click.echo(f"client_id {consumer.key}")
    click.echo(f"client_secret {secret.reveal()}")


@oauth_consumer.command("list")
@_workspace
@as_json
@click.pass_obj
def list_(context: Context, workspace: str, as_json: bool) -> None:
    """List the consumers of a workspace."""

    async def work(site: Site) -> tuple[list[Consumer], dict[UserId, User]]:
        found = await service.of_workspace(site, await workspaces.named(site, workspace))
        return found, await service.owners(site, found)

    found, owners = context.run(work)
    listed = [_shown(one, owners[one.owner_id].username if one.owner_id in owners else None) for one in found]
    if as_json:
        answer(listed)
        return
    for one in found:
        kind = "public" if one.is_public else "confidential"
        ended = f"  its secret leaked and ended {date(one.secret_ended_on)}" if one.secret_ended_on else ""
        click.echo(f"{one.key}  {kind:12}  {one.name}  {' '.join(one.scopes)}  {one.callback_url}{ended}")


@oauth_consumer.command()
@_workspace
@_consumer
@_user
@click.pass_obj
def rotate(context: Context, workspace: str, consumer: str, username: str) -> None:
    """Make a new secret; the old one ends at once."""

    async def work(site: Site) -> Secret:
        found = await service.one(site, await workspaces.named(site, workspace), consumer)
        return (await service.make_secret(site, found, by=await users.named(site, username)))[1]

    click.echo(f"client_secret {context.run(work).reveal()}")


@oauth_consumer.command()
@_workspace
@_consumer
@click.pass_obj
def revoke(context: Context, workspace: str, consumer: str) -> None:
    """Delete one; every token it was given ends at once."""

    async def work(site: Site) -> Consumer:
        found = await service.one(site, await workspaces.named(site, workspace), consumer)
        await service.remove(site, found, by=None)
        return found

    click.echo(f"deleted {context.run(work).name}")


def _shown(consumer: Consumer, owner: str | None) -> dict[str, object]:
    return {
        "id": consumer.id,
        "key": consumer.key,
        "name": consumer.name,
        "description": consumer.description,
        "callback_url": consumer.callback_url,
        "url": consumer.url,
        "permissions": list(consumer.scopes),
        "is_public": consumer.is_public,
        "stands_for": owner,
        "created_on": date(consumer.created_on),
        "acts_until": date(consumer.acts_until) if consumer.acts_until else None,
        "secret_ended_on": date(consumer.secret_ended_on) if consumer.secret_ended_on else None,
    }
