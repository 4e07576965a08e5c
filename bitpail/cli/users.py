"""``bitpail user``: accounts."""

import click

from bitpail.cli.context import Context, Group, answer, as_json, date, secret_from
from bitpail.model.users import User
from bitpail.services import administration, emails
from bitpail.services import users as service
from bitpail.services.administration import Link
from bitpail.services.site import Site

password_stdin = click.option(
    "--password-stdin", is_flag=True, help="Read the account password from the first line of standard input."
)


@click.group(cls=Group)
def user() -> None:
    """Make, list and switch off accounts."""


@user.command()
@click.argument("username")
@click.option("--email", required=True, help="Ties commits with this address to the user.")
@click.option("--display-name", help="The full name; default: the username.")
@click.option("--admin", is_flag=True, help="May administer this server.")
@password_stdin
@as_json
@click.pass_obj
def create(
    context: Context,
    username: str,
    email: str,
    display_name: str | None,
    admin: bool,
    password_stdin: bool,
    as_json: bool,
) -> None:
    """Make an account and its personal workspace.

    The account password is for the web pages only; git and the API take app passwords.
    """
    password = secret_from("Account password", from_stdin=password_stdin)

    async def work(site: Site) -> User:
        return await service.create(
            site, username, email=email, display_name=display_name, password=password, is_admin=admin
        )

    made = context.run(work)
    if as_json:
        answer(_shown(made))
    else:
        click.echo(f"created user {made.username} with the workspace {made.username.lower()}")


@user.command("list")
@as_json
@click.pass_obj
def list_(context: Context, as_json: bool) -> None:
    """List all accounts."""
    found = context.run(service.every)
    if as_json:
        answer([_shown(one) for one in found])
        return
    for one in found:
        marks = [
            mark for mark, is_set in (("admin", one.is_admin), ("disabled", not one.is_active)) if is_set
        ]
        click.echo(f"{one.username:30} {one.display_name}{'  (' + ', '.join(marks) + ')' if marks else ''}")


@user.command()
@click.argument("username")
@password_stdin
@click.pass_obj
def password(context: Context, username: str, password_stdin: bool) -> None:
    """Set a new account password."""
    new = secret_from("New account password", from_stdin=password_stdin)
    context.run(lambda site: service.set_password(site, username, new))
    click.echo(f"changed the account password of {username}")


@user.command("reset-link")
@click.argument("username")
@as_json
@click.pass_obj
def reset_link(context: Context, username: str, as_json: bool) -> None:
    """Make a link by which a user sets the account password: it works once, for 24 hours.

    It is mailed too, if mail is set up. The password there is works until then; older links do not.
    """

    async def work(site: Site) -> tuple[str, Link]:
        _, link = await administration.password_link(site, username)
        return site.settings.public_url.rstrip("/"), link

    base, link = context.run(work)
    address = f"{base}{link.path.reveal()}"
    if as_json:
        answer({"link": address, "until": date(link.until), "mailed": link.mailed})
        return
    click.echo(address)
    if not base:
        click.echo("put the address of this server before it: public_url is not set", err=True)
    if link.mailed:
        click.echo(f"mailed to {username} as well", err=True)


@user.command()
@click.argument("username")
@click.argument("switch", type=click.Choice(["on", "off"]))
@click.pass_obj
def administrator(context: Context, username: str, switch: str) -> None:
    """Make somebody an administrator of this server, or no longer. The last one stays."""
    context.run(lambda site: service.set_admin(site, username, admin=switch == "on"))
    click.echo(f"{username} is {'now an' if switch == 'on' else 'no longer an'} administrator")


@user.command()
@click.argument("username")
@click.pass_obj
def disable(context: Context, username: str) -> None:
    """Switch an account off; its app passwords stop working on the next request."""
    context.run(lambda site: service.set_active(site, username, active=False))
    click.echo(f"disabled {username}")


@user.command()
@click.argument("username")
@click.pass_obj
def enable(context: Context, username: str) -> None:
    """Switch an account on again, with the app passwords it had."""
    context.run(lambda site: service.set_active(site, username, active=True))
    click.echo(f"enabled {username}")


@user.command()
@click.argument("username")
@click.argument("switch", type=click.Choice(["on", "off"]))
@click.pass_obj
def usage(context: Context, username: str, switch: str) -> None:
    """Count what a user's app passwords are needed for, or not; off forgets what was counted."""

    async def work(site: Site) -> None:
        user = await service.named(site, username)
        await service.set_records_usage(site, user, records=switch == "on")

    context.run(work)
    click.echo(f"usage of the app passwords of {username} is {'' if switch == 'on' else 'not '}counted")


@user.command("confirm-email")
@click.argument("username")
@click.argument("address")
@click.pass_obj
def confirm_email(context: Context, username: str, address: str) -> None:
    """Confirm an address that a user has added, where no mail is sent or none arrives."""

    async def work(site: Site) -> None:
        await emails.confirm_unseen(site, await service.named(site, username), address)

    context.run(work)
    click.echo(f"confirmed {address} of {username}")


def _shown(one: User) -> dict[str, object]:
    return {
        "username": one.username,
        "display_name": one.display_name,
        "uuid": f"{{{one.id}}}",
        "account_id": one.account_id,
        "is_admin": one.is_admin,
        "is_active": one.is_active,
        "records_usage": one.records_usage,
    }
