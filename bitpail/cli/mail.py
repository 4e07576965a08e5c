"""``bitpail mail``: whether mail works."""

import click

from bitpail.cli.context import Context, Group
from bitpail.services import mail as service


@click.group(cls=Group)
def mail() -> None:
    """Look after the mails that this server sends."""


@mail.command()
@click.argument("address")
@click.pass_obj
def test(context: Context, address: str) -> None:
    """Send a test mail to ADDRESS now, and say what the mail server answers."""
    context.run(lambda site: service.deliver(site, address, "test"))
    click.echo(f"the mail server took a mail to {address}")
